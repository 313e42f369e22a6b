//! Opens connections. A connection is verified before it is used, and does not wait without a limit.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::deadline::{Deadline, Pause};
use super::guard::Guarded;
use super::{DatabaseUrl, Pooler};
use crate::error::{ConnectionError, Error, Result, Subject};

/// How long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a server without a free place, or one that is starting, is waited for.
const TURN: Duration = Duration::from_secs(15);

/// A new connection, and how it is used.
pub(super) struct Connected {
    pub(super) connection: PgConnection,
    /// The URL with the pooler that was noticed.
    pub(super) url: DatabaseUrl,
}

impl DatabaseUrl {
    /// Connects. A pooler that refuses a parameter of a direct connection is used as one.
    pub(super) async fn connect(&self) -> Result<Connected> {
        match connect_with(&self.options()?).await {
            Err(Error::Connection(ConnectionError::Pooler)) if self.pooler() == Pooler::Auto => {
                let url = self.clone().behind(Pooler::Transaction);
                Ok(Connected { connection: connect_with(&url.options()?).await?, url })
            }
            outcome => Ok(Connected { connection: outcome?, url: self.clone() }),
        }
    }

    /// Connects; a server that has no place left, or is starting, is asked again for a while.
    pub(super) async fn connect_in_turn(&self) -> Result<Connected> {
        let mut pause = Pause::new(Deadline::after(TURN));
        loop {
            match self.connect().await {
                Err(Error::Connection(ConnectionError::TooMany | ConnectionError::Starting)) if pause.wait().await => {}
                outcome => return outcome,
            }
        }
    }
}

pub(super) async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection> {
    let connecting = Guarded::new(PgConnection::connect_with(options));
    let Ok(connected) = tokio::time::timeout(CONNECT, connecting).await else {
        let words = format!("no answer within {} seconds", CONNECT.as_secs());
        return Err(Error::Connection(ConnectionError::Unavailable(words.into())));
    };
    connected.map_err(unconnected)
}

/// What an error means before the session has begun.
fn unconnected(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(DatabaseError::code);
    match code.as_deref() {
        Some("42501") => return Error::Connection(ConnectionError::MayNotConnect),
        Some("55000") => return Error::Connection(ConnectionError::Closed),
        Some("08P01") => return Error::Connection(ConnectionError::Pooler),
        _ => {}
    }
    // The queue of a Unix socket is full: more clients come at once than the server takes in.
    if matches!(&error, sqlx::Error::Io(cause) if cause.kind() == ErrorKind::WouldBlock) {
        return Error::Connection(ConnectionError::TooMany);
    }
    match Error::about(Subject::Login)(error) {
        // Nothing was sent yet, so the error is not `Lost`.
        Error::Connection(ConnectionError::Lost(why)) => Error::Connection(ConnectionError::Unavailable(why)),
        other => other,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with};

    use super::*;
    use crate::secret::SecretText;

    #[test]
    fn a_server_that_takes_in_no_more_clients_at_once_has_too_many() {
        let dir = tempfile::tempdir().expect("a directory");
        let place = SocketAddrUnix::new(dir.path().join(".s.PGSQL.5432")).expect("an address");
        let new =
            || socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::NONBLOCK, None).expect("a socket");
        let server = new();
        bind(&server, &place).expect("a name");
        listen(&server, 0).expect("a queue");
        let mut clients = vec![new()];
        while clients.last().map(|client| connect(client, &place)) == Some(Ok(())) {
            clients.push(new());
        }
        assert_eq!(clients.last().map(|client| connect(client, &place)), Some(Err(Errno::AGAIN)));
        let url = format!("postgres://ada@localhost/x?host={}", dir.path().display());
        let url = DatabaseUrl::parse(SecretText::new(url)).expect("a URL");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let outcome = runtime.block_on(url.connect()).map(drop);
        assert!(matches!(outcome, Err(Error::Connection(ConnectionError::TooMany))), "{outcome:?}");
    }
}
