//! The cause of a connection failure.

use std::error::Error;
use std::fmt;

/// A cause in words, with the error of the operating system or of TLS if there is one.
#[derive(Debug)]
pub struct Cause {
    words: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Cause {
    pub(crate) fn new(words: String, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { words, source: Some(source.into()) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.source.as_ref()?)
    }
}

impl<T: Into<String>> From<T> for Cause {
    fn from(words: T) -> Self {
        Self { words: words.into(), source: None }
    }
}
