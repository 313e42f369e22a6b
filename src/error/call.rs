//! What the calls of a [`Resolver`](crate::Resolver) meet: one error for opening it, one for a key and its charge, one for what
//! becomes of a charge. Each is an [`Error`] of the core by `?`, and nothing is lost on the way there or back.

use super::{
    AccessError, ChangeError, ChargeLoss, ConnectionError, CreditError, DataError, Error, KeyError, SchemaError,
};
use crate::credits::{Credits, PostingKind};
use crate::crypto::RandomError;
use crate::resolution::Reason;

/// What opening a resolver, or a connection of it, meets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The database was not reached, or did not answer.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The login has no role in byok.
    #[error(transparent)]
    Access(AccessError),
    /// A master key is not one of this database.
    #[error(transparent)]
    Key(KeyError),
    /// The schema of the database and this program do not fit.
    #[error(transparent)]
    Schema(SchemaError),
    /// The database sent something that cannot be understood.
    #[error(transparent)]
    Data(DataError),
    /// What the call does not meet by design.
    #[error(transparent)]
    Unexpected(Box<Error>),
}

/// What resolving, acquiring and charging meet. Where one is met, nothing was charged; only after
/// [`ConnectionError::Lost`] that is not known until the request is asked again with its id.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcquireError {
    /// No key serves the request.
    #[error("denied: {} ({})", .0.in_words(), .0.code())]
    Denied(Reason),
    /// The organization cannot pay for it.
    #[error("{}", not_enough(.org, *.available, *.needed))]
    NotEnoughCredits {
        /// Who.
        org: String,
        /// What there is.
        available: Credits,
        /// What it would have taken.
        needed: Credits,
    },
    /// The request id was used before, for something else.
    #[error("{}", CreditError::RequestReused(.0.clone()))]
    RequestReused(String),
    /// The rate card has no price for the operation.
    #[error("{}", CreditError::NoRate)]
    NoRate,
    /// Units, a time or an id that no charge can have.
    #[error("{}", CreditError::OutOfRange)]
    OutOfRange,
    /// The organization was purged: its account is closed.
    #[error("{}", ChangeError::Purged(.0.clone()))]
    Purged(String),
    /// The request was charged before for another key than the one that serves now.
    #[error("{}", CreditError::OtherKeyServes(.0.clone()))]
    OtherKeyServes(String),
    /// The charge of that request was given back, or its hold ended without one.
    #[error("{}", charge_lost(.org, *.how))]
    ChargeLost {
        /// The organization.
        org: String,
        /// What became of it.
        how: ChargeLoss,
    },
    /// Only the platform's servers reserve credits.
    #[error("{}", CreditError::HoldNotPossible)]
    HoldNotPossible,
    /// The key was changed meanwhile: open it again.
    #[error("{}", ChangeError::Changed(.0.clone()))]
    Changed(String),
    /// The key that serves does not open. No other key takes its place.
    #[error(transparent)]
    Key(KeyError),
    /// The login may not have the key.
    #[error(transparent)]
    Access(AccessError),
    /// The database was not reached, or did not answer.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The database was brought up to date, and does not serve this program any more.
    #[error(transparent)]
    Schema(SchemaError),
    /// The database holds or sent something that cannot be understood.
    #[error(transparent)]
    Data(DataError),
    /// The operating system gave no random bytes.
    #[error("{}", Error::NoRandomness)]
    NoRandomness,
    /// What the call does not meet by design.
    #[error(transparent)]
    Unexpected(Box<Error>),
}

