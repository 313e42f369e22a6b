//! Events: what happened to keys and balances that somebody wants to be told of.

use crate::word::words;

words! {
    /// What happened.
    #[non_exhaustive]
    pub enum EventKind: "kind of event" {
        /// Requests with a key began to fail at its provider.
        KeyFailing = "key.failing",
        /// Requests with a key work again.
        KeyRecovered = "key.recovered",
        /// The end date of a key is near.
        KeyNearExpiry = "key.near_expiry",
        /// The end date of a key has passed.
        KeyExpired = "key.expired",
        /// A test found that a key does not work.
        KeyRejected = "key.rejected",
        /// The credits of an organization fell below its threshold.
        BalanceLow = "balance.low",
        /// A request was refused because its organization has too few credits.
        BalanceExhausted = "balance.exhausted",
    }
}
