//! A line of a list, its fields, and why it cannot be read.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::secret::SecretText;

/// The field of the name in a `.env` file.
pub const VARIABLE: &str = "variable";
/// The field of the value in a `.env` file.
pub const VALUE: &str = "value";
/// The fields that begin so are those of a group, such as `settings.region`.
pub const SETTINGS: &str = "settings.";
/// The name of this group.
pub(super) const GROUP: &str = "settings";

/// A line of a list, or a record of several lines.
#[derive(Debug)]
#[non_exhaustive]
pub struct ListLine {
    /// The number of its first line. The first line of the text is 1.
    pub number: usize,
    /// What it says.
    pub fields: Result<Fields, LineError>,
}

/// The fields of a line, by name. A field that is empty or null is absent.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, SecretText>);

/// Why a line cannot be read. Nothing of the line is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line is no JSON object.
    #[error("this is not a JSON object on one line")]
    NotJson,
    /// A value has the wrong type.
    #[error("the field `{0}` is not a text")]
    NotText(String),
    /// There is no such field.
    #[error("a field has an unknown name")]
    UnknownField,
    /// A field is there twice. One reader would take the first value, and another the last.
    #[error("the field `{0}` is there twice")]
    TwiceField(String),
    /// The record is longer or shorter than the header.
    #[error("the header has {header} columns, and this record has {found}")]
    Columns {
        /// The columns of the header.
        header: usize,
        /// The columns of this record.
        found: usize,
    },
    /// A quotation mark in the wrong place.
    #[error("a quotation mark is in the wrong place")]
    Quote,
    /// A value in quotation marks that does not end.
    #[error("a quotation mark has no second one")]
    OpenQuote,
    /// Not the line of a `.env` file.
    #[error("this is not a line NAME=value")]
    NotAssignment,
    /// Programs read the value in different ways.
    #[error("programs do not agree on what this value is, because of {0}")]
    Disputed(&'static str),
}

/// Why a whole list cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// Nothing is in it.
    #[error("the list is empty")]
    Empty,
    /// The first record does not name the fields.
    #[error("line {0}: the first record must name the columns")]
    Header(usize),
    /// Two columns have the same name.
    #[error("line {line}: two columns have the name `{name}`")]
    TwiceColumn {
        /// The line of the header.
        line: usize,
        /// The name.
        name: String,
    },
}

impl LineError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotText(_) => "not_a_text",
            Self::UnknownField => "unknown_field",
            Self::TwiceField(_) => "field_twice",
            Self::Columns { .. } => "columns",
            Self::Quote | Self::OpenQuote => "quotation_mark",
            Self::NotAssignment => "not_an_assignment",
            Self::Disputed(_) => "disputed_value",
        }
    }
}

impl Fields {
    /// Takes the value of a field.
    pub fn take(&mut self, name: &str) -> Option<SecretText> {
        self.0.remove(name)
    }

    /// Takes the value of a field that is not secret. It may still be a key in the wrong place.
    pub fn take_name(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|value| value.expose().to_owned())
    }

    /// Takes the fields of the group `settings`, without their prefix.
    pub fn take_settings(&mut self) -> Vec<(String, String)> {
        let names: Vec<String> = self.0.keys().filter(|name| name.starts_with(SETTINGS)).cloned().collect();
        let taken = names.into_iter().filter_map(|name| {
            let value = self.take_name(&name)?;
            Some((name[SETTINGS.len()..].to_owned(), value))
        });
        taken.collect()
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Adds a field, unless it is there already. An empty value is no value.
    pub(super) fn put(&mut self, name: String, value: &str) -> Result<(), LineError> {
        if self.0.contains_key(&name) {
            return Err(LineError::TwiceField(shown(&name)));
        }
        if !value.is_empty() {
            self.0.insert(name, SecretText::new(value.to_owned()));
        }
        Ok(())
    }
}

/// The fields that a list may have.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Their names. The first one is that of a list of names.
    pub names: &'a [&'a str],
    /// Whether there are settings: `settings.NAME`, and in JSON an object `settings`.
    pub settings: bool,
}

impl Known<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
            || (self.settings
                && name.strip_prefix(SETTINGS).is_some_and(|rest| {
                    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
                    (1..=40).contains(&rest.len()) && rest.bytes().all(plain)
                }))
    }
}

/// The lines of a text with their numbers. They end with a line feed, or with a carriage return before it.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.enumerate().map(|(at, line)| (at + 1, line))
}

/// The name of a field for messages. Of a setting, only the group is named.
pub(super) fn shown(name: &str) -> String {
    if name.starts_with(SETTINGS) { GROUP.to_owned() } else { name.to_owned() }
}

/// A text that is erased when it is dropped.
pub(super) type Scratch = Zeroizing<String>;
