//! Whether a text can be a key of a provider. Refuses what certainly cannot, warns of what is unusual, repeats nothing.

use super::{Catalog, Field, Policy, Provider};
use crate::secret::SecretText;

/// The longest key, in bytes.
const KEY_LENGTH: usize = 4096;
/// The longest document, in bytes.
const DOCUMENT_LENGTH: usize = 64 * 1024;

/// Why a text cannot be a key. Carries nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Nothing there.
    #[error("the key is empty")]
    Empty,
    /// Several lines where one belongs.
    #[error("the key has more than one line")]
    MultipleLines,
    /// An unprintable character.
    #[error("the key contains a control character")]
    Control,
    /// White space somewhere.
    #[error("the key contains white space")]
    WhiteSpace,
    /// Too long.
    #[error("the key is longer than any key of {0}")]
    TooLong(String),
    /// In quotes.
    #[error("the key is in quotes")]
    Quoted,
    /// With the word that goes before it in a header.
    #[error("the key begins with `Bearer`, which belongs to the request and not to the key")]
    Bearer,
    /// A line of a settings file.
    #[error("this is a whole line `{0}=...`, not the value alone")]
    Assignment(String),
    /// Copied from where it is not shown.
    #[error("this is a masked copy of a key, not the key")]
    Masked,
    /// Copied from documentation.
    #[error("this is a placeholder, not a key")]
    Placeholder,
    /// A web address.
    #[error("this is a web address, not a key")]
    Address,
    /// A character that no key has.
    #[error("the key contains a character outside ASCII")]
    NotAscii,
    /// Not usable for requests.
    #[error("this looks like {what}, which cannot be used for requests to {provider}")]
    WrongKind {
        /// What it is.
        what: String,
        /// The provider asked.
        provider: String,
    },
    /// Somebody else's.
    #[error("this looks like a key of {owner}, not of {provider}")]
    OtherProvider {
        /// Whose it probably is.
        owner: String,
        /// The provider asked.
        provider: String,
    },
    /// Not of the documented shape.
    #[error("this is not the shape of a key of {0}")]
    Shape(String),
    /// A document that cannot be read.
    #[error("the document is not a JSON object")]
    NotJson,
    /// A document without something that it must hold.
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

/// What is unusual about a key that was taken all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Not the shape that the keys of this provider are known to have.
    UnknownShape(String),
}

impl std::fmt::Display for Warning {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownShape(provider) => write!(out, "the key does not look like the keys of {provider} so far"),
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

/// What is a copy of something around or instead of the key.
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

/// Whose key it is, by prefix and shape.
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

/// Whether a text that stands where a name belongs may be a key, and so must not be repeated anywhere.
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
