//! Names in the ledger: operations, units and request ids.

use std::str::FromStr;

use data_encoding::BASE32_NOPAD;

use crate::crypto::RandomError;
use crate::name::{NameError, is_plain, shown_as_text};
use crate::word::words;

/// An operation of the rate card, such as `interview` or `speech-to-text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation(String);

/// The unit that is counted, such as `request`, `second` or `character`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit(String);

/// The idempotency key of a posting: 1 to 200 printable characters without spaces, chosen by the caller.
///
/// A repeated request with the same id gets the first answer again, and is charged once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A new random id: `req_` and 26 characters.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
        Ok(Self(format!("req_{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())))
    }
}

/// Identifies one call that charges: 16 random bytes. Only the holder of this id can undo the charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId([u8; 16]);

impl CallId {
    /// A new random id.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
        Ok(Self(bytes))
    }

    /// The bytes, as in the database.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

words! {
    /// What a line of the ledger is.
    #[non_exhaustive]
    pub enum PostingKind: "kind of a posting" {
        /// Credits were given to the organization.
        Grant = "grant",
        /// A request was charged.
        Charge = "charge",
        /// Credits were reserved.
        Hold = "hold",
        /// A hold ended with a charge.
        Settle = "settle",
        /// A hold ended without one.
        Release = "release",
        /// A hold was past its date, and ended without a charge.
        Expire = "expire",
        /// A charge was given back, or a part of it.
        Refund = "refund",
        /// A call took back what it was charged.
        Undo = "undo",
        /// The rest was written off when the organization was purged.
        Close = "close",
    }
}

words! {
    /// Why a charge is undone.
    #[non_exhaustive]
    pub enum UndoReason: "reason of an undo" {
        /// The key did not open, or a field was missing.
        KeyUnreadable = "key_unreadable",
        /// The program that should use the key did not start.
        NotStarted = "not_started",
        /// The caller cancelled the request before the key was used.
        GivenUp = "given_up",
    }
}

fn word(text: &str, longest: usize, what: &str) -> Result<String, NameError> {
    let begins = text.starts_with(|letter: char| letter.is_ascii_lowercase());
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-.".contains(letter);
    if begins && text.len() <= longest && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(NameError::new(format!("{what} is up to {longest} lower-case letters, digits, `_`, `-` and `.`")))
}

impl FromStr for Operation {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        word(text, 64, "the name of an operation").map(Self)
    }
}

impl FromStr for Unit {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        word(&text.replace('.', " "), 32, "a unit").map(Self)
    }
}

impl FromStr for RequestId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let length = text.chars().count();
        if !(1..=200).contains(&length) || !is_plain(text) {
            return Err(NameError::new(
                "a request id has 1 to 200 characters, no spaces and nothing that is not shown",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

shown_as_text!(Operation, Unit, RequestId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_a_plain_word() {
        for good in ["interview", "speech-to-text", "wiki_generation", "agent.brief", "a1"] {
            assert!(good.parse::<Operation>().is_ok(), "{good}");
        }
        for bad in ["", "Interview", "1a", "a b", "a\nb", "-a", "ü", &"a".repeat(65)] {
            assert!(bad.parse::<Operation>().is_err(), "{bad:?}");
        }
        assert!("character".parse::<Unit>().is_ok() && "1000-tokens".parse::<Unit>().is_err());
        assert!("a.b".parse::<Unit>().is_err());
    }

    #[test]
    fn a_request_id_is_the_callers_own_or_a_random_one() {
        for good in ["r1", "0b8e2f5c-3f11-4a30-9d0e-0f4f1c9b6c11", "invoice/2026-11#7", &"x".repeat(200)] {
            assert!(good.parse::<RequestId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\nb", "r\u{200b}1", "\u{3164}", &"x".repeat(201)] {
            assert!(bad.parse::<RequestId>().is_err(), "{bad:?}");
        }
        let (one, other) = (RequestId::random().expect("random"), RequestId::random().expect("random"));
        assert!(one != other && one.as_str().len() == 30 && one.as_str().parse::<RequestId>().is_ok());
    }
}
