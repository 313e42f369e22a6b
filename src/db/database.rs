//! A connection that is ready for use.

use std::mem::take;
use std::sync::PoisonError;

use super::connect::Connected;
use super::hello::{Way, hello};
use super::link::{Limit, PooledConnection};
use super::rehearsal::Rehearsal;
use super::watched::Told;
use super::{DatabaseUrl, Hello, Pooler};
use crate::error::{Blocker, ConnectionError, Error, Result};
use crate::name::Login;

/// A connection that is ready for use: the schema exists and serves this program.
pub struct Database {
    pub(super) connection: PooledConnection,
    pub(super) hello: Hello,
    url: DatabaseUrl,
}

impl Database {
    /// Connects and checks that the database serves this program, in one round trip after connecting.
    ///
    /// If the future of a call is dropped before its end, the connection is closed. A change that had begun is rolled
    /// back, or has been committed. Every later call fails with
    /// [`ConnectionError::GivenUp`](crate::error::ConnectionError::GivenUp).
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        match Self::over(url.connect().await?).await {
            Err(Error::Connection(ConnectionError::Pooler)) if url.pooler() == Pooler::Auto => {
                Box::pin(Self::over(url.clone().behind(Pooler::Transaction).connect().await?)).await
            }
            outcome => outcome,
        }
    }

    /// The same. A server that has no place left is asked again for some seconds: what others hold is given back.
    pub async fn open_in_turn(url: &DatabaseUrl) -> Result<Self> {
        match Self::over(url.connect_in_turn().await?).await {
            Err(Error::Connection(ConnectionError::Pooler)) if url.pooler() == Pooler::Auto => {
                Box::pin(Self::over(url.clone().behind(Pooler::Transaction).connect_in_turn().await?)).await
            }
            outcome => outcome,
        }
    }

    async fn over(Connected { connection, url }: Connected) -> Result<Self> {
        let mut connection = PooledConnection::new(connection, url.pooler() == Pooler::Transaction);
        let hello = match hello(&mut connection).await {
            // Nothing was sent yet that could change anything.
            Err(Error::Connection(ConnectionError::Lost(why))) => {
                return Err(Error::Connection(ConnectionError::Unavailable(why)));
            }
            other => other?,
        };
        // Only a pooler in between takes a parameter of the session away, and no session is kept behind it.
        if url.pooler() == Pooler::Auto && hello.way == Way::Pooled {
            connection.close().await;
            return Err(Error::Connection(ConnectionError::Pooler));
        }
        hello.serves()?;
        Ok(Self { connection, hello, url })
    }

    /// Closes the connection while the program waits for a provider or a person. Call [`Database::wake`] before the next call.
    pub async fn rest(&mut self) {
        self.connection.close().await;
    }

    /// Connects again, where the connection was given back.
    pub async fn wake(&mut self) -> Result<()> {
        if self.connection.is_closed() {
            let awake = Self::open_in_turn(&self.url).await?;
            self.connection.replace(awake.connection);
            self.hello = awake.hello;
        }
        Ok(())
    }

    /// Opens another connection in place of this one, to find out the result of a call whose answer was lost.
    pub async fn reopen(&mut self) -> Result<()> {
        let (kept, tell) = (self.connection.rehearsal.over_another(), self.connection.tell);
        *self = Self::open(&self.url).await?;
        (self.connection.rehearsal, self.connection.tell) = (kept, tell);
        Ok(())
    }

    /// From now on, the name of each function that is called is told.
    #[must_use]
    pub fn telling(mut self, tell: fn(&str)) -> Self {
        self.connection.tell = Some(tell);
        self
    }

    /// From now on, every call answers as it would, and nothing of it is kept: no change, no audit record, no charge. The
    /// locks of its changes are held until this connection is closed. Numbers of records may be skipped afterwards.
    #[must_use]
    pub fn rehearsed(mut self) -> Self {
        self.connection.rehearsal = Rehearsal::ToBegin;
        self
    }

    /// Makes a call. If its answer is lost, the call is made once more over another connection. Only for calls that can
    /// be repeated.
    pub async fn ask<T>(&mut self, mut question: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        match question(self).await {
            Err(lost @ Error::Connection(ConnectionError::Lost(_))) => match self.reopen().await {
                Ok(()) => question(self).await,
                // If the second connection fails too, the first error is returned, because its result is not known.
                Err(_) => Err(lost),
            },
            outcome => outcome,
        }
    }

    /// Sets how long the database may take for an answer.
    pub(super) fn limit(&mut self, limit: Limit) {
        self.connection.limit(limit);
    }

    /// Whether the connection is idle, without an open transaction.
    pub(crate) fn is_idle(&self) -> bool {
        self.connection.is_idle()
    }

    /// From now on, a second connection watches each statement that waits for another transaction. It ends transactions
    /// of logins without a service role, and names those that it may not end. Only for admins and resolvers.
    #[must_use]
    pub fn watched(mut self) -> Self {
        if self.hello.admin || self.hello.resolver {
            self.connection.watch(super::lookout::at(&self.url));
        }
        self
    }

    /// The same while a role is taken from that login: nothing that it has begun holds that up, admin or not. Answers with
    /// what was ended for it, too.
    pub(super) async fn revoking<T>(
        &mut self,
        login: &Login,
        revoke: impl AsyncFnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Vec<Blocker>)> {
        let Some(before) = self.connection.lookout() else { return Ok((revoke(self).await?, Vec::new())) };
        let ended = Told::default();
        self.connection.watch(super::lookout::revoking(&self.url, login, &ended));
        let outcome = revoke(self).await;
        self.connection.watch(before);
        let ended = take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((outcome?, ended))
    }

    /// The URL, with the pooler that was noticed.
    pub(super) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// What the database told about itself and this login.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }
}
