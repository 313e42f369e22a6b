//! Opens connections. A connection is verified before it is used, and does not wait without a limit.

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::DatabaseUrl;
use super::guard::Guarded;
use crate::error::{ConnectionError, Error, Result, Subject};

/// How long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(10);

impl DatabaseUrl {
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        connect_with(&self.options()?).await
    }
}

pub(crate) async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection> {
    let connecting = Guarded::new(PgConnection::connect_with(options));
    let Ok(connected) = tokio::time::timeout(CONNECT, connecting).await else {
        return Err(Error::Connection(ConnectionError::Unavailable(
            format!("no answer within {} seconds", CONNECT.as_secs()).into(),
        )));
    };
    connected.map_err(Error::about(Subject::Login)).map_err(|error| match error {
        // Nothing was sent yet, so the error is not `Lost`.
        Error::Connection(ConnectionError::Lost(why)) => Error::Connection(ConnectionError::Unavailable(why)),
        other => other,
    })
}
