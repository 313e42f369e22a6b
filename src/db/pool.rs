//! The connections of a server that serves many requests at once.
//!
//! `deadpool` keeps, lends and counts them. This file says how one is made, when one may be used again, and how long a caller
//! waits. A connection whose call was given up in the middle is closed already (see `link`): the pool replaces it.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleError, RecycleResult, TimeoutType, Timeouts};
use deadpool::{Runtime, managed::Manager};

use super::deadline::{Deadline, Pause};
use super::link::Limit;
use super::{Database, DatabaseUrl};
use crate::error::{ConnectionError, Error, Result};

/// How long a connection is used: after a failover, and behind a name that now leads elsewhere, no connection to the server
/// before stays longer than this.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// A number of connections to one database.
pub struct Pool {
    connections: managed::Pool<Connector>,
    patience: Duration,
}

/// A connection on loan. Dropping it gives it back; one on which a call was given up, or lost its answer, is not used again.
pub struct Lease(Object<Connector>);

struct Connector {
    url: DatabaseUrl,
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
        let database = Database::open(&self.url).await?.watched(&self.url);
        // Connections that were made together do not end together.
        Ok(Lent { database, lifetime: super::deadline::jittered(self.lifetime) })
    }

    async fn recycle(&self, lent: &mut Lent, metrics: &Metrics) -> RecycleResult<Error> {
        let usable = lent.database.is_idle() && metrics.age() < lent.lifetime;
        if usable { Ok(()) } else { Err(RecycleError::message("closed, or at the end of its time")) }
    }
}

impl Pool {
    /// Of at most so many connections. `patience` is how long one call may take in all: the wait for a connection, the making
    /// of one, and its answers. Without any nothing is tried again, and each step has a limit of its own.
    pub fn new(url: DatabaseUrl, connections: usize, patience: Duration) -> Result<Self> {
        Self::with_lifetime(url, connections, patience, LIFETIME)
    }

    /// The same; a connection is used for at most `lifetime`.
    pub(crate) fn with_lifetime(
        url: DatabaseUrl,
        connections: usize,
        patience: Duration,
        lifetime: Duration,
    ) -> Result<Self> {
        let connections = managed::Pool::builder(Connector { url, lifetime })
            .max_size(connections.max(1))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Connection(ConnectionError::Unavailable(error.to_string().into())))?;
        Ok(Self { connections, patience })
    }

    /// When a call ends that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }

    /// One that is idle, or a new one; each of its answers may take as long as `patience` says.
    pub async fn lease(&self) -> Result<Lease> {
        let mut lease = self.lease_until(self.deadline()).await?;
        if !self.patience.is_zero() {
            lease.limit(Limit::Each(self.patience));
        }
        Ok(lease)
    }

    /// One whose answers all come before the deadline, or do not come.
    pub(crate) async fn lease_until(&self, deadline: Deadline) -> Result<Lease> {
        let mut pause = Pause::new(deadline);
        loop {
            let left = deadline.left();
            let timeouts = Timeouts { wait: Some(left.unwrap_or_default()), create: left, recycle: None };
            match self.connections.timeout_get(&timeouts).await {
                Ok(object) => {
                    let mut lease = Lease(object);
                    lease.limit(deadline.limit());
                    return Ok(lease);
                }
                Err(error) => {
                    let error = failed(error);
                    if !matches!(error, Error::Connection(ConnectionError::Unavailable(_))) || !pause.wait().await {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Closes what is idle: after a restart of the server, or when another became the primary, all of it is lost.
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
