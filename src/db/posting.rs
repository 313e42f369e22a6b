//! One line of the ledger.

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;

use crate::credits::{Credits, PostingKind};
use crate::resolution::Source;
use crate::word::{ListedWord, Word};

/// What moved, for whom, and why; the five amounts sum to zero.
#[derive(Clone, Debug, Deserialize)]
pub struct Posting {
    /// Counts up.
    pub seq: i64,
    /// When.
    #[serde(deserialize_with = "time")]
    pub at: OffsetDateTime,
    /// What it is.
    #[serde(deserialize_with = "word")]
    pub kind: ListedWord<PostingKind>,
    /// The request id; of the end of a hold that of its hold, of an undo that of its charge.
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
    /// Whose key served.
    #[serde(deserialize_with = "optional_word")]
    pub source: Option<ListedWord<Source>>,
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

fn word<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<ListedWord<T>, D::Error> {
    String::deserialize(from).map(|word| ListedWord::of_word(&word))
}

fn optional_word<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<Option<ListedWord<T>>, D::Error> {
    Option::<String>::deserialize(from).map(|word| word.as_deref().map(ListedWord::of_word))
}
