//! What is shown. One definition of a thing gives its JSON, its columns and its cells. Scripts depend on field names:
//! within a major version no field is renamed or removed.

pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod event;
pub(crate) mod key;
pub(crate) mod key_changes;
pub(crate) mod kinds;
pub(crate) mod ledger;
pub(crate) mod listed;
pub(crate) mod master_key;
pub(crate) mod org;
pub(crate) mod place;
pub(crate) mod probe;
pub(crate) mod production;
pub(crate) mod provider;
pub(crate) mod rate;
pub(crate) mod reconcile;
pub(crate) mod resolution;
pub(crate) mod settings;
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

/// How many keys are stored, and how many of them cannot serve.
fn keys(stored: i64, dead: i64) -> String {
    match dead {
        0 => stored.to_string(),
        dead => format!("{stored} ({dead} expired or unreadable)"),
    }
}

fn yes(holds: bool) -> String {
    if holds { "yes" } else { "no" }.into()
}

/// The cell for the holder of a key. The platform has no id.
fn whose(org: Option<&String>) -> String {
    org.cloned().unwrap_or_else(|| "(platform)".into())
}

/// The id of an organization. In the database the platform has an empty id, in JSON it has none.
fn org_id(org: &str) -> Option<String> {
    (!org.is_empty()).then(|| org.to_owned())
}

/// An amount with its unit, such as `1 credit` or `2.5 credits`.
pub(crate) fn credits(amount: Credits) -> String {
    format!("{amount} credit{}", if amount.to_string() == "1" { "" } else { "s" })
}

/// A number with its noun, such as `1 record` or `2 records`.
pub(crate) fn count(number: impl TryInto<i128>, noun: &str) -> String {
    let number: i128 = number.try_into().unwrap_or(i128::MAX);
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_thing_is_singular_and_any_other_number_is_plural() {
        let said = [0, 1, 2].map(|number| super::count(number, "record"));
        assert_eq!(said, ["0 records", "1 record", "2 records"]);
    }
}
