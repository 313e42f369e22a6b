//! Runs a statement, and looks at the same time for transactions that block it.

use std::fmt;
use std::future::{Future, poll_fn};
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::Blocker;

/// The transactions that a cancelled statement was waiting for.
#[derive(Debug)]
pub(crate) struct HeldUp(pub(crate) Vec<Blocker>);

impl fmt::Display for HeldUp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "held up by {} others", self.0.len())
    }
}

impl std::error::Error for HeldUp {}

/// The blockers of a statement that is about to be cancelled. They are recorded first, because the statement's error
/// may arrive earlier.
pub(super) type Told = Arc<Mutex<Vec<Blocker>>>;

/// Looks for transactions that block a statement.
pub(super) trait Lookout: fmt::Debug + Send + Sync {
    /// Looks until the statement ends, or until it is cancelled.
    fn watch(&self, told: Told) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Whether it is looking just now, and the caller wants to know what it ends. The statement goes on as soon as its
    /// blocker was ended, which may be before the lookout knows.
    fn is_ending(&self) -> bool;
}

/// Waits for the answer of a statement, and watches meanwhile. What the lookout is ending when the answer comes is waited
/// for.
pub(super) async fn watched<T>(
    answer: impl Future<Output = sqlx::Result<T>>,
    lookout: &dyn Lookout,
) -> sqlx::Result<T> {
    let mut watched = Watched::new(answer, lookout);
    let outcome = (&mut watched).await;
    poll_fn(|context| {
        if lookout.is_ending() {
            watched.look(context);
        }
        if watched.watch.is_some() && lookout.is_ending() { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    outcome
}

/// The answer of a statement, and the watch that ends with it.
pub(super) struct Watched<A> {
    answer: Pin<Box<A>>,
    watch: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    told: Told,
}

impl<A> Watched<A> {
    pub(super) fn new(answer: A, lookout: &dyn Lookout) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        Self { answer: Box::pin(answer), watch: Some(lookout.watch(Arc::clone(&told))), told }
    }

    /// The statement has no answer yet, so the watch continues.
    fn look(&mut self, context: &mut Context<'_>) {
        if let Some(watch) = &mut self.watch
            && watch.as_mut().poll(context).is_ready()
        {
            self.watch = None;
        }
    }

    /// Adds the blockers to the error of a cancelled statement.
    fn explain(&self, error: sqlx::Error) -> sqlx::Error {
        let held = take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("57014") if !held.is_empty() => sqlx::Error::AnyDriverError(Box::new(HeldUp(held))),
            _ => error,
        }
    }
}

impl<T, A: Stream<Item = sqlx::Result<T>>> Stream for Watched<A> {
    type Item = sqlx::Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.answer.as_mut().poll_next(context) {
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(self.explain(error)))),
            Poll::Ready(step) => Poll::Ready(step),
            Poll::Pending => {
                self.look(context);
                Poll::Pending
            }
        }
    }
}

impl<T, A: Future<Output = sqlx::Result<T>>> Future for Watched<A> {
    type Output = sqlx::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.answer.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(outcome.map_err(|error| self.explain(error))),
            Poll::Pending => {
                self.look(context);
                Poll::Pending
            }
        }
    }
}
