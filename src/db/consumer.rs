//! Consumers of events: which process delivers to each, what is next, and what became of it.

use std::time::Duration;

use time::OffsetDateTime;

use super::event::event;
use super::{Database, EventFilter, EventRecord};
use crate::error::{Error, Result, Subject};
use crate::event::EventKind;
use crate::name::ConsumerName;
use crate::word::{ListedWord, words};

words! {
    /// What taking a consumer came to.
    #[non_exhaustive]
    pub enum TakeResult: "result of taking a consumer" {
        /// This process delivers.
        Taken = "taken",
        /// Another one does.
        Busy = "busy",
    }
}

words! {
    /// What became of a delivery.
    #[non_exhaustive]
    pub enum DeliveryState: "state of a delivery" {
        /// It failed, and is tried again.
        Waiting = "waiting",
        /// It was delivered.
        Delivered = "delivered",
        /// It failed too often.
        Failed = "failed",
    }
}

/// A process that delivers events to a consumer.
#[derive(Clone, Debug)]
pub struct Deliverer {
    /// The consumer.
    pub consumer: ConsumerName,
    /// What tells this process from others.
    pub holder: String,
    /// How long the consumer is left to it after each call.
    pub time: Duration,
}

impl Deliverer {
    fn seconds(&self) -> i32 {
        i32::try_from(self.time.as_secs()).unwrap_or(i32::MAX)
    }
}

/// An event that is to be delivered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DueEvent {
    /// The event.
    pub event: EventRecord,
    /// How often it was tried.
    pub tries: i32,
}

/// What became of an event at a consumer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// What it is now.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried again.
    pub next_at: Option<OffsetDateTime>,
}

/// A delivery that failed, or that is tried again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedDelivery {
    /// The event.
    pub event: EventRecord,
    /// What the delivery is now.
    pub state: ListedWord<DeliveryState>,
    /// How often it was tried.
    pub tries: i32,
    /// When it was tried last.
    pub tried_at: OffsetDateTime,
    /// When it is tried again.
    pub next_at: Option<OffsetDateTime>,
    /// Why it failed, in one stable word.
    pub failure: Option<String>,
}

/// A consumer of events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsumerRecord {
    /// Its name.
    pub consumer: String,
    /// The login that made it.
    pub login: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when a process has it. `None` if nobody delivers.
    pub held_until: Option<OffsetDateTime>,
    /// How many events it has still to be told of.
    pub pending: i64,
    /// The time of the oldest of them.
    pub oldest_at: Option<OffsetDateTime>,
    /// How many deliveries failed too often.
    pub failed: i64,
}

impl Database {
    /// Makes this process the one that delivers, unless another one does. A consumer that does not exist is made, and begins now or with
    /// the events since that time.
    pub async fn take_consumer(&mut self, by: &Deliverer, since: Option<OffsetDateTime>) -> Result<TakeResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: TakeResult" from byok_api.consumer_take($1, $2, $3, $4)"#,
            by.consumer.as_str(),
            by.holder,
            by.seconds(),
            since
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// The events that are to be delivered now, at most one of each key.
    pub async fn due_events(&mut self, by: &Deliverer, filter: &EventFilter<'_>, limit: i32) -> Result<Vec<DueEvent>> {
        let words = filter.words();
        let rows = sqlx::query!(
            r#"select seq as "seq!", at as "at!", kind as "kind!: ListedWord<EventKind>", org as "org!", provider, version, hint,
                      detail as "detail!", tries as "tries!"
               from byok_api.consumer_due($1, $2, $3, $4, $5, $6)"#,
            by.consumer.as_str(),
            by.holder,
            by.seconds(),
            filter.org(),
            words.as_deref(),
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        Ok(rows.into_iter().map(|row| DueEvent { tries: row.tries, event: event!(row) }).collect())
    }

    /// Records that an event was delivered, or why not, in one stable word.
    pub async fn record_delivery(&mut self, by: &Deliverer, seq: i64, failure: Option<&str>) -> Result<Delivery> {
        sqlx::query_as!(
            Delivery,
            r#"select state as "state!: DeliveryState", tries as "tries!", next_at
               from byok_api.consumer_done($1, $2, $3, $4, $5)"#,
            by.consumer.as_str(),
            by.holder,
            by.seconds(),
            seq,
            failure
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Ends delivering, so that another process can begin at once.
    pub async fn leave_consumer(&mut self, by: &Deliverer) -> Result<()> {
        sqlx::query!("select byok_api.consumer_leave($1, $2)", by.consumer.as_str(), by.holder)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(Subject::Login))
    }

    /// The consumers that this login may use.
    pub async fn consumers(&mut self) -> Result<Vec<ConsumerRecord>> {
        sqlx::query_as!(
            ConsumerRecord,
            r#"select consumer as "consumer!", login as "login!", created_at as "created_at!", held_until, pending as "pending!", oldest_at,
                      failed as "failed!"
               from byok_api.consumer_list()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// A page of the deliveries of a consumer that failed, or that are tried again, after the event of this number.
    pub async fn failed_deliveries(
        &mut self,
        consumer: &ConsumerName,
        after: i64,
        limit: i32,
    ) -> Result<Vec<FailedDelivery>> {
        let rows = sqlx::query!(
            r#"select seq as "seq!", at as "at!", kind as "kind!: ListedWord<EventKind>", org as "org!", provider, version, hint,
                      detail as "detail!", state as "state!: ListedWord<DeliveryState>", tries as "tries!", tried_at as "tried_at!",
                      next_at, failure
               from byok_api.consumer_failures($1, $2, $3)"#,
            consumer.as_str(),
            after,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let failed = rows.into_iter().map(|row| FailedDelivery {
            state: row.state,
            tries: row.tries,
            tried_at: row.tried_at,
            next_at: row.next_at,
            failure: row.failure,
            event: event!(row),
        });
        Ok(failed.collect())
    }

    /// Delivers again what failed: the event of this number, or all. Returns how many.
    pub async fn retry_deliveries(&mut self, consumer: &ConsumerName, seq: Option<i64>) -> Result<i64> {
        sqlx::query_scalar!(r#"select byok_api.consumer_retry($1, $2) as "count!""#, consumer.as_str(), seq)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// Forgets a consumer. False if there was none.
    pub async fn remove_consumer(&mut self, consumer: &ConsumerName) -> Result<bool> {
        sqlx::query_scalar!(r#"select byok_api.consumer_remove($1) as "removed!""#, consumer.as_str())
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}
