//! A regular expression that is compiled when it is first used, because a command uses only a few of the hundreds in
//! the catalog.

use std::sync::OnceLock;

use regex::{Captures, Regex};
use serde::Deserialize;

/// A pattern of the catalog. An invalid one matches nothing. Definitions are checked when they are added.
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
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a valid regular expression.
    pub fn is_valid(&self) -> bool {
        self.regex().is_some()
    }

    /// Whether a text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The match with its groups.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.regex()?.captures(text)
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}
