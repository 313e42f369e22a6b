//! Looks from a second connection for transactions that block a statement of an admin or a server, and ends them if
//! that is allowed.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::connect::Connected;
use super::link::PooledConnection;
use super::watched::{Lookout, Told};
use super::{DatabaseUrl, Pooler};
use crate::error::{Blocker, BlockerOutcome, Error, Result, Subject};
use crate::name::Login;

/// A client that works holds a lock for milliseconds. After this time, a blocking transaction counts as idle.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// After this time, even transactions of admins and of the platform's servers are ended or named.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(12);

/// The lookout of this database.
pub(super) fn at(url: &DatabaseUrl) -> Arc<dyn Lookout> {
    Arc::new(SecondConnection { url: Arc::new(url.clone()), revoked: None, ending: Arc::default() })
}

/// The same while a role is taken from that login, which is ended although it is an admin. What was ended is told.
pub(super) fn revoking(url: &DatabaseUrl, login: &Login, ended: &Told) -> Arc<dyn Lookout> {
    let revoked = Some((login.clone(), Arc::clone(ended)));
    Arc::new(SecondConnection { url: Arc::new(url.clone()), revoked, ending: Arc::default() })
}

#[derive(Clone, Debug)]
struct SecondConnection {
    url: Arc<DatabaseUrl>,
    /// The login that loses a role by the statement, and what of it was ended.
    revoked: Option<(Login, Told)>,
    /// Whether it is looking, and may end something of that login.
    ending: Arc<AtomicBool>,
}

impl Lookout for SecondConnection {
    fn watch(&self, told: Told) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.ending.store(false, Ordering::Relaxed);
        Box::pin(watch(self.clone(), told))
    }

    fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

/// Runs beside a statement, until the statement ends or is cancelled.
async fn watch(second: SecondConnection, told: Told) {
    let (begun, mut pause) = (Instant::now(), if second.revoked.is_some() { PAUSE } else { PATIENCE });
    for round in 0_u32.. {
        tokio::time::sleep(pause).await;
        second.ending.store(second.revoked.is_some(), Ordering::Relaxed);
        let look = look(&second, &told, round, begun.elapsed() > PATIENCE_WITH_OTHERS).await;
        second.ending.store(false, Ordering::Relaxed);
        match look {
            Ok(Look::Held) => return,
            Ok(Look::Free) => pause = (pause * 2).min(LONGEST_PAUSE),
            Ok(Look::Moving) | Err(_) => pause = PAUSE,
        }
    }
}

enum Look {
    /// The statement is not blocked. It only takes long.
    Free,
    /// A blocker was ended, or may end by itself.
    Moving,
    /// No blocker could be ended, so the statement was cancelled.
    Held,
}

async fn look(second: &SecondConnection, told: &Told, round: u32, for_long: bool) -> Result<Look> {
    let Connected { connection, url } = second.url.connect().await?;
    let mut link = PooledConnection::new(connection, url.pooler() == Pooler::Transaction);
    let rows = sqlx::query!(
        r#"select waiting as "waiting!", pid, login, prepared, since, outcome as "outcome!: BlockerOutcome"
           from byok_api.blockers(true, $1, $2)"#,
        round > 2,
        second.revoked.as_ref().map(|(login, _)| login.as_str())
    )
    .fetch_all(&mut link)
    .await
    .map_err(Error::about(Subject::Login))?;
    if rows.is_empty() {
        return Ok(Look::Free);
    }
    let rows: Vec<(i32, Blocker)> = rows
        .into_iter()
        .map(|row| {
            let (login, pid, prepared, since) = (row.login, row.pid, row.prepared, row.since);
            (row.waiting, Blocker { login, pid, prepared, since, outcome: row.outcome, database: None })
        })
        .collect();
    let ended = || rows.iter().map(|(_, blocker)| blocker).filter(|it| it.outcome == BlockerOutcome::Ended);
    if let Some((_, told)) = &second.revoked {
        told.lock().unwrap_or_else(PoisonError::into_inner).extend(ended().cloned());
    }
    let lasting =
        |outcome| matches!(outcome, BlockerOutcome::Prepared | BlockerOutcome::NoRight | BlockerOutcome::Superuser);
    if ended().next().is_some() || !(for_long || rows.iter().any(|(_, blocker)| lasting(blocker.outcome))) {
        return Ok(Look::Moving);
    }
    let (waiting, held): (Vec<i32>, Vec<Blocker>) = rows.into_iter().unzip();
    told.lock().unwrap_or_else(PoisonError::into_inner).extend(held);
    for pid in waiting {
        sqlx::query!("select pg_catalog.pg_cancel_backend($1)", pid)
            .fetch_one(&mut link)
            .await
            .map_err(Error::about(Subject::Login))?;
    }
    Ok(Look::Held)
}
