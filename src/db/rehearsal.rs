//! A rehearsal: every statement runs, and nothing is kept.
//!
//! All statements run in one transaction that is never committed. It ends with the connection. What would be a
//! transaction of its own is a step of it, a savepoint, so that a step that fails undoes only itself, and later steps see
//! the earlier ones. The locks of all steps are held until the end, so nobody is asked and no provider is waited for in
//! between.

/// The state of a connection's rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rehearsal {
    /// This is no rehearsal: changes are kept.
    No,
    /// The transaction was not begun yet.
    ToBegin,
    /// The transaction is open.
    Begun,
}

/// The isolation of the transaction. The functions that check memberships accept no other one.
pub(super) const STEP: &str = "read committed";

impl Rehearsal {
    /// The statements that begin a transaction, or a step of the rehearsal. `bounds` are more statements for the begin of
    /// a transaction.
    pub(super) fn begin(&mut self, isolation: &str, bounds: &str) -> Vec<String> {
        let savepoint = || "savepoint byok_step".to_owned();
        let begin = |isolation: &str| format!("begin isolation level {isolation}{bounds}");
        match std::mem::replace(self, if *self == Self::No { Self::No } else { Self::Begun }) {
            Self::No => vec![begin(isolation)],
            Self::ToBegin => vec![begin(STEP), savepoint()],
            Self::Begun => vec![savepoint()],
        }
    }

    /// Ends a step of the rehearsal, or a real transaction.
    pub(super) fn end_step(self, holds: bool) -> &'static str {
        match (self, holds) {
            (Self::No, true) => "commit",
            (Self::No, false) => "rollback",
            (_, true) => "release savepoint byok_step",
            (_, false) => "rollback to savepoint byok_step; release savepoint byok_step",
        }
    }

    /// The connection was closed, and the transaction with it.
    pub(super) fn ended(&mut self) {
        *self = self.over_another();
    }

    /// The same over another connection.
    pub(super) fn over_another(self) -> Self {
        if self == Self::No { Self::No } else { Self::ToBegin }
    }
}
