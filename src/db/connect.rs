//! Opens connections. A connection is verified before it is used, and does not wait without a limit.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::DatabaseUrl;
use super::deadline::{Deadline, Pause};
use super::guard::Guarded;
use crate::error::{ConnectionError, Error, Result, Subject};

/// How long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a server without a free place is waited for.
const TURN: Duration = Duration::from_secs(15);

/// The SQLSTATE of a server that has no place for another connection.
const TOO_MANY: &str = "53300";

impl DatabaseUrl {
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        connect_with(&self.options()?).await
    }

    /// Connects; a server that has no place left is asked again for a while.
    pub(crate) async fn connect_in_turn(&self) -> Result<PgConnection> {
        let options = self.options()?;
        let mut pause = Pause::new(Deadline::after(TURN));
        loop {
            match attempt(&options).await {
                Err(Unconnected { full: true, .. }) if pause.wait().await => {}
                outcome => return outcome.map_err(|unconnected| unconnected.why),
            }
        }
    }
}

pub(crate) async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection> {
    attempt(options).await.map_err(|unconnected| unconnected.why)
}

/// No connection was made.
struct Unconnected {
    why: Error,
    /// The server has no place left, and may have one soon.
    full: bool,
}

async fn attempt(options: &PgConnectOptions) -> std::result::Result<PgConnection, Unconnected> {
    let connecting = Guarded::new(PgConnection::connect_with(options));
    let Ok(connected) = tokio::time::timeout(CONNECT, connecting).await else {
        let words = format!("no answer within {} seconds", CONNECT.as_secs());
        let why = Error::Connection(ConnectionError::Unavailable(words.into()));
        return Err(Unconnected { why, full: false });
    };
    connected.map_err(|error| {
        let full = error.as_database_error().and_then(DatabaseError::code).as_deref() == Some(TOO_MANY);
        let why = match Error::about(Subject::Login)(error) {
            // Nothing was sent yet, so the error is not `Lost`.
            Error::Connection(ConnectionError::Lost(why)) => Error::Connection(ConnectionError::Unavailable(why)),
            other => other,
        };
        Unconnected { why, full }
    })
}
