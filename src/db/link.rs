//! A connection as statements see it: direct, or through a pooler that hands another server connection to every transaction.
//!
//! Behind such a pooler a named statement is somebody else's, and an unnamed one too between two messages: there, every
//! statement is unnamed and runs in a transaction, its own or one that was begun for several, which keeps one server
//! connection from beginning to end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::DatabaseUrl;
use super::watched::Watched;
use futures_core::Stream;
use sqlx::postgres::{PgConnection, PgQueryResult, PgRow, PgStatement, PgTypeInfo, Postgres};
use sqlx::{Connection as _, Describe, Either, Execute, Executor};

type Step = Either<PgQueryResult, PgRow>;
type Answer<'e, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'e>>;
type Rows<'e, T> = Pin<Box<dyn Stream<Item = sqlx::Result<T>> + Send + 'e>>;

/// Bounds that no session setting of another client can loosen.
const BEGIN: &str = "begin; set local statement_timeout = '60s'; set local lock_timeout = '15s'";

#[derive(Debug)]
pub(super) struct Link {
    connection: PgConnection,
    pooled: bool,
    /// In a transaction of several statements, which the caller began and ends.
    inside: bool,
    /// Where whoever holds statements up is looked for.
    watch: Option<Box<DatabaseUrl>>,
}

impl Link {
    pub(super) fn new(connection: PgConnection, pooled: bool) -> Self {
        Self { connection, pooled, inside: false, watch: None }
    }

    /// From now on statements are watched.
    pub(super) fn watch(&mut self, url: &DatabaseUrl) {
        self.watch = Some(Box::new(url.clone()));
    }

    pub(super) fn into_inner(self) -> PgConnection {
        self.connection
    }

    pub(super) fn pooled(&self) -> bool {
        self.pooled
    }

    /// Begins a transaction of several statements.
    pub(super) async fn begin(&mut self, isolation: &'static str) -> sqlx::Result<()> {
        let bounds = if self.pooled { BEGIN.trim_start_matches("begin") } else { "" };
        self.connection.execute(format!("begin {isolation}{bounds}").as_str()).await?;
        self.inside = true;
        Ok(())
    }

    /// Ends it.
    pub(super) async fn end(&mut self, commit: bool) -> sqlx::Result<()> {
        self.inside = false;
        self.connection.execute(if commit { "commit" } else { "rollback" }).await.map(drop)
    }
}

impl<'c> Executor<'c> for &'c mut Link {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Rows<'e, Step>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let watch = self.watch.as_deref().cloned();
        let rows: Rows<'e, Step> = match (self.pooled, self.inside) {
            (false, _) => self.connection.fetch_many(query),
            (true, true) => self.connection.fetch_many(Unnamed(query)),
            (true, false) => Box::pin(Collected::Asking(Box::pin(in_transaction(&mut self.connection, query)))),
        };
        match watch {
            Some(url) => Box::pin(Watched::new(rows, url)),
            None => rows,
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> Answer<'e, Option<PgRow>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let watch = self.watch.as_deref().cloned();
        let row: Answer<'e, Option<PgRow>> = match (self.pooled, self.inside) {
            (false, _) => self.connection.fetch_optional(query),
            (true, true) => self.connection.fetch_optional(Unnamed(query)),
            (true, false) => Box::pin(async move {
                let steps = in_transaction(&mut self.connection, query).await?;
                Ok(steps.into_iter().find_map(Either::right))
            }),
        };
        match watch {
            Some(url) => Box::pin(Watched::new(row, url)),
            None => row,
        }
    }

    fn prepare_with<'e, 'q: 'e>(self, sql: &'q str, types: &'e [PgTypeInfo]) -> Answer<'e, PgStatement<'q>>
    where
        'c: 'e,
    {
        self.connection.prepare_with(sql, types)
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> Answer<'e, Describe<Postgres>>
    where
        'c: 'e,
    {
        self.connection.describe(sql)
    }
}

/// Everything that a statement gives, from within a transaction of its own.
async fn in_transaction<'q, E>(connection: &mut PgConnection, query: E) -> sqlx::Result<Vec<Step>>
where
    E: 'q + Execute<'q, Postgres>,
{
    let mut transaction = connection.begin_with(BEGIN).await?;
    let mut steps = Vec::new();
    {
        let mut rows = transaction.fetch_many(Unnamed(query));
        while let Some(step) = std::future::poll_fn(|context| rows.as_mut().poll_next(context)).await {
            match step {
                Ok(step) => steps.push(step),
                Err(error) => {
                    drop(rows);
                    // Now, and not with the next statement: until then nobody else has the server connection.
                    transaction.rollback().await.ok();
                    return Err(error);
                }
            }
        }
    }
    transaction.commit().await?;
    Ok(steps)
}

/// A statement that leaves nothing behind on the server.
struct Unnamed<E>(E);

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

/// An answer that is waited for whole, as the stream that the driver's interface wants.
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
