//! Credits: balances, entries of the ledger, and what a request would cost. Amounts are exact decimals as text.

use serde::Serialize;

use byok::admin::{Balance, Posting, Quote};
use byok::clock::rfc3339;
use byok::credits::{Credits, Operation};
use byok::name::{OrgId, ProviderId};
use byok::resolution::Source;

use crate::cli::terminal::output::View;
use crate::cli::views::{amount, cell, time, yes};

/// The available and the reserved credits of an organization.
#[derive(Serialize)]
pub(crate) struct BalanceView {
    org: String,
    available: String,
    held: String,
    holds: i64,
    next_release: Option<String>,
}

impl From<&Balance> for BalanceView {
    fn from(balance: &Balance) -> Self {
        Self {
            org: balance.org.clone(),
            available: amount(balance.available),
            held: amount(balance.held),
            holds: balance.holds,
            next_release: time(balance.next_expiry),
        }
    }
}

impl View for BalanceView {
    const COLUMNS: &'static [&'static str] = &["ORG", "AVAILABLE", "HELD", "HOLDS", "NEXT_RELEASE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.org.clone(),
            self.available.clone(),
            self.held.clone(),
            self.holds.to_string(),
            cell(self.next_release.as_ref()),
        ]
    }
}

/// An entry of the ledger.
#[derive(Serialize)]
pub(crate) struct PostingView {
    org: String,
    tenancy: i32,
    seq: i64,
    at: String,
    kind: String,
    request: String,
    of_request: Option<String>,
    available_change: String,
    held_change: String,
    platform_part: String,
    provider_part: String,
    total: String,
    operation: Option<String>,
    units: Option<i64>,
    unit: Option<String>,
    rate_version: Option<i32>,
    provider: Option<String>,
    source: Option<String>,
    key_version: Option<i32>,
    hint: Option<String>,
    note: Option<String>,
    by: String,
}

impl PostingView {
    pub(crate) fn of(org: &OrgId, posting: &Posting) -> Self {
        Self {
            org: org.to_string(),
            tenancy: posting.tenancy,
            seq: posting.seq,
            at: rfc3339(posting.at),
            kind: posting.kind.to_string(),
            request: posting.request.clone(),
            of_request: posting.of_request.clone(),
            available_change: amount(posting.available),
            held_change: amount(posting.held),
            platform_part: amount(posting.platform_part),
            provider_part: amount(posting.provider_part),
            total: posting.total().to_string(),
            operation: posting.operation.clone(),
            units: posting.units,
            unit: posting.unit.clone(),
            rate_version: posting.rate_version,
            provider: posting.provider.clone(),
            source: posting.source.as_ref().map(ToString::to_string),
            key_version: posting.key_version,
            hint: posting.hint.as_ref().map(|hint| format!("...{hint}")),
            note: posting.note.clone(),
            by: posting.login.clone(),
        }
    }
}

impl View for PostingView {
    const COLUMNS: &'static [&'static str] = &[
        "AT",
        "KIND",
        "AVAILABLE",
        "HELD",
        "OPERATION",
        "UNITS",
        "PLATFORM_PART",
        "PROVIDER_PART",
        "SOURCE",
        "KEY",
        "REQUEST",
        "BY",
        "TENANCY",
    ];

    fn cells(&self) -> Vec<String> {
        let hint = self.hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default();
        let key = self.key_version.map(|version| format!("{} v{version}{hint}", cell(self.provider.as_ref())));
        let units = self.units.map(|units| format!("{units} {}", cell(self.unit.as_ref())));
        vec![
            self.at.clone(),
            self.kind.clone(),
            self.available_change.clone(),
            self.held_change.clone(),
            cell(self.operation.as_ref()),
            units.unwrap_or_default(),
            self.platform_part.clone(),
            self.provider_part.clone(),
            cell(self.source.as_ref()),
            key.unwrap_or_default(),
            self.request.clone(),
            self.by.clone(),
            self.tenancy.to_string(),
        ]
    }
}

/// What was posted, and what is left.
#[derive(Serialize)]
pub(crate) struct MovedView {
    #[serde(flatten)]
    pub(crate) posting: PostingView,
    pub(crate) available: Option<String>,
}

/// What a request would cost.
pub(crate) struct QuoteOf<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) provider: &'a ProviderId,
    pub(crate) operation: &'a Operation,
    pub(crate) units: i64,
    pub(crate) quote: &'a Quote,
}

/// The cost with the key of one source.
#[derive(Serialize)]
pub(crate) struct QuoteView {
    org: String,
    provider: String,
    operation: String,
    units: i64,
    unit: String,
    source: &'static str,
    total: String,
    platform_part: String,
    provider_part: String,
    serves_now: bool,
    code: String,
    available: String,
    enough_credits: bool,
    rate_version: i32,
}

impl QuoteOf<'_> {
    /// The cost with the key of this source. `provider_part` is the provider's part with it.
    pub(crate) fn with(&self, source: Source, provider_part: Credits) -> QuoteView {
        let platform_part = Credits::from_micro(self.quote.platform_part);
        let (total, available) = (platform_part + provider_part, Credits::from_micro(self.quote.available));
        QuoteView {
            org: self.org.to_string(),
            provider: self.provider.to_string(),
            operation: self.operation.to_string(),
            units: self.units,
            unit: self.quote.unit.clone(),
            source: source.as_str(),
            total: total.to_string(),
            platform_part: platform_part.to_string(),
            provider_part: provider_part.to_string(),
            serves_now: self.quote.source == Some(source),
            code: self.quote.reason.to_string(),
            available: available.to_string(),
            enough_credits: total <= available,
            rate_version: self.quote.rate_version,
        }
    }
}

impl View for QuoteView {
    const COLUMNS: &'static [&'static str] =
        &["SOURCE", "TOTAL", "PLATFORM_PART", "PROVIDER_PART", "SERVES_NOW", "ENOUGH_CREDITS", "RATE_VERSION"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.source.into(),
            self.total.clone(),
            self.platform_part.clone(),
            self.provider_part.clone(),
            yes(self.serves_now),
            yes(self.enough_credits),
            self.rate_version.to_string(),
        ]
    }
}
