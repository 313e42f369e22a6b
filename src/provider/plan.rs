//! How a key is tested, as the catalog says it: requests, operations that cost, and what answers mean.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Capability;
use super::auth::Auth;
use super::pattern::Pattern;
use crate::word::words;

/// A request and the answer that proves a live key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// GET, or a POST that changes nothing.
    pub method: String,
    /// Below the base URL, or a whole address.
    pub path: String,
    /// The body of a POST.
    pub body: Option<String>,
    /// What the body is; JSON otherwise.
    pub content_type: Option<String>,
    /// Whether the key is in the provider's usual header; else the body proves it.
    #[serde(default = "yes")]
    pub keyed: bool,
    /// The statuses that count as success.
    pub ok: Vec<u16>,
    /// Where a successful answer must hold something,
    pub ok_path: Option<String>,
    /// and what, where not anything will do.
    pub ok_eq: Option<String>,
    /// What a successful answer that is not JSON looks like.
    #[serde(default)]
    pub ok_shape: Option<Pattern>,
    /// Whether a successful answer is JSON: one that is not comes from something in between.
    #[serde(default = "yes")]
    pub json: bool,
    /// Whether it is known to check the key; without that a success proves nothing.
    #[serde(default = "yes")]
    pub trusted: bool,
    /// What is kept of the answer for the operations that follow, by name and place.
    #[serde(default)]
    pub take: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// The smallest operation of a capability that costs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaidOperation {
    /// The capability that it exercises.
    pub capability: Capability,
    /// Its method.
    pub method: String,
    /// Below the base URL, or a whole address.
    pub path: String,
    /// The body, with `{model}` where one has to be found first.
    pub body: String,
    /// What the body is; JSON otherwise.
    pub content_type: Option<String>,
    /// Headers of its own.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The header that carries the key, where it is another one here.
    pub auth: Option<Auth>,
    /// What has to be chosen from a list first.
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

/// Something to choose: a model, a voice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The `{name}` that it fills.
    pub name: String,
    /// Where the list is, below the base URL.
    pub from: String,
    /// Where in the answer the names are.
    pub path: String,
    /// What is wanted, the dearest wish first; a group, where there is one, is the value.
    pub like: Vec<Pattern>,
}

/// What an answer means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The statuses it speaks of.
    pub status: Vec<u16>,
    /// Where in the body it looks; without one the status is enough.
    pub path: Option<String>,
    /// The value found is exactly this.
    pub eq: Option<String>,
    /// The value found is one of these.
    pub any_of: Option<Vec<String>>,
    /// The text found contains this, in any case.
    pub contains: Option<String>,
    /// The number found is at most this.
    pub at_most: Option<f64>,
    /// Then this is the verdict.
    pub verdict: Verdict,
    /// Which kind of it: a word of letters and `_`.
    pub detail: Option<String>,
    /// No document of the vendor says so.
    #[serde(default)]
    pub probably: bool,
    /// True of the free request alone.
    #[serde(default)]
    pub free_only: bool,
}

impl Rule {
    /// Whether the status alone decides.
    pub fn is_unconditional(&self) -> bool {
        self.path.is_none()
    }
}

words! {
    /// What a test of a key can say.
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

impl Verdict {
    /// Whether the provider took the key, whatever it then said.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Verified | Self::Limited | Self::NoCredit | Self::RateLimited)
    }
}
