//! Concurrent requests are asked for together.
//!
//! Whoever asks puts a request into the line. A task for each connection takes what waits when its connection is free, and
//! asks for all of it with one statement. Nobody waits for company: a request that comes alone goes alone, at once. The task
//! goes on if the future of a request is dropped, and undoes what was charged for it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Charge;
use super::asked::{is_lost, is_of_the_server, told_to_each};
use super::unclaimed::{Unclaimed, Undo};
use super::waiting::{Taken, Turn, Waiting};
use crate::credits::CallId;
use crate::db::{Deadline, Lease, OneOfMany, Passphrases, Pool, Serving};
use crate::error::{ConnectionError, Error, Result};
use crate::name::{OrgId, ProviderId};

/// How much later than its deadline a request stops waiting. A task that knows why there is no answer says so first.
const GRACE: Duration = Duration::from_millis(50);

/// The requests that wait, and the tasks that ask for them.
pub(super) struct Line {
    pool: Pool,
    limits: Limits,
    state: Mutex<State>,
}

/// The limits of a line.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The number of connections, and so of tasks.
    pub(super) connections: usize,
    /// The number of requests that may wait.
    pub(super) waiting: usize,
    /// The largest number of requests that are asked for together.
    pub(super) together: usize,
}

struct State {
    waiting: Waiting<Asked>,
    tasks: usize,
    /// Whether a task has not taken its first requests yet. It takes whatever waits then, so no other one is started.
    starting: bool,
}

/// A request.
pub(super) struct Question {
    pub(super) org: OrgId,
    pub(super) provider: ProviderId,
    pub(super) passphrases: Arc<Passphrases>,
    /// What to charge, and the call that is charged. `None` only opens.
    pub(super) charge: Option<(Charge, CallId)>,
    pub(super) deadline: Deadline,
    /// Whether it must be asked for alone.
    pub(super) alone: bool,
}

/// The answer to a request.
pub(super) struct Answer {
    pub(super) serving: Result<Serving>,
    /// What was charged, or may have been. If this is dropped, it is undone.
    pub(super) unclaimed: Unclaimed,
}

/// A request in the line.
struct Asked {
    question: Question,
    stand: Arc<AtomicU8>,
    answer: oneshot::Sender<Answer>,
}

const WAITING: u8 = 0;
const SENT: u8 = 1;
/// The caller was told that the answer did not come in time, and may ask again with the same request id.
const TOLD: u8 = 2;

impl Line {
    pub(super) fn new(pool: Pool, limits: Limits) -> Arc<Self> {
        let state = Mutex::new(State { waiting: Waiting::new(), tasks: 0, starting: false });
        Arc::new(Self { pool, limits, state })
    }

    /// Asks, and waits for the answer until the deadline.
    pub(super) async fn ask(self: &Arc<Self>, question: Question) -> Answer {
        let deadline = question.deadline;
        let stand = Arc::new(AtomicU8::new(WAITING));
        let (answer, mut coming) = oneshot::channel();
        if let Err(error) = self.enter(Asked { question, stand: stand.clone(), answer }) {
            return Answer::uncharged(Err(error));
        }
        match deadline.wait(&mut coming, GRACE).await {
            Some(Ok(answer)) => return answer,
            Some(Err(_)) => return failed(ConnectionError::Lost("its task ended".into())),
            None => {}
        }
        let waited = stand.swap(TOLD, Ordering::AcqRel) == WAITING;
        // An answer that came at this moment is not dropped, because that would undo the charge.
        coming.close();
        match coming.try_recv() {
            Ok(answer) => answer,
            Err(_) if waited => failed(ConnectionError::Unavailable(
                "every connection is in use, or an earlier charge of the organization has no answer yet".into(),
            )),
            Err(_) => failed(ConnectionError::Lost("no answer in time".into())),
        }
    }

