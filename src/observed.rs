//! What servers meet when they use a key.

use time::OffsetDateTime;

use crate::clock::rfc3339;
use crate::name::{Holder, ProviderId};
use crate::word::{ListedWord, words};

words! {
    /// What a provider answered to a request with a key.
    pub enum Observed: "outcome of a use" {
        /// It accepted the key. What else it answered does not matter: a request that it refuses as malformed was accepted as
        /// well.
        Ok = "ok",
        /// It refused the key: invalid, expired, revoked, or without the right that was needed.
        Rejected = "rejected",
        /// It knows the key, and the account has no credit left.
        NoCredit = "no_credit",
        /// It knows the key, and there were too many requests.
        RateLimited = "rate_limited",
        /// It did not answer, or only that it cannot serve now.
        Unreachable = "unreachable",
    }
}

impl Observed {
    /// What an HTTP status says about the key. Some providers say more in the body: OpenAI answers 429 also for an account without
    /// credit.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Rejected,
            402 => Self::NoCredit,
            429 => Self::RateLimited,
            500.. => Self::Unreachable,
            _ => Self::Ok,
        }
    }

    /// Whether the key worked.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }
}

/// Names one version of a key, as [`Resolver::report`](crate::Resolver::report) needs it. It has nothing of the key itself, so it
/// can be kept after the key is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId {
    /// Whose key it is.
    pub holder: Holder,
    /// Its provider.
    pub provider: ProviderId,
    /// Its version.
    pub version: u32,
}

/// What servers met when they used a key, all of them together.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Production {
    /// What the latest use met.
    pub outcome: ListedWord<Observed>,
    /// When the key was last used.
    pub last_used_at: OffsetDateTime,
    /// When it last worked. `None` if it never did.
    pub last_ok_at: Option<OffsetDateTime>,
    /// The first failure after that. `None` if the latest use worked.
    pub failing_since: Option<OffsetDateTime>,
    /// The number of failures since then.
    pub failures: i64,
    /// The number of uses.
    pub uses: i64,
}

impl Production {
    /// It in words.
    pub(crate) fn sentence(&self) -> String {
        let Self { outcome, last_used_at, failures, .. } = self;
        let used = format!("{outcome} on {}", rfc3339(*last_used_at));
        let Some(since) = self.failing_since else { return used };
        let ok =
            self.last_ok_at.map_or_else(|| "it never worked".into(), |at| format!("it last worked on {}", rfc3339(at)));
        format!("{used}; failing since {}, failures: {failures}; {ok}", rfc3339(since))
    }
}

/// The columns of a row that say it. They are all null if no server reported the key.
pub(crate) struct ProductionColumns {
    pub(crate) outcome: Option<ListedWord<Observed>>,
    pub(crate) last_used_at: Option<OffsetDateTime>,
    pub(crate) last_ok_at: Option<OffsetDateTime>,
    pub(crate) failing_since: Option<OffsetDateTime>,
    pub(crate) failures: Option<i64>,
    pub(crate) uses: Option<i64>,
}

impl ProductionColumns {
    pub(crate) fn production(self) -> Option<Production> {
        Some(Production {
            outcome: self.outcome?,
            last_used_at: self.last_used_at?,
            last_ok_at: self.last_ok_at,
            failing_since: self.failing_since,
            failures: self.failures?,
            uses: self.uses?,
        })
    }
}
