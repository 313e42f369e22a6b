//! Why a change, or a question about one thing, is refused.

use crate::name::Holder;

/// What was named is not there, or is not as the change takes it to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// Only an admin hears that an organization is unknown.
    #[error("there is no organization `{0}`")]
    NoSuchOrg(String),
    /// The server has no such role that can log in.
    #[error("the server has no login `{0}`")]
    NoSuchLogin(String),
    /// The key that was named is not there any more.
    #[error("there is no such key of {0}")]
    NoSuchKey(String),
    /// A key cannot be stored for an organization that is not enabled.
    #[error("{0} is not enabled for its own keys")]
    NotEnabled(Holder),
    /// There is a key already, and it was not to be replaced.
    #[error("there is already a key for {0}")]
    Exists(String),
    /// A login of that name is there already.
    #[error("there is already a login `{0}`")]
    LoginExists(String),
    /// Somebody else changed the same key between our reading and writing.
    #[error("the key of {0} was changed by somebody else at the same time; nothing was stored")]
    Changed(String),
    /// The database has the rule as well: an id that nobody can see, or tell from another one.
    #[error("this cannot be the id of an organization")]
    NotAnId,
    /// A key of a provider that an admin added is sealed with that provider's address, and this one was not.
    #[error("the key of {0} is not sealed for the address that its provider has now; nothing was stored")]
    OtherAddress(String),
    /// The provider is one that an admin added, and removed since.
    #[error("the provider was removed at the same time; the key of {0} was not stored")]
    ProviderGone(String),
    /// The database has bounds for every value; clients keep to them, so this was made by hand, or by a client of its own.
    #[error("the database refused a value: {0}")]
    BadValue(String),
    /// Asked in a transaction that sees the database as it was: a right, a key and a price are those of now.
    #[error("this is not done in a transaction of isolation level repeatable read or serializable")]
    OlderSight,
}
