//! A connection that runs statements, either direct or through a pooler in transaction mode.
//!
//! Such a pooler gives every transaction another server connection. A prepared statement with a name may then be one of
//! another client, and so may an unnamed one between two messages. So behind a pooler every statement is unnamed and
//! runs in a transaction: its own, or one that was begun for several statements.
//!
//! A statement takes the connection, and puts it back when it has the whole answer. If its future is dropped, the
//! connection is dropped with it. So an interrupted connection is never used again.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::watched::{Lookout, Watched, watched};
use futures_core::Stream;
use sqlx::postgres::{
    PgConnection, PgDatabaseError, PgQueryResult, PgRow, PgSeverity, PgStatement, PgTypeInfo, Postgres,
};
use sqlx::{Connection as _, Describe, Either, Execute, Executor};
use tokio::time::Instant;

use super::guard::{Guarded, whole};
use super::refused::named;
use super::rehearsal::{Rehearsal, STEP};
use super::told::told;

/// The SQLSTATE of a write in a read-only transaction.
pub(super) const READ_ONLY: &str = "25006";

type Step = Either<PgQueryResult, PgRow>;
type Answer<'e, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'e>>;
type Rows<'e, T> = Pin<Box<dyn Stream<Item = sqlx::Result<T>> + Send + 'e>>;

/// Limits for a transaction behind a pooler, whatever settings another client left in the session.
const BEGIN: &str = "begin isolation level read committed; set local statement_timeout = '60s'; set local lock_timeout = '15s'; \
     set local row_security = on";

/// The default time limit for an answer. It is longer than the server's own limit for a statement.
pub(super) const ANSWER: Duration = Duration::from_secs(90);

/// How long the end of a connection may take.
const CLOSING: Duration = Duration::from_secs(2);

/// The longest time that the clock can count from now.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The time limit for answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Each answer may take this long.
    Each(Duration),
    /// All answers must have arrived by then.
    Until(Instant),
}

impl Limit {
    /// The deadline of an answer that is requested now.
    fn end(self) -> Instant {
        match self {
            Self::Each(time) => Instant::now() + time.min(LONGEST),
            Self::Until(end) => end,
        }
    }
}

#[derive(Debug)]
pub(super) struct PooledConnection {
    /// `None` while a statement uses the connection, and after a statement was dropped or lost it.
    connection: Option<PgConnection>,
    pooled: bool,
    /// Whether a transaction of several statements is open, which the caller began and ends.
    inside: bool,
    /// Whether changes are kept.
    pub(super) rehearsal: Rehearsal,
    /// Whether a statement of that transaction failed. The server would answer a commit without an error, and roll
    /// back.
    failed: bool,
    /// The time limit for answers.
    limit: Limit,
    /// Who wants to know which functions are called.
    pub(super) tell: Option<fn(&str)>,
    /// Where to look for transactions that block a statement.
    watch: Option<Arc<dyn Lookout>>,
}

impl PooledConnection {
    pub(super) fn new(connection: PgConnection, pooled: bool) -> Self {
        Self {
            connection: Some(connection),
            pooled,
            inside: false,
            rehearsal: Rehearsal::No,
            failed: false,
            limit: Limit::Each(ANSWER),
            tell: None,
            watch: None,
        }
    }

    /// Who watches statements, if somebody does.
    pub(super) fn lookout(&self) -> Option<Arc<dyn Lookout>> {
        self.watch.clone()
    }

    /// From now on, statements are watched.
    pub(super) fn watch(&mut self, lookout: Arc<dyn Lookout>) {
        self.watch = Some(lookout);
    }

    /// Sets the time limit for answers.
    pub(super) fn limit(&mut self, limit: Limit) {
        self.limit = limit;
    }

    /// The connection itself, if it still exists.
    pub(super) fn into_inner(mut self) -> sqlx::Result<PgConnection> {
        self.take()
    }

    pub(super) fn pooled(&self) -> bool {
        self.pooled
    }

    /// Whether the connection is idle, without an open transaction.
    pub(super) fn is_idle(&self) -> bool {
        self.connection.is_some() && !self.inside
    }

