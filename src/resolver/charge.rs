//! What a request costs, and under which id it is charged once.

use std::time::Duration;

use crate::credits::{CallId, Operation, RequestId};
use crate::crypto::RandomError;
use crate::db::Ask;

/// What a request costs, and under which id.
#[derive(Clone, Debug)]
pub struct Charge {
    operation: Option<Operation>,
    units: i64,
    request: RequestId,
    hold: Option<Duration>,
    purpose: Option<String>,
}

impl Charge {
    /// Charges at once, under a new random request id.
    pub fn now(operation: Operation, units: i64) -> Result<Self, RandomError> {
        let request = RequestId::random()?;
        Ok(Self { operation: Some(operation), units, request, hold: None, purpose: None })
    }

    /// Reserves what so many units cost. Whoever does not settle or release it in that time has it released.
    pub fn hold(operation: Operation, units: i64, time: Duration) -> Result<Self, RandomError> {
        Ok(Self { hold: Some(time), ..Self::now(operation, units)? })
    }

    /// Charges nothing: for a use that is only recorded.
    pub fn nothing() -> Result<Self, RandomError> {
        let request = RequestId::random()?;
        Ok(Self { operation: None, units: 0, request, hold: None, purpose: None })
    }

    /// Under the caller's own request id: a request that is asked again is charged once.
    #[must_use]
    pub fn request(self, request: RequestId) -> Self {
        Self { request, ..self }
    }

    /// Leaves an audit record of its own, with these words: one line, 200 characters at most.
    #[must_use]
    pub fn recorded_as(self, purpose: &str) -> Self {
        Self { purpose: Some(purpose.to_owned()), ..self }
    }

    /// What the database is asked, by that call.
    pub(super) fn ask(&self, call: CallId) -> Ask<'_> {
        let seconds = self.hold.map(|time| i32::try_from(time.as_secs().max(1)).unwrap_or(i32::MAX));
        let operation = self.operation.as_ref().map(|operation| (operation, self.units));
        Ask { operation, request: &self.request, seconds, purpose: self.purpose.as_deref(), call }
    }

    pub(super) fn request_id(&self) -> &RequestId {
        &self.request
    }

    pub(super) fn is_hold(&self) -> bool {
        self.hold.is_some()
    }
}
