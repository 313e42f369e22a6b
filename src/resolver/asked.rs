//! A question to the database that is asked again where the answer may come after all.

use crate::error::{ConnectionError, Error};

/// Makes a call. If its connection is lost, the call is made again over another one, until the deadline. Every call
/// here can be repeated safely.
macro_rules! asked {
    ($self:ident, $deadline:expr, $lease:ident => $question:expr) => {{
        let deadline: $crate::db::Deadline = $deadline;
        let (mut lost, mut pause) = (None, $crate::db::Pause::new(deadline));
        loop {
            let mut $lease: $crate::db::Lease = match $self.pool.lease_until(deadline).await {
                Ok(lease) => lease,
                Err(error) => break Err($crate::resolver::asked::still_unknown(lost, error)),
            };
            let answer = $question;
            drop($lease);
            match answer {
                Err(error) if error.may_pass() => {
                    if $crate::resolver::asked::is_of_the_server(&error) {
                        $self.pool.forget();
                    }
                    if !pause.wait().await {
                        break Err($crate::resolver::asked::still_unknown(lost, error));
                    }
                    if $crate::resolver::asked::is_lost(&error) {
                        lost = Some(error);
                    }
                }
                Err(error) => break Err($crate::resolver::asked::still_unknown(lost, error)),
                answer => break answer,
            }
        }
    }};
}

pub(super) use asked;

/// After a lost answer, the result is unknown until the database can be asked. A failed second attempt does not mean
/// that nothing was done.
pub(super) fn still_unknown(lost: Option<Error>, error: Error) -> Error {
    if error.may_pass() || matches!(error, Error::Connection(ConnectionError::Unverified(_))) {
        return lost.unwrap_or(error);
    }
    error
}

pub(super) fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Connection(ConnectionError::Lost(_)))
}

/// Whether what happened to one connection happened to the others of that server.
pub(super) fn is_of_the_server(error: &Error) -> bool {
    matches!(error, Error::Connection(ConnectionError::Lost(_) | ConnectionError::ReadOnly | ConnectionError::Idle))
}
