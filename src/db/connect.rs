//! Connections that do not give a key to whoever answers, and do not wait for ever.

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
        // Nothing was asked yet.
        Error::Connection(ConnectionError::Lost(why)) => Error::Connection(ConnectionError::Unavailable(why)),
        other => other,
    })
}
