//! Errors of the core, as far as a caller can act on them.
//!
//! A text in a variant is a name, never a value. The driver's errors are mapped by SQLSTATE. Their `Debug` is never
//! shown, because it prints the failing row.

mod access;
mod blocker;
mod call;
mod cause;
mod change;
mod connection;
mod credit;
mod data;
mod key;
mod refusal;
mod schema;
mod server;
mod subject;

pub use access::AccessError;
pub use blocker::{Blocker, BlockerOutcome};
pub use call::{AcquireError, ConnectError, SettleError};
pub use cause::Cause;
pub use change::ChangeError;
pub use connection::ConnectionError;
pub use credit::{ChargeLoss, CreditError};
pub use data::DataError;
pub use key::KeyError;
pub use refusal::Refusal;
pub use schema::SchemaError;
pub use server::ServerError;
pub(crate) use subject::Subject;

use crate::crypto::RandomError;
use crate::resolution::Reason;

/// The result of everything that talks to the database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the core, by its area. Administration meets all of them.
///
/// The calls of a [`Resolver`](crate::Resolver) have narrower ones: [`ConnectError`], [`AcquireError`] and [`SettleError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database was not reached, or did not answer.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A charge, a hold, or the end of a hold is refused.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// A key is missing, is the wrong one, or does not open.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A login may not do what it asked for.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Something that was named does not exist, or is not in the state that the change needs.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The schema of the database does not fit this program, or it cannot be installed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The server could not do what it was asked for.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database has or sent a value that byok cannot understand.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No key serves the request.
    #[error("denied: {} ({})", .0.in_words(), .0.code())]
    Denied(Reason),
    /// The operating system gave no random bytes.
    #[error("{}", RandomError)]
    NoRandomness,
    /// Any other error of PostgreSQL.
    #[error("PostgreSQL reported error {code}: {message}")]
    Database {
        /// The SQLSTATE.
        code: String,
        /// The server's message.
        message: String,
    },
}

impl From<RandomError> for Error {
    fn from(RandomError: RandomError) -> Self {
        Self::NoRandomness
    }
}

impl Error {
    /// Whether the same call may succeed later, with the same request id if it has one.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connection(error) => error.may_pass(),
            Self::Server(error) => error.may_pass(),
            _ => false,
        }
    }
}
