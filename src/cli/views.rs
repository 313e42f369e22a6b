//! What is shown of each thing: one definition gives its JSON, its columns and its cells. Field names are a promise to scripts;
//! none is renamed or taken away within a major version.

pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod master_key;
pub(crate) mod org;
pub(crate) mod place;
pub(crate) mod probe;
pub(crate) mod provider;
pub(crate) mod rate;
pub(crate) mod reconcile;
pub(crate) mod resolution;
pub(crate) mod usage;

use byok::clock::rfc3339;
use byok::credits::Credits;
use time::OffsetDateTime;

/// A time, or nothing.
pub(crate) fn time(at: Option<OffsetDateTime>) -> Option<String> {
    at.map(rfc3339)
}

/// Credits as an exact decimal.
fn amount(micro: i64) -> String {
    Credits::from_micro(micro).to_string()
}

/// The cell of something that may be absent.
fn cell<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn yes(holds: bool) -> String {
    if holds { "yes" } else { "no" }.into()
}

/// Whose it is: the platform has no id.
fn whose(org: Option<&String>) -> String {
    org.cloned().unwrap_or_else(|| "(platform)".into())
}

/// An id of an organization; the platform's is empty in the database, and none here.
fn org_id(org: &str) -> Option<String> {
    (!org.is_empty()).then(|| org.to_owned())
}
