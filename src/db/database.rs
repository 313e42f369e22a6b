//! A connection that is ready for use.

use super::hello::hello;
use super::link::{Limit, PooledConnection};
use super::{DatabaseUrl, Hello, Pooler};
use crate::error::{ConnectionError, Error, Result};

/// A connection with its login, ready for use: the schema is there and serves this program.
pub struct Database {
    pub(super) connection: PooledConnection,
    pub(super) hello: Hello,
    url: DatabaseUrl,
}

impl Database {
    /// Connects and makes sure that the database serves this program; one round trip after the connection's own.
    ///
    /// A call whose future is dropped before its end closes the connection, whatever it was doing: a change that was under
    /// way is rolled back, or has happened, and every later call fails with [`ConnectionError::GivenUp`](crate::error::ConnectionError::GivenUp).
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        let mut connection = PooledConnection::new(url.connect().await?, url.pooler() == Pooler::Transaction);
        let hello = match hello(&mut connection).await {
            // Nothing was asked yet that could have changed anything.
            Err(Error::Connection(ConnectionError::Lost(why))) => {
                return Err(Error::Connection(ConnectionError::Unavailable(why)));
            }
            other => other?,
        };
        hello.serves()?;
        Ok(Self { connection, hello, url: url.clone() })
    }

    /// Another connection in place of this one, to find out what came of a call whose answer was lost.
    pub async fn reopen(&mut self) -> Result<()> {
        *self = Self::open(&self.url).await?;
        Ok(())
    }

    /// Asks; when the answer is lost, asks once more over another connection. For what is safe to ask twice.
    pub async fn ask<T>(&mut self, mut question: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        match question(self).await {
            Err(lost @ Error::Connection(ConnectionError::Lost(_))) => match self.reopen().await {
                Ok(()) => question(self).await,
                // What was asked first is what is not known.
                Err(_) => Err(lost),
            },
            outcome => outcome,
        }
    }

    /// From now on answers may take so long.
    pub(super) fn limit(&mut self, limit: Limit) {
        self.connection.limit(limit);
    }

    /// Whether nothing is under way on it, and no transaction open.
    pub(super) fn is_idle(&self) -> bool {
        self.connection.is_idle()
    }

    /// From now on a statement that waits for somebody else's transaction is watched from a second connection: whoever is no
    /// admin is ended, and whoever cannot be ended is named. For admins and resolvers; others may not ask.
    #[must_use]
    pub fn watched(mut self, url: &DatabaseUrl) -> Self {
        if self.hello.admin || self.hello.resolver {
            self.connection.watch(super::lookout::at(url));
        }
        self
    }

    /// What the database said of itself and of this login.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }
}
