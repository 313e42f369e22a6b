//! Usage, added up.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{Usage, UsageBy};
use byok::credits::Credits;
use byok::resolution::Source;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::cell;

/// The usage of one key, provider, source or operation, or in one period.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UsageView {
    org: String,
    tenancy: i32,
    provider: Option<String>,
    #[schemars(extend("x-known-values" = words::<Source>()))]
    source: Option<String>,
    key_version: Option<i32>,
    hint: Option<String>,
    operation: Option<String>,
    period: Option<String>,
    requests: i64,
    own_requests: i64,
    platform_requests: i64,
    units: Option<i64>,
    unit: Option<String>,
    platform_part: String,
    provider_part: String,
    on_own_keys: String,
    on_platform_keys: String,
    total: String,
    /// Decides the columns.
    #[serde(skip)]
    by: UsageBy,
}

/// The columns of a list, with those of its grouping.
macro_rules! usage_columns {
    ($($group:literal),*) => {
        &["ORG", $($group,)* "REQUESTS", "OWN_REQUESTS", "UNITS", "PLATFORM_PART", "PROVIDER_PART", "ON_OWN_KEYS",
          "ON_PLATFORM_KEYS", "TOTAL", "TENANCY"]
    };
}

impl UsageView {
    pub(crate) fn of(by: UsageBy, usage: &Usage) -> Self {
        let (platform_part, provider_part) =
            (Credits::from_micro(usage.platform_part), Credits::from_micro(usage.provider_part));
        let (own, total) = (Credits::from_micro(usage.own_total), platform_part + provider_part);
        Self {
            org: usage.org.clone(),
            tenancy: usage.tenancy,
            provider: usage.provider.clone(),
            source: usage.source.as_ref().map(ToString::to_string),
            key_version: usage.key_version,
            hint: usage.hint.as_ref().map(|hint| format!("...{hint}")),
            operation: usage.operation.clone(),
            period: usage.period.clone(),
            requests: usage.requests,
            own_requests: usage.own_requests,
            platform_requests: usage.requests.saturating_sub(usage.own_requests),
            units: usage.units,
            unit: usage.unit.clone(),
            platform_part: platform_part.to_string(),
            provider_part: provider_part.to_string(),
            on_own_keys: own.to_string(),
            on_platform_keys: (total + -own).to_string(),
            total: total.to_string(),
            by,
        }
    }

    /// The columns of a list that is grouped in this way.
    pub(crate) fn columns(by: UsageBy) -> &'static [&'static str] {
        match by {
            UsageBy::Key => usage_columns!("PROVIDER", "SOURCE", "VERSION", "HINT"),
            UsageBy::Provider => usage_columns!("PROVIDER"),
            UsageBy::Source => usage_columns!("SOURCE"),
            UsageBy::Operation => usage_columns!("OPERATION"),
            UsageBy::Day => usage_columns!("DAY"),
            UsageBy::Month => usage_columns!("MONTH"),
        }
    }

    fn group(&self) -> Vec<String> {
        match self.by {
            UsageBy::Key => vec![
                cell(self.provider.as_ref()),
                cell(self.source.as_ref()),
                cell(self.key_version.as_ref()),
                cell(self.hint.as_ref()),
            ],
            UsageBy::Provider => vec![cell(self.provider.as_ref())],
            UsageBy::Source => vec![cell(self.source.as_ref())],
            UsageBy::Operation => vec![cell(self.operation.as_ref())],
            UsageBy::Day | UsageBy::Month => vec![cell(self.period.as_ref())],
        }
    }
}

impl View for UsageView {
    /// Those of every grouping. A list has the ones of its own: `columns`.
    const COLUMNS: &'static [&'static str] =
        usage_columns!("PROVIDER", "SOURCE", "VERSION", "HINT", "OPERATION", "DAY", "MONTH");
    const YIELDS: &'static [&'static str] = &[
        "TENANCY",
        "PROVIDER_PART",
        "PLATFORM_PART",
        "OWN_REQUESTS",
        "ON_PLATFORM_KEYS",
        "ON_OWN_KEYS",
        "UNITS",
        "VERSION",
    ];

    fn cells(&self) -> Vec<String> {
        let units = self.units.map(|units| format!("{units} {}", cell(self.unit.as_ref())));
        let mut cells = vec![self.org.clone()];
        cells.extend(self.group());
        cells.extend([
            self.requests.to_string(),
            self.own_requests.to_string(),
            units.unwrap_or_default(),
            self.platform_part.clone(),
            self.provider_part.clone(),
            self.on_own_keys.clone(),
            self.on_platform_keys.clone(),
            self.total.clone(),
            self.tenancy.to_string(),
        ]);
        cells
    }
}
