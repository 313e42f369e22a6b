//! The master key. The platform holds it, and it is never in the database. It wraps the data keys and authenticates
//! audit seals.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;

use super::bytes::{self, CheckValue, Field, KeyBytes};
use super::text::{self, Kind};
use super::{DataKey, KeyTextError, OpenError, RandomError};
use crate::secret::SecretText;

/// A master key: 32 random bytes, and their epoch.
pub struct MasterKey {
    epoch: u32,
    key: KeyBytes,
}

impl MasterKey {
    /// A new random master key.
    pub fn generate(epoch: u32) -> Result<Self, RandomError> {
        Ok(Self { epoch, key: bytes::random_key()? })
    }

    /// Reads `BYOKM1-…`. An error tells a typo from a wrong kind of key, and never repeats the text.
    pub fn parse(typed: &str) -> Result<Self, KeyTextError> {
        let (epoch, key) = text::read(Kind::Master, typed)?;
        Ok(Self { epoch, key })
    }

    /// The text form, for the key file.
    pub fn to_text(&self) -> SecretText {
        text::write(Kind::Master, self.epoch, &self.key)
    }

    /// The epoch, which increases with every rotation.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The check value, which the database compares before anything is written.
    pub fn check_value(&self) -> CheckValue {
        let mut value = [0; 8];
        bytes::derive(&self.key, &[Field::Text("check"), Field::Number(self.epoch)], &mut value);
        CheckValue::new(value)
    }

    /// Wraps the data key of an organization.
    pub fn wrap(&self, org: &str, key: &DataKey) -> Result<Vec<u8>, RandomError> {
        bytes::seal(&self.key, key.bytes().expose_secret(), &self.aad(org, key.epoch()))
    }

    /// Unwraps a data key. This fails for another organization, another epoch or another master key.
    pub fn unwrap_data_key(&self, org: &str, epoch: u32, wrapped: &[u8]) -> Result<DataKey, OpenError> {
        let opened = bytes::open(&self.key, wrapped, &self.aad(org, epoch))?;
        if opened.len() != 32 {
            return Err(OpenError::Payload);
        }
        Ok(DataKey::new(epoch, SecretBox::init_with_mut(|key: &mut [u8; 32]| key.copy_from_slice(&opened))))
    }

    /// Authenticates the digest of an audit seal.
    pub fn audit_mac(&self, digest: &[u8]) -> [u8; 32] {
        let info = [Field::Text("audit-seal"), Field::Number(self.epoch)];
        let key = bytes::derive_key(&self.key, &info);
        // HMAC takes a key of any length, so there is always a tag.
        Hmac::<Sha256>::new_from_slice(key.expose_secret()).map_or([0; 32], |mut mac| {
            mac.update(digest);
            mac.finalize().into_bytes().into()
        })
    }

    fn aad(&self, org: &str, epoch: u32) -> Vec<u8> {
        bytes::encode(&[Field::Text("data-key"), Field::Text(org), Field::Number(epoch), Field::Number(self.epoch)])
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MasterKey({}, epoch {})", self.check_value(), self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::generate(3).expect("random bytes")
    }

    #[test]
    fn a_master_key_reads_back_from_its_text_however_it_was_cased_and_spaced() {
        let key = master();
        let text = key.to_text();
        for typed in [text.expose().to_owned(), format!("  {}\r\n", text.expose().to_lowercase())] {
            let read = MasterKey::parse(&typed).expect("a key");
            assert_eq!((read.check_value(), read.epoch()), (key.check_value(), 3));
        }
        assert!(!format!("{key:?}").contains(&text.expose()[9..40]));
    }

    #[test]
    fn a_wrong_text_is_told_apart_by_what_is_wrong_with_it() {
        let text = master().to_text();
        let data = DataKey::generate(1).expect("random bytes").to_text();
        let of = |typed: &str| MasterKey::parse(typed).expect_err("not a key");
        assert_eq!(of("correct horse battery staple"), KeyTextError::NotAKey("master", "BYOKM1"));
        assert_eq!(of(""), KeyTextError::NotAKey("master", "BYOKM1"));
        assert_eq!(of(data.expose()), KeyTextError::WrongKind("data", "master"));
        assert_eq!(of(&text.expose()[..60]), KeyTextError::Length);
        assert_eq!(of(&text.expose().replacen("-3-", "-4-", 1)), KeyTextError::Checksum);
    }

    #[test]
    fn a_wrapped_data_key_opens_for_its_organization_and_epochs_alone() {
        let (key, data) = (master(), DataKey::generate(1).expect("random bytes"));
        let wrapped = key.wrap("acme", &data).expect("random bytes");
        assert_eq!(wrapped.len(), 61);
        let opened = key.unwrap_data_key("acme", 1, &wrapped).expect("its own");
        assert_eq!(opened.check_value("acme"), data.check_value("acme"));
        for (org, epoch) in [("bolt", 1), ("acme", 2), ("", 1)] {
            assert_eq!(key.unwrap_data_key(org, epoch, &wrapped).err(), Some(OpenError::Authentication));
        }
        assert_eq!(master().unwrap_data_key("acme", 1, &wrapped).err(), Some(OpenError::Authentication));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_called_a_typo(at in 9..68_usize, letter in "[A-Z2-7]") {
            let text = master().to_text();
            let mut typed = text.expose().to_owned();
            prop_assume!(typed.as_bytes()[at] != b'-' && !typed[at..].starts_with(&letter));
            typed.replace_range(at..=at, &letter);
            prop_assert_eq!(MasterKey::parse(&typed).err(), Some(KeyTextError::Checksum));
        }

        #[test]
        fn no_text_makes_the_parser_panic(typed in "(BYOK[MD]1-)?[0-9]{0,11}-?.{0,80}") {
            let _ = MasterKey::parse(&typed);
        }
    }
}