/// What settling, releasing and undoing meet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettleError {
    /// There is no hold or charge of that request.
    #[error("{}", CreditError::NoSuchRequest(.0.clone()))]
    NoSuchRequest(String),
    /// The hold ended before, in another way.
    #[error("{}", CreditError::HoldEnded(*.0))]
    HoldEnded(PostingKind),
    /// More was used than was reserved, and the organization cannot pay for the rest.
    #[error("{}", not_enough(.org, *.available, *.needed))]
    NotEnoughCredits {
        /// Who.
        org: String,
        /// What there is.
        available: Credits,
        /// What it would have taken.
        needed: Credits,
    },
    /// Units or an id that no charge can have.
    #[error("{}", CreditError::OutOfRange)]
    OutOfRange,
    /// The account of the request was closed when its organization was purged.
    #[error("{}", CreditError::AccountClosed(.0.clone()))]
    AccountClosed(String),
    /// The organization is purged at the same time.
    #[error("{}", ChangeError::Purged(.0.clone()))]
    Purged(String),
    /// The charge is too old to be undone, or another call was answered with the same request id.
    #[error("{}", CreditError::TooLateToUndo(.0.clone()))]
    TooLateToUndo(String),
    /// The login is none of the platform's servers.
    #[error(transparent)]
    Access(AccessError),
    /// The database was not reached, or did not answer.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The database was brought up to date, and does not serve this program any more.
    #[error(transparent)]
    Schema(SchemaError),
    /// The database holds or sent something that cannot be understood.
    #[error(transparent)]
    Data(DataError),
    /// What the call does not meet by design.
    #[error(transparent)]
    Unexpected(Box<Error>),
}

fn not_enough(org: &str, available: Credits, needed: Credits) -> CreditError {
    CreditError::NotEnoughCredits { org: org.to_owned(), available, needed }
}

fn charge_lost(org: &str, how: ChargeLoss) -> CreditError {
    CreditError::ChargeLost { org: org.to_owned(), how }
}

/// Both ways between an error of calls and [`Error`]: each pair is a pattern on one side and the value on the other.
macro_rules! both_ways {
    ($name:ident: $([$($own:tt)+] = [$($wide:tt)+],)+) => {
        impl From<Error> for $name {
            fn from(error: Error) -> Self {
                match error {
                    $($($wide)+ => $($own)+,)+
                    other => Self::Unexpected(Box::new(other)),
                }
            }
        }

        impl From<$name> for Error {
            fn from(error: $name) -> Self {
                match error {
                    $($($own)+ => $($wide)+,)+
                    $name::Unexpected(error) => *error,
                }
            }
        }

        impl $name {
            /// Whether the same call may succeed when it is made again, with the same request id where it has one.
            pub fn may_pass(&self) -> bool {
                match self {
                    Self::Connection(error) => error.may_pass(),
                    Self::Unexpected(error) => error.may_pass(),
                    _ => false,
                }
            }
        }
    };
}

both_ways! { ConnectError:
    [ConnectError::Connection(it)] = [Error::Connection(it)],
    [ConnectError::Access(it)] = [Error::Access(it)],
    [ConnectError::Key(it)] = [Error::Key(it)],
    [ConnectError::Schema(it)] = [Error::Schema(it)],
    [ConnectError::Data(it)] = [Error::Data(it)],
}

both_ways! { AcquireError:
    [AcquireError::Denied(it)] = [Error::Denied(it)],
    [AcquireError::NotEnoughCredits { org, available, needed }] = [Error::Credit(CreditError::NotEnoughCredits { org, available, needed })],
    [AcquireError::RequestReused(it)] = [Error::Credit(CreditError::RequestReused(it))],
    [AcquireError::NoRate] = [Error::Credit(CreditError::NoRate)],
    [AcquireError::OutOfRange] = [Error::Credit(CreditError::OutOfRange)],
    [AcquireError::Purged(it)] = [Error::Change(ChangeError::Purged(it))],
    [AcquireError::OtherKeyServes(it)] = [Error::Credit(CreditError::OtherKeyServes(it))],
    [AcquireError::ChargeLost { org, how }] = [Error::Credit(CreditError::ChargeLost { org, how })],
    [AcquireError::HoldNotPossible] = [Error::Credit(CreditError::HoldNotPossible)],
    [AcquireError::Changed(it)] = [Error::Change(ChangeError::Changed(it))],
    [AcquireError::Key(it)] = [Error::Key(it)],
    [AcquireError::Access(it)] = [Error::Access(it)],
    [AcquireError::Connection(it)] = [Error::Connection(it)],
    [AcquireError::Schema(it)] = [Error::Schema(it)],
    [AcquireError::Data(it)] = [Error::Data(it)],
    [AcquireError::NoRandomness] = [Error::NoRandomness],
}

