//! Keys as text for people and files: `BYOKM1-<epoch>-<key in base32>-<checksum>`.

use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::bytes::KeyBytes;
use crate::secret::SecretText;

/// Why a text is not a key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// The text does not have this form.
    #[error("this is not a {0} key, which begins with {1} (a passphrase cannot be used instead)")]
    NotAKey(&'static str, &'static str),
    /// A key of the other kind.
    #[error("this is a {0} key, but a {1} key is needed")]
    WrongKind(&'static str, &'static str),
    /// A part of the key is missing, or something was added.
    #[error("the key has the wrong length: part of it is missing, or something was added")]
    Length,
    /// A character is wrong.
    #[error("the key has a typo: its checksum does not match")]
    Checksum,
    /// Two different keys have the same epoch.
    #[error("there are two different keys of epoch {0}")]
    TwoOfOneEpoch(u32),
}

/// The two kinds of key that have a text form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Master,
    Data,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Data => "data",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Master => "BYOKM1",
            Self::Data => "BYOKD1",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Master => Self::Data,
            Self::Data => Self::Master,
        }
    }
}

const KEY_LENGTH: usize = 52;
const CHECK_LENGTH: usize = 6;

pub(super) fn write(kind: Kind, epoch: u32, key: &KeyBytes) -> SecretText {
    let mut text = String::with_capacity(80);
    text.push_str(kind.prefix());
    text.push('-');
    text.push_str(&epoch.to_string());
    text.push('-');
    BASE32_NOPAD.encode_append(key.expose_secret(), &mut text);
    let check = checksum(&text);
    text.push('-');
    text.push_str(&check);
    SecretText::new(text)
}

/// The characters that are allowed around a key. The list is fixed, because the blanks of Unicode depend on its
/// version.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// The lines of a key file that contain a key, without empty lines and lines that begin with `#`.
pub fn key_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.trim_matches(BLANK)).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

pub(super) fn read(kind: Kind, typed: &str) -> Result<(u32, KeyBytes), KeyTextError> {
    let text = Zeroizing::new(typed.trim_matches(BLANK).to_ascii_uppercase());
    if text.starts_with(kind.other().prefix()) {
        return Err(KeyTextError::WrongKind(kind.other().word(), kind.word()));
    }
    let not_a_key = KeyTextError::NotAKey(kind.word(), kind.prefix());
    let rest = text.strip_prefix(kind.prefix()).ok_or(not_a_key)?;
    let mut parts = rest.strip_prefix('-').ok_or(not_a_key)?.split('-');
    let (Some(epoch), Some(body), Some(check), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(KeyTextError::Length);
    };
    if body.len() != KEY_LENGTH || check.len() != CHECK_LENGTH {
        return Err(KeyTextError::Length);
    }
    if checksum(&text[..text.len() - CHECK_LENGTH - 1]) != check {
        return Err(KeyTextError::Checksum);
    }
    // The checksum is correct, so only a text that was made on purpose gets here: no leading zeros, no epoch 0, no
    // stray bits.
    let number: u32 = epoch.parse().map_err(|_| KeyTextError::Checksum)?;
    if number == 0 || epoch != number.to_string() {
        return Err(KeyTextError::Checksum);
    }
    let mut decoded = Zeroizing::new(BASE32_NOPAD.decode(body.as_bytes()).map_err(|_| KeyTextError::Checksum)?);
    let key = SecretBox::init_with_mut(|bytes: &mut [u8; 32]| bytes.copy_from_slice(&decoded));
    decoded.zeroize();
    Ok((number, key))
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut check = BASE32_NOPAD.encode(&digest[..4]);
    check.truncate(CHECK_LENGTH);
    check
}
