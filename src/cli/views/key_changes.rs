//! The results of changes of keys, for scripts. They have no columns, because people read a sentence instead.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::views::probe::FindingView;

/// A key that was removed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyRemoved<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) hint: Option<String>,
    pub(crate) version: Option<u32>,
    /// Whose key serves requests of the organization from then on.
    pub(crate) source: Option<&'a str>,
    /// Why requests of the organization are denied from then on.
    pub(crate) denied: Option<&'a str>,
}

/// A key that was stored.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyStored<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    pub(crate) version: u32,
    pub(crate) state: &'a str,
    pub(crate) fingerprint: Option<String>,
    pub(crate) expires_at: Option<String>,
    /// Whose date that is
    #[schemars(extend("x-known-values" = ["user", "provider"]))]
    pub(crate) expires_from: Option<&'a str>,
    pub(crate) previous_hint: Option<String>,
    pub(crate) test: Option<FindingView>,
}

/// A previous key that is in force again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyRestored<'a> {
    pub(crate) org: &'a str,
    #[serde(flatten)]
    pub(crate) key: KeyBack<'a>,
}

/// The same of the platform.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlatformKeyRestored<'a> {
    pub(crate) org: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) key: KeyBack<'a>,
}

/// A key that is in force again, whoever's.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyBack<'a> {
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    pub(crate) version: u32,
    pub(crate) restored_version: i32,
    pub(crate) expires_at: Option<String>,
    /// Whose date that is: `stored` if the key had it before
    #[schemars(extend("x-known-values" = ["stored", "provider"]))]
    pub(crate) expires_from: Option<&'a str>,
    pub(crate) previous_hint: Option<String>,
    pub(crate) test: Option<FindingView>,
}

/// A key with a new end date.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyRedated<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    pub(crate) version: u32,
    pub(crate) expires_at: Option<String>,
    pub(crate) previous_expires_at: Option<String>,
}

/// A key that another organization got as well, or instead.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyCopied<'a> {
    /// The organization that got it.
    pub(crate) org: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    /// The version there.
    pub(crate) version: u32,
    /// The organization that had it.
    pub(crate) from_org: &'a str,
    pub(crate) from_version: i32,
    /// Whether the organization that had it lost it.
    pub(crate) moved: bool,
    pub(crate) expires_at: Option<String>,
    pub(crate) previous_hint: Option<String>,
    pub(crate) test: Option<FindingView>,
}
