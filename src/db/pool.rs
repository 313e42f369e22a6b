//! The connections of a server that handles many requests at once.
//!
//! `deadpool` keeps, lends and counts them. This file decides how a connection is made, when it may be used again, and
//! how long a caller waits. A connection whose call was cancelled is already closed (see `link`), and the pool replaces
//! it.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts};
use deadpool::{Runtime, managed::Manager};

use super::deadline::{Deadline, Pause};
use super::link::Limit;
use super::{Database, DatabaseUrl};
use crate::error::{ConnectionError, Error, Result};

/// The longest time that a connection is used. After a failover, or if a host name now points to another server, no
/// connection to the old server lasts longer than this.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A pool of connections to one database. A clone lends the same connections.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Connector>,
    patience: Duration,
}

/// A borrowed connection. Dropping it gives it back. If a call on it was cancelled or lost its answer, it is not used
/// again.
pub struct Lease(Object<Connector>);

struct Connector {
    url: DatabaseUrl,
    /// The same with the pooler that the first connection noticed.
    noticed: OnceLock<DatabaseUrl>,
    lifetime: Duration,
}

struct Lent {
    database: Database,
    lifetime: Duration,
}

impl Manager for Connector {
    type Type = Lent;
    type Error = Error;

    async fn create(&self) -> Result<Lent> {
        let database = Box::pin(Database::open(self.noticed.get().unwrap_or(&self.url))).await?.watched();
        if database.url().pooler() != self.url.pooler() {
            self.noticed.set(database.url().clone()).ok();
        }
        // A random part, so that connections that were made together do not all end together.
        Ok(Lent { database, lifetime: super::deadline::jittered(self.lifetime) })
    }

    async fn recycle(&self, lent: &mut Lent, metrics: &Metrics) -> RecycleResult<Error> {
        let usable = lent.database.is_idle() && metrics.age() < lent.lifetime;
        if usable { Ok(()) } else { Err(RecycleError::message("the connection is closed or too old")) }
    }
}

impl Pool {
    /// A pool of at most this many connections. `patience` is the time limit of one call in all: waiting for a
    /// connection, making one, and its answers. Without patience nothing is tried again, and each step has a limit of
    /// its own.
    pub fn new(url: DatabaseUrl, connections: usize, patience: Duration) -> Result<Self> {
        Self::with_lifetime(url, connections, patience, LIFETIME)
    }

    /// The same, with another limit for the use of a connection.
    pub(crate) fn with_lifetime(
        url: DatabaseUrl,
        connections: usize,
        patience: Duration,
        lifetime: Duration,
    ) -> Result<Self> {
        let connections = managed::Pool::builder(Connector { url, noticed: OnceLock::new(), lifetime })
            .max_size(connections.max(1))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Connection(ConnectionError::Unavailable(error.to_string().into())))?;
        Ok(Self { connections, patience })
    }

    /// The deadline of a call that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }

    /// The time limit of one call.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// An idle connection or a new one. The patience limits each of its answers.
    pub async fn lease(&self) -> Result<Lease> {
        let mut lease = self.lease_until(self.deadline()).await?;
        if !self.patience.is_zero() {
            lease.limit(Limit::Each(self.patience));
        }
        Ok(lease)
    }

    /// A connection whose answers must all come before the deadline.
    pub(crate) async fn lease_until(&self, deadline: Deadline) -> Result<Lease> {
        let mut pause = Pause::new(deadline);
        loop {
            match self.lease_once(deadline).await {
                Err(error) if error.may_pass() && pause.wait().await => {}
                outcome => return outcome,
            }
        }
    }

    /// The same, without a second attempt to connect.
    pub(crate) async fn lease_once(&self, deadline: Deadline) -> Result<Lease> {
        let left = deadline.left();
        let timeouts = Timeouts { wait: Some(left.unwrap_or_default()), create: left, recycle: None };
        let mut lease = Lease(self.connections.timeout_get(&timeouts).await.map_err(failed)?);
        lease.limit(deadline.limit());
        Ok(lease)
    }

    /// Closes the idle connections. After a restart or a failover of the server, none of them works.
    pub(crate) fn forget(&self) {
        drop(self.connections.retain(|_, _| false));
    }
}

fn failed(error: PoolError<Error>) -> Error {
    match error {
        PoolError::Backend(error) => error,
        PoolError::Timeout(TimeoutType::Wait) => {
            Error::Connection(ConnectionError::Unavailable("every connection is in use".into()))
        }
        PoolError::Timeout(_) => Error::Connection(ConnectionError::Unavailable("no answer in time".into())),
        other => Error::Connection(ConnectionError::Unavailable(other.to_string().into())),
    }
}

impl Lease {
    /// From now on all answers must come before this deadline.
    pub(crate) fn until(&mut self, deadline: Deadline) {
        self.limit(deadline.limit());
    }
}

impl Deref for Lease {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.0.database
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Database {
        &mut self.0.database
    }
}
