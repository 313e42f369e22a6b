//! Ends open transactions of a login that has lost a right, so that it cannot commit what it began before.

use std::time::Duration;

use byok::error::{Blocker, BlockerOutcome};
use byok::exit;
use byok::name::{Login, OrgId};

use crate::cli::session::{Context, Session};
use crate::cli::terminal::{dry_run, output};

/// A session whose client has just gone, such as a command whose connection broke, is still there for a moment. Pauses in
/// milliseconds before its transaction is named as open.
const LOOK_AGAIN: [u64; 5] = [50, 150, 300, 500, 0];

/// How many transactions were ended, and how many are still open.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ended {
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

impl Ended {
    /// Ends the login's transactions in this organization, or with `None` those that use a service role. A repeated
    /// command tries again to end those that are left. A dry run ends none, because that cannot be rolled back.
    pub(crate) async fn after(
        context: &Context,
        session: &mut Session,
        org: Option<&OrgId>,
        login: &Login,
    ) -> anyhow::Result<Self> {
        if dry_run::is_on() {
            return Ok(Self::default());
        }
        let mut all = Vec::new();
        for pause in LOOK_AGAIN {
            let left = session.database.end_sessions(org, login).await.or_else(lost_nothing)?;
            let (ended, open): (Vec<_>, Vec<_>) = left.into_iter().partition(|it| it.outcome == BlockerOutcome::Ended);
            all.extend(ended);
            if pause == 0 || open.iter().all(|it| it.pid.is_none()) {
                all.extend(open);
                break;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(Self::of(context, login, &all))
    }

    /// Says what became of these transactions, and counts them.
    pub(crate) fn of(context: &Context, login: &Login, left: &[Blocker]) -> Self {
        for blocker in left {
            let words = left_open(login, blocker);
            if blocker.outcome == BlockerOutcome::Ended { context.notice(&words) } else { output::warn(&words) }
        }
        let open = left.iter().filter(|blocker| blocker.outcome != BlockerOutcome::Ended).count();
        Self { ended: left.len() - open, open }
    }

    pub(crate) fn and(self, more: Self) -> Self {
        Self { ended: self.ended + more.ended, open: self.open + more.open }
    }

    pub(crate) fn exit(self) -> u8 {
        if self.open > 0 { exit::PARTIAL } else { exit::OK }
    }
}

/// Treats a login without any right as having no transaction to end.
fn lost_nothing(error: byok::Error) -> byok::Result<Vec<Blocker>> {
    match error {
        byok::Error::Access(byok::error::AccessError::NotAllowed(_) | byok::error::AccessError::NoServiceRole(_)) => {
            Ok(Vec::new())
        }
        other => Err(other),
    }
}

/// The message about one transaction.
fn left_open(login: &Login, blocker: &Blocker) -> String {
    let place = blocker.database.as_ref().map_or_else(|| "this database".into(), |name| format!("database {name}"));
    match (blocker.outcome, blocker.pid, &blocker.prepared) {
        (BlockerOutcome::Ended, Some(pid), _) => {
            format!("{login} had a transaction open in {place}, which was ended (process {pid})")
        }
        (_, _, Some(name)) => {
            format!("{login} left a prepared transaction; end it in {place} as a superuser: rollback prepared {name}")
        }
        (BlockerOutcome::Unknown, Some(pid), _) => format!(
            "{login} has a transaction open in {place}; byok cannot see whether it still has the old rights; \
            a database administrator can end it: select pg_terminate_backend({pid})"
        ),
        (_, Some(pid), _) => format!(
            "{login} has a transaction open; a database administrator can end it: select pg_terminate_backend({pid}); \
            to let byok do it from now on: grant pg_signal_backend to byok_definer"
        ),
        _ => format!("{login} has a transaction open"),
    }
}
