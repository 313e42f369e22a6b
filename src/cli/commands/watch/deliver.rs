//! Delivers events to a consumer. The database keeps what it was told of.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use byok::admin::{Deliverer, DeliveryState, DueEvent, EventFilter, EventRecord, TakeResult};
use byok::clock::rfc3339;
use byok::error::ChangeError;
use byok::name::ConsumerName;
use byok::{Error, exit};

use super::hook::Hook;
use super::lasting::{Lasting, PAUSE};
use super::scan::Scan;
use super::underway::{Ended, Underway};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::views::event::EventView;

/// How much longer a consumer is left to this process than a delivery may take.
const MARGIN: Duration = Duration::from_secs(15);

/// How many events are fetched at once.
const BATCH: i32 = 500;

/// How long after a fetch the next one waits for more deliveries to end, because it looks through everything that is not delivered.
const GATHER: Duration = Duration::from_millis(20);

/// How long deliveries may go on after a failure that ends this command.
const LAST: Duration = Duration::from_secs(5);

/// How long the database may take to free the consumer.
const LEAVING: Duration = Duration::from_secs(3);

pub(super) struct Delivery {
    by: Deliverer,
    since: Option<OffsetDateTime>,
    /// What was fetched and is not delivered yet.
    due: VecDeque<EventRecord>,
    /// When something was last fetched.
    fetched: Option<Instant>,
    /// Whether a delivery has ended since then, so that more may be due.
    ended: bool,
    underway: Underway,
    failed: bool,
    /// Whether the consumer may be left to this process.
    holds: bool,
}

/// Who delivers, and how long a delivery may take.
pub(super) struct Manner {
    pub(super) consumer: ConsumerName,
    pub(super) holder: String,
    pub(super) time: Duration,
    /// How many deliveries there are at once.
    pub(super) most: usize,
}

/// What a turn came to.
enum Turn {
    /// Something was delivered, or is under way.
    Busy,
    /// There was nothing to deliver.
    Idle,
    /// Nobody reads the output any more.
    Closed,
}

impl Delivery {
    pub(super) fn new(manner: Manner, since: Option<OffsetDateTime>) -> Self {
        let Manner { consumer, holder, time, most } = manner;
        let by = Deliverer { consumer, holder, time: time + MARGIN };
        Self {
            by,
            since,
            due: VecDeque::new(),
            fetched: None,
            ended: true,
            underway: Underway::new(most),
            failed: false,
            holds: false,
        }
    }

    pub(super) async fn run(
        mut self,
        mut lasting: Lasting<'_>,
        filter: EventFilter<'_>,
        mut scan: Scan,
        mut hook: Hook,
    ) -> anyhow::Result<u8> {
        let ending = lasting.ending().clone();
        let outcome = tokio::select! {
            outcome = self.deliver(&mut lasting, &filter, &mut scan, &mut hook) => {
                tokio::time::timeout(LAST, self.underway.drain()).await.ok();
                outcome
            }
            () = ending.overdue() => Ok(exit::OK),
        };
        let cut = self.underway.count();
        self.underway.cut().await;
        if cut > 0 {
            output::warn(&format!("deliveries that were cut: {cut}; they are delivered again"));
        }
        if self.holds {
            self.leave(&mut lasting).await;
        }
        ending.code().map_or(outcome, Ok)
    }

