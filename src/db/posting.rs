//! One line of the ledger.

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;

use crate::credits::Credits;

/// What moved, for whom, and why; the five amounts sum to zero.
#[derive(Clone, Debug, Deserialize)]
pub struct Posting {
    /// Counts up.
    pub seq: i64,
    /// When.
    #[serde(deserialize_with = "time")]
    pub at: OffsetDateTime,
    /// `grant`, `charge`, `hold`, `settle`, `release`, `expire`, `refund` or `undo`.
    pub kind: String,
    /// The request id; of a `settle`, `release` or `expire` that of its hold, of an `undo` that of its charge.
    pub request: String,
    /// Change of what the organization can spend, in micro-credits.
    pub available: i64,
    /// Change of what is reserved.
    pub held: i64,
    /// The account that grants come from.
    pub issued: i64,
    /// What the platform took for its own work.
    pub platform_part: i64,
    /// What it took for the provider's bill: 0 when the organization's own key served.
    pub provider_part: i64,
    /// The provider.
    pub provider: Option<String>,
    /// Whose key served: `organization` or `platform`.
    pub source: Option<String>,
    /// Its version.
    pub key_version: Option<i32>,
    /// Its hint's characters, where the asking login may see them.
    pub hint: Option<String>,
    /// What was done.
    pub operation: Option<String>,
    /// The version of the price.
    pub rate_version: Option<i32>,
    /// What was counted.
    pub unit: Option<String>,
    /// How many of it.
    pub units: Option<i64>,
    /// The charge that a refund gives back.
    pub of_request: Option<String>,
    /// Why, in an admin's words.
    pub note: Option<String>,
    /// Who did it.
    pub login: String,
}

impl Posting {
    /// What the organization paid with it: both parts, negative for a refund.
    pub fn total(&self) -> Credits {
        Credits::from_micro(self.platform_part.saturating_add(self.provider_part))
    }
}

/// A time as the database writes it into JSON.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(from)?;
    crate::clock::parse(&text).ok_or_else(|| serde::de::Error::custom("not a time"))
}
