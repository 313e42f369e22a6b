//! Keys that are missing, wrong, or do not open.

use crate::crypto::CheckValue;
use crate::name::OrgId;

/// A key is missing, is another one, or does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The master key is not the one that the database knows.
    #[error("this is not the master key of this database: wanted fingerprint {wanted}, given {given} (epoch {epoch})")]
    WrongMasterKey {
        /// The epoch of the key that was given.
        epoch: u32,
        /// The check value that the database has, or `none`.
        wanted: String,
        /// The check value of the key that was given.
        given: CheckValue,
    },
    /// Another master key is registered already.
    #[error("the database is in use with another master key")]
    OtherMasterKey,
    /// The right master key, but of another epoch than this takes.
    #[error("this takes the master key of epoch {epoch}{}, which is not at hand", fingerprint(.wanted.as_ref()))]
    MissingMasterKey {
        /// The epoch that is wanted.
        epoch: u32,
        /// Its check value, where it is known.
        wanted: Option<CheckValue>,
    },
    /// No master key is registered.
    #[error("the database knows no master key yet")]
    NoMasterKey,
    /// Two different master keys say that they are of one epoch.
    #[error("two different master keys were given that say they are of the same epoch")]
    TwoMasterKeys,
    /// The data key that was given is another organization's, or one that was replaced.
    #[error("this is not the data key of {holder}: wanted fingerprint {wanted}, given {given}")]
    WrongDataKey {
        /// Whose keys were to be opened or sealed.
        holder: String,
        /// Check value and epoch of the one in use.
        wanted: String,
        /// Check value and epoch of the one that was given, as that organization's.
        given: String,
    },
    /// The data key that was given was at no time that organization's.
    #[error("this was never the data key of {0}")]
    ForeignDataKey(String),
    /// Nobody has made a data key for that organization yet.
    #[error("organization {0} has no data key yet")]
    NoDataKey(OrgId),
    /// A data key opens what is its organization's, and nothing of the platform's.
    #[error("a data key of an organization does not open keys of {0}: that takes the master key")]
    TakesMasterKey(String),
    /// A stored key does not open: damaged, moved or forged. Never a reason to use another key.
    #[error("the stored key of {0} does not open: it was damaged, moved or forged, or sealed under another key")]
    Unreadable(String),
    /// The data key of an organization does not unwrap.
    #[error("the data key of {0} does not open with this master key: it was damaged, moved or forged")]
    DataKeyUnreadable(String),
    /// A key that was opened lacks a field that its provider needs.
    #[error("the {subject} lacks its field `{field}`; it was not stored by byok")]
    KeyIncomplete {
        /// Which key, such as `key for openai of organization acme`.
        subject: String,
        /// The field.
        field: String,
    },
    /// The rotation of the master key is not where this step belongs.
    #[error("{0}")]
    Rotation(String),
    /// Somebody who holds the master key has not loaded the new one.
    #[error("somebody who holds the master key has not loaded the new one yet")]
    NotLoaded,
}

fn fingerprint(wanted: Option<&CheckValue>) -> String {
    wanted.map_or_else(String::new, |value| format!(", fingerprint {value}"))
}
