//! Names. They are parsed where they come in, so a value of one of these types is always valid.

mod near;
mod plain;

use std::fmt;
use std::str::FromStr;

pub use near::near;

/// Why a name was refused. It never contains the name, which may be a key in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
#[non_exhaustive]
pub struct NameError(String);

impl NameError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// The longest id of an organization, in characters.
pub const ORG_LENGTH: usize = 128;

/// The platform's own id of an organization: 1 to 128 printable characters without spaces. It never changes. The
/// database has the same rule as a constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId(String);

impl FromStr for OrgId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let length = text.chars().count();
        if length == 0 || length > ORG_LENGTH {
            return Err(NameError(format!("an organization id has 1 to {ORG_LENGTH} characters, this has {length}")));
        }
        if !is_plain(text) {
            return Err(NameError(
                "an organization id has no spaces, nothing that is not shown, and nothing that passes for another letter \
                 (full-width or mathematical letters, accents of their own)"
                    .into(),
            ));
        }
        if text.starts_with(['-', '(']) {
            let message =
                "an organization id does not begin with `-`, which reads as an option, or `(`, as in `(platform)`";
            return Err(NameError(message.into()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Whether all characters of an id are visible and cannot be confused with others, so that two ids that look the same
/// are the same.
pub(crate) fn is_plain(text: &str) -> bool {
    text.chars().all(plain::is_plain)
}

/// The id of a provider: a lower-case letter, then letters, digits, `_` or `-`, at most 40 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId(String);

impl FromStr for ProviderId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if is_word(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError("a provider id is up to 40 lower-case letters, digits, `_` and `-`".into()))
    }
}

/// The name of a consumer of events: a lower-case letter, then letters, digits, `_` or `-`, at most 40 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsumerName(String);

impl FromStr for ConsumerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if is_word(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError("the name of a consumer is up to 40 lower-case letters, digits, `_` and `-`".into()))
    }
}

/// Whether a text is a lower-case letter, and then letters, digits, `_` or `-`, at most 40 characters.
fn is_word(text: &str) -> bool {
    let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
    let goes_on = text.chars().all(|l| l.is_ascii_lowercase() || l.is_ascii_digit() || l == '_' || l == '-');
    begins && goes_on && text.len() <= 40
}

/// The name of a PostgreSQL login, as in `pg_roles`, at most 63 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(String);

impl FromStr for Login {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > 63 || text.chars().any(char::is_control) {
            return Err(NameError("a PostgreSQL login has 1 to 63 bytes and no control characters".into()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The holder of a key: an organization, or the platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An organization.
    Organization(OrgId),
    /// The platform.
    Platform,
}

impl Holder {
    /// The holder of a row of the database. A row may have an id that byok never wrote. It then belongs to nobody, and
    /// never to the platform.
    ///
    /// # Errors
    /// The text is neither empty nor the id of an organization.
    pub fn of_row(org: &str) -> Result<Self, NameError> {
        if org.is_empty() { Ok(Self::Platform) } else { org.parse().map(Self::Organization) }
    }

    /// The id in the database and in every seal. The platform's is empty, which an organization's cannot be.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organization(org) => org.as_str(),
            Self::Platform => "",
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization(org) => write!(out, "organization {org}"),
            Self::Platform => out.write_str("the platform"),
        }
    }
}

/// What names that hold their text have in common.
macro_rules! shown_as_text {
    ($($name:ty),*) => {$(
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}
pub(crate) use shown_as_text;
shown_as_text!(OrgId, ProviderId, ConsumerName, Login);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_organization_id_is_printable_text_without_spaces() {
        for good in ["acme", "a", "0b8e2f5c-3f11-4a30-9d0e-0f4f1c9b6c11", "Ünïcode-Ø", "a/b:c@d", &"x".repeat(128)] {
            assert!(good.parse::<OrgId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "a b",
            "a\tb",
            "a\n",
            "\u{200b}a",
            "a\u{202e}b",
            "-acme",
            &"x".repeat(129),
            "a\0",
            "(platform)",
            "\u{3164}",
            "\u{2800}",
            "a\u{a0}",
            "acme\u{200d}",
            "e\u{301}",
            "\u{ff41}cme",
            "\u{1d41a}cme",
        ] {
            assert!(bad.parse::<OrgId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_row_belongs_to_the_platform_only_where_its_id_is_empty() {
        assert_eq!(Holder::of_row(""), Ok(Holder::Platform));
        assert_eq!(Holder::of_row("acme").map(|holder| holder.to_string()), Ok("organization acme".into()));
        for unknown in ["-legacy", "(platform)", " ", "a b"] {
            assert!(Holder::of_row(unknown).is_err(), "{unknown:?}");
        }
    }

    #[test]
    fn an_error_never_repeats_what_was_typed() {
        let typed = "sk-proj CANARY";
        let error = typed.parse::<OrgId>().expect_err("a space");
        assert!(!error.to_string().contains("CANARY"));
        let error = "sk-CANARY".to_uppercase().parse::<ProviderId>().expect_err("upper case");
        assert!(!error.to_string().contains("CANARY"));
    }

    proptest! {
        #[test]
        fn a_name_shows_as_it_was_parsed(text in "\\PC{1,40}") {
            if let Ok(org) = text.parse::<OrgId>() {
                prop_assert_eq!(org.to_string(), text);
            }
        }
    }
}
