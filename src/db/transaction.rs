//! Several statements as one.

use super::Database;
use crate::error::{Error, Result};

impl Database {
    /// Runs several statements as one; whatever fails leaves nothing of them.
    pub(crate) async fn transaction<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.transaction_as("", work).await
    }

    /// The same as one sight of the database. When that cannot be had, because others write what this writes too, it is
    /// tried again.
    pub(crate) async fn snapshot<T>(&mut self, mut work: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        for _ in 0..20 {
            match self.transaction_as("isolation level repeatable read", &mut work).await {
                Err(Error::Contended) => {}
                outcome => return outcome,
            }
        }
        Err(Error::Unavailable("others keep writing at the same place".into()))
    }

    async fn transaction_as<T>(
        &mut self,
        isolation: &'static str,
        work: impl AsyncFnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.connection.begin(isolation).await.map_err(Error::about(""))?;
        let outcome = work(self).await;
        let ended = self.connection.end(outcome.is_ok()).await.map_err(Error::about(""));
        let value = outcome?;
        ended?;
        Ok(value)
    }
}
