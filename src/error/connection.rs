//! How a connection fails: when it is opened, or during a call.

use super::{Blocker, Cause};

/// The database was not reached, or did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The login was refused when connecting.
    #[error("the server refused the login")]
    LoginRefused,
    /// The server admits no such login from this machine: `pg_hba.conf` has no entry for it, or there is no such login.
    #[error("the login does not exist on the server, or may not connect from this machine")]
    NotAdmitted,
    /// The login has no right to connect to the database.
    #[error("this login may not connect to the database")]
    MayNotConnect,
    /// The database accepts no connections.
    #[error("the database accepts no connections")]
    Closed,
    /// The server has no database of this name.
    #[error("there is no such database on the server")]
    NoSuchDatabase,
    /// The connection string cannot be parsed. Its text is not repeated, because it may contain a password.
    #[error("the connection string is not a PostgreSQL URL")]
    BadUrl,
    /// A part of the connection string cannot be used. Its value is not repeated.
    #[error("the connection string's {part} {why}")]
    UrlPart {
        /// The name of the part, from a fixed list.
        part: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A character of the connection string must be percent-encoded. Nothing else of the string is repeated.
    #[error("the connection string has `{character}` at position {at}, which must be percent-encoded in a {part}")]
    UrlCharacter {
        /// The character.
        character: char,
        /// Its position, from 1.
        at: usize,
        /// The part that it is in.
        part: &'static str,
    },
    /// The server cannot be reached, is starting, or did not answer in time.
    #[error("cannot reach the database: {0}")]
    Unavailable(#[source] Cause),
    /// So many requests of this process wait for a connection that another one was refused.
    #[error("{0} requests of this process wait for a connection to the database, so this one was not sent")]
    Overloaded(usize),
    /// The server is starting, recovering or shutting down.
    #[error("the server is starting, recovering or shutting down")]
    Starting,
    /// The server, the database or the login has no connection left.
    #[error("the server has no connection left for this login")]
    TooMany,
    /// The server cancelled the statement: it took too long, or an administrator cancelled it.
    #[error("the server cancelled the statement: it took too long, or somebody cancelled it; nothing was changed")]
    Cancelled,
    /// Another session has held what the statement needs for longer than the statement may wait.
    #[error("another session holds a lock that this needs, and did not release it in time; nothing was changed")]
    Locked,
    /// The server ended the session because it was idle for too long.
    #[error(
        "the server ended this session, because it was idle for longer than the server allows; nothing was changed"
    )]
    Idle,
    /// A connection pooler between byok and the server cannot do what byok asks for.
    #[error("a connection pooler is between byok and the server, and refuses how byok uses the connection")]
    Pooler,
    /// The server is read-only: it is a standby.
    #[error(
        "this server of the database is read-only: it is a standby, or default_transaction_read_only is on; nothing was changed"
    )]
    ReadOnly,
    /// The identity of the server could not be verified.
    #[error("no verified TLS connection to the database: {0}")]
    Unverified(#[source] Cause),
    /// The connection was lost or timed out after a statement was sent. Whether the statement took effect is not known.
    #[error(
        "the connection to the database was lost before it answered ({0}); it is not known whether the request took effect"
    )]
    Lost(#[source] Cause),
    /// An earlier call on this connection was cancelled before its end, which closed the connection.
    #[error("an earlier call on this connection was cancelled, so the connection was closed: open another one")]
    GivenUp,
    /// Another session changed the same rows at the same time, and PostgreSQL cancelled this change. Another attempt
    /// may succeed.
    #[error("another session changes the same rows at the same time")]
    Contended,
    /// Another open transaction blocks this one and could not be ended.
    #[error("{}", .0.first().map_or_else(String::new, Blocker::to_string))]
    HeldUp(Vec<Blocker>),
}

impl ConnectionError {
    /// Whether the same call may succeed when it is made again.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Contended
                | Self::Lost(_)
                | Self::ReadOnly
                | Self::Unavailable(_)
                | Self::Overloaded(_)
                | Self::Starting
                | Self::TooMany
                | Self::Cancelled
                | Self::Locked
                | Self::Idle
        )
    }
}
