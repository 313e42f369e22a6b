//! The data key of an organization. It seals provider keys, makes their fingerprints, and gives pgcrypto's passphrase.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::bytes::{self, CheckValue, Field, Fingerprint, KeyBytes};
use super::text::{self, Kind};
use super::{KeyTextError, OpenError, RandomError};
use crate::secret::{Credential, SecretText};

const FORMAT: u32 = 1;
const BLOCK: usize = 64;

/// The data key of an organization: 32 random bytes, and their epoch.
pub struct DataKey {
    epoch: u32,
    key: KeyBytes,
}

/// The row that a sealed key belongs to. If any field changes, the key does not open.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    /// The organization, empty for the platform.
    pub org: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// The version.
    pub version: u32,
    /// The non-secret fields, byte for byte. They are part of the seal, because they decide where the key is sent.
    pub settings: &'a str,
    /// The hint's characters.
    pub hint: &'a str,
}

/// The passphrase for pgcrypto: 64 hexadecimal digits, different for each organization and provider. A clone is the same text in
/// memory, which is zeroized with the last one.
#[derive(Clone)]
pub struct Passphrase(Arc<SecretText>);

impl Passphrase {
    /// The digits, for the statement that needs them.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What a data key derives for the keys of one provider. To derive it takes longer than to open a key with it.
pub(crate) struct DerivedKeys {
    epoch: u32,
    passphrase: Passphrase,
    seal: KeyBytes,
}

impl DerivedKeys {
    /// The epoch of the data key.
    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The passphrase for pgcrypto.
    pub(crate) fn passphrase(&self) -> &Passphrase {
        &self.passphrase
    }

    /// Opens a credential as [`DataKey::open`] does. The place must be of the organization and provider that this is for.
    pub(crate) fn open(&self, place: &SealContext<'_>, sealed: &[u8]) -> Result<Credential, OpenError> {
        open(&self.seal, self.epoch, place, sealed)
    }
}

impl DataKey {
    pub(super) fn new(epoch: u32, key: KeyBytes) -> Self {
        Self { epoch, key }
    }

    pub(super) fn bytes(&self) -> &KeyBytes {
        &self.key
    }

    /// A new random data key.
    pub fn generate(epoch: u32) -> Result<Self, RandomError> {
        Ok(Self { epoch, key: bytes::random_key()? })
    }

    /// Reads `BYOKD1-…`. An error tells a typo from a wrong kind of key, and never repeats the text.
    pub fn parse(typed: &str) -> Result<Self, KeyTextError> {
        let (epoch, key) = text::read(Kind::Data, typed)?;
        Ok(Self { epoch, key })
    }

    /// The text form, to hand to an owner.
    pub fn to_text(&self) -> SecretText {
        text::write(Kind::Data, self.epoch, &self.key)
    }

    /// A copy of the key, for a caller that has only a reference.
    pub(crate) fn duplicate(&self) -> Self {
        let copy = |bytes: &mut [u8; 32]| bytes.copy_from_slice(self.key.expose_secret());
        Self { epoch: self.epoch, key: SecretBox::init_with_mut(copy) }
    }

    /// The epoch, which increases when the organization's data key is replaced.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The check value, which the database compares before anything is written.
    pub fn check_value(&self, org: &str) -> CheckValue {
        let mut value = [0; 8];
        bytes::derive(&self.key, &[Field::Text("check"), Field::Text(org), Field::Number(self.epoch)], &mut value);
        CheckValue::new(value)
    }

    /// pgcrypto's passphrase for the keys of one provider.
    pub fn passphrase(&self, org: &str, provider: &str) -> Passphrase {
        let mut wrap = Zeroizing::new([0; 32]);
        bytes::derive(&self.key, &[Field::Text("wrap"), Field::Text(org), Field::Text(provider)], wrap.as_mut());
        Passphrase(Arc::new(SecretText::new(HEXLOWER.encode(wrap.as_ref()))))
    }

