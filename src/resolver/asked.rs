//! A question to the database that is asked again where the answer may come after all.

use crate::db::{Deadline, Pause, Pool};
use crate::error::{ConnectionError, Error, Result};

/// Makes a call. If its connection is lost, the call is made again over another one, until the deadline. Every call
/// here can be repeated safely.
macro_rules! asked {
    ($self:ident, $deadline:expr, $lease:ident => $question:expr) => {{
        let deadline: $crate::db::Deadline = $deadline;
        let mut attempts = $crate::resolver::asked::Attempts::new(deadline);
        loop {
            let mut $lease: $crate::db::Lease = match $self.pool.lease_until(deadline).await {
                Ok(lease) => lease,
                Err(error) => break Err(attempts.end(error)),
            };
            let answer = $question;
            drop($lease);
            match answer {
                Err(error) => {
                    if let Err(error) = attempts.after(&$self.pool, error).await {
                        break Err(error);
                    }
                }
                answer => break answer,
            }
        }
    }};
}

pub(super) use asked;

/// The attempts of one call.
pub(super) struct Attempts {
    pause: Pause,
    /// An answer that was lost.
    lost: Option<Error>,
}

impl Attempts {
    pub(super) fn new(deadline: Deadline) -> Self {
        Self { pause: Pause::new(deadline), lost: None }
    }

    /// Whether an answer was lost before.
    pub(super) fn lost_one(&self) -> bool {
        self.lost.is_some()
    }

    /// Pauses after an attempt that failed. An error means that there is no other attempt.
    pub(super) async fn after(&mut self, pool: &Pool, error: Error) -> Result<()> {
        if !error.may_pass() {
            return Err(self.end(error));
        }
        if is_of_the_server(&error) {
            pool.forget();
        }
        if !self.pause.wait().await {
            return Err(self.end(error));
        }
        if is_lost(&error) {
            self.lost = Some(error);
        }
        Ok(())
    }

    /// The error of the call. After a lost answer, the result is unknown until the database can be asked. A failed second
    /// attempt does not mean that nothing was done.
    pub(super) fn end(&mut self, error: Error) -> Error {
        if error.may_pass() || matches!(error, Error::Connection(ConnectionError::Unverified(_))) {
            return self.lost.take().unwrap_or(error);
        }
        error
    }
}

pub(super) fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Connection(ConnectionError::Lost(_)))
}

/// What happened to a call, for each of the requests that it was made for.
pub(super) fn told_to_each(error: &Error) -> Error {
    Error::Connection(match error {
        Error::Connection(ConnectionError::ReadOnly) => ConnectionError::ReadOnly,
        Error::Connection(ConnectionError::Idle) => ConnectionError::Idle,
        error => ConnectionError::Lost(error.to_string().into()),
    })
}

/// Whether what happened to one connection happened to the others of that server.
pub(super) fn is_of_the_server(error: &Error) -> bool {
    matches!(error, Error::Connection(ConnectionError::Lost(_) | ConnectionError::ReadOnly | ConnectionError::Idle))
}
