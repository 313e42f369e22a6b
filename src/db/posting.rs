//! An entry of the ledger.

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;

use crate::credits::{Credits, PostingKind};
use crate::resolution::Source;
use crate::word::{ListedWord, Word};

/// What was posted, for whom and why. The five amounts add up to zero.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Posting {
    /// The number of the posting.
    pub seq: i64,
    /// Which tenant of the organization's id it is about: each purge begins the next number.
    pub tenancy: i32,
    /// When it was posted.
    #[serde(deserialize_with = "time")]
    pub at: OffsetDateTime,
    /// What it is.
    #[serde(deserialize_with = "word")]
    pub kind: ListedWord<PostingKind>,
    /// The request id; of the end of a hold that of its hold, of an undo that of its charge.
    pub request: String,
    /// Change of the available credits, in micro-credits.
    pub available: i64,
    /// Change of the reserved credits.
    pub held: i64,
    /// Change of the account that grants come from.
    pub issued: i64,
    /// Change of the platform's income for its own work.
    pub platform_part: i64,
    /// Change of the platform's income for the provider's bill. It is 0 if the organization's own key served.
    pub provider_part: i64,
    /// The provider.
    pub provider: Option<String>,
    /// Whose key served.
    #[serde(deserialize_with = "optional_word")]
    pub source: Option<ListedWord<Source>>,
    /// The version of that key.
    pub key_version: Option<i32>,
    /// The characters of its hint, if the login may see them.
    pub hint: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The version of the price.
    pub rate_version: Option<i32>,
    /// The unit that was counted.
    pub unit: Option<String>,
    /// The number of units.
    pub units: Option<i64>,
    /// The charge that a refund belongs to.
    pub of_request: Option<String>,
    /// An admin's note.
    pub note: Option<String>,
    /// The login.
    pub login: String,
}

impl Posting {
    /// What the organization paid: both parts, negative for a refund.
    pub fn total(&self) -> Credits {
        Credits::from_micro(self.platform_part.saturating_add(self.provider_part))
    }
}

/// Reads a time as the database writes it into JSON.
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
