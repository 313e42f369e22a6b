//! The results of tests of keys.

use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use byok::admin::KeyRecord;
use byok::name::Holder;
use byok::probe::Outcome;
use byok::provider::{Provider, Verdict};

use crate::cli::end_dates::Remark;
use crate::cli::probing;
use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{cell, org_id, time};

/// The result of a test.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingView {
    /// What the provider says of the key; unreadable, expired and removed keys are not tested
    #[schemars(extend("x-known-values" = [words::<Verdict>(), vec!["unreadable", "expired", "removed"]].concat()))]
    verdict: &'static str,
    detail: Option<String>,
    probably: bool,
    status: Option<u16>,
    request_id: Option<String>,
    latency_ms: u64,
    retry_after_seconds: Option<u64>,
    paid: bool,
    message: String,
    next: Option<String>,
    /// When the provider accepted the key for the last time before this test
    last_verified_at: Option<String>,
    /// When the provider ends the key, if its answer says so
    expires_at: Option<String>,
}

impl FindingView {
    /// `settings` are those of the key. `worked` is when it was last accepted before this test.
    pub(crate) fn of(provider: &Provider, settings: &str, outcome: &Outcome, worked: Option<OffsetDateTime>) -> Self {
        Self {
            verdict: outcome.verdict.as_str(),
            detail: outcome.detail.clone(),
            probably: outcome.probably,
            status: outcome.status,
            request_id: outcome.request_id.clone(),
            latency_ms: u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
            retry_after_seconds: outcome.retry_after.map(|wait| wait.as_secs()),
            paid: outcome.paid,
            message: probing::sentence(provider, outcome, worked),
            next: probing::next_step(provider, settings, outcome),
            last_verified_at: time(worked),
            expires_at: time(outcome.expires_at),
        }
    }

    /// Adds a remark about the end date of the key.
    pub(crate) fn remarked(mut self, remark: Option<Remark>) -> Self {
        let Some(Remark { words, next }) = remark else { return self };
        self.message = format!("{}; {words}", self.message);
        self.next = match (self.next, next) {
            (Some(first), Some(next)) => Some(format!("{first}; {next}")),
            (first, next) => first.or(next),
        };
        self
    }

    /// The key could not be tested.
    pub(crate) fn unreadable(message: &str, next: &str) -> Self {
        Self::untested("unreadable", message.to_owned(), next)
    }

    /// The date of the key has passed, so it was not tested.
    pub(crate) fn expired(at: Option<OffsetDateTime>, next: &str) -> Self {
        let at = at.map(byok::clock::rfc3339).unwrap_or_default();
        let message = format!("the date of this key has passed ({at}): requests are denied, so it was not tested");
        Self::untested("expired", message, next)
    }

    /// The key was removed before its test.
    pub(crate) fn removed(next: &str) -> Self {
        Self::untested("removed", "the key was removed in the meantime, so it was not tested".into(), next)
    }

    /// Adds that the key was removed during its test.
    pub(crate) fn removed_since(mut self) -> Self {
        self.message.push_str("; the key was removed or replaced during the test");
        self
    }

    fn untested(verdict: &'static str, message: String, next: &str) -> Self {
        Self {
            verdict,
            detail: None,
            probably: false,
            status: None,
            request_id: None,
            latency_ms: 0,
            retry_after_seconds: None,
            paid: false,
            message,
            next: Some(next.to_owned()),
            last_verified_at: None,
            expires_at: None,
        }
    }

    /// The verdict, or why there is none.
    pub(crate) fn verdict(&self) -> &'static str {
        self.verdict
    }
}

/// The key that a result belongs to. A candidate has no version.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyLabel {
    org: Option<String>,
    provider: String,
    hint: String,
    version: Option<i64>,
    #[serde(skip)]
    whose: String,
}

impl KeyLabel {
    /// A key that is not stored.
    pub(crate) fn candidate(provider: &str, hint: String) -> Self {
        Self { org: None, provider: provider.to_owned(), hint, version: None, whose: "(candidate)".into() }
    }

    /// A stored key.
    pub(crate) fn stored(holder: &Holder, provider: &str, hint: String, version: i64) -> Self {
        let org = org_id(holder.as_str());
        let whose = org.clone().unwrap_or_else(|| "(platform)".into());
        Self { org, provider: provider.to_owned(), hint, version: Some(version), whose }
    }

    /// A row of the database, which may have invalid values.
    pub(crate) fn row(key: &KeyRecord) -> Self {
        let org = org_id(&key.org);
        let whose = org.clone().unwrap_or_else(|| "(platform)".into());
        let (provider, hint) = (key.provider.clone(), format!("...{}", key.hint));
        Self { org, provider, hint, version: Some(key.version.into()), whose }
    }
}

/// The result of testing one key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TestedView {
    #[serde(flatten)]
    pub(crate) key: KeyLabel,
    #[serde(flatten)]
    pub(crate) finding: FindingView,
}

impl View for TestedView {
    const COLUMNS: &'static [&'static str] =
        &["ORG", "PROVIDER", "HINT", "VERSION", "VERDICT", "STATUS", "MS", "MESSAGE", "NEXT"];
    const YIELDS: &'static [&'static str] = &["MS", "VERSION", "STATUS", "NEXT", "MESSAGE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.whose.clone(),
            self.key.provider.clone(),
            self.key.hint.clone(),
            cell(self.key.version.as_ref()),
            self.finding.verdict.into(),
            cell(self.finding.status.as_ref()),
            self.finding.latency_ms.to_string(),
            self.finding.message.clone(),
            cell(self.finding.next.as_ref()),
        ]
    }
}
