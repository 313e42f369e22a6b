//! Whether the ledger adds up.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{Finding, FindingKind, Totals};

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::amount;

/// The sums of the ledger.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TotalsView {
    orgs: i64,
    postings: i64,
    available: String,
    held: String,
    issued: String,
    written_off: String,
    platform_part: String,
    provider_part: String,
    total: String,
    released_holds: i64,
    findings: Vec<FindingView>,
}

impl TotalsView {
    pub(crate) fn of(totals: &Totals, released_holds: i64, findings: &[Finding]) -> Self {
        Self {
            orgs: totals.orgs,
            postings: totals.postings,
            available: amount(totals.available),
            held: amount(totals.held),
            issued: amount(totals.issued),
            written_off: amount(totals.written_off),
            platform_part: amount(totals.platform_part),
            provider_part: amount(totals.provider_part),
            total: amount(totals.total),
            released_holds,
            findings: findings.iter().map(FindingView::from).collect(),
        }
    }

    pub(crate) fn findings(&self) -> &[FindingView] {
        &self.findings
    }
}

impl View for TotalsView {
    const COLUMNS: &'static [&'static str] = &[
        "ORGS",
        "POSTINGS",
        "AVAILABLE",
        "HELD",
        "ISSUED",
        "WRITTEN_OFF",
        "PLATFORM_PART",
        "PROVIDER_PART",
        "TOTAL",
        "RELEASED_HOLDS",
        "FINDINGS",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.orgs.to_string(),
            self.postings.to_string(),
            self.available.clone(),
            self.held.clone(),
            self.issued.clone(),
            self.written_off.clone(),
            self.platform_part.clone(),
            self.provider_part.clone(),
            self.total.clone(),
            self.released_holds.to_string(),
            self.findings.len().to_string(),
        ]
    }
}

/// Something that does not add up.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FindingView {
    org: String,
    #[schemars(extend("x-known-values" = words::<FindingKind>()))]
    code: String,
    subject: String,
    expected: String,
    found: String,
}

impl From<&Finding> for FindingView {
    /// Values are amounts. For a hold they are counts, because a hold must be open or ended exactly once.
    fn from(it: &Finding) -> Self {
        let value = |number: i64| if it.finding == FindingKind::Hold { number.to_string() } else { amount(number) };
        Self {
            org: it.org.clone(),
            code: it.finding.to_string(),
            subject: it.subject.clone(),
            expected: value(it.expected),
            found: value(it.found),
        }
    }
}

impl View for FindingView {
    const COLUMNS: &'static [&'static str] = &["ORG", "FINDING", "SUBJECT", "EXPECTED", "FOUND"];

    fn cells(&self) -> Vec<String> {
        vec![self.org.clone(), self.code.clone(), self.subject.clone(), self.expected.clone(), self.found.clone()]
    }
}
