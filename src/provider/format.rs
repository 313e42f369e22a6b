//! Whether a text can be a key of a provider. It refuses texts that certainly cannot, warns of unusual ones, and
//! repeats nothing.

use super::{Catalog, Field, Policy, Provider};
use crate::secret::SecretText;

/// The longest key, in bytes.
const KEY_LENGTH: usize = 4096;
/// The longest document, in bytes.
const DOCUMENT_LENGTH: usize = 64 * 1024;

/// Why a text cannot be a key. It contains no part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is empty.
    #[error("the key is empty")]
    Empty,
    /// The text has several lines.
    #[error("the key has more than one line")]
    MultipleLines,
    /// A control character.
    #[error("the key contains a control character")]
    Control,
    /// White space.
    #[error("the key contains white space")]
    WhiteSpace,
    /// It is too long.
    #[error("the key is longer than any key of {0}")]
    TooLong(String),
    /// It is in quotes.
    #[error("the key is in quotes")]
    Quoted,
    /// It has the word `Bearer` in front.
    #[error("the key begins with `Bearer`, which belongs to the request and not to the key")]
    Bearer,
    /// It is a line of a settings file.
    #[error("this is a whole line `{0}=...`, not only the value")]
    Assignment(String),
    /// It was copied from a place that masks keys.
    #[error("this is a masked copy of a key, not the key")]
    Masked,
    /// It was copied from documentation.
    #[error("this is a placeholder, not a key")]
    Placeholder,
    /// It is a web address.
    #[error("this is a web address, not a key")]
    Address,
    /// It has a character that no key has.
    #[error("the key contains a character outside ASCII")]
    NotAscii,
    /// It is a kind of key that cannot be used for requests.
    #[error("this looks like {what}, which cannot be used for requests to {provider}")]
    WrongKind {
        /// What it is.
        what: String,
        /// The provider asked.
        provider: String,
    },
    /// It is a key of another provider.
    #[error("this looks like a key of {owner}, not of {provider}")]
    OtherProvider {
        /// The probable provider.
        owner: String,
        /// The provider asked.
        provider: String,
    },
    /// It does not have the documented form.
    #[error("this does not have the form of a {0} key")]
    Shape(String),
    /// The document cannot be parsed.
    #[error("the document is not a JSON object")]
    NotJson,
    /// The document lacks a required member.
    #[error("the document has no `{0}`")]
    Incomplete(String),
    /// Another document than the one that is meant.
    #[error("this is {found}; {provider} takes {wanted} here")]
    OtherDocument {
        /// What it is.
        found: String,
        /// What is wanted.
        wanted: String,
        /// The provider asked.
        provider: String,
    },
}

impl FormatError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::MultipleLines => "multiple_lines",
            Self::Control => "control_character",
            Self::WhiteSpace => "white_space",
            Self::TooLong(_) => "too_long",
            Self::Quoted => "quoted",
            Self::Bearer => "bearer",
            Self::Assignment(_) => "assignment",
            Self::Masked => "masked",
            Self::Placeholder => "placeholder",
            Self::Address => "address",
            Self::NotAscii => "not_ascii",
            Self::WrongKind { .. } => "wrong_kind",
            Self::OtherProvider { .. } => "other_provider",
            Self::Shape(_) => "shape",
            Self::NotJson => "not_json",
            Self::Incomplete(_) => "incomplete",
            Self::OtherDocument { .. } => "other_document",
        }
    }
}

/// What is unusual about an accepted key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The form is not one that keys of this provider are known to have.
    UnknownShape(String),
}

impl std::fmt::Display for Warning {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownShape(provider) => write!(out, "the key does not have a known form of {provider} keys"),
        }
    }
}

/// Checks the text of one secret field.
pub fn check(provider: &Provider, field: &str, secret: &SecretText) -> Result<Vec<Warning>, FormatError> {
    let text = secret.expose();
    if let Some(document) = provider.fields.iter().find(|known| known.name == field && known.multi_line) {
        return check_document(provider, document, text).map(|()| Vec::new());
    }
    check_characters(provider, text)?;
    check_copy(provider, text)?;
    check_owner(provider, text)
}

fn check_document(provider: &Provider, field: &Field, text: &str) -> Result<(), FormatError> {
    if text.trim().is_empty() {
        return Err(FormatError::Empty);
    }
    if text.len() > DOCUMENT_LENGTH {
        return Err(FormatError::TooLong(provider.name.clone()));
    }
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|_| FormatError::NotJson)?;
    check_document_kind(provider, field, &object)?;
    let absent = |name: &&String| object.get(*name).and_then(|it| it.as_str()).is_none_or(str::is_empty);
    match field.members.iter().find(absent) {
        Some(name) => Err(FormatError::Incomplete(name.clone())),
        None => Ok(()),
    }
}

/// Documents that look alike are told apart before anything is missed in them.
fn check_document_kind(
    provider: &Provider,
    field: &Field,
    object: &serde_json::Map<String, serde_json::Value>,
) -> Result<(), FormatError> {
    let Some(kind) = &field.document else { return Ok(()) };
    let said = object.get(&kind.member).and_then(|it| it.as_str());
    if said == Some(kind.is.as_str()) {
        return Ok(());
    }
    // A member of that name may be the only one there is.
    let other = kind.others.iter().find(|it| said == Some(&it.prefix) || object.contains_key(&it.prefix));
    let found = other.map_or("another document", |it| it.what.as_str()).to_owned();
    Err(FormatError::OtherDocument { found, wanted: kind.what.clone(), provider: provider.name.clone() })
}

