//! What can go wrong in the core, as far as a caller can act on it.
//!
//! A text in a variant is a name, never a value. Errors of the database are mapped by SQLSTATE and never shown by `Debug`,
//! which would print the failing row.

mod access;
mod blocker;
mod cause;
mod change;
mod connection;
mod credit;
mod data;
mod key;
mod refusal;
mod schema;
mod subject;

pub use access::AccessError;
pub use blocker::{Blocker, BlockerOutcome};
pub use cause::Cause;
pub use change::ChangeError;
pub use connection::ConnectionError;
pub use credit::{ChargeLoss, CreditError};
pub use data::DataError;
pub use key::KeyError;
pub use refusal::Refusal;
pub use schema::SchemaError;
pub(crate) use subject::Subject;

use crate::resolution::Reason;

/// The result of everything that talks to the database.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the core, by its area.
///
/// The calls of a [`Resolver`](crate::Resolver) meet [`Denied`](Error::Denied), credits, keys, access, the connection and data;
/// schema and changes are met when it is opened, and in administration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database was not reached, or did not answer.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A charge, a hold or what became of one is refused.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// A key is missing, is another one, or does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A login may not do what it asked for.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What was named is not there, or is not as the change takes it to be.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The schema of the database and this program do not fit, or it cannot be installed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The database holds or sent something that cannot be understood.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No key serves the request.
    #[error("denied: {}", .0.code())]
    Denied(Reason),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Anything else that PostgreSQL said.
    #[error("PostgreSQL said {code}: {message}")]
    Database {
        /// The SQLSTATE.
        code: String,
        /// The server's message.
        message: String,
    },
}

impl Error {
    /// Whether the same call may succeed when it is made again, with the same request id where it has one.
    pub fn may_pass(&self) -> bool {
        use ConnectionError::{Contended, Lost, ReadOnly, Unavailable};
        matches!(self, Self::Connection(Contended | Lost(_) | ReadOnly | Unavailable(_)))
    }
}
