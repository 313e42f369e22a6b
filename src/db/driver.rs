//! The driver's errors as those of the core: by the server's code, and by what it says beside it.

use sqlx::postgres::PgDatabaseError;

use super::link::READ_ONLY;
use super::watched::HeldUp;
use crate::credits::Credits;
use crate::error::{
    AccessError, Cause, ChangeError, ConnectionError, CreditError, DataError, Error, KeyError, Refusal, SchemaError,
    Subject,
};
use crate::resolution::Reason;

impl Error {
    /// A mapper of driver errors that names what the statement was about, such as `organization acme`.
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
            sqlx::Error::Database(error) if error.code().as_deref() == Some("42501") => {
                Self::refused(refusing_function(error.as_ref()), subject)
            }
            sqlx::Error::Database(error) => {
                let detail = error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
                Self::of_credits(error.code().as_deref(), error.message(), (subject, detail.unwrap_or_default()))
                    .unwrap_or_else(|| Self::of_sqlstate(error.code().as_deref(), error.message(), subject))
            }
            sqlx::Error::Io(error) => Self::Connection(ConnectionError::Lost(Cause::new(io_text(&error), error))),
            sqlx::Error::Tls(error) => {
                Self::Connection(ConnectionError::Unverified(Cause::new(error.to_string(), error)))
            }
            // There is no pool of the driver's: with these words of it the link says why it gave up.
            sqlx::Error::PoolTimedOut => Self::Connection(ConnectionError::Lost("no answer in time".into())),
            sqlx::Error::PoolClosed => Self::Connection(ConnectionError::GivenUp),
            sqlx::Error::AnyDriverError(error) => match error.downcast::<HeldUp>() {
                Ok(held) => Self::Connection(ConnectionError::HeldUp(held.0)),
                Err(error) => Self::Database { code: "client".into(), message: error.to_string() },
            },
            sqlx::Error::Configuration(_) => Self::Connection(ConnectionError::BadUrl),
            sqlx::Error::ColumnDecode { index, .. } => Self::Data(DataError::Malformed(format!("column {index}"))),
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } | sqlx::Error::RowNotFound => {
                Self::Data(DataError::Malformed("other rows than were asked for".into()))
            }
            // Its words quote the server.
            sqlx::Error::Protocol(_) | sqlx::Error::Decode(_) => {
                Self::Data(DataError::Malformed("this is not PostgreSQL's protocol".into()))
            }
            other => Self::Database { code: "client".into(), message: other.to_string() },
        }
    }

    fn refused(function: Option<String>, subject: &Subject) -> Self {
        let refusal = Refusal { subject: subject.to_string(), function };
        match (&refusal.function, subject) {
            (None, Subject::Login) => Self::Access(AccessError::NoRole),
            (Some(_), Subject::Login) => Self::Access(AccessError::NoServiceRole(refusal)),
            _ => Self::Access(AccessError::NotAllowed(refusal)),
        }
    }
}

/// The function of `byok_api` that refused: it stands in the server's account of where the error arose, or in the message
/// when the function may not be called at all.
fn refusing_function(error: &dyn sqlx::error::DatabaseError) -> Option<String> {
    let context = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().and_then(|error| error.r#where());
    let named = |text: &str, before: &str| {
        let rest = text.split_once(before)?.1;
        let name: String = rest.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
        (!name.is_empty()).then_some(name)
    };
    let called = named(error.message(), "permission denied for function ");
    called.or_else(|| context.and_then(|context| named(context, "function byok_api.")))
}

fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        _ => error.to_string(),
    }
}

