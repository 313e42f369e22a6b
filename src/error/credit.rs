//! Why credits, charges and holds are refused.

use crate::credits::{Credits, PostingKind};
use crate::word::words;

words! {
    /// What became of a charge or hold that stands no more.
    #[non_exhaustive]
    pub enum ChargeLoss: "end of a charge" {
        /// The call that was charged took it back.
        Undone = "undone",
        /// It was given back.
        Refunded = "refunded",
        /// The hold ended without a charge.
        Released = "released",
        /// The hold was past its date, and ended by itself.
        Expired = "expired",
    }
}

/// A charge, a hold, or the end of a hold is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreditError {
    /// The organization does not have enough credits. Nothing was written.
    #[error("{org} has {available} credits available, but needs {needed}; nothing was charged")]
    NotEnoughCredits {
        /// The organization.
        org: String,
        /// The available credits.
        available: Credits,
        /// The credits that the request would cost.
        needed: Credits,
    },
    /// The request id was already used for something else.
    #[error("this request id of {0} was already used for something else; nothing was changed")]
    RequestReused(String),
    /// The rate card has no price for this operation.
    #[error("the rate card has no price for this operation")]
    NoRate,
    /// The request has no hold, or no charge, or it is of the other kind.
    #[error("{0} has no such hold or charge (a hold is settled or released, a charge or a settled hold is refunded)")]
    NoSuchRequest(String),
    /// The hold already ended in another way.
    #[error("this hold already ended ({0}); nothing was changed")]
    HoldEnded(PostingKind),
    /// A number or text is outside of the allowed range.
    #[error("units, seconds, amount, request id or note out of range")]
    OutOfRange,
    /// A refund of more than the rest of the charge.
    #[error("only {0} credits of this charge are left to refund")]
    MoreThanCharged(Credits),
    /// The same request is repeated, but another key serves now than the one that it was charged for.
    #[error("this request was charged for an earlier key of {0}; another key serves now")]
    OtherKeyServes(String),
    /// The same request is repeated after its charge was given back, or after its hold ended without a charge.
    #[error("the charge of this request of {org} was {how}; use a new request id")]
    ChargeLost {
        /// The organization.
        org: String,
        /// What became of it.
        how: ChargeLoss,
    },
    /// Only the platform's servers can reserve credits, and only with the call that returns the key.
    #[error("only a login with the role resolver can reserve credits when it acquires a key")]
    HoldNotPossible,
    /// The request is of an earlier tenant of the same id, whose account was closed by a purge.
    #[error("the account of this request was closed when {0} was purged; nothing was changed")]
    AccountClosed(String),
    /// The charge cannot be undone: it is too old, or another call got an answer for the same request id.
    #[error("the charge of this request of {0} can no longer be undone")]
    TooLateToUndo(String),
}
