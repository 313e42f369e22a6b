//! What became of the lines of a list.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::views::probe::FindingView;

/// A line of a list of keys. It names an organization and a provider only if there are such.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct KeyImported {
    /// The number of the line in the list
    pub(crate) line: usize,
    pub(crate) org: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) hint: Option<String>,
    /// How many characters the key has
    pub(crate) length: Option<usize>,
    pub(crate) version: Option<u32>,
    pub(crate) expires_at: Option<String>,
    pub(crate) previous_hint: Option<String>,
    pub(crate) test: Option<FindingView>,
}

impl KeyImported {
    /// A line of which nothing else is known.
    pub(crate) fn line(line: usize) -> Self {
        Self { line, ..Self::default() }
    }
}

/// A login of a list that became a member.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MemberListed {
    /// The number of the line in the list
    pub(crate) line: Option<usize>,
    pub(crate) org: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A data key of a list that was issued.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataKeyListed {
    /// The number of the line in the list
    pub(crate) line: Option<usize>,
    pub(crate) org: Option<String>,
    pub(crate) epoch: Option<u32>,
    pub(crate) fingerprint: Option<String>,
}

/// An organization that was enabled.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrgEnabled {
    /// The number of the line in the list, if a list named it
    pub(crate) line: Option<usize>,
    /// Empty for a line that cannot be read
    pub(crate) org: String,
    pub(crate) enabled: Option<bool>,
    pub(crate) owner: Option<String>,
}

/// An organization that was disabled.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrgDisabled {
    /// The number of the line in the list, if a list named it
    pub(crate) line: Option<usize>,
    /// Empty for a line that cannot be read
    pub(crate) org: String,
    pub(crate) enabled: Option<bool>,
}
