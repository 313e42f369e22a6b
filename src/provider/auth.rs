//! How a request carries a key.

use serde::Deserialize;

/// The header that carries the key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Its name.
    pub header: String,
    /// Its value, with `{api_key}`.
    pub format: String,
}