    /// Delivers until there is a reason to end.
    async fn deliver(
        &mut self,
        lasting: &mut Lasting<'_>,
        filter: &EventFilter<'_>,
        scan: &mut Scan,
        hook: &mut Hook,
    ) -> anyhow::Result<u8> {
        let ending = lasting.ending().clone();
        self.take(lasting).await?;
        loop {
            if ending.code().is_none() {
                scan.run(lasting).await?;
            }
            let turn = match hook {
                Hook::Lines(list) => self.write(lasting, filter, list).await,
                _ => self.send(lasting, filter, hook).await,
            };
            match turn {
                Ok(Turn::Closed) => return Ok(exit::OK),
                Ok(Turn::Idle) if ending.code().is_some() => return Ok(exit::OK),
                Ok(Turn::Busy) => {}
                Ok(Turn::Idle) if lasting.once() => return Ok(if self.failed { exit::PARTIAL } else { exit::OK }),
                Ok(Turn::Idle) => ending.pause(PAUSE).await,
                Err(error) if is_taken(&error) => {
                    output::warn(&format!(
                        "another process delivers to {} now, because this one was late",
                        self.by.consumer
                    ));
                    // What they come to is not recorded: the other process delivers these events again.
                    self.underway.drain().await;
                    self.due.clear();
                    self.take(lasting).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Becomes the process that delivers. As long as another one is, it waits.
    async fn take(&mut self, lasting: &mut Lasting<'_>) -> anyhow::Result<()> {
        let mut told = false;
        while lasting.ending().code().is_none() {
            // An answer that does not come any more, or that is lost, may have been that it was taken.
            self.holds = true;
            let taken = lasting.ask(async |database| database.take_consumer(&self.by, self.since).await).await;
            self.holds = taken.as_ref().map_or_else(Error::may_pass, |result| *result == TakeResult::Taken);
            let taken = taken?;
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
            lasting.ending().pause(PAUSE).await;
        }
        Ok(())
    }

    /// Lets another process begin at once. If the database is away, that one waits until the time of this one is over.
    async fn leave(&self, lasting: &mut Lasting<'_>) {
        let leaving = lasting.ask_at_last(async |database| database.leave_consumer(&self.by).await);
        if !tokio::time::timeout(LEAVING, leaving).await.is_ok_and(|left| left.is_ok()) {
            output::warn(&format!(
                "the database could not be told that {} is free; another process delivers to it in at most {} seconds",
                self.by.consumer,
                self.by.time.as_secs()
            ));
        }
    }

    /// The events that are due, at most one of a key.
    async fn fetch(&self, lasting: &mut Lasting<'_>, filter: &EventFilter<'_>) -> byok::Result<VecDeque<EventRecord>> {
        let due = lasting.ask(async |database| database.due_events(&self.by, filter, BATCH).await).await?;
        Ok(due.into_iter().map(|DueEvent { event, .. }| event).filter(|event| !self.underway.holds_up(event)).collect())
    }

    /// Writes what is due to standard output.
    async fn write(
        &mut self,
        lasting: &mut Lasting<'_>,
        filter: &EventFilter<'_>,
        list: &mut List<EventView>,
    ) -> anyhow::Result<Turn> {
        if !output::is_read() {
            return Ok(Turn::Closed);
        }
        if lasting.ending().code().is_none() && self.due.is_empty() {
            self.due = self.fetch(lasting, filter).await?;
        }
        let Some(event) = self.due.pop_front() else { return Ok(Turn::Idle) };
        list.records(std::slice::from_ref(&event), |event| EventView::from(event))?;
        if list.is_closed() {
            return Ok(Turn::Closed);
        }
        self.record(lasting, Ended { event, failure: None }).await?;
        if lasting.ending().code().is_some() {
            self.due.clear();
        }
        Ok(Turn::Busy)
    }

    /// Begins to deliver what is due, and waits until a delivery ends.
    async fn send(&mut self, lasting: &mut Lasting<'_>, filter: &EventFilter<'_>, hook: &Hook) -> anyhow::Result<Turn> {
        let ending = lasting.ending().clone();
        if ending.code().is_none() {
            if self.due.is_empty() && self.underway.has_room() && self.rest().is_zero() {
                self.due = self.fetch(lasting, filter).await?;
                (self.fetched, self.ended) = (Some(Instant::now()), false);
            }
            while self.underway.has_room()
                && let Some(event) = self.due.pop_front()
            {
                let Some(delivery) = hook.delivery(&event) else { return Ok(Turn::Closed) };
                self.underway.begin(event, delivery);
            }
        }
        let may_fetch = ending.code().is_none() && self.due.is_empty() && self.underway.has_room();
        let pause = if may_fetch { self.rest().max(Duration::from_millis(1)) } else { PAUSE };
        tokio::select! {
            biased;
            ended = self.underway.next() => match ended? {
                None => return Ok(Turn::Idle),
                Some(ended) => {
                    self.ended = true;
                    self.record(lasting, ended).await?;
                }
            },
            () = ending.begun(), if ending.code().is_none() => {}
            // Events of other keys may be due.
            () = tokio::time::sleep(pause) => {}
        }
        Ok(Turn::Busy)
    }

    /// How long the next fetch still waits.
    fn rest(&self) -> Duration {
        let pause = match (self.underway.count(), self.ended) {
            (0, _) => Duration::ZERO,
            (_, true) => GATHER,
            (_, false) => PAUSE,
        };
        pause.saturating_sub(self.fetched.map_or(pause, |at| at.elapsed()))
    }

    async fn record(&mut self, lasting: &mut Lasting<'_>, ended: Ended) -> anyhow::Result<()> {
        let Ended { event, failure } = ended;
        let failure = failure.as_deref();
        let done = lasting.ask(async |database| database.record_delivery(&self.by, event.seq, failure).await).await;
        // Somebody erased it as too old in the meantime, so nothing is left to record.
        if matches!(done, Err(Error::Change(ChangeError::NoSuchEvent))) {
            return Ok(());
        }
        let done = done?;
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
