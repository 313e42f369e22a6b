//! The cause of a connection failure.

use std::error::Error;
use std::fmt;
use std::io;

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

    /// The kind of the operating system's error, if it is one.
    pub fn kind(&self) -> Option<io::ErrorKind> {
        Some(self.io()?.kind())
    }

    /// Whether the process, or the machine, may not open another file.
    pub fn too_many_files(&self) -> bool {
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        matches!(self.io().and_then(io::Error::raw_os_error), Some(ENFILE | EMFILE))
    }

    fn io(&self) -> Option<&io::Error> {
        self.source.as_ref()?.downcast_ref()
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
