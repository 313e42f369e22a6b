//! Stored keys. A key is shown as its hint and in no other way.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use byok::admin::crypto::Fingerprint;
use byok::admin::{KeyRecord, KeyState, KeyVersion, Wiped};
use byok::clock::rfc3339;
use byok::provider::Verdict;
use byok::resolution::LastTest;

use crate::cli::terminal::document::words;
use crate::cli::terminal::dry_run;
use crate::cli::terminal::output::View;
use crate::cli::terminal::table::NEVER;
use crate::cli::views::production;
use crate::cli::views::production::{ProductionView, with_production};
use crate::cli::views::{cell, org_id, time, whose};

/// The last test of a key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TestView {
    #[schemars(extend("x-known-values" = words::<Verdict>()))]
    verdict: String,
    detail: Option<String>,
    at: String,
    /// When the provider accepted the key for the last time
    last_verified_at: Option<String>,
}

impl From<&LastTest> for TestView {
    fn from(test: &LastTest) -> Self {
        Self {
            verdict: test.verdict.to_string(),
            detail: test.detail.clone(),
            at: rfc3339(test.at),
            last_verified_at: time(test.verified_at),
        }
    }
}

/// The cells of a test: its verdict and its time.
fn test_cells(test: Option<&TestView>) -> [String; 2] {
    match test {
        Some(test) => [test.verdict.clone(), test.at.clone()],
        None => [NEVER.into(), String::new()],
    }
}

/// The state of a stored key that cannot serve.
fn dead(unreadable_at: Option<OffsetDateTime>, expired: bool) -> Option<&'static str> {
    match (unreadable_at, expired) {
        (Some(_), _) => Some("unreadable"),
        (None, true) => Some("expired"),
        (None, false) => None,
    }
}

fn fingerprint(bytes: &[u8]) -> Option<String> {
    Fingerprint::from_bytes(bytes).map(|it| it.to_string())
}

/// An active key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyView {
    org: Option<String>,
    provider: String,
    hint: String,
    version: i32,
    #[schemars(extend("x-known-values" = ["active", "unreadable", "expired", "not_enabled"]))]
    state: &'static str,
    fingerprint: Option<String>,
    settings: Value,
    expires_at: Option<String>,
    unreadable_at: Option<String>,
    created_at: String,
    created_by: String,
    last_test: Option<TestView>,
    /// What servers met when they used it; null if none reported a use
    production: Option<ProductionView>,
}

impl From<&KeyRecord> for KeyView {
    fn from(key: &KeyRecord) -> Self {
        Self {
            org: org_id(&key.org),
            provider: key.provider.clone(),
            hint: format!("...{}", key.hint),
            version: key.version,
            state: if key.enabled { dead(key.unreadable_at, key.expired).unwrap_or("active") } else { "not_enabled" },
            fingerprint: fingerprint(&key.fingerprint),
            settings: serde_json::from_str(&key.settings).unwrap_or_default(),
            expires_at: time(key.expires_at),
            unreadable_at: time(key.unreadable_at),
            created_at: rfc3339(key.created_at),
            created_by: key.created_by.clone(),
            last_test: key.last_test().as_ref().map(TestView::from),
            production: key.production().as_ref().map(ProductionView::from),
        }
    }
}

impl View for KeyView {
    const COLUMNS: &'static [&'static str] =
        with_production!["ORG", "PROVIDER", "HINT", "VERSION", "STATE", "EXPIRES", "CREATED", "BY", "TEST", "TESTED",];
    const YIELDS: &'static [&'static str] = &[
        "LAST_OK",
        "FAILURES",
        "TESTED",
        "BY",
        "VERSION",
        "CREATED",
        "USED",
        "EXPIRES",
        "FAILING_SINCE",
        "OUTCOME",
        "TEST",
    ];
    const SOMETIMES: &'static [&'static str] = production::COLUMNS;

    fn cells(&self) -> Vec<String> {
        let [verdict, tested] = test_cells(self.last_test.as_ref());
        let mut cells = vec![
            whose(self.org.as_ref()),
            self.provider.clone(),
            self.hint.clone(),
            self.version.to_string(),
            self.state.into(),
            cell(self.expires_at.as_ref()),
            self.created_at.clone(),
            self.created_by.clone(),
            verdict,
            tested,
        ];
        cells.extend(production::cells(self.production.as_ref()));
        cells
    }
}

