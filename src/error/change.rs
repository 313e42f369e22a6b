//! Why a change or a question is refused.

use crate::name::Holder;

/// Something that was named does not exist, or is not in the state that the change needs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such organization. Only an admin gets this error.
    #[error("there is no organization `{0}`")]
    NoSuchOrg(String),
    /// The organization was purged, and its id is not in use again.
    #[error("{0} was purged: its account is closed; nothing was changed")]
    Purged(String),
    /// The server has no such role that can log in.
    #[error("the server has no login `{0}`")]
    NoSuchLogin(String),
    /// The key does not exist.
    #[error("there is no {0}")]
    NoSuchKey(String),
    /// The event does not exist, or was removed after the time that events are kept.
    #[error("there is no such event")]
    NoSuchEvent,
    /// A key cannot be stored for an organization that is not enabled.
    #[error("{0} is not enabled for its own keys")]
    NotEnabled(Holder),
    /// There is already a key, and it must not be replaced.
    #[error("{0} already exists")]
    Exists(String),
    /// Only a data key that does not open is erased.
    #[error("the data key of {0} opens, so it was not erased")]
    DataKeyOpens(Holder),
    /// There is already a login of this name.
    #[error("there is already a login `{0}`")]
    LoginExists(String),
    /// Somebody else changed the same key between reading and writing it.
    #[error("somebody else changed the {0} at the same time; nothing was stored")]
    Changed(String),
    /// The end date of a new key is in the past.
    #[error("the end date of the {0} is in the past, so no request could use it; nothing was stored")]
    PastDate(String),
    /// The id of an organization has characters that cannot be seen or distinguished.
    #[error("this cannot be the id of an organization")]
    NotAnId,
    /// The key was sealed for another address of its provider than the current one.
    #[error("the {0} is for another address than its provider has now; it was not stored")]
    OtherAddress(String),
    /// An admin removed the provider at the same time.
    #[error("the provider was removed at the same time; the {0} was not stored")]
    ProviderGone(String),
    /// A value is outside the bounds of the database. byok's clients check these bounds themselves.
    #[error("the database refused a value: {0}")]
    BadValue(String),
    /// The transaction has an isolation level in which it may see old rights, keys or prices.
    #[error("this cannot be done in a transaction with isolation level repeatable read or serializable")]
    OlderSight,
}
