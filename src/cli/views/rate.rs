//! Prices.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{RateRecord, RateState};
use byok::clock::rfc3339;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{amount, org_id, time};

/// A price of an operation.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RateView {
    operation: String,
    provider: Option<String>,
    version: i32,
    unit: String,
    per: i64,
    platform_part: String,
    provider_part: String,
    #[schemars(extend("x-known-values" = words::<RateState>()))]
    state: String,
    created_at: String,
    created_by: String,
    ended_at: Option<String>,
}

impl From<&RateRecord> for RateView {
    fn from(rate: &RateRecord) -> Self {
        Self {
            operation: rate.operation.clone(),
            provider: org_id(&rate.provider),
            version: rate.version,
            unit: rate.unit.clone(),
            per: rate.per,
            platform_part: amount(rate.platform_part),
            provider_part: amount(rate.provider_part),
            state: rate.state.to_string(),
            created_at: rfc3339(rate.created_at),
            created_by: rate.created_by.clone(),
            ended_at: time(rate.ended_at),
        }
    }
}

impl View for RateView {
    const COLUMNS: &'static [&'static str] =
        &["OPERATION", "PROVIDER", "VERSION", "UNIT", "PER", "PLATFORM_PART", "PROVIDER_PART", "STATE", "SINCE", "BY"];
    const YIELDS: &'static [&'static str] = &["BY", "SINCE", "VERSION", "STATE", "PER", "UNIT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.operation.clone(),
            self.provider.clone().unwrap_or_else(|| "(any)".into()),
            self.version.to_string(),
            self.unit.clone(),
            self.per.to_string(),
            self.platform_part.clone(),
            self.provider_part.clone(),
            self.state.clone(),
            self.created_at.clone(),
            self.created_by.clone(),
        ]
    }
}