    /// Begins a transaction of several statements.
    pub(super) async fn begin(&mut self, isolation: &'static str) -> sqlx::Result<()> {
        if self.inside {
            return Err(sqlx::Error::BeginFailed);
        }
        let bounds = if self.pooled { BEGIN.trim_start_matches(|letter| letter != ';') } else { "" };
        for statement in self.rehearsal.begin(isolation, bounds) {
            self.send(statement).await?;
        }
        (self.inside, self.failed) = (true, false);
        Ok(())
    }

    /// Ends the transaction.
    pub(super) async fn end(&mut self, commit: bool) -> sqlx::Result<()> {
        self.inside = false;
        let holds = commit && !self.failed;
        self.send(self.rehearsal.end_step(holds).to_owned()).await?;
        if commit && !holds {
            return Err(sqlx::Error::AnyDriverError("a statement failed, so the transaction was rolled back".into()));
        }
        Ok(())
    }

    /// Ends the step of one statement.
    async fn end_step<T>(&mut self, outcome: sqlx::Result<T>) -> sqlx::Result<T> {
        if self.is_closed() {
            self.inside = false;
            return outcome;
        }
        let ended = self.end(outcome.is_ok()).await;
        outcome.and_then(|value| ended.map(|()| value))
    }

    /// Closes the connection, which rolls back an open transaction.
    pub(super) fn give_up(&mut self) {
        self.connection = None;
        self.inside = false;
        self.rehearsal.ended();
    }

    /// Ends the connection in order, so that the server has its place back.
    pub(super) async fn close(&mut self) {
        self.inside = false;
        self.rehearsal.ended();
        if let Some(connection) = self.connection.take() {
            within(Limit::Each(CLOSING), connection.close()).await.ok();
        }
    }

    /// Whether there is none to ask over.
    pub(super) fn is_closed(&self) -> bool {
        self.connection.is_none()
    }

    /// Goes on over another connection, with the limits and the watch of this one.
    pub(super) fn replace(&mut self, other: Self) {
        (self.connection, self.inside, self.failed) = (other.connection, false, false);
        self.rehearsal.ended();
    }

    async fn send(&mut self, statement: String) -> sqlx::Result<()> {
        let mut connection = self.take()?;
        let outcome = within(self.limit, connection.execute(statement.as_str())).await;
        self.put_back(connection, outcome).map(drop)
    }

    async fn all<'q, E: Execute<'q, Postgres> + 'q>(&mut self, query: E) -> sqlx::Result<Vec<Step>> {
        if self.inside || self.rehearsal == Rehearsal::No {
            return self.ask_all(query).await;
        }
        self.begin(STEP).await?;
        let outcome = self.ask_all(query).await;
        self.end_step(outcome).await
    }

    async fn first<'q, E: Execute<'q, Postgres> + 'q>(&mut self, query: E) -> sqlx::Result<Option<PgRow>> {
        if self.inside || self.rehearsal == Rehearsal::No {
            return self.ask_first(query).await;
        }
        self.begin(STEP).await?;
        let outcome = self.ask_first(query).await;
        self.end_step(outcome).await
    }

    async fn ask_all<'q, E: Execute<'q, Postgres> + 'q>(&mut self, query: E) -> sqlx::Result<Vec<Step>> {
        let mut connection = self.take()?;
        let statement = query.sql();
        told(self.tell, statement);
        let outcome = within(self.limit, async {
            match (self.pooled, self.inside) {
                (false, _) => collected(connection.fetch_many(query)).await,
                (true, true) => collected(connection.fetch_many(Unnamed(query))).await,
                (true, false) => in_transaction(&mut connection, query).await,
            }
        });
        let outcome = outcome.await;
        self.put_back(connection, outcome).map_err(|error| named(error, statement))
    }

    async fn ask_first<'q, E: Execute<'q, Postgres> + 'q>(&mut self, query: E) -> sqlx::Result<Option<PgRow>> {
        let mut connection = self.take()?;
        let statement = query.sql();
        told(self.tell, statement);
        let outcome = within(self.limit, async {
            match (self.pooled, self.inside) {
                (false, _) => connection.fetch_optional(query).await?,
                (true, true) => connection.fetch_optional(Unnamed(query)).await?,
                (true, false) => {
                    let steps = in_transaction(&mut connection, query).await?;
                    return Ok(steps.into_iter().find_map(Either::right));
                }
            }
            .map(whole)
            .transpose()
        });
        let outcome = outcome.await;
        self.put_back(connection, outcome).map_err(|error| named(error, statement))
    }

    fn take(&mut self) -> sqlx::Result<PgConnection> {
        self.connection.take().ok_or(sqlx::Error::PoolClosed)
    }

    /// Decides whether the connection can be used after an error. After an error of a statement it can. After any other
    /// error its state is unknown. A server that has become read-only is not used either.
    fn put_back<T>(&mut self, connection: PgConnection, outcome: sqlx::Result<T>) -> sqlx::Result<T> {
        let usable = match &outcome {
            Ok(_) => true,
            Err(sqlx::Error::Database(error)) => {
                let severity = error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
                let ended = matches!(severity, None | Some(PgSeverity::Fatal | PgSeverity::Panic));
                !ended && error.code().as_deref() != Some(READ_ONLY)
            }
            Err(_) => false,
        };
        self.failed |= outcome.is_err();
        self.connection = usable.then_some(connection);
        outcome
    }
}