impl Error {
    /// The errors of credits and of the request path.
    fn of_credits(code: Option<&str>, message: &str, (subject, detail): (&Subject, &str)) -> Option<Self> {
        let mut amounts = detail.split(' ').filter_map(|part| part.parse().ok()).map(Credits::from_micro);
        let mut amount = || amounts.next().unwrap_or_default();
        let org = || subject.org();
        Some(match code? {
            "BK101" => {
                Self::Credit(CreditError::NotEnoughCredits { org: org(), available: amount(), needed: amount() })
            }
            "BK102" => Self::Credit(CreditError::RequestReused(org())),
            "BK103" => Self::Credit(CreditError::NoRate),
            "BK104" => Self::Credit(CreditError::NoSuchRequest(org())),
            "BK105" => Self::Credit(CreditError::HoldEnded(message.to_owned())),
            "BK106" | "22003" => Self::Credit(CreditError::OutOfRange),
            "BK107" => Self::Denied(Reason::of(message)?),
            "BK108" => Self::Credit(CreditError::MoreThanCharged(amount())),
            "BK109" => Self::Access(AccessError::PlatformKeyOnly(org())),
            "BK110" => Self::Credit(CreditError::OtherKeyServes(org())),
            "BK111" => Self::Credit(CreditError::ChargeLost { org: org(), how: message.to_owned() }),
            "BK112" => Self::Credit(CreditError::TooLateToUndo(org())),
            "39000" => Self::Key(KeyError::Unreadable(subject.to_string())),
            _ => return None,
        })
    }

    fn of_sqlstate(code: Option<&str>, message: &str, subject: &Subject) -> Self {
        match code.unwrap_or_default() {
            "3F000" | "42883" | "42P01" => Self::Schema(SchemaError::NotInitialized),
            "BK001" => match subject.holder() {
                Some(holder) => Self::Change(ChangeError::NotEnabled(holder.clone())),
                None => Self::Data(DataError::Malformed("a refusal that is about no organization".into())),
            },
            "22023" => Self::Change(ChangeError::BadValue(message.to_owned())),
            "BK003" => Self::Change(ChangeError::BadValue("not a sealed key".into())),
            "BK002" => Self::Change(ChangeError::Changed(subject.to_string())),
            "BK004" if matches!(subject, Subject::Key(..)) => Self::Change(ChangeError::NoSuchKey(subject.to_string())),
            "BK004" => Self::Change(ChangeError::NoSuchOrg(subject.org())),
            "BK009" => Self::Change(ChangeError::NotAnId),
            "BK008" => Self::Change(ChangeError::OtherAddress(subject.to_string())),
            "BK006" => Self::Change(ChangeError::NoSuchLogin(subject.to_string())),
            "BK005" => Self::Key(KeyError::OtherMasterKey),
            "BK007" => Self::Schema(SchemaError::BrokenPgcrypto),
            "BK010" => Self::Access(AccessError::NoCreateRole),
            "BK011" => Self::Change(ChangeError::OlderSight),
            "BK013" => Self::Change(ChangeError::ProviderGone(subject.to_string())),
            "BK014" => Self::Schema(SchemaError::ForeignRoles(message.to_owned())),
            "BK012" => Self::Schema(SchemaError::ForeignThing(message.to_owned())),
            "42710" => Self::Change(ChangeError::LoginExists(subject.to_string())),
            "BK041" => Self::Key(KeyError::Rotation(message.to_owned())),
            "BK042" => Self::Key(KeyError::NotLoaded),
            "BK044" => Self::Key(KeyError::ForeignDataKey(subject.to_string())),
            "BK043" => Self::Access(AccessError::RoleHeld(subject.to_string())),
            "28P01" | "28000" => Self::Connection(ConnectionError::LoginRefused),
            "3D000" => Self::Connection(ConnectionError::NoSuchDatabase),
            // The server ended the session: perhaps after it had written.
            "57P01" | "57P02" | "08000" | "08003" | "08006" | "08007" | "08P01" => {
                Self::Connection(ConnectionError::Lost(message.into()))
            }
            "57P03" | "53300" | "57014" | "55P03" | "08001" => {
                Self::Connection(ConnectionError::Unavailable(message.into()))
            }
            "40001" | "40P01" => Self::Connection(ConnectionError::Contended),
            READ_ONLY => Self::Connection(ConnectionError::ReadOnly),
            code => Self::Database { code: code.to_owned(), message: message.to_owned() },
        }
    }
}
