//! The schema and the functions that this binary brings, whom they serve, and how versions compare.

use sqlx::migrate::Migrator;

pub(super) static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Identifies the content of the functions that this binary brings.
pub(super) const FUNCTIONS_ID: &str = env!("FUNCTIONS_OF_BYOK");

/// The version of this program.
pub(super) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The number of the functions that this program calls. It counts up with every change that a caller can notice.
pub(super) const INTERFACE: i32 = 1;

/// The oldest number that the functions of this program still serve. It is raised only where an older program cannot go on.
pub(super) const OLDEST_SERVED: i32 = 1;

/// The schema version that this binary brings.
pub fn latest_schema() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The content of the functions that this binary brings, for what plays a server.
#[doc(hidden)]
pub fn functions_id() -> &'static str {
    FUNCTIONS_ID
}

/// Whether a version such as 0.10.2 comes after another one. What is no number counts as 0.
pub fn is_newer(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    parts(version) > parts(than)
}