both_ways! { SettleError:
    [SettleError::NoSuchRequest(it)] = [Error::Credit(CreditError::NoSuchRequest(it))],
    [SettleError::HoldEnded(it)] = [Error::Credit(CreditError::HoldEnded(it))],
    [SettleError::NotEnoughCredits { org, available, needed }] = [Error::Credit(CreditError::NotEnoughCredits { org, available, needed })],
    [SettleError::OutOfRange] = [Error::Credit(CreditError::OutOfRange)],
    [SettleError::AccountClosed(it)] = [Error::Credit(CreditError::AccountClosed(it))],
    [SettleError::Purged(it)] = [Error::Change(ChangeError::Purged(it))],
    [SettleError::TooLateToUndo(it)] = [Error::Credit(CreditError::TooLateToUndo(it))],
    [SettleError::Access(it)] = [Error::Access(it)],
    [SettleError::Connection(it)] = [Error::Connection(it)],
    [SettleError::Schema(it)] = [Error::Schema(it)],
    [SettleError::Data(it)] = [Error::Data(it)],
}

impl From<RandomError> for AcquireError {
    fn from(RandomError: RandomError) -> Self {
        Self::NoRandomness
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;

    use super::*;
    use crate::error::Cause;

    fn lost() -> Error {
        Error::Connection(ConnectionError::Lost(Cause::new("reset".into(), io::Error::other("by the peer"))))
    }

    fn samples() -> Vec<Error> {
        let database = Error::Database { code: "XX000".into(), message: "what nobody expects".into() };
        let (org, available, needed) = ("acme".to_owned(), Credits::ZERO, Credits::from_micro(5));
        vec![
            lost(),
            database,
            Error::Denied(Reason::KeyExpired),
            Error::NoRandomness,
            Error::Access(AccessError::NoRole),
            Error::Key(KeyError::NoMasterKey),
            Error::Schema(SchemaError::NotInitialized),
            Error::Data(DataError::Malformed("a row".into())),
            Error::Change(ChangeError::Changed("openai of organization acme".into())),
            Error::Change(ChangeError::NotAnId),
            Error::Credit(CreditError::NotEnoughCredits { org: org.clone(), available, needed }),
            Error::Credit(CreditError::ChargeLost { org: org.clone(), how: ChargeLoss::Undone }),
            Error::Credit(CreditError::HoldEnded(PostingKind::Settle)),
            Error::Credit(CreditError::NoSuchRequest(org.clone())),
            Error::Credit(CreditError::TooLateToUndo(org.clone())),
            Error::Credit(CreditError::AccountClosed(org.clone())),
            Error::Change(ChangeError::Purged(org.clone())),
            Error::Credit(CreditError::RequestReused(org.clone())),
            Error::Credit(CreditError::OtherKeyServes(org)),
            Error::Credit(CreditError::NoRate),
            Error::Credit(CreditError::OutOfRange),
            Error::Credit(CreditError::HoldNotPossible),
            Error::Credit(CreditError::MoreThanCharged(available)),
        ]
    }

    fn told(error: &(dyn std::error::Error + 'static), may_pass: bool) -> (String, Option<String>, bool) {
        (error.to_string(), error.source().map(ToString::to_string), may_pass)
    }

    #[test]
    fn an_error_of_a_call_says_the_same_as_the_error_that_it_stands_for_and_becomes_it_again() {
        for at in 0..samples().len() {
            let one = || samples().swap_remove(at);
            let (wide, shown) = (told(&one(), one().may_pass()), format!("{:?}", one()));
            let (connect, acquire, settle) =
                (ConnectError::from(one()), AcquireError::from(one()), SettleError::from(one()));
            assert_eq!(told(&connect, connect.may_pass()), wide);
            assert_eq!(told(&acquire, acquire.may_pass()), wide);
            assert_eq!(told(&settle, settle.may_pass()), wide);
            for back in [Error::from(connect), Error::from(acquire), Error::from(settle)] {
                assert_eq!(format!("{back:?}"), shown);
            }
        }
    }

    #[test]
    fn what_a_call_does_not_meet_by_design_is_kept_whole() {
        let error = SettleError::from(Error::Denied(Reason::NoRoute));
        assert!(
            matches!(&error, SettleError::Unexpected(_))
                && error.to_string() == "denied: no provider serves this capability on this platform (no_route)",
            "{error}"
        );
        assert!(lost().source().is_some() && AcquireError::from(lost()).source().is_some());
    }
}
