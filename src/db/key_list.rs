//! Lists of active keys.

use std::time::Duration;

use time::OffsetDateTime;

use super::Database;
use crate::error::{Error, Result, Subject};
use crate::name::Holder;
use crate::observed::{Observed, Production, ProductionColumns};
use crate::provider::Verdict;
use crate::resolution::LastTest;
use crate::word::ListedWord;

/// An active key, as lists show it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyRecord {
    /// The organization, empty for the platform.
    pub org: String,
    /// The provider.
    pub provider: String,
    /// The version, which increases with every change.
    pub version: i32,
    /// The hint's characters.
    pub hint: String,
    /// The non-secret fields, as a JSON object.
    pub settings: String,
    /// The fingerprint, which tells whether two keys are the same.
    pub fingerprint: Vec<u8>,
    /// Whether the organization is enabled, so that its requests use the key.
    pub enabled: bool,
    /// Its end date.
    pub expires_at: Option<OffsetDateTime>,
    /// Whether the end date has passed, by the database's clock.
    pub expired: bool,
    /// Since when it is known that it does not open.
    pub unreadable_at: Option<OffsetDateTime>,
    /// When it was stored.
    pub created_at: OffsetDateTime,
    /// The login that stored it.
    pub created_by: String,
    /// The verdict of its last test.
    pub verdict: Option<ListedWord<Verdict>>,
    /// The detail of the verdict.
    pub detail: Option<String>,
    /// When it was last tested.
    pub tested_at: Option<OffsetDateTime>,
    /// When the provider last accepted it.
    pub verified_at: Option<OffsetDateTime>,
    /// What the latest use by a server met.
    pub outcome: Option<ListedWord<Observed>>,
    /// When a server last used it.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it last worked.
    pub last_ok_at: Option<OffsetDateTime>,
    /// The first failure after that.
    pub failing_since: Option<OffsetDateTime>,
    /// The number of failures since then.
    pub failures: Option<i64>,
    /// The number of uses.
    pub uses: Option<i64>,
}

impl KeyRecord {
    /// Its last test.
    pub fn last_test(&self) -> Option<LastTest> {
        LastTest::of(self.verdict.clone(), self.detail.clone(), self.tested_at, self.verified_at)
    }

    /// What servers met when they used it.
    pub fn production(&self) -> Option<Production> {
        let outcome = self.outcome.clone();
        let Self { last_used_at, last_ok_at, failing_since, failures, uses, .. } = *self;
        ProductionColumns { outcome, last_used_at, last_ok_at, failing_since, failures, uses }.production()
    }
}

/// Which keys to list, and where the page begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyPage<'a> {
    /// The holder. `None` lists every organization that the login may see.
    pub holder: Option<&'a Holder>,
    /// Only this provider.
    pub provider: Option<&'a str>,
    /// The last organization and provider of the page before.
    pub after: Option<(&'a str, &'a str)>,
    /// At most this many keys.
    pub limit: i32,
    /// Only keys that need attention.
    pub only: KeyFilter,
}

/// Which keys are listed. A key must meet everything that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// Its end date has passed, or comes within this time.
    pub expiring: Option<Duration>,
    /// It has been stored for at least this time.
    pub stale: Option<Duration>,
    /// It was never tested, or not for this time.
    pub untested: Option<Duration>,
    /// The verdict of its last test.
    pub verdict: Option<Verdict>,
    /// No server used it for this time, and it has been stored for at least this time.
    pub unused: Option<Duration>,
    /// Whether its latest use must have failed.
    pub failing: bool,
}

/// Whole seconds, as the database counts them. More than it takes is out of range there.
pub(super) fn seconds(time: Option<Duration>) -> Option<i32> {
    time.map(|time| i32::try_from(time.as_secs()).unwrap_or(i32::MAX))
}

impl Database {
    /// A page of the active keys.
    pub async fn keys(&mut self, page: KeyPage<'_>) -> Result<Vec<KeyRecord>> {
        let (after_org, after_provider) = page.after.unzip();
        sqlx::query_as!(
            KeyRecord,
            r#"select org as "org!", provider as "provider!", version as "version!", hint as "hint!",
                      settings as "settings!", fingerprint as "fingerprint!", enabled as "enabled!", expires_at,
                      expired as "expired!", unreadable_at, created_at as "created_at!", created_by as "created_by!",
                      verdict as "verdict: ListedWord<Verdict>", detail, tested_at, verified_at,
                      outcome as "outcome: ListedWord<Observed>", last_used_at, last_ok_at, failing_since, failures, uses
               from byok_api.key_list($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
            page.holder.map(Holder::as_str),
            page.provider,
            after_org,
            after_provider,
            page.limit,
            seconds(page.only.expiring),
            seconds(page.only.stale),
            seconds(page.only.untested),
            page.only.verdict.map(Verdict::as_str),
            seconds(page.only.unused),
            page.only.failing
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(page.holder.map_or(Subject::Login, Subject::from)))
    }
}
