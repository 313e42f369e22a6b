//! Maps the driver's errors to those of the core, by SQLSTATE and structured fields.

use sqlx::postgres::PgDatabaseError;

use super::link::READ_ONLY;
use super::refused::Refused;
use super::watched::HeldUp;
use crate::credits::Credits;
use crate::error::{
    AccessError, Cause, ChangeError, ConnectionError, CreditError, DataError, Error, KeyError, Refusal, SchemaError,
    ServerError, Subject,
};
use crate::name::Holder;
use crate::word::{UnknownWord, Word};

impl Error {
    /// Maps driver errors. The subject of the statement, such as `organization acme`, is named in the error.
    pub(crate) fn about(subject: impl Into<Subject>) -> impl Fn(sqlx::Error) -> Self {
        let subject = subject.into();
        move |error| Self::of(error, &subject)
    }

    /// The same for what only an admin may do: a refusal is about the login, not about what it asked for.
    pub(crate) fn about_admin(subject: impl Into<Subject>) -> impl Fn(sqlx::Error) -> Self {
        let about = Self::about(subject);
        move |error| match about(error) {
            Self::Access(AccessError::NotAllowed(refusal)) => Self::Access(AccessError::NoServiceRole(refusal)),
            other => other,
        }
    }

    fn of(error: sqlx::Error, subject: &Subject) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let detail = error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
                let said = Said { message: error.message(), detail };
                Self::of_credits(error.code().as_deref(), &said, subject)
                    .unwrap_or_else(|| Self::of_sqlstate(error.code().as_deref(), error.message(), subject))
            }
            sqlx::Error::Io(error) => Self::Connection(ConnectionError::Lost(Cause::new(io_text(&error), error))),
            sqlx::Error::Tls(error) => {
                Self::Connection(ConnectionError::Unverified(Cause::new(error.to_string(), error)))
            }
            // The driver's pool is not used. `link` returns this error for a timeout.
            sqlx::Error::PoolTimedOut => Self::Connection(ConnectionError::Lost("no answer in time".into())),
            sqlx::Error::PoolClosed => Self::Connection(ConnectionError::GivenUp),
            sqlx::Error::AnyDriverError(error) => Self::beside(error, subject),
            sqlx::Error::Configuration(_) => Self::Connection(ConnectionError::BadUrl),
            sqlx::Error::ColumnDecode { index, source } => Self::Data(match source.downcast::<UnknownWord>() {
                Ok(unknown) => DataError::UnknownWord(*unknown),
                Err(_) => DataError::Malformed(format!("column {index}")),
            }),
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } | sqlx::Error::RowNotFound => {
                Self::Data(DataError::Malformed("a row has unexpected columns".into()))
            }
            // The error's text quotes the server, so it is not shown.
            sqlx::Error::Protocol(_) | sqlx::Error::Decode(_) => {
                Self::Data(DataError::Malformed("it does not follow PostgreSQL's protocol".into()))
            }
            other => Self::Database { code: "client".into(), message: other.to_string() },
        }
    }

    /// What `db` adds to an error of the driver.
    fn beside(error: Box<dyn std::error::Error + Send + Sync>, subject: &Subject) -> Self {
        let error = match error.downcast::<HeldUp>() {
            Ok(held) => return Self::Connection(ConnectionError::HeldUp(held.0)),
            Err(error) => error,
        };
        match error.downcast::<Refused>() {
            Ok(refused) if refused.row_security => Self::Access(AccessError::RowSecurityOff),
            Ok(refused) => Self::refused(Some(refused.function), subject),
            Err(error) => Self::Database { code: "client".into(), message: error.to_string() },
        }
    }

    fn refused(function: Option<String>, subject: &Subject) -> Self {
        let org = match subject.holder() {
            Some(Holder::Organization(org)) => Some(org.to_string()),
            _ => None,
        };
        let refusal = Refusal { subject: subject.to_string(), org, function };
        match (&refusal.function, subject) {
            (None, Subject::Login) => Self::Access(AccessError::NoRole),
            (Some(_), Subject::Login | Subject::Holder(Holder::Platform) | Subject::Key(_, Holder::Platform)) => {
                Self::Access(AccessError::NoServiceRole(refusal))
            }
            _ => Self::Access(AccessError::NotAllowed(refusal)),
        }
    }
}

fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        _ => error.to_string(),
    }
}

/// What the functions say beside the code of a refusal.
struct Said<'a> {
    message: &'a str,
    detail: Option<&'a str>,
}

impl Said<'_> {
    /// A word that stands for the whole message.
    fn word<T: Word>(&self) -> Result<T, DataError> {
        Ok(T::of_word(self.message)?)
    }

    /// The micro-credits of the detail, all of them and no more.
    fn amounts<const N: usize>(&self) -> Result<[Credits; N], DataError> {
        let parts = self.detail.unwrap_or_default().split(' ').map(|part| part.parse().map(Credits::from_micro));
        let read: Result<Vec<_>, _> = parts.collect();
        let malformed = || DataError::Malformed(format!("the amounts of a refusal ({})", self.message));
        read.ok().and_then(|amounts| amounts.try_into().ok()).ok_or_else(malformed)
    }
}

impl Error {
    /// The errors of credits and of the request path.
    fn of_credits(code: Option<&str>, said: &Said<'_>, subject: &Subject) -> Option<Self> {
        let org = || subject.org();
        let read = match code? {
            "BK101" => said.amounts().map(|[available, needed]| {
                Self::Credit(CreditError::NotEnoughCredits { org: org(), available, needed })
            }),
            "BK105" => said.word().map(|kind| Self::Credit(CreditError::HoldEnded(kind))),
            "BK107" => said.word().map(Self::Denied),
            "BK108" => said.amounts().map(|[left]| Self::Credit(CreditError::MoreThanCharged(left))),
            "BK111" => said.word().map(|how| Self::Credit(CreditError::ChargeLost { org: org(), how })),
            "BK102" => Ok(Self::Credit(CreditError::RequestReused(org()))),
            "BK103" => Ok(Self::Credit(CreditError::NoRate)),
            "BK104" => Ok(Self::Credit(CreditError::NoSuchRequest(org()))),
            "BK106" | "22003" => Ok(Self::Credit(CreditError::OutOfRange)),
            "BK109" => Ok(Self::Access(AccessError::PlatformKeyOnly(org()))),
            "BK110" => Ok(Self::Credit(CreditError::OtherKeyServes(org()))),
            "BK113" => Ok(Self::Credit(CreditError::AccountClosed(org()))),
            "BK112" => Ok(Self::Credit(CreditError::TooLateToUndo(org()))),
            "39000" => Ok(Self::Key(KeyError::Unreadable(subject.to_string()))),
            _ => return None,
        };
        Some(read.unwrap_or_else(Self::Data))
    }

