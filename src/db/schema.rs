//! The schema and the functions of this program, which programs they serve, and how versions are compared.

use sqlx::migrate::Migrator;

use crate::error::{DataError, Error, Result};

pub(super) static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Identifies the content of this program's functions.
pub(super) const FUNCTIONS_ID: &str = env!("FUNCTIONS_OF_BYOK");

/// The version of this program.
pub(super) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The number of this program's functions. It increases with every change that a caller can notice.
pub(super) const INTERFACE: i32 = 6;

/// The oldest number that this program's functions still serve. It is raised only if an older program would fail.
pub(super) const OLDEST_SERVED: i32 = 4;

/// The schema version of this program.
pub fn latest_schema() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The content of this program's functions, for tests that act as a server.
#[cfg(feature = "test-server")]
pub fn functions_id() -> &'static str {
    FUNCTIONS_ID
}

/// Whether a version such as 0.10.2 comes after another one. What is marked after `-` or `+` does not count.
pub fn is_newer(version: &str, than: &str) -> Result<bool> {
    Ok(numbers(version)? > numbers(than)?)
}

fn numbers(version: &str) -> Result<Vec<u64>> {
    let (plain, _) = version.split_once(['-', '+']).unwrap_or((version, ""));
    let malformed =
        |_| Error::Data(DataError::Malformed(format!("the version `{version}` of the program that installed")));
    plain.split('.').map(|part| part.parse().map_err(malformed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_newer_by_its_numbers_and_one_that_is_none_is_no_old_one() {
        for (version, than, newer) in
            [("0.10.2", "0.9.9", true), ("1.0.0", "1.0.0", false), ("2.0.0-rc.1", "1.9", true)]
        {
            assert_eq!(is_newer(version, than).ok(), Some(newer), "{version} and {than}");
        }
        for bad in ["", "new", "1..2", "1.x", "v2.0.0"] {
            assert!(is_newer(bad, "0.1.0").is_err(), "{bad}");
        }
    }
}
