//! Several statements as one.
//!
//! The driver's own `Transaction` is not used here. When its future is dropped it only notes that a rollback is to be sent
//! before the next statement, and until somebody uses the connection again the server keeps the transaction and its locks.
//! Here the connection is closed at once, and the server rolls back. It also borrows the connection, and the methods of
//! [`Database`] take the whole of it.

use super::Database;
use crate::error::{ConnectionError, Error, Result, Subject};

/// A transaction that was begun: unless it was ended, the connection is closed with it.
struct Begun<'d> {
    database: &'d mut Database,
    ended: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.database.connection.give_up();
        }
    }
}

impl Database {
    /// Runs several statements as one; whatever fails leaves nothing of them, and so does whoever gives up in the middle.
    pub(crate) async fn transaction<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.transaction_as("read committed", work).await
    }

    /// The same as one sight of the database. When that cannot be had, because others write what this writes too, it is
    /// tried again.
    pub(crate) async fn snapshot<T>(&mut self, mut work: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        for _ in 0..20 {
            match self.transaction_as("repeatable read", &mut work).await {
                Err(Error::Connection(ConnectionError::Contended)) => {}
                outcome => return outcome,
            }
        }
        Err(Error::Connection(ConnectionError::Unavailable("others keep writing at the same place".into())))
    }

    async fn transaction_as<T>(
        &mut self,
        isolation: &'static str,
        work: impl AsyncFnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.connection.begin(isolation).await.map_err(Error::about(Subject::Login))?;
        let mut begun = Begun { database: self, ended: false };
        let outcome = work(begun.database).await;
        let ended = begun.database.connection.end(outcome.is_ok()).await.map_err(Error::about(Subject::Login));
        begun.ended = true;
        let value = outcome?;
        ended?;
        Ok(value)
    }
}
