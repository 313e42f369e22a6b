//! Writes what was observed with keys, in the background and over a connection of its own.
//!
//! A report is counted in memory and waits for nothing. A task writes what is due, many keys in one round trip. What could not be
//! written is sent again with the same number, so that it counts once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::tallies::{Due, Tallies, Tally};
use crate::db::{Deadline, Failures, Pool, ReportId, Uses};
use crate::error::{Error, Result};
use crate::observed::{KeyId, Observed};

/// The largest number of keys of which observations are kept.
const LIMIT: usize = 100_000;
/// The largest number of keys in one round trip.
const TOGETHER: usize = 500;
/// For how long what is ready waits for company.
const GATHER: Duration = Duration::from_secs(1);
/// The time limit of one round trip, with its connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pauses after a round trip that failed.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What is not written yet, and what was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reports {
    /// The number of keys of which something is not written.
    pub waiting: usize,
    /// The number of reports that were given up, because there were too many keys, or because the database refused them.
    pub lost: u64,
}

/// Counts what was observed, and has it written. If it is dropped, what is left is written if the runtime lives long enough.
pub(super) struct Reporter(Arc<Shared>);

struct Shared {
    pool: Pool,
    /// Where the task runs if the caller is in no runtime.
    runtime: Handle,
    state: Mutex<State>,
    wake: Notify,
    /// One round trip at a time, so that their numbers are in order.
    writer: tokio::sync::Mutex<Writer>,
}

struct State {
    tallies: Tallies,
    running: bool,
    closing: bool,
    /// The number of keys that were taken and are not written yet.
    taken: usize,
    /// How many of the reports that were given up were told.
    told: u64,
}

/// What was taken and not written yet, and the number under which it is sent, as often as that takes.
struct Writer {
    /// `None` without random bytes. A report that is sent twice then counts twice.
    next: Option<ReportId>,
    unsent: Vec<(KeyId, Tally)>,
}

impl Reporter {
    /// Called in a runtime.
    pub(super) fn new(pool: Pool, interval: Duration) -> Self {
        let tallies = Tallies::new(interval, LIMIT);
        Self(Arc::new(Shared {
            pool,
            runtime: Handle::current(),
            state: Mutex::new(State { tallies, running: false, closing: false, taken: 0, told: 0 }),
            wake: Notify::new(),
            writer: tokio::sync::Mutex::new(Writer { next: ReportId::random().ok(), unsent: Vec::new() }),
        }))
    }

    pub(super) fn observe(&self, key: KeyId, observed: Observed) {
        let mut state = self.0.state();
        let woken = state.tallies.observe(key, observed, Instant::now());
        if state.running {
            drop(state);
            if woken {
                self.0.wake.notify_one();
            }
        } else {
            self.start(state);
        }
    }

    /// Starts the task. In a runtime that has ended it is dropped at once, and the next observation starts another.
    fn start(&self, mut state: MutexGuard<'_, State>) {
        if state.tallies.next(Instant::now()).is_none() && state.taken == 0 {
            return;
        }
        state.running = true;
        drop(state);
        let task = Task { shared: self.0.clone(), ended: false };
        Handle::try_current().unwrap_or_else(|_| self.0.runtime.clone()).spawn(task.run());
    }

    /// Writes what was observed until now, if the database can be reached before the deadline.
    pub(super) async fn flush(&self, deadline: Deadline) -> Reports {
        self.0.state().tallies.hurry();
        deadline.wait(self.0.write(deadline), Duration::ZERO).await;
        self.reports()
    }

    pub(super) fn reports(&self) -> Reports {
        let state = self.0.state();
        Reports { waiting: state.tallies.waiting() + state.taken, lost: state.tallies.lost() }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.closing = true;
        state.tallies.hurry();
        if state.running {
            self.0.wake.notify_one();
        } else {
            self.start(state);
        }
    }
}

impl Shared {
    /// Tells how many reports were given up since it was last told.
    fn tell(&self) {
        let mut state = self.state();
        let lost = state.tallies.lost();
        if lost > state.told {
            #[cfg(feature = "tracing")]
            tracing::warn!(reports = lost - state.told, "reports of the use of keys were given up");
            state.told = lost;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is due. An error means that the rest is written later.
    async fn write(&self, deadline: Deadline) -> Result<()> {
        let mut writer = self.writer.lock().await;
        loop {
            if writer.unsent.is_empty() {
                let mut state = self.state();
                writer.unsent = state.tallies.take(Instant::now(), TOGETHER);
                state.taken = writer.unsent.len();
                if writer.unsent.is_empty() {
                    return Ok(());
                }
            }
            let sent = self.send(&writer, deadline).await;
            let uses = writer.unsent.iter().map(|(_, tally)| tally.uses).sum();
            match sent {
                Ok(()) => {}
                // The database would refuse it again.
                Err(Error::Change(_) | Error::Data(_)) => self.state().tallies.lose(uses),
                Err(error) => {
                    self.pool.forget();
                    return Err(error);
                }
            }
            writer.unsent.clear();
            writer.next = writer.next.map(ReportId::next);
            self.state().taken = 0;
        }
    }

    async fn send(&self, writer: &Writer, deadline: Deadline) -> Result<()> {
        let mut lease = self.pool.lease_until(deadline).await?;
        // Ages, because the clock of the database counts.
        let now = Instant::now();
        let uses: Vec<Uses> = writer.unsent.iter().map(|(key, tally)| uses(key, tally, now)).collect();
        lease.report_keys(writer.next, &uses).await.map(drop)
    }
}

fn uses(key: &KeyId, tally: &Tally, now: Instant) -> Uses {
    let age = |at: Instant| u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
    let failures =
        tally.failed.map(|failed| Failures { first: age(failed.first), last: age(failed.last), count: failed.count });
    Uses { key: key.clone(), outcome: tally.outcome, uses: tally.uses, ok: tally.ok.map(age), failures }
}

/// The task that writes as long as keys are used.
struct Task {
    shared: Arc<Shared>,
    ended: bool,
}

impl Task {
    async fn run(mut self) {
        let mut pause = SHORTEST_PAUSE;
        while let Some(due) = self.next() {
            if let Due::At(at) = due {
                tokio::time::timeout_at(at.into(), self.shared.wake.notified()).await.ok();
                continue;
            }
            self.rest(GATHER).await;
            let written = self.shared.write(Deadline::after(PATIENCE)).await;
            self.shared.tell();
            if written.is_ok() {
                pause = SHORTEST_PAUSE;
            } else if self.shared.state().closing {
                return;
            } else {
                self.rest(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// When there is something to write. If no key is in use any more, the task ends.
    fn next(&mut self) -> Option<Due> {
        let mut state = self.shared.state();
        let due = match state.tallies.next(Instant::now()) {
            _ if state.taken > 0 => Some(Due::Now),
            Some(Due::At(_)) if state.closing => None,
            due => due,
        };
        if due.is_none() {
            state.running = false;
            self.ended = true;
            drop(state);
            self.shared.pool.forget();
        }
        due
    }

    /// Waits for so long, but not while the resolver is closed.
    async fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.shared.state().closing && Instant::now() < until {
            tokio::time::timeout_at(until.into(), self.shared.wake.notified()).await.ok();
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.state().running = false;
        }
    }
}