fn check_characters(provider: &Provider, text: &str) -> Result<(), FormatError> {
    if text.is_empty() || text.trim().is_empty() {
        return Err(FormatError::Empty);
    }
    if text.contains(['\n', '\r']) {
        return Err(FormatError::MultipleLines);
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(FormatError::Control);
    }
    if text.len() > KEY_LENGTH {
        return Err(FormatError::TooLong(provider.name.clone()));
    }
    Ok(())
}

/// Detects a copy of something around the key, or instead of it.
fn check_copy(provider: &Provider, text: &str) -> Result<(), FormatError> {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("bearer ") || lower.starts_with("bearer:") {
        return Err(FormatError::Bearer);
    }
    if let Some((name, _)) = text.split_once('=') {
        let name = name.trim_start_matches("export ").trim();
        let shouted = name.len() > 2 && name.chars().all(|l| l.is_ascii_uppercase() || l.is_ascii_digit() || l == '_');
        if let Some(known) = provider.env.iter().find(|known| known.as_str() == name) {
            return Err(FormatError::Assignment(known.clone()));
        }
        if shouted && name.contains('_') {
            return Err(FormatError::Assignment("NAME".into()));
        }
    }
    if lower.starts_with("https://") || lower.starts_with("http://") {
        return Err(FormatError::Address);
    }
    if text.contains(['•', '…', '●']) || text.contains("***") || text.contains("...") {
        return Err(FormatError::Masked);
    }
    if is_placeholder(&lower) {
        return Err(FormatError::Placeholder);
    }
    if text.starts_with(['"', '\'', '`', '“', '‘']) || text.ends_with(['"', '\'', '`', '”', '’']) {
        return Err(FormatError::Quoted);
    }
    if text.chars().any(char::is_whitespace) {
        return Err(FormatError::WhiteSpace);
    }
    if !text.is_ascii() {
        return Err(FormatError::NotAscii);
    }
    Ok(())
}

fn is_placeholder(lower: &str) -> bool {
    const WORDS: [&str; 12] = [
        "your-api-key",
        "your_api_key",
        "yourapikey",
        "your-key",
        "your_key",
        "changeme",
        "change-me",
        "insert-key",
        "api-key-here",
        "placeholder",
        "xxxx",
        "replace-me",
    ];
    let bracketed =
        (lower.starts_with('<') && lower.ends_with('>')) || (lower.starts_with('[') && lower.ends_with(']'));
    let variable =
        lower.starts_with("${") || lower.starts_with('$') || lower.starts_with("{{") || lower.starts_with('%');
    bracketed || variable || WORDS.iter().any(|word| lower.contains(word))
}

/// The provider that the key belongs to, by its prefix and form.
fn check_owner(provider: &Provider, text: &str) -> Result<Vec<Warning>, FormatError> {
    let accepted = provider.format.accept.is_match(text);
    let catalog = Catalog::builtin();
    let owner = catalog.prefix_hint.iter().find(|hint| hint.fits(text)).map(|hint| hint.provider.as_str());
    let wrong = provider.format.wrong_kind.iter().filter(|kind| text.starts_with(&kind.prefix));
    if let Some(kind) = wrong.max_by_key(|kind| kind.prefix.len()) {
        let named = catalog
            .providers()
            .iter()
            .find(|other| Some(other.id.as_str()) == owner && other.id != provider.id && takes(other, text));
        return Err(match named {
            Some(owner) => FormatError::OtherProvider { owner: owner.name.clone(), provider: provider.name.clone() },
            None => FormatError::WrongKind { what: kind.what.clone(), provider: provider.name.clone() },
        });
    }
    if accepted || provider.format.policy == Policy::Any {
        return Ok(Vec::new());
    }
    if let Some(owner) = owner.filter(|owner| *owner != provider.id) {
        let name = catalog.providers().iter().find(|other| other.id == owner).map_or(owner, |other| &other.name);
        return Err(FormatError::OtherProvider { owner: name.to_owned(), provider: provider.name.clone() });
    }
    match provider.format.policy {
        Policy::Reject => Err(FormatError::Shape(provider.name.clone())),
        _ => Ok(vec![Warning::UnknownShape(provider.name.clone())]),
    }
}

/// Whether a text could be stored as a key of this provider.
fn takes(provider: &Provider, text: &str) -> bool {
    let document = provider.fields.iter().any(|field| field.multi_line);
    let wrong = provider.format.wrong_kind.iter().any(|kind| text.starts_with(&kind.prefix));
    !document && !wrong && provider.format.accept.is_match(text)
}

/// Whether a text that was given as a name may be a key, and so must not be repeated.
pub fn looks_like_key(text: &str) -> bool {
    let known = Catalog::builtin().prefix_hint.iter().any(|hint| hint.fits(text));
    let mixed = text.chars().any(|l| l.is_ascii_digit()) && text.chars().any(|l| l.is_ascii_alphabetic());
    known
        || text.starts_with("sk-")
        || text.starts_with("sk_")
        || text.len() > 40
        || (text.len() >= 20 && mixed)
        || text.starts_with("BYOKM1")
        || text.starts_with("BYOKD1")
}

#[cfg(test)]
mod tests;