    fn of_sqlstate(code: Option<&str>, message: &str, subject: &Subject) -> Self {
        match code.unwrap_or_default() {
            "3F000" | "42883" | "42P01" => Self::Schema(SchemaError::NotInitialized),
            "BK001" => match subject.holder() {
                Some(holder) => Self::Change(ChangeError::NotEnabled(holder.clone())),
                None => Self::Data(DataError::Malformed("it refuses an organization that was not named".into())),
            },
            "22023" => Self::Change(ChangeError::BadValue(message.to_owned())),
            "BK003" => Self::Change(ChangeError::BadValue("not a sealed key".into())),
            "BK002" => Self::Change(ChangeError::Changed(subject.to_string())),
            "BK020" => Self::Change(ChangeError::NoSuchKey(subject.to_string())),
            "BK021" => Self::Change(ChangeError::NoSuchEvent),
            "BK004" | "BK018" => Self::Change(ChangeError::NoSuchOrg(subject.org())),
            "BK019" => Self::Change(ChangeError::Purged(subject.org())),
            "BK009" => Self::Change(ChangeError::NotAnId),
            "BK008" => Self::Change(ChangeError::OtherAddress(subject.to_string())),
            "BK006" => Self::Change(ChangeError::NoSuchLogin(subject.to_string())),
            "BK005" => Self::Key(KeyError::OtherMasterKey),
            "BK007" => Self::Schema(SchemaError::BrokenPgcrypto),
            "BK010" => Self::Access(AccessError::NoCreateRole),
            "BK011" => Self::Change(ChangeError::OlderSight),
            "BK013" => Self::Change(ChangeError::ProviderGone(subject.to_string())),
            "BK017" => Self::Change(ChangeError::PastDate(subject.to_string())),
            "BK014" => Self::Schema(SchemaError::ForeignRoles(message.to_owned())),
            "BK012" => Self::Schema(SchemaError::ForeignThing(message.to_owned())),
            "42710" => Self::Change(ChangeError::LoginExists(subject.to_string())),
            "BK041" => Self::Key(KeyError::Rotation(message.to_owned())),
            "BK042" => Self::Key(KeyError::NotLoaded),
            "BK044" => Self::Key(KeyError::ForeignDataKey(subject.to_string())),
            "BK043" if message.is_empty() => Self::Access(AccessError::RoleHeld(subject.to_string())),
            "BK043" => Self::Access(AccessError::RoleGrantedByOther {
                login: subject.to_string(),
                statements: message.to_owned(),
            }),
            "BK045" => Self::Key(KeyError::DataKeyInUse(subject.org())),
            "BK015" => Self::Access(AccessError::MayNotInstall(message.to_owned())),
            "BK016" => Self::Schema(SchemaError::NoPgcrypto(message.to_owned())),
            "42501" => Self::refused(None, subject),
            code => match (of_connection(code, message), ServerError::of_sqlstate(code)) {
                (Some(error), _) => Self::Connection(error),
                (None, Some(error)) => Self::Server(error),
                (None, None) => Self::Database { code: code.to_owned(), message: message.to_owned() },
            },
        }
    }
}

/// What an error code of PostgreSQL says about the connection.
fn of_connection(code: &str, message: &str) -> Option<ConnectionError> {
    use ConnectionError as E;
    Some(match code {
        "28P01" => E::LoginRefused,
        "28000" => E::NotAdmitted,
        "3D000" | "57P04" => E::NoSuchDatabase,
        "25P03" | "25P04" | "57P05" => E::Idle,
        "57P03" => E::Starting,
        "53300" => E::TooMany,
        "57014" => E::Cancelled,
        "55P03" => E::Locked,
        // A named statement that is there already, or is not there, is one of another client.
        "42P05" | "26000" => E::Pooler,
        // The server ended the session, perhaps after it had committed.
        "57P01" | "57P02" | "08000" | "08003" | "08006" | "08007" | "08P01" => E::Lost(message.into()),
        "08001" | "08004" => E::Unavailable(message.into()),
        "40001" | "40P01" => E::Contended,
        READ_ONLY => E::ReadOnly,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str, detail: Option<&str>) -> Error {
        let org = Subject::from(&"acme".parse::<crate::name::OrgId>().expect("an id"));
        Error::of_credits(Some(code), &Said { message, detail }, &org).expect("an error of credits")
    }

    #[test]
    fn the_amounts_of_a_refusal_are_read_or_it_is_malformed() {
        let error = refusal("BK101", "not enough credits", Some("2000000 5000000"));
        assert_eq!(error.to_string(), "acme has 2 credits available, but needs 5; nothing was charged");
        for detail in [None, Some(""), Some("2000000"), Some("2000000 5000000 1"), Some("two five"), Some("2000000  5")]
        {
            let error = refusal("BK101", "not enough credits", detail);
            assert!(matches!(error, Error::Data(DataError::Malformed(_))), "{detail:?}: {error}");
        }
        assert!(matches!(refusal("BK108", "more than is left", None), Error::Data(DataError::Malformed(_))));
    }

    #[test]
    fn a_word_of_a_refusal_that_is_not_known_is_named() {
        for code in ["BK105", "BK107", "BK111"] {
            let error = refusal(code, "melted", None);
            assert!(matches!(error, Error::Data(DataError::UnknownWord(_))), "{code}: {error}");
            assert!(error.to_string().contains("`melted`"), "{error}");
        }
        let error = refusal("BK111", "undone", None);
        assert_eq!(error.to_string(), "the charge of this request of acme was undone; use a new request id");
    }
}
