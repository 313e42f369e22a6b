//! The seal over every stored key, the data key of an organization, and the master key over those.
//!
//! ```text
//! master key  M_e   32 random bytes, epoch e
//! data key    K_f   32 random bytes for each organization, epoch f, stored as AES-256-GCM(M_e, K_f)
//! seal key          HKDF-SHA256(K_f, "byok/1", enc("seal", org, provider))
//! passphrase        hex(HKDF-SHA256(K_f, "byok/1", enc("wrap", org, provider)))     what pgcrypto encrypts with
//! sealed            0x01, nonce (12), AES-256-GCM(seal key, nonce, pad(payload), aad = where it belongs)
//! ```
//!
//! `docs/format.md` describes the same for implementers in other languages. The empty organization is the platform. Key
//! material exists only in types without Display, Serialize, PartialEq and Deref.

mod bytes;
mod data;
mod error;
mod master;
mod masters;
pub(crate) mod scram;
mod text;

pub use bytes::{CheckValue, Fingerprint};
pub(crate) use data::DerivedKeys;
pub use data::{DataKey, Passphrase, SealContext};
pub use error::{OpenError, RandomError};
pub use master::MasterKey;
pub use masters::MasterKeys;
pub use text::{KeyTextError, key_lines};

/// `enc(..)`, which every derivation and seal uses. It is public for vectors and fuzzers.
#[cfg(feature = "test-server")]
pub fn encode_for_vectors(fields: &[&[u8]]) -> Vec<u8> {
    bytes::encode(&fields.iter().map(|field| bytes::Field::Bytes(field)).collect::<Vec<_>>())
}
