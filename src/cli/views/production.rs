//! What servers met when they used a key.

use schemars::JsonSchema;
use serde::Serialize;

use byok::clock::rfc3339;
use byok::observed::{Observed, Production};

use crate::cli::terminal::document::words;
use crate::cli::terminal::table::NEVER;
use crate::cli::views::time;

/// What servers met when they used a key, all of them together.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProductionView {
    /// What the latest use met
    #[schemars(extend("x-known-values" = words::<Observed>()))]
    outcome: String,
    last_used_at: String,
    last_ok_at: Option<String>,
    /// The first failure after the key last worked; null if the latest use worked
    failing_since: Option<String>,
    /// The number of failures since then
    failures: i64,
    /// The number of uses
    uses: i64,
}

impl From<&Production> for ProductionView {
    fn from(production: &Production) -> Self {
        Self {
            outcome: production.outcome.to_string(),
            last_used_at: rfc3339(production.last_used_at),
            last_ok_at: time(production.last_ok_at),
            failing_since: time(production.failing_since),
            failures: production.failures,
            uses: production.uses,
        }
    }
}

/// A use of a key that was reported.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyReported<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) version: u32,
    pub(crate) outcome: &'a str,
}

/// These columns, and then those of what servers met.
macro_rules! with_production {
    ($($name:literal),* $(,)?) => {
        &[$($name,)* "USED", "OUTCOME", "LAST_OK", "FAILING_SINCE", "FAILURES"]
    };
}

/// The columns of what servers met.
pub(crate) const COLUMNS: &[&str] = with_production![];
pub(crate) use with_production;

/// The cells of these columns.
pub(crate) fn cells(production: Option<&ProductionView>) -> [String; 5] {
    let Some(production) = production else {
        return [NEVER.into(), String::new(), String::new(), String::new(), String::new()];
    };
    let failures = if production.failures == 0 { String::new() } else { production.failures.to_string() };
    [
        production.last_used_at.clone(),
        production.outcome.clone(),
        production.last_ok_at.clone().unwrap_or_default(),
        production.failing_since.clone().unwrap_or_default(),
        failures,
    ]
}
