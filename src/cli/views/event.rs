//! Events, their deliveries, consumers, and thresholds.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use byok::admin::{ConsumerRecord, DeliveryState, EventRecord, FailedDelivery};
use byok::clock::rfc3339;
use byok::event::EventKind;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{cell, org_id, time, whose};

/// What happened to a key or a balance.
#[derive(Serialize, JsonSchema)]
pub(crate) struct EventView {
    /// The number of the event
    seq: i64,
    at: String,
    #[schemars(extend("x-known-values" = words::<EventKind>()))]
    kind: String,
    org: Option<String>,
    provider: Option<String>,
    version: Option<i32>,
    hint: Option<String>,
    detail: Value,
}

impl From<&EventRecord> for EventView {
    fn from(event: &EventRecord) -> Self {
        Self {
            seq: event.seq,
            at: rfc3339(event.at),
            kind: event.kind.to_string(),
            org: org_id(&event.org),
            provider: event.provider.clone(),
            version: event.version,
            hint: event.hint.as_ref().map(|hint| format!("...{hint}")),
            detail: serde_json::from_str(&event.detail).unwrap_or_default(),
        }
    }
}

impl EventView {
    /// The detail in words.
    fn words(&self) -> String {
        let fields = self.detail.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let words = fields.map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl View for EventView {
    const COLUMNS: &'static [&'static str] = &["SEQ", "AT", "KIND", "ORG", "PROVIDER", "VERSION", "HINT", "DETAIL"];
    const YIELDS: &'static [&'static str] = &["HINT", "VERSION", "SEQ", "DETAIL"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.clone(),
            self.kind.clone(),
            whose(self.org.as_ref()),
            cell(self.provider.as_ref()),
            cell(self.version.as_ref()),
            cell(self.hint.as_ref()),
            self.words(),
        ]
    }
}

/// A delivery that failed, or that is tried again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DeliveryView {
    #[schemars(extend("x-known-values" = words::<DeliveryState>()))]
    state: String,
    /// Why it failed, in one word
    failure: Option<String>,
    tries: i32,
    tried_at: String,
    /// When it is tried again
    next_at: Option<String>,
    event: EventView,
}

impl From<&FailedDelivery> for DeliveryView {
    fn from(failed: &FailedDelivery) -> Self {
        Self {
            state: failed.state.to_string(),
            failure: failed.failure.clone(),
            tries: failed.tries,
            tried_at: rfc3339(failed.tried_at),
            next_at: time(failed.next_at),
            event: EventView::from(&failed.event),
        }
    }
}

impl View for DeliveryView {
    const COLUMNS: &'static [&'static str] =
        &["SEQ", "KIND", "ORG", "PROVIDER", "STATE", "FAILURE", "TRIES", "TRIED", "NEXT"];
    const YIELDS: &'static [&'static str] = &["TRIED", "TRIES", "NEXT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.event.seq.to_string(),
            self.event.kind.clone(),
            whose(self.event.org.as_ref()),
            cell(self.event.provider.as_ref()),
            self.state.clone(),
            cell(self.failure.as_ref()),
            self.tries.to_string(),
            self.tried_at.clone(),
            cell(self.next_at.as_ref()),
        ]
    }
}

/// A consumer of events.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConsumerView {
    consumer: String,
    /// How many events it has still to be told of
    pending: i64,
    /// The time of the oldest of them
    oldest_at: Option<String>,
    /// How many deliveries failed too often
    failed: i64,
    /// Until when a process delivers; null if none does
    held_until_at: Option<String>,
    created_at: String,
    created_by: String,
}

impl From<&ConsumerRecord> for ConsumerView {
    fn from(record: &ConsumerRecord) -> Self {
        Self {
            consumer: record.consumer.clone(),
            pending: record.pending,
            oldest_at: time(record.oldest_at),
            failed: record.failed,
            held_until_at: time(record.held_until),
            created_at: rfc3339(record.created_at),
            created_by: record.login.clone(),
        }
    }
}

impl View for ConsumerView {
    const COLUMNS: &'static [&'static str] =
        &["CONSUMER", "PENDING", "OLDEST", "FAILED", "HELD_UNTIL", "CREATED", "BY"];
    const YIELDS: &'static [&'static str] = &["BY", "CREATED", "HELD_UNTIL", "OLDEST"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.consumer.clone(),
            self.pending.to_string(),
            cell(self.oldest_at.as_ref()),
            self.failed.to_string(),
            cell(self.held_until_at.as_ref()),
            self.created_at.clone(),
            self.created_by.clone(),
        ]
    }
}

/// The threshold of a balance.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AlertSet<'a> {
    pub(crate) org: &'a str,
    pub(crate) below: Option<String>,
    pub(crate) previous_below: Option<String>,
    pub(crate) available: String,
    pub(crate) held: String,
}

/// Deliveries that are tried again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Retried<'a> {
    pub(crate) consumer: &'a str,
    pub(crate) events: i64,
}

/// A consumer that is forgotten.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Forgotten<'a> {
    pub(crate) consumer: &'a str,
}
