//! Keys that are missing, wrong, or do not open.

use crate::crypto::CheckValue;
use crate::name::{Holder, OrgId};

/// A key is missing, is the wrong one, or does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The master key is not one of this database.
    #[error(
        "this is not the master key of this database: the database needs fingerprint {wanted}, but the given key has {given} (epoch {epoch})"
    )]
    WrongMasterKey {
        /// The epoch of the key that was given.
        epoch: u32,
        /// The check value that the database has, or `none`.
        wanted: String,
        /// The check value of the key that was given.
        given: CheckValue,
    },
    /// The database already has another master key.
    #[error("the database already has another master key")]
    OtherMasterKey,
    /// The given master key is of another epoch than the one that is needed.
    #[error("this needs the master key of epoch {epoch}{}, which was not found", fingerprint(.wanted.as_ref()))]
    MissingMasterKey {
        /// The epoch that is needed.
        epoch: u32,
        /// Its check value, if it is known.
        wanted: Option<CheckValue>,
    },
    /// No master key is registered.
    #[error("the database has no master key yet")]
    NoMasterKey,
    /// Two different master keys have the same epoch.
    #[error("two different master keys were given for the same epoch")]
    TwoMasterKeys,
    /// The given data key was replaced, or it belongs to another organization.
    #[error(
        "this is not the data key of {holder}: the current one has fingerprint {wanted}, but the given key has {given}"
    )]
    WrongDataKey {
        /// The holder of the keys to open or seal.
        holder: Holder,
        /// Check value and epoch of the current data key.
        wanted: String,
        /// Check value and epoch of the given data key, computed for this holder.
        given: String,
    },
    /// The given data key is not one of this organization, or one from before a purge.
    #[error("this is not a data key of {0}, or it is one from before a purge")]
    ForeignDataKey(String),
    /// A data key cannot be put back in use, because the organization has got another one since.
    #[error("organization {0} already has another data key")]
    DataKeyInUse(String),
    /// The organization has no data key yet.
    #[error("organization {0} has no data key yet")]
    NoDataKey(OrgId),
    /// A data key of an organization does not open the platform's keys.
    #[error("keys of {0} need the master key; a data key of an organization does not open them")]
    TakesMasterKey(String),
    /// A stored key does not open. This is never a reason to use another key.
    #[error("the stored {0} does not open: it was damaged, moved, forged, or sealed under another data key")]
    Unreadable(String),
    /// The data key of an organization or the platform does not open.
    #[error("the data key of {0} does not open with this master key: it was damaged, moved or forged")]
    DataKeyUnreadable(Holder),
    /// An opened key has no value for a field that its provider needs.
    #[error("the {subject} has no field `{field}`, so byok did not store it")]
    KeyIncomplete {
        /// Which key, such as `openai key of organization acme`.
        subject: String,
        /// The field.
        field: String,
    },
    /// This step is not possible in the current state of the rotation.
    #[error("{0}")]
    Rotation(String),
    /// A host that uses the master key has not loaded the new one.
    #[error("a host that uses the master key has not loaded the new one yet")]
    NotLoaded,
}

fn fingerprint(wanted: Option<&CheckValue>) -> String {
    wanted.map_or_else(String::new, |value| format!(", fingerprint {value}"))
}
