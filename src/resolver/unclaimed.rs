//! A charge whose key nobody has used yet.

use std::time::Duration;

use tokio::runtime::Handle;

use super::asked::asked;
use crate::credits::{CallId, RequestId, UndoReason};
use crate::db::{Deadline, Pool};
use crate::name::OrgId;

/// For how long an undo is tried, at least.
const UNDO: Duration = Duration::from_secs(60);

/// The charge of a call.
pub(super) struct Undo {
    pub(super) pool: Pool,
    pub(super) org: OrgId,
    pub(super) request: RequestId,
    pub(super) call: CallId,
}

impl Undo {
    async fn run(self) {
        let Self { pool, org, request, call } = &self;
        let deadline = Deadline::after(pool.patience().max(UNDO));
        asked!(self, deadline, database => database.undo(org, request, *call, UndoReason::GivenUp).await).ok();
    }
}

/// A charge whose key nobody has used, if there is one. If this is dropped, it is undone.
pub(super) struct Unclaimed(Option<(Handle, Undo)>);

impl Unclaimed {
    /// A charge, or what may have been charged.
    pub(super) fn new(undo: Undo) -> Self {
        Self(Some((Handle::current(), undo)))
    }

    /// No charge.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// The newest answer about the charge counts. One without a charge says nothing about an earlier one.
    pub(super) fn become_of(&mut self, newer: Self) {
        if newer.0.is_some() {
            std::mem::replace(self, newer).claim();
        }
    }

    /// The charge stays.
    pub(super) fn claim(mut self) {
        self.0 = None;
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some((runtime, undo)) = self.0.take() {
            runtime.spawn(undo.run());
        }
    }
}
