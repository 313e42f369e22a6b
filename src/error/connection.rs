//! How a connection fails, at its beginning or in the middle of a call.

use super::{Blocker, Cause};

/// The database was not reached, or did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The login was refused when connecting.
    #[error("the server refused the login")]
    LoginRefused,
    /// The named database is not on the server.
    #[error("there is no such database on the server")]
    NoSuchDatabase,
    /// The connection string cannot be read; its text is not repeated, since it may hold a password.
    #[error("the connection string is not a PostgreSQL URL")]
    BadUrl,
    /// A part of the connection string that cannot be followed; its value is not repeated.
    #[error("the connection string's {part} {why}")]
    UrlPart {
        /// The name of the part, from a list of ours.
        part: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server cannot be reached, is starting, or did not answer in time.
    #[error("cannot reach the database: {0}")]
    Unavailable(#[source] Cause),
    /// The server writes nothing: it is a standby, or another one took its place.
    #[error("this server of the database is read-only: it is a standby, or another one took its place")]
    ReadOnly,
    /// The server was not proven to be the one that was meant.
    #[error("no verified TLS connection to the database: {0}")]
    Unverified(#[source] Cause),
    /// The connection was lost, or an answer took too long, after something was asked: what came of it is not known.
    #[error(
        "the connection to the database was lost before it answered ({0}); whether it did what was asked is not known"
    )]
    Lost(#[source] Cause),
    /// An earlier call on this connection was given up before its end. The connection was closed with it.
    #[error(
        "an earlier call on this connection was given up in the middle, and the connection was closed: open another one"
    )]
    GivenUp,
    /// Others changed the same rows at the same time, and PostgreSQL gave this change up; again, it may go through.
    #[error("others are changing the same at the same time")]
    Contended,
    /// Somebody's open transaction holds what this needs, and could not be ended.
    #[error("{}", .0.first().map_or_else(String::new, Blocker::to_string))]
    HeldUp(Vec<Blocker>),
}
