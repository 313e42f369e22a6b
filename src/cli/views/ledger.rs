//! Credits: balances, entries of the ledger, and what a request would cost. Amounts are exact decimals as text.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{Balance, Posting, Quote};
use byok::clock::rfc3339;
use byok::credits::{Credits, Operation, PostingKind};
use byok::name::{OrgId, ProviderId};
use byok::resolution::{Reason, Source};

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{amount, cell, time, yes};

/// The available and the reserved credits of an organization.
#[derive(Serialize, JsonSchema)]
pub(crate) struct BalanceView {
    org: String,
    available: String,
    held: String,
    holds: i64,
    /// When the next hold is released
    next_release_at: Option<String>,
}

impl From<&Balance> for BalanceView {
    fn from(balance: &Balance) -> Self {
        Self {
            org: balance.org.clone(),
            available: amount(balance.available),
            held: amount(balance.held),
            holds: balance.holds,
            next_release_at: time(balance.next_expiry),
        }
    }
}

impl View for BalanceView {
    const COLUMNS: &'static [&'static str] = &["ORG", "AVAILABLE", "HELD", "HOLDS", "NEXT_RELEASE"];
    const YIELDS: &'static [&'static str] = &["NEXT_RELEASE", "HOLDS", "HELD"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.org.clone(),
            self.available.clone(),
            self.held.clone(),
            self.holds.to_string(),
            cell(self.next_release_at.as_ref()),
        ]
    }
}

/// An entry of the ledger.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PostingView {
    org: String,
    tenancy: i32,
    seq: i64,
    at: String,
    #[schemars(extend("x-known-values" = words::<PostingKind>()))]
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
    #[schemars(extend("x-known-values" = words::<Source>()))]
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
    const YIELDS: &'static [&'static str] =
        &["TENANCY", "BY", "PROVIDER_PART", "PLATFORM_PART", "UNITS", "KEY", "SOURCE", "HELD", "OPERATION", "AT"];

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
#[derive(Serialize, JsonSchema)]
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

/// What a request costs, and which key would serve it now.
#[derive(Serialize, JsonSchema)]
pub(crate) struct QuoteView {
    org: String,
    provider: String,
    operation: String,
    units: i64,
    unit: String,
    /// The platform's part of the price
    platform_part: String,
    /// The provider's part of the price, which a request with the organization's own key does not pay
    provider_part: String,
    with_organization_key: CostView,
    with_platform_key: CostView,
    /// The source of the key that serves now, or null if the request would be denied
    #[schemars(extend("x-known-values" = words::<Source>()))]
    source: Option<&'static str>,
    #[schemars(extend("x-known-values" = words::<Reason>()))]
    code: String,
    available: String,
    rate_version: i32,
}

/// The cost with the key of one source.
#[derive(Serialize, JsonSchema)]
struct CostView {
    total: String,
    enough_credits: bool,
}

impl QuoteView {
    pub(crate) fn of(asked: &QuoteOf<'_>) -> Self {
        let quote = asked.quote;
        let [platform_part, provider_part, available] =
            [quote.platform_part, quote.provider_part, quote.available].map(Credits::from_micro);
        let cost = |total: Credits| CostView { total: total.to_string(), enough_credits: total <= available };
        Self {
            org: asked.org.to_string(),
            provider: asked.provider.to_string(),
            operation: asked.operation.to_string(),
            units: asked.units,
            unit: quote.unit.clone(),
            platform_part: platform_part.to_string(),
            provider_part: provider_part.to_string(),
            with_organization_key: cost(platform_part),
            with_platform_key: cost(platform_part + provider_part),
            source: quote.source.map(Source::as_str),
            code: quote.reason.to_string(),
            available: available.to_string(),
            rate_version: quote.rate_version,
        }
    }

    /// Whether the credits are enough for the key that serves now.
    fn enough_in_words(&self) -> String {
        match self.source {
            Some("organization") => yes(self.with_organization_key.enough_credits),
            Some(_) => yes(self.with_platform_key.enough_credits),
            None => String::new(),
        }
    }
}

impl View for QuoteView {
    const COLUMNS: &'static [&'static str] = &[
        "ORG",
        "PROVIDER",
        "OPERATION",
        "UNITS",
        "PLATFORM_PART",
        "PROVIDER_PART",
        "WITH_ORGANIZATION_KEY",
        "WITH_PLATFORM_KEY",
        "SERVES_NOW",
        "AVAILABLE",
        "ENOUGH_CREDITS",
        "RATE_VERSION",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.org.clone(),
            self.provider.clone(),
            self.operation.clone(),
            format!("{} {}", self.units, self.unit),
            self.platform_part.clone(),
            self.provider_part.clone(),
            self.with_organization_key.total.clone(),
            self.with_platform_key.total.clone(),
            self.source.unwrap_or("denied").into(),
            self.available.clone(),
            self.enough_in_words(),
            self.rate_version.to_string(),
        ]
    }
}