    /// What is derived for the keys of one provider.
    pub(crate) fn derived(&self, org: &str, provider: &str) -> DerivedKeys {
        let (passphrase, seal) = (self.passphrase(org, provider), self.seal_key(org, provider));
        DerivedKeys { epoch: self.epoch, passphrase, seal }
    }

    /// Seals a credential for one row.
    pub fn seal(&self, place: &SealContext<'_>, credential: &Credential) -> Result<Vec<u8>, RandomError> {
        let key = self.seal_key(place.org, place.provider);
        bytes::seal(&key, &pad(&credential.to_payload()), &aad(self.epoch, place))
    }

    /// Seals with a given nonce, for test vectors. Using a nonce twice would reveal both keys.
    #[cfg(feature = "test-server")]
    pub fn seal_for_vectors(
        &self,
        place: &SealContext<'_>,
        nonce: [u8; 12],
        padded: &[u8],
    ) -> Result<Vec<u8>, RandomError> {
        let key = self.seal_key(place.org, place.provider);
        bytes::seal_with(&key, nonce, padded, &aad(self.epoch, place))
    }

    /// Opens a credential that was sealed for this row under this key. Anything else fails.
    pub fn open(&self, place: &SealContext<'_>, sealed: &[u8]) -> Result<Credential, OpenError> {
        open(&self.seal_key(place.org, place.provider), self.epoch, place, sealed)
    }

    /// The fingerprint of a credential. The same credential has the same one while the data key stays the same.
    pub fn fingerprint(&self, provider: &str, credential: &Credential) -> Fingerprint {
        let key = bytes::derive_key(&self.key, &[Field::Text("fingerprint")]);
        let mut message = bytes::encode(&[Field::Text(provider), Field::Bytes(&credential.to_payload())]);
        let mut short = [0; 8];
        // HMAC takes a key of any length, so there is always a tag.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret()) {
            mac.update(&message);
            short.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        }
        message.zeroize();
        Fingerprint::new(short)
    }

    fn seal_key(&self, org: &str, provider: &str) -> KeyBytes {
        bytes::derive_key(&self.key, &[Field::Text("seal"), Field::Text(org), Field::Text(provider)])
    }
}

fn open(key: &KeyBytes, epoch: u32, place: &SealContext<'_>, sealed: &[u8]) -> Result<Credential, OpenError> {
    let padded = bytes::open(key, sealed, &aad(epoch, place))?;
    let payload = unpad(&padded).ok_or(OpenError::Payload)?;
    Credential::from_payload(payload).ok_or(OpenError::Payload)
}

fn aad(epoch: u32, place: &SealContext<'_>) -> Vec<u8> {
    bytes::encode(&[
        Field::Number(FORMAT),
        Field::Text(place.org),
        Field::Text(place.provider),
        Field::Number(place.version),
        Field::Number(epoch),
        Field::Text(place.settings),
        Field::Text(place.hint),
    ])
}

impl fmt::Debug for DataKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DataKey(epoch {})", self.epoch)
    }
}