async fn within<T>(limit: Limit, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    tokio::time::timeout_at(limit.end(), Guarded::new(answer)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

impl<'c> Executor<'c> for &'c mut PooledConnection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Rows<'e, Step>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let watch = self.watch.clone();
        let rows = Collected::Asking(Box::pin(self.all(query)));
        match watch {
            Some(lookout) => Box::pin(Watched::new(rows, &*lookout)),
            None => Box::pin(rows),
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<PgRow>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let watch = self.watch.clone();
        let row = self.first(query);
        match watch {
            Some(lookout) => Box::pin(async move { watched(row, &*lookout).await }),
            None => Box::pin(row),
        }
    }

    fn prepare_with<'e, 'q: 'e>(self, sql: &'q str, types: &'e [PgTypeInfo]) -> Answer<'e, PgStatement<'q>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut connection = self.take()?;
            let outcome = within(self.limit, connection.prepare_with(sql, types)).await;
            self.put_back(connection, outcome)
        })
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> Answer<'e, Describe<Postgres>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut connection = self.take()?;
            let outcome = within(self.limit, connection.describe(sql)).await;
            self.put_back(connection, outcome)
        })
    }
}

/// Runs one statement in a transaction of its own, and collects its results.
async fn in_transaction<'q, E>(connection: &mut PgConnection, query: E) -> sqlx::Result<Vec<Step>>
where
    E: Execute<'q, Postgres> + 'q,
{
    let mut transaction = connection.begin_with(BEGIN).await?;
    match collected(transaction.fetch_many(Unnamed(query))).await {
        Ok(steps) => transaction.commit().await.map(|()| steps),
        Err(error) => {
            // The commit is sent now, because the pooler holds the server connection until the transaction ends.
            transaction.rollback().await.ok();
            Err(error)
        }
    }
}

async fn collected(mut rows: Rows<'_, Step>) -> sqlx::Result<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(step) = std::future::poll_fn(|context| rows.as_mut().poll_next(context)).await {
        steps.push(match step? {
            Either::Right(row) => Either::Right(whole(row)?),
            step @ Either::Left(_) => step,
        });
    }
    Ok(steps)
}

/// Marks a statement as unnamed, so that it leaves nothing behind on the server.
pub(super) struct Unnamed<E>(pub(super) E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(&self) -> &'q str {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement<'q>> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<sqlx::postgres::PgArguments>, sqlx::error::BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

/// Turns a whole answer into the stream that the driver's interface needs.
enum Collected<'e> {
    Asking(Answer<'e, Vec<Step>>),
    Giving(std::vec::IntoIter<Step>),
}

impl Stream for Collected<'_> {
    type Item = sqlx::Result<Step>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Self::Asking(answer) = &mut *self {
            match answer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(steps)) => *self = Self::Giving(steps.into_iter()),
                Poll::Ready(Err(error)) => {
                    *self = Self::Giving(Vec::new().into_iter());
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        let Self::Giving(steps) = &mut *self else { return Poll::Ready(None) };
        Poll::Ready(steps.next().map(Ok))
    }
}
