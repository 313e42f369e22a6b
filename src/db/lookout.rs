//! Looks for whoever holds up a statement of an admin or a server, from a second connection, and ends it where that may be.

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::link::PooledConnection;
use super::watched::{Lookout, Told};
use super::{DatabaseUrl, Pooler};
use crate::error::{Blocker, BlockerOutcome, Error, Result, Subject};

/// A client that is at work holds a lock for milliseconds; whoever holds one for so long does not work.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Another admin, or the platform's server, may be in the middle of something long.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(12);

/// Of that database.
pub(super) fn at(url: &DatabaseUrl) -> Arc<dyn Lookout> {
    Arc::new(SecondConnection(Arc::new(url.clone())))
}

#[derive(Debug)]
struct SecondConnection(Arc<DatabaseUrl>);

impl Lookout for SecondConnection {
    fn watch(&self, told: Told) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(watch(self.0.clone(), told))
    }
}

/// Runs beside a statement, until that ends or is called off.
async fn watch(url: Arc<DatabaseUrl>, told: Told) {
    let (begun, mut pause) = (Instant::now(), PATIENCE);
    for round in 0_u32.. {
        tokio::time::sleep(pause).await;
        match look(&url, &told, round, begun.elapsed() > PATIENCE_WITH_OTHERS).await {
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

async fn look(url: &DatabaseUrl, told: &Told, round: u32, for_long: bool) -> Result<Look> {
    let mut link = PooledConnection::new(url.connect().await?, url.pooler() == Pooler::Transaction);
    let rows = sqlx::query!(
        r#"select waiting as "waiting!", pid, login, prepared, since, outcome as "outcome!: BlockerOutcome"
           from byok_api.blockers(true, $1)"#,
        round > 2
    )
    .fetch_all(&mut link)
    .await
    .map_err(Error::about(Subject::Login))?;
    if rows.is_empty() {
        return Ok(Look::Free);
    }
    let lasting =
        |outcome| matches!(outcome, BlockerOutcome::Prepared | BlockerOutcome::NoRight | BlockerOutcome::Superuser);
    let ended = rows.iter().any(|row| row.outcome == BlockerOutcome::Ended);
    if ended || !(for_long || rows.iter().any(|row| lasting(row.outcome))) {
        return Ok(Look::Moving);
    }
    let waiting: Vec<i32> = rows.iter().map(|row| row.waiting).collect();
    let held = rows.into_iter().map(|row| Blocker {
        login: row.login,
        pid: row.pid,
        prepared: row.prepared,
        since: row.since,
        outcome: row.outcome,
        database: None,
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
