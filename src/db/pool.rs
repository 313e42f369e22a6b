//! Connections of a server that serves many requests at once: kept, lent, and replaced when they are lost.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Database, DatabaseUrl};
use crate::error::{Error, Result};

/// Between two tries to connect, while a server restarts.
const PAUSE: Duration = Duration::from_millis(50);

/// A number of connections to one database.
pub struct Pool {
    url: DatabaseUrl,
    patience: Duration,
    free: Semaphore,
    idle: Mutex<Vec<Database>>,
}

/// A connection on loan. Goes back into the pool only through [`Lease::done`], and only with nothing under way on it: one
/// whose work was given up in the middle is closed, so that nobody inherits half of it.
pub struct Lease<'p> {
    pool: &'p Pool,
    database: Database,
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    /// Of at most so many connections; `patience` is how long to wait for one, for a server that restarts, and for each
    /// answer. Without any a server that restarts is not waited for, and an answer as long as its statement may run.
    pub fn new(url: DatabaseUrl, connections: usize, patience: Duration) -> Self {
        Self { url, patience, free: Semaphore::new(connections.max(1)), idle: Mutex::default() }
    }

    /// How long to wait for a connection.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// One that is idle, or a new one.
    pub async fn lease(&self) -> Result<Lease<'_>> {
        let waiting = tokio::time::timeout(self.patience, self.free.acquire());
        let Ok(Ok(permit)) = waiting.await else {
            return Err(Error::Unavailable("every connection is in use".into()));
        };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let database = match idle {
            Some(database) => database,
            None => self.connect().await?,
        };
        Ok(Lease { pool: self, database, _permit: permit })
    }

    async fn connect(&self) -> Result<Database> {
        let begun = Instant::now();
        let answer = if self.patience.is_zero() { super::link::ANSWER } else { self.patience };
        loop {
            match Database::open_within(&self.url, answer).await {
                Err(Error::Unavailable(_)) if begun.elapsed() < self.patience => tokio::time::sleep(PAUSE).await,
                other => return Ok(other?.watched(&self.url)),
            }
        }
    }

    /// Closes what is idle: after a restart of the server, all of it is lost.
    pub(crate) fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Lease<'_> {
    /// The work is done. A connection on which a call was given up, or lost its answer, is not kept.
    pub fn done(self) {
        let Self { pool, database, .. } = self;
        if database.is_idle() {
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(database);
        }
    }
}

impl Deref for Lease<'_> {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut Database {
        &mut self.database
    }
}
