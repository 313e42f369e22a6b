//! Whoever keeps a transaction open that an administrator's command waits for: found from a second connection, ended where
//! that may be, and named where not.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::link::PooledConnection;
use super::{Database, DatabaseUrl, Pooler};
use crate::error::{Error, Result, Subject};
use crate::name::{Login, OrgId};

/// A client that is at work holds a lock for milliseconds; whoever holds one for so long does not work.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Another admin, or the platform's server, may be in the middle of something long.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(12);

/// A session, or a prepared transaction, that holds what somebody waits for.
#[derive(Clone, Debug)]
pub struct Blocker {
    /// Whose.
    pub login: Option<String>,
    /// The server process; none for a prepared transaction.
    pub pid: Option<i32>,
    /// The name of a prepared transaction, as an SQL literal.
    pub prepared: Option<String>,
    /// Since when, where the server tells it.
    pub since: Option<OffsetDateTime>,
    /// `ended`, or why it was not: `prepared`, `no_right`, `superuser`, `admin`, `resolver`, `not_ours`, `waiting`, `open`.
    pub outcome: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.login.as_deref().unwrap_or("the server"))?;
        match (self.pid, &self.prepared) {
            (Some(pid), _) => write!(out, "(process {pid}) keeps a transaction open that this waits for")?,
            (None, Some(name)) => write!(out, "left the prepared transaction {name} that this waits for")?,
            (None, None) => write!(out, "keeps a transaction that this waits for")?,
        }
        match self.since {
            Some(since) => write!(out, ", since {}", crate::clock::rfc3339(since)),
            None => Ok(()),
        }
    }
}

/// What a statement that was called off was waiting for.
#[derive(Debug)]
pub(crate) struct HeldUp(pub(crate) Vec<Blocker>);

impl fmt::Display for HeldUp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "held up by {} others", self.0.len())
    }
}

impl std::error::Error for HeldUp {}

/// Who holds a statement up that is called off: said before it is, since its error may be faster than the answer to that.
pub(super) type Told = Arc<Mutex<Vec<Blocker>>>;

/// Runs beside a statement, until that ends or is called off.
pub(super) async fn watch(url: Arc<DatabaseUrl>, told: Told) {
    let (begun, mut pause) = (Instant::now(), PATIENCE);
    for round in 0_u32.. {
        tokio::time::sleep(pause).await;
        match look(&url, &told, (round, begun.elapsed() > PATIENCE_WITH_OTHERS)).await {
            Ok(Look::Held) => return,
            Ok(Look::Free) => pause = (pause * 2).min(LONGEST_PAUSE),
            Ok(Look::Moving) | Err(_) => pause = PAUSE,
        }
    }
}

enum Look {
    /// The statement waits for nobody; it takes long.
    Free,
    /// Somebody was ended, or it may end by itself.
    Moving,
    /// Nobody could be ended, and the statement was called off.
    Held,
}

async fn look(url: &DatabaseUrl, told: &Told, (round, for_long): (u32, bool)) -> Result<Look> {
    let mut link = PooledConnection::new(url.connect().await?, url.pooler() == Pooler::Transaction);
    let rows = sqlx::query!(
        r#"select waiting as "waiting!", pid, login, prepared, since, outcome as "outcome!"
           from byok_api.blockers(true, $1)"#,
        round > 2
    )
    .fetch_all(&mut link)
    .await
    .map_err(Error::about(Subject::Login))?;
    if rows.is_empty() {
        return Ok(Look::Free);
    }
    let lasting = |outcome: &str| ["prepared", "no_right", "superuser"].contains(&outcome);
    if rows.iter().any(|row| row.outcome == "ended") || !(for_long || rows.iter().any(|row| lasting(&row.outcome))) {
        return Ok(Look::Moving);
    }
    let waiting: Vec<i32> = rows.iter().map(|row| row.waiting).collect();
    let held = rows.into_iter().map(|row| Blocker {
        login: row.login,
        pid: row.pid,
        prepared: row.prepared,
        since: row.since,
        outcome: row.outcome,
    });
    told.lock().unwrap_or_else(PoisonError::into_inner).extend(held);
    for pid in waiting {
        sqlx::query!("select pg_catalog.pg_cancel_backend($1)", pid)
            .fetch_one(&mut link)
            .await
            .map_err(Error::about(Subject::Login))?;
    }
    Ok(Look::Held)
}

/// Something about the roles of the server that is to be known.
#[derive(Clone, Debug)]
pub struct Warning {
    /// `becomes_definer`, `superuser`, `foreign_owner`, `no_pgcrypto`, `owns_pgcrypto`, `prepared`, `no_signal` or
    /// `no_createrole`.
    pub code: String,
    /// The login that it is about.
    pub login: Option<String>,
    /// More, such as the statement that a database administrator runs.
    pub detail: Option<String>,
}

impl Database {
    /// Ends what a login has begun and not committed, once it has lost a right: it owns that organization no more, or without
    /// one a service role was taken.
    pub async fn end_sessions(&mut self, org: Option<&OrgId>, login: &Login) -> Result<Vec<Blocker>> {
        let rows = sqlx::query!(
            r#"select pid, prepared, since, outcome as "outcome!" from byok_api.session_end($1, $2)"#,
            org.map_or("", OrgId::as_str),
            login.as_str()
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let ended = rows.into_iter().map(|row| Blocker {
            login: Some(login.to_string()),
            pid: row.pid,
            prepared: row.prepared,
            since: row.since,
            outcome: row.outcome,
        });
        Ok(ended.collect())
    }

    /// What about the roles of this server is to be known; for admins and auditors.
    pub async fn warnings(&mut self) -> Result<Vec<Warning>> {
        sqlx::query_as!(Warning, r#"select code as "code!", login, detail from byok_api.warnings()"#)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}
