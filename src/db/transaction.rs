//! Several statements as one.
//!
//! The driver's own `Transaction` is not used. If its future is dropped, it only notes that a rollback must be sent
//! before the next statement. Until then the server keeps the transaction and its locks. Here the connection is closed
//! at once, so the server rolls back. The driver's transaction also borrows the connection, while the methods of
//! [`Database`] take all of it.

use super::Database;
use crate::error::{ConnectionError, Error, Result, Subject};

/// An open transaction. If it is dropped before its end, the connection is closed.
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
    /// Runs several statements as one transaction. If one fails, or if the future is dropped, none of them takes
    /// effect.
    pub(crate) async fn transaction<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.transaction_as("read committed", work).await
    }

    /// The same with one snapshot of the database. If other transactions write the same rows, it is tried again.
    pub(crate) async fn snapshot<T>(&mut self, mut work: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        for _ in 0..20 {
            match self.transaction_as("repeatable read", &mut work).await {
                Err(Error::Connection(ConnectionError::Contended)) => {}
                outcome => return outcome,
            }
        }
        Err(Error::Connection(ConnectionError::Unavailable("other sessions keep changing the same rows".into())))
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