/// One version of a key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct VersionView {
    version: i32,
    #[schemars(extend("x-known-values" = ["active", "previous", "retired", "removed", "unreadable", "expired"]))]
    state: String,
    hint: String,
    fingerprint: Option<String>,
    expires_at: Option<String>,
    unreadable_at: Option<String>,
    data_key_epoch: i32,
    created_at: String,
    created_by: String,
    ended_at: Option<String>,
    ended_by: Option<String>,
    /// Until when `key rollback` can make it active again.
    keep_until: Option<String>,
    last_test: Option<TestView>,
    /// What servers met when they used it; null if none reported a use
    production: Option<ProductionView>,
}

impl From<&KeyVersion> for VersionView {
    fn from(key: &KeyVersion) -> Self {
        Self {
            version: key.version,
            state: match key.state.known() {
                Ok(KeyState::Active | KeyState::Previous) => {
                    dead(key.unreadable_at, key.expired).map(ToOwned::to_owned)
                }
                _ => None,
            }
            .unwrap_or_else(|| key.state.to_string()),
            hint: format!("...{}", key.hint),
            fingerprint: fingerprint(&key.fingerprint),
            expires_at: time(key.expires_at),
            unreadable_at: time(key.unreadable_at),
            data_key_epoch: key.data_epoch,
            created_at: rfc3339(key.created_at),
            created_by: key.created_by.clone(),
            ended_at: time(key.ended_at),
            ended_by: key.ended_by.clone(),
            keep_until: time(key.keep_until),
            last_test: key.last_test().as_ref().map(TestView::from),
            production: key.production().as_ref().map(ProductionView::from),
        }
    }
}

impl View for VersionView {
    const COLUMNS: &'static [&'static str] = with_production![
        "VERSION",
        "STATE",
        "HINT",
        "FINGERPRINT",
        "EXPIRES",
        "CREATED",
        "BY",
        "ENDED",
        "ENDED_BY",
        "TEST",
        "TESTED",
    ];
    const YIELDS: &'static [&'static str] = &[
        "LAST_OK",
        "FAILURES",
        "TESTED",
        "ENDED_BY",
        "BY",
        "FINGERPRINT",
        "ENDED",
        "USED",
        "EXPIRES",
        "FAILING_SINCE",
        "OUTCOME",
        "TEST",
        "CREATED",
    ];
    const SOMETIMES: &'static [&'static str] = production::COLUMNS;

    fn cells(&self) -> Vec<String> {
        let [verdict, tested] = test_cells(self.last_test.as_ref());
        let mut cells = vec![
            self.version.to_string(),
            self.state.clone(),
            self.hint.clone(),
            cell(self.fingerprint.as_ref()),
            cell(self.expires_at.as_ref()),
            self.created_at.clone(),
            self.created_by.clone(),
            cell(self.ended_at.as_ref()),
            cell(self.ended_by.as_ref()),
            verdict,
            tested,
        ];
        cells.extend(production::cells(self.production.as_ref()));
        cells
    }
}

/// A replaced key that was erased.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WipedView {
    /// Whether it was only rehearsed: nothing is erased then.
    dry_run: bool,
    org: Option<String>,
    provider: String,
    hint: String,
    version: i32,
}

impl From<&Wiped> for WipedView {
    fn from(key: &Wiped) -> Self {
        let (provider, hint) = (key.provider.clone(), format!("...{}", key.hint));
        Self { dry_run: dry_run::is_on(), org: org_id(&key.org), provider, hint, version: key.version }
    }
}

impl View for WipedView {
    const COLUMNS: &'static [&'static str] = &["ORG", "PROVIDER", "HINT", "VERSION"];

    fn cells(&self) -> Vec<String> {
        vec![whose(self.org.as_ref()), self.provider.clone(), self.hint.clone(), self.version.to_string()]
    }
}
