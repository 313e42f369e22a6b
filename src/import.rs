//! Lists of keys, organizations and members as people have them: JSON lines, CSV, `.env` files, or a name on each line.
//!
//! A value may be a key in the wrong place. So every value is a secret here until its reader has parsed it, and no error
//! repeats anything of the text. A line that cannot be read does not keep the other lines from being read.

mod csv;
mod dotenv;
mod json;
mod line;
mod names;

pub use line::{Fields, Known, LineError, ListError, ListLine, SETTINGS, VALUE, VARIABLE};

use crate::word::words;
use line::numbered;

words! {
    /// The form of a list.
    pub enum ListForm: "form of a list" {
        /// A JSON object on each line.
        JsonLines = "jsonl",
        /// A header with the names of the fields, then a record for each thing, quoted by RFC 4180.
        Csv = "csv",
        /// `NAME=value` on each line.
        Dotenv = "dotenv",
        /// The first field alone on each line.
        Names = "names",
    }
}

/// The longest list, in bytes.
pub const LONGEST: usize = 64 * 1024 * 1024;

/// Reads a list. Empty lines are skipped.
pub fn read(form: ListForm, text: &str, known: Known<'_>) -> Result<Vec<ListLine>, ListError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = match form {
        ListForm::JsonLines => json::read(text, known),
        ListForm::Csv => csv::read(text, known)?,
        ListForm::Dotenv => dotenv::read(text),
        ListForm::Names => names::read(text, known),
    };
    if lines.is_empty() { Err(ListError::Empty) } else { Ok(lines) }
}

/// The form of a list, by its first line that is not empty. `None` if that does not tell.
pub fn form_of(text: &str) -> Option<ListForm> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = numbered(text).map(|(_, line)| line.trim());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let name = first.split('=').next().unwrap_or_default();
    match first {
        _ if first.starts_with('{') => Some(ListForm::JsonLines),
        _ if first.contains('=') && dotenv::is_name(name.strip_prefix("export ").unwrap_or(name)) => {
            Some(ListForm::Dotenv)
        }
        _ if first.contains(',') => Some(ListForm::Csv),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
