//! Encodings and derivations: length-prefixed fields, HKDF, AES-256-GCM with the nonce in front.

use std::fmt;

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{OpenError, RandomError};

pub(super) type KeyBytes = SecretBox<[u8; 32]>;

const SALT: &[u8] = b"byok/1";
const FORMAT: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// One field of an encoding. A number is four bytes, big-endian.
#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(u32),
}

/// Every field with its length in front, so that two different lists of fields never have the same encoding.
pub(super) fn encode(fields: &[Field<'_>]) -> Vec<u8> {
    let length = |field: &Field<'_>| match field {
        Field::Text(text) => text.len(),
        Field::Bytes(bytes) => bytes.len(),
        Field::Number(_) => size_of::<u32>(),
    };
    let mut out = Vec::with_capacity(fields.iter().map(|field| size_of::<u32>() + length(field)).sum());
    for field in fields {
        let number;
        let bytes = match field {
            Field::Text(text) => text.as_bytes(),
            Field::Bytes(bytes) => bytes,
            Field::Number(value) => {
                number = value.to_be_bytes();
                &number
            }
        };
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

/// HKDF-SHA256 under the salt of this format. Every output here is far below its limit of 8,160 bytes.
pub(super) fn derive(key: &KeyBytes, info: &[Field<'_>], out: &mut [u8]) {
    let done = Hkdf::<Sha256>::new(Some(SALT), key.expose_secret()).expand(&encode(info), out);
    debug_assert!(done.is_ok());
}

pub(super) fn derive_key(key: &KeyBytes, info: &[Field<'_>]) -> KeyBytes {
    SecretBox::init_with_mut(|bytes: &mut [u8; 32]| derive(key, info, bytes))
}

pub(super) fn random_key() -> Result<KeyBytes, RandomError> {
    let mut outcome = Ok(());
    let key = SecretBox::init_with_mut(|bytes: &mut [u8; 32]| outcome = getrandom::fill(bytes));
    outcome.map_err(|_| RandomError)?;
    Ok(key)
}

/// `0x01`, nonce, ciphertext and tag.
pub(super) fn seal(key: &KeyBytes, message: &[u8], aad: &[u8]) -> Result<Vec<u8>, RandomError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| RandomError)?;
    seal_with(key, nonce, message, aad)
}

/// Seals with a given nonce, for test vectors. Everything else uses a random one.
pub(super) fn seal_with(
    key: &KeyBytes,
    nonce: [u8; NONCE],
    message: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, RandomError> {
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key.expose_secret()));
    let body = cipher.encrypt(&Nonce::from(nonce), Payload { msg: message, aad }).map_err(|_| RandomError)?;
    let mut sealed = Vec::with_capacity(1 + NONCE + body.len());
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

pub(super) fn open(key: &KeyBytes, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (format, rest) = sealed.split_first().ok_or(OpenError::TooShort)?;
    if *format != FORMAT {
        return Err(OpenError::Format);
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::TooShort)?;
    if body.len() < TAG {
        return Err(OpenError::TooShort);
    }
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key.expose_secret()));
    let message = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad });
    message.map(Zeroizing::new).map_err(|_| OpenError::Authentication)
}

macro_rules! eight_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name([u8; 8]);

        impl $name {
            pub(super) fn new(bytes: [u8; 8]) -> Self {
                Self(bytes)
            }

            /// Reads the database's bytes. `None` unless there are eight.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The eight bytes.
            pub fn as_bytes(&self) -> &[u8; 8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&HEXLOWER.encode(&self.0))
            }
        }
    };
}
eight_bytes!(
    /// Identifies a master key or data key without revealing anything about it: 16 hexadecimal digits, shown as its
    /// fingerprint.
    CheckValue
);
eight_bytes!(
    /// Tells whether two provider keys of one organization are the same. It reveals nothing without the data key.
    Fingerprint
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_two_lists_of_fields_share_an_encoding(
            one in proptest::collection::vec(".{0,6}", 0..5), other in proptest::collection::vec(".{0,6}", 0..5),
        ) {
            let encoded = |texts: &[String]| encode(&texts.iter().map(|text| Field::Text(text)).collect::<Vec<_>>());
            prop_assert_eq!(one == other, encoded(&one) == encoded(&other));
        }

        #[test]
        fn any_rubbish_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let key = random_key().expect("random bytes");
            prop_assert!(open(&key, &bytes, b"").is_err());
        }
    }
}
