//! What becomes of a charge or a hold: settled, released, or undone.

use super::asked::asked;
use super::traced::Call;
use super::{Acquired, Resolver};
use crate::credits::{CallId, RequestId, UndoReason};
use crate::db::Moved;
use crate::error::{CreditError, Error, Result, SettleError};
use crate::name::OrgId;

impl Resolver {
    /// Ends a hold with a charge for the units that were used, or for the reserved units.
    ///
    /// # Errors
    /// [`SettleError::NoSuchRequest`], [`AccountClosed`](SettleError::AccountClosed), [`Purged`](SettleError::Purged),
    /// [`HoldEnded`](SettleError::HoldEnded), [`NotEnoughCredits`](SettleError::NotEnoughCredits), [`OutOfRange`](SettleError::OutOfRange),
    /// [`Access`](SettleError::Access), [`Connection`](SettleError::Connection), [`Schema`](SettleError::Schema) and
    /// [`Data`](SettleError::Data).
    pub async fn settle(&self, org: &OrgId, request: &RequestId, units: Option<i64>) -> Result<Moved, SettleError> {
        let call = Call { name: "settle", org: Some(org), provider: None };
        call.run(async { asked!(self, self.pool.deadline(), database => database.settle(org, request, units).await) })
            .await
            .map_err(SettleError::from)
    }

    /// Ends a hold without a charge.
    ///
    /// # Errors
    /// Those of [`Resolver::settle`] but the credits.
    pub async fn release(&self, org: &OrgId, request: &RequestId) -> Result<Moved, SettleError> {
        let call = Call { name: "release", org: Some(org), provider: None };
        call.run(async { asked!(self, self.pool.deadline(), database => database.release(org, request).await) })
            .await
            .map_err(SettleError::from)
    }

    /// Takes back what an acquire was charged or had reserved, because nothing came of it: the whole of it, once, however often
    /// it is asked for. Only for the platform's servers.
    ///
    /// # Errors
    /// [`SettleError::TooLateToUndo`] after ten minutes, or once somebody else was answered with the same request id. Beside it
    /// those of [`Resolver::release`].
    pub async fn undo(&self, org: &OrgId, acquired: &Acquired, why: UndoReason) -> Result<Moved, SettleError> {
        let call = Call { name: "undo", org: Some(org), provider: None };
        call.run(async { asked!(self, self.pool.deadline(), database => database.undo(org, &acquired.request, acquired.call, why).await) })
            .await
            .map_err(SettleError::from)
    }

    /// The same, if another call may have been charged, whose charge stays. It has a deadline of its own, so that a key
    /// that does not open is not paid for even if the first deadline is over.
    pub(super) async fn undo_own(&self, org: &OrgId, request: &RequestId, call: CallId, why: UndoReason) -> Result<()> {
        match asked!(self, self.pool.deadline(), database => database.undo(org, request, call, why).await) {
            Ok(_) | Err(Error::Credit(CreditError::NoSuchRequest(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
