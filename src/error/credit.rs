//! What credits, charges and holds refuse.

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

/// A charge, a hold or what became of one is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreditError {
    /// The organization cannot pay for it; nothing was written.
    #[error("{org} has {available} credits available, and this takes {needed}; nothing was charged")]
    NotEnoughCredits {
        /// Who.
        org: String,
        /// What there is.
        available: Credits,
        /// What it would have taken.
        needed: Credits,
    },
    /// The request id was used before, for something else.
    #[error("this request id was used before for something else of {0}; nothing was changed")]
    RequestReused(String),
    /// The rate card has no price for that operation.
    #[error("the rate card has no price for this operation")]
    NoRate,
    /// There is no hold or charge of that request.
    #[error("{0} has no such hold or charge")]
    NoSuchRequest(String),
    /// A hold ended before, in another way.
    #[error("this hold ended before, in another way ({0}); nothing was changed")]
    HoldEnded(PostingKind),
    /// Units or a price that no posting can have.
    #[error("units, seconds, amount, request id or note out of range")]
    OutOfRange,
    /// A refund of more than is left.
    #[error("only {0} credits are left of this charge to give back")]
    MoreThanCharged(Credits),
    /// A request was asked for again, and another key serves by now than the one it was charged for.
    #[error("this request was charged before for another key of {0} than the one that serves now")]
    OtherKeyServes(String),
    /// A request whose charge was given back, or whose hold ended without one, is asked for again.
    #[error("the charge of this request of {org} was {how}; ask with a new request id")]
    ChargeLost {
        /// The organization.
        org: String,
        /// What became of it.
        how: ChargeLoss,
    },
    /// Only the platform's servers reserve; an owner, and whoever opens before the charge, is charged at once.
    #[error("only the platform's servers can reserve credits with a key that they acquire")]
    HoldNotPossible,
    /// A charge that cannot be taken back any more: it is old, or another call was answered with the same request id.
    #[error("the charge of this request of {0} can no longer be undone")]
    TooLateToUndo(String),
}