    fn enter(self: &Arc<Self>, asked: Asked) -> Result<()> {
        let mut state = self.state();
        let free = state.tasks < self.limits.connections;
        if state.waiting.count() >= self.limits.waiting {
            return Err(Error::Connection(ConnectionError::Overloaded(state.waiting.count())));
        }
        if !free && !asked.question.deadline.exists() {
            return Err(Error::Connection(ConnectionError::Unavailable("every connection is in use".into())));
        }
        if asked.question.alone {
            state.waiting.push_alone(asked);
        } else {
            let turn = Turn { org: asked.question.org.clone(), charges: asked.question.charge.is_some() };
            state.waiting.push(turn, asked);
        }
        self.start(&mut state);
        Ok(())
    }

    /// Starts a task, if there is something for it, and a connection, and no other one is starting.
    fn start(self: &Arc<Self>, state: &mut State) {
        if state.waiting.first().is_some() && !state.starting && state.tasks < self.limits.connections {
            state.starting = true;
            state.tasks += 1;
            tokio::spawn(Task { line: self.clone(), started: false, ended: false }.run());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// An answer for which nothing was charged.
    pub(super) fn uncharged(serving: Result<Serving>) -> Self {
        Self { serving, unclaimed: Unclaimed::none() }
    }
}

fn failed(error: ConnectionError) -> Answer {
    Answer::uncharged(Err(Error::Connection(error)))
}

/// A task that asks for requests as long as some wait.
struct Task {
    line: Arc<Line>,
    /// Whether it has taken requests.
    started: bool,
    ended: bool,
}

impl Task {
    async fn run(mut self) {
        while let Some(deadline) = self.next() {
            match self.line.pool.lease_once(deadline).await {
                Ok(lease) => {
                    // Whoever is ready to ask at this moment comes along.
                    tokio::task::yield_now().await;
                    let (batch, charging) = self.take();
                    self.serve(lease, batch, charging).await;
                }
                Err(error) => self.fail_first(error),
            }
        }
    }

    /// The deadline of the request that comes next. If none waits, the task ends.
    fn next(&mut self) -> Option<Deadline> {
        let mut state = self.line.state();
        let deadline = state.waiting.first().map(|asked| asked.question.deadline);
        if deadline.is_none() {
            state.tasks -= 1;
            state.starting &= self.started;
            self.ended = true;
        }
        deadline
    }

    /// The requests that are asked for next. Those whose callers are gone are left out. If more wait, another task is
    /// started for them.
    fn take(&mut self) -> (Vec<Asked>, Charging) {
        let mut state = self.line.state();
        let Taken { mut requests, charged } = state.waiting.take(self.line.limits.together, Asked::clashes);
        state.starting &= self.started;
        self.started = true;
        self.line.start(&mut state);
        drop(state);
        requests.retain(|asked| !asked.answer.is_closed() && asked.send());
        (requests, Charging { line: self.line.clone(), orgs: charged })
    }

    /// There is no connection: one request is told why, and its caller decides whether to ask again.
    fn fail_first(&self, error: Error) {
        let mut state = self.line.state();
        let Taken { mut requests, charged } = state.waiting.take(1, Asked::clashes);
        state.waiting.release(charged);
        drop(state);
        if let Some(asked) = requests.pop() {
            asked.answer(&self.line, Err(error));
        }
    }

    async fn serve(&self, mut lease: Lease, batch: Vec<Asked>, charging: Charging) {
        match batch.len() {
            0 => {}
            1 => self.serve_alone(lease, batch).await,
            _ => match ask_together(&mut lease, &batch).await {
                Ok(answers) => {
                    drop(charging);
                    let mut alone = Vec::new();
                    for (asked, answer) in batch.into_iter().zip(answers) {
                        match answer {
                            Some(serving) => asked.answer(&self.line, Ok(serving)),
                            None => alone.push(asked),
                        }
                    }
                    if !alone.is_empty() {
                        self.line.start(&mut self.line.state());
                        self.serve_alone(lease, alone).await;
                    }
                }
                Err(error) if is_of_the_server(&error) => {
                    for asked in batch {
                        asked.answer(&self.line, Err(told_to_each(&error)));
                    }
                }
                // Nothing was done for any of them. The one at fault fails alone.
                Err(_) => self.again(batch),
            },
        }
    }

    /// Asks for each, one after the other.
    async fn serve_alone(&self, mut lease: Lease, batch: Vec<Asked>) {
        let mut left = batch.into_iter();
        while let Some(asked) = left.next() {
            if !lease.is_idle() {
                self.again([asked].into_iter().chain(left));
                return;
            }
            let serving = ask_alone(&mut lease, &asked.question).await;
            asked.answer(&self.line, serving);
        }
    }

    /// Puts them into the line again, each for itself.
    fn again(&self, batch: impl IntoIterator<Item = Asked>) {
        let mut state = self.line.state();
        for asked in batch {
            state.waiting.push_alone(asked);
        }
    }
}

/// The organizations that a call charges. Their next charges wait until this is dropped.
struct Charging {
    line: Arc<Line>,
    orgs: Vec<OrgId>,
}

impl Drop for Charging {
    fn drop(&mut self) {
        self.line.state().waiting.release(std::mem::take(&mut self.orgs));
    }
}

impl Drop for Task {
    /// A task that did not come to its end leaves its place to another one.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut state = self.line.state();
        state.tasks -= 1;
        state.starting &= self.started;
        if std::thread::panicking() {
            self.line.start(&mut state);
        }
        if state.tasks > 0 {
            return;
        }
        // Its runtime ends, and runs no other task. Those who wait in other runtimes ask again, and start one there.
        let left = state.waiting.take_all();
        drop(state);
        for asked in left {
            asked.answer(&self.line, Err(Error::Connection(ConnectionError::Unavailable("its task ended".into()))));
        }
    }
}

async fn ask_alone(lease: &mut Lease, question: &Question) -> Result<Serving> {
    let Question { org, provider, passphrases, charge, deadline, .. } = question;
    lease.until(*deadline);
    match charge {
        Some((charge, call)) => lease.acquire(org, provider, passphrases, &charge.ask(*call)).await,
        None => lease.key_serving(org, provider, passphrases).await,
    }
}

async fn ask_together(lease: &mut Lease, batch: &[Asked]) -> Result<Vec<Option<Serving>>> {
    let latest = batch.iter().map(|asked| asked.question.deadline).reduce(Deadline::later);
    if let Some(latest) = latest {
        lease.until(latest);
    }
    let requests: Vec<OneOfMany<'_>> = batch
        .iter()
        .map(|Asked { question, .. }| OneOfMany {
            org: &question.org,
            provider: &question.provider,
            passphrases: &question.passphrases,
            ask: question.charge.as_ref().map(|(charge, call)| charge.ask(*call)),
        })
        .collect();
    lease.acquire_many(&requests).await
}

impl Asked {
    /// Whether two of an organization have the same request id. The second is a repetition, and is answered after the first.
    fn clashes(&self, other: &Self) -> bool {
        match (&self.question.charge, &other.question.charge) {
            (Some((one, _)), Some((other, _))) => one.request_id() == other.request_id(),
            _ => false,
        }
    }

    /// Marks it as sent. False if its caller was told before that it was not.
    fn send(&self) -> bool {
        let stand = self.stand.compare_exchange(WAITING, SENT, Ordering::AcqRel, Ordering::Acquire);
        stand != Err(TOLD)
    }

    /// Gives the caller the answer. If the caller is gone, what was charged is undone, unless the caller was told that
    /// the outcome is not known: it may ask again.
    fn answer(self, line: &Arc<Line>, serving: Result<Serving>) {
        let charged = match &serving {
            Ok(Serving::Key(key)) => key.charge.is_some_and(|charge| charge.fresh),
            Ok(_) => false,
            Err(error) => is_lost(error),
        };
        let charge = self.question.charge.filter(|_| charged);
        let unclaimed = match charge {
            Some((charge, call)) => Unclaimed::new(Undo {
                pool: line.pool.clone(),
                org: self.question.org,
                request: charge.request_id().clone(),
                call,
            }),
            None => Unclaimed::none(),
        };
        if let Err(Answer { unclaimed, .. }) = self.answer.send(Answer { serving, unclaimed })
            && self.stand.load(Ordering::Acquire) == TOLD
        {
            unclaimed.claim();
        }
    }
}
