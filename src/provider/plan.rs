//! How the keys of a provider are tested: requests, paid operations, and the meaning of answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Capability;
use super::auth::Auth;
use super::pattern::Pattern;
use crate::word::words;

/// A free request, and the answer that proves a working key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// GET, or a POST that changes nothing.
    pub method: String,
    /// A path below the base URL, or a whole address.
    pub path: String,
    /// The body of a POST.
    pub body: Option<String>,
    /// The type of the body. The default is JSON.
    pub content_type: Option<String>,
    /// Whether the key is in the provider's usual header. If not, the body contains the proof.
    #[serde(default = "yes")]
    pub keyed: bool,
    /// The statuses that count as success.
    pub ok: Vec<u16>,
    /// Where a successful answer must have a value,
    pub ok_path: Option<String>,
    /// and which value, if not any.
    pub ok_eq: Option<String>,
    /// The form of a successful answer that is not JSON.
    #[serde(default)]
    pub ok_shape: Option<Pattern>,
    /// Whether a successful answer is JSON. Another answer comes from something on the way.
    #[serde(default = "yes")]
    pub json: bool,
    /// Whether the request is known to check the key. If not, a success proves nothing.
    #[serde(default = "yes")]
    pub trusted: bool,
    /// Values of the answer that later operations need, by name and path.
    #[serde(default)]
    pub take: BTreeMap<String, String>,
    /// Where the answer has the end date of the key, if the vendor documents that.
    pub expires: Option<EndDateRule>,
}

/// Where an answer has the end date of a key: one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndDateRule {
    /// A path in the body,
    pub path: Option<String>,
    /// or a header.
    pub header: Option<String>,
}

fn yes() -> bool {
    true
}

/// The smallest paid operation of a capability.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaidOperation {
    /// The capability.
    pub capability: Capability,
    /// Its method.
    pub method: String,
    /// A path below the base URL, or a whole address.
    pub path: String,
    /// The body, with `{model}` if a model must be chosen first.
    pub body: String,
    /// The type of the body. The default is JSON.
    pub content_type: Option<String>,
    /// Additional headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The header for the key, if it is not the usual one.
    pub auth: Option<Auth>,
    /// What must be chosen from a list first.
    #[serde(default)]
    pub picks: Vec<Pick>,
    /// The keys that it is for, where it is not for all.
    pub only_for: Option<OnlyFor>,
}

/// Keys with a certain setting.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlyFor {
    /// Which setting.
    pub setting: String,
    /// What it looks like.
    pub like: Pattern,
}

/// A choice, such as a model or a voice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The `{name}` that it fills.
    pub name: String,
    /// The path of the list, below the base URL.
    pub from: String,
    /// The path of the names in the answer.
    pub path: String,
    /// The wanted names, best first. If the pattern has a group, the group is the value.
    pub like: Vec<Pattern>,
}

/// A rule for an answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// The statuses that it applies to.
    pub status: Vec<u16>,
    /// The path in the body. Without one, the status is enough.
    pub path: Option<String>,
    /// The value at the path is exactly this.
    pub eq: Option<String>,
    /// The value at the path is one of these.
    pub any_of: Option<Vec<String>>,
    /// The text at the path contains this, in any case.
    pub contains: Option<String>,
    /// The number at the path is at most this.
    pub at_most: Option<f64>,
    /// The resulting verdict.
    pub verdict: Verdict,
    /// The detail of the verdict: a word of letters and `_`.
    pub detail: Option<String>,
    /// Whether the vendor does not document this.
    #[serde(default)]
    pub probably: bool,
    /// Whether it applies to the free request only.
    #[serde(default)]
    pub free_only: bool,
}

impl Rule {
    /// Whether the status alone is enough.
    pub fn is_unconditional(&self) -> bool {
        self.path.is_none()
    }
}

words! {
    /// The verdict of a test.
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Verdict: "verdict of a test" {
        /// Live.
        Verified = "verified",
        /// Invalid, expired or revoked.
        Rejected = "rejected",
        /// Live, and lacks a scope.
        Limited = "limited",
        /// Live, and out of credit.
        NoCredit = "no_credit",
        /// Live, and asked too often.
        RateLimited = "rate_limited",
        /// The wrong endpoint, region, project or address.
        Misconfigured = "misconfigured",
        /// No answer.
        Unreachable = "unreachable",
        /// Nothing that could be said honestly.
        Unchecked = "unchecked",
    }
}
