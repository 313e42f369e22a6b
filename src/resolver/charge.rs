//! What a request costs, and the request id under which it is charged once.

use std::time::Duration;

use crate::credits::{CallId, Operation, RequestId};
use crate::crypto::RandomError;
use crate::db::Ask;

/// What a request costs, and its request id.
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

    /// Reserves the price of these units. A hold that is not settled or released in this time is released.
    pub fn hold(operation: Operation, units: i64, time: Duration) -> Result<Self, RandomError> {
        Ok(Self { hold: Some(time), ..Self::now(operation, units)? })
    }

    /// Charges nothing, for a use that is only recorded.
    pub fn nothing() -> Result<Self, RandomError> {
        let request = RequestId::random()?;
        Ok(Self { operation: None, units: 0, request, hold: None, purpose: None })
    }

    /// Uses the caller's own request id. A request that is repeated with the same id is charged once.
    #[must_use]
    pub fn request(self, request: RequestId) -> Self {
        Self { request, ..self }
    }

    /// Adds a record to the audit log with this text: one line, at most 200 characters.
    #[must_use]
    pub fn recorded_as(self, purpose: &str) -> Self {
        Self { purpose: Some(purpose.to_owned()), ..self }
    }

    /// The parameters for the database, for this call.
    pub(super) fn ask(&self, call: CallId) -> Ask<'_> {
        let seconds = self.hold.map(|time| i32::try_from(time.as_secs().max(1)).unwrap_or(i32::MAX));
        let operation = self.operation.as_ref().map(|operation| (operation, self.units));
        Ask { operation, request: &self.request, seconds, purpose: self.purpose.as_deref(), call }
    }

    /// Whether the audit log gets a record of it.
    pub(super) fn is_recorded(&self) -> bool {
        self.purpose.is_some()
    }

    /// The request id. It stays the same in a clone.
    pub fn request_id(&self) -> &RequestId {
        &self.request
    }

    pub(super) fn is_hold(&self) -> bool {
        self.hold.is_some()
    }
}
