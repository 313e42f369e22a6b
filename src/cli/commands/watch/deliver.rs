//! Delivers events to a consumer. The database keeps what it was told of.

use std::time::Duration;

use time::OffsetDateTime;

use byok::admin::{Deliverer, DeliveryState, DueEvent, EventFilter, EventRecord, TakeResult};
use byok::clock::rfc3339;
use byok::error::ChangeError;
use byok::name::ConsumerName;
use byok::{Error, exit};

use super::hook::{Answer, Hook};
use super::lasting::{Lasting, PAUSE};
use super::scan::Scan;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// How much longer a consumer is left to this process than a delivery may take.
const MARGIN: Duration = Duration::from_secs(15);

/// How many events are fetched at once.
const BATCH: i32 = 500;

pub(super) struct Delivery {
    by: Deliverer,
    since: Option<OffsetDateTime>,
    failed: bool,
}

/// What a turn came to.
enum Turn {
    /// Something was delivered, or tried.
    Tried,
    /// There was nothing to deliver.
    Idle,
    /// Nobody reads the output any more.
    Closed,
}

impl Delivery {
    pub(super) fn new(consumer: ConsumerName, holder: String, time: Duration, since: Option<OffsetDateTime>) -> Self {
        Self { by: Deliverer { consumer, holder, time: time + MARGIN }, since, failed: false }
    }

    pub(super) async fn run(
        mut self,
        mut lasting: Lasting<'_>,
        filter: EventFilter<'_>,
        mut scan: Scan,
        mut hook: Hook,
    ) -> anyhow::Result<u8> {
        self.take(&mut lasting).await?;
        let outcome = self.deliver(&mut lasting, &filter, &mut scan, &mut hook).await;
        // If this fails, the next process waits a little longer.
        lasting.ask(async |database| database.leave_consumer(&self.by).await).await.ok();
        outcome
    }

    async fn deliver(
        &mut self,
        lasting: &mut Lasting<'_>,
        filter: &EventFilter<'_>,
        scan: &mut Scan,
        hook: &mut Hook,
    ) -> anyhow::Result<u8> {
        loop {
            scan.run(lasting).await?;
            match self.turn(lasting, filter, hook).await {
                Ok(Turn::Tried) => {}
                Ok(Turn::Closed) => return Ok(exit::OK),
                Ok(Turn::Idle) if lasting.once() => return Ok(if self.failed { exit::PARTIAL } else { exit::OK }),
                Ok(Turn::Idle) => tokio::time::sleep(PAUSE).await,
                Err(error) if is_taken(&error) => {
                    output::warn(&format!(
                        "another process delivers to {} now, because this one was late",
                        self.by.consumer
                    ));
                    self.take(lasting).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Becomes the process that delivers. As long as another one is, it waits.
    async fn take(&self, lasting: &mut Lasting<'_>) -> anyhow::Result<()> {
        let mut told = false;
        loop {
            let taken = lasting.ask(async |database| database.take_consumer(&self.by, self.since).await).await?;
            let consumer = &self.by.consumer;
            if taken == TakeResult::Taken {
                return Ok(());
            } else if lasting.once() {
                let message = format!("another process delivers to {consumer}");
                return Err(Failure::new(exit::CONFLICT, "consumer_busy", message)
                    .hint("try again when it has ended; to see until when it is left alone: byok event consumers")
                    .into());
            } else if !told {
                output::notice(&format!("another process delivers to {consumer}; this one waits until it ends"));
                told = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn turn(
        &mut self,
        lasting: &mut Lasting<'_>,
        filter: &EventFilter<'_>,
        hook: &mut Hook,
    ) -> anyhow::Result<Turn> {
        let due = lasting.ask(async |database| database.due_events(&self.by, filter, BATCH).await).await?;
        if due.is_empty() {
            return Ok(Turn::Idle);
        }
        for DueEvent { event, .. } in due {
            let failure = match hook.tell(&event).await? {
                Answer::Taken => None,
                Answer::Failed(why) => Some(why),
                Answer::Closed => return Ok(Turn::Closed),
            };
            self.record(lasting, &event, failure.as_deref()).await?;
        }
        Ok(Turn::Tried)
    }

    async fn record(
        &mut self,
        lasting: &mut Lasting<'_>,
        event: &EventRecord,
        failure: Option<&str>,
    ) -> anyhow::Result<()> {
        let done = lasting.ask(async |database| database.record_delivery(&self.by, event.seq, failure).await).await?;
        let Some(why) = failure else { return Ok(()) };
        self.failed = true;
        let next = match (done.state, done.next_at) {
            (DeliveryState::Waiting, Some(at)) => format!("it is tried again at {}", rfc3339(at)),
            _ => format!(
                "it counts as failed after {} tries; to see it: byok event failures {}",
                done.tries, self.by.consumer
            ),
        };
        output::warn(&format!("event {} ({}) was not delivered ({why}); {next}", event.seq, event.kind));
        Ok(())
    }
}

fn is_taken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::Change(ChangeError::Changed(_))))
}
