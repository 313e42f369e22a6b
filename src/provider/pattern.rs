//! A regular expression that is compiled when it is first asked: a command looks at a few of the catalog's hundreds.

use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde::Deserialize;

/// A pattern of the catalog. One that is no regular expression fits nothing; whoever takes a definition in asks first.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl Pattern {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a regular expression at all.
    pub fn is_valid(&self) -> bool {
        self.regex().is_some()
    }

    /// Whether a text fits.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// Where it fits, with its groups.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}