/// Pads with `0x80` and zeros to a multiple of 64, because the length of a key would reveal its provider.
fn pad(payload: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = (payload.len() / BLOCK + 1) * BLOCK;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.extend_from_slice(payload);
    padded.push(0x80);
    padded.resize(length, 0);
    padded
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    let canonical = padded.len().is_multiple_of(BLOCK) && padded[end] == 0x80 && padded.len() - end <= BLOCK;
    canonical.then(|| &padded[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: SealContext<'_> =
        SealContext { org: "acme", provider: "openai", version: 7, settings: r#"{"region":"eu"}"#, hint: "xK7q" };

    fn key() -> DataKey {
        DataKey::generate(2).expect("random bytes")
    }

    fn credential(text: &str) -> Credential {
        Credential::single("api_key", SecretText::new(text.into()))
    }

    fn opened(key: &DataKey, place: &SealContext<'_>, sealed: &[u8]) -> Result<String, OpenError> {
        key.open(place, sealed).map(|credential| credential.get("api_key").expect("the field").expose().to_owned())
    }

    #[test]
    fn a_sealed_key_opens_at_its_place_and_at_no_other() {
        let key = key();
        let sealed = key.seal(&PLACE, &credential("sk-canary")).expect("random bytes");
        assert_eq!(opened(&key, &PLACE, &sealed).as_deref(), Ok("sk-canary"));
        let moved = [
            SealContext { org: "bolt", ..PLACE },
            SealContext { org: "", ..PLACE },
            SealContext { provider: "gemini", ..PLACE },
            SealContext { version: 8, ..PLACE },
            SealContext { settings: r#"{"region":"us"}"#, ..PLACE },
            SealContext { settings: "", ..PLACE },
            SealContext { hint: "xK7r", ..PLACE },
            SealContext { org: "acmeopenai", provider: "", ..PLACE },
        ];
        for place in moved {
            assert_eq!(opened(&key, &place, &sealed), Err(OpenError::Authentication), "{place:?}");
        }
        let other_epoch = DataKey::new(3, bytes::derive_key(&key.key, &[]));
        assert_eq!(opened(&other_epoch, &PLACE, &sealed), Err(OpenError::Authentication));
    }

    #[test]
    fn what_is_derived_once_opens_what_the_data_key_opens_and_nothing_else() {
        let key = key();
        let sealed = key.seal(&PLACE, &credential("sk-canary")).expect("random bytes");
        let derived = key.derived("acme", "openai");
        assert_eq!(derived.passphrase().expose(), key.passphrase("acme", "openai").expose());
        assert!(derived.open(&PLACE, &sealed).is_ok());
        assert!(derived.open(&SealContext { version: 8, ..PLACE }, &sealed).is_err());
        for (org, provider) in [("acme", "gemini"), ("bolt", "openai"), ("", "openai")] {
            assert!(key.derived(org, provider).open(&PLACE, &sealed).is_err(), "{org} {provider}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let key = key();
        let sealed = key.seal(&PLACE, &credential("sk-canary")).expect("random bytes");
        for bit in 0..sealed.len() * 8 {
            let mut forged = sealed.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&PLACE, &forged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_same_key_is_sealed_differently_each_time_and_named_the_same() {
        let key = key();
        let seal = || key.seal(&PLACE, &credential("sk-canary")).expect("random bytes");
        assert_ne!(seal(), seal());
        let named = |provider, text| key.fingerprint(provider, &credential(text));
        assert_eq!(named("openai", "sk-canary"), named("openai", "sk-canary"));
        assert_ne!(named("openai", "sk-canary"), named("openai", "sk-canarx"));
        assert_ne!(named("openai", "sk-canary"), named("gemini", "sk-canary"));
    }

    #[test]
    fn a_passphrase_is_64_hexadecimal_digits_and_belongs_to_one_organization_and_provider() {
        let key = key();
        let one = key.passphrase("acme", "openai");
        assert!(one.expose().len() == 64 && one.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.expose(), key.passphrase("acme", "gemini").expose());
        assert_ne!(one.expose(), key.passphrase("bolt", "openai").expose());
    }

    proptest! {
        #[test]
        fn padding_hides_the_length_and_comes_off_exactly(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let padded = pad(&payload);
            prop_assert_eq!(padded.len() % BLOCK, 0);
            prop_assert_eq!(unpad(&padded), Some(payload.as_slice()));
        }

        #[test]
        fn whatever_is_sealed_opens_again(text in ".{0,300}", version in 1..u32::MAX, settings in ".{0,20}") {
            let key = key();
            let place = SealContext { version, settings: &settings, ..PLACE };
            let sealed = key.seal(&place, &credential(&text)).expect("random bytes");
            prop_assert_eq!(opened(&key, &place, &sealed), Ok(text));
        }
    }
}
