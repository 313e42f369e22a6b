//! The driver's errors as those of the core: by the server's code, and by what it says beside it.

use sqlx::postgres::PgDatabaseError;

use super::link::READ_ONLY;
use super::watched::HeldUp;
use crate::credits::Credits;
use crate::error::{Error, Refusal, Subject};
use crate::resolution::Reason;

impl Error {
    /// A mapper of driver errors that names what the statement was about, such as `organization acme`.
    pub(crate) fn about(subject: impl Into<Subject>) -> impl Fn(sqlx::Error) -> Self {
        let subject = subject.into();
        move |error| Self::of(error, &subject)
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
            sqlx::Error::Io(error) => Self::Lost(io_text(&error)),
            sqlx::Error::Tls(error) => Self::Unverified(error.to_string()),
            // There is no pool of the driver's: with these words of it the link says why it gave up.
            sqlx::Error::PoolTimedOut => Self::Lost("no answer in time".into()),
            sqlx::Error::PoolClosed => Self::GivenUp,
            sqlx::Error::AnyDriverError(error) => match error.downcast::<HeldUp>() {
                Ok(held) => Self::HeldUp(held.0),
                Err(error) => Self::Database { code: "client".into(), message: error.to_string() },
            },
            sqlx::Error::Configuration(_) => Self::BadUrl,
            sqlx::Error::ColumnDecode { index, .. } => Self::Malformed(format!("column {index}")),
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } | sqlx::Error::RowNotFound => {
                Self::Malformed("other rows than were asked for".into())
            }
            // Its words quote the server.
            sqlx::Error::Protocol(_) | sqlx::Error::Decode(_) => {
                Self::Malformed("this is not PostgreSQL's protocol".into())
            }
            other => Self::Database { code: "client".into(), message: other.to_string() },
        }
    }

    fn refused(function: Option<String>, subject: &Subject) -> Self {
        let refusal = Refusal { subject: subject.to_string(), function };
        match (&refusal.function, subject) {
            (None, Subject::Login) => Self::NoRole,
            (Some(_), Subject::Login) => Self::NoServiceRole(refusal),
            _ => Self::NotAllowed(refusal),
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
            "BK101" => Self::NotEnoughCredits { org: org(), available: amount(), needed: amount() },
            "BK102" => Self::RequestReused(org()),
            "BK103" => Self::NoRate,
            "BK104" => Self::NoSuchRequest(org()),
            "BK105" => Self::HoldEnded(message.to_owned()),
            "BK106" | "22003" => Self::OutOfRange,
            "BK107" => Self::Denied(Reason::of(message)?),
            "BK108" => Self::MoreThanCharged(amount()),
            "BK109" => Self::PlatformKeyOnly(org()),
            "BK110" => Self::OtherKeyServes(org()),
            "BK111" => Self::ChargeLost { org: org(), how: message.to_owned() },
            "BK112" => Self::TooLateToUndo(org()),
            "39000" => Self::Unreadable(subject.to_string()),
            _ => return None,
        })
    }

    fn of_sqlstate(code: Option<&str>, message: &str, subject: &Subject) -> Self {
        match code.unwrap_or_default() {
            "3F000" | "42883" | "42P01" => Self::NotInitialized,
            "BK001" => match subject.holder() {
                Some(holder) => Self::NotEnabled(holder.clone()),
                None => Self::Malformed("a refusal that is about no organization".into()),
            },
            "22023" => Self::BadValue(message.to_owned()),
            "BK003" => Self::BadValue("not a sealed key".into()),
            "BK002" => Self::Changed(subject.to_string()),
            "BK004" if matches!(subject, Subject::Key(..)) => Self::NoSuchKey(subject.to_string()),
            "BK004" => Self::NoSuchOrg(subject.org()),
            "BK009" => Self::NotAnId,
            "BK008" => Self::OtherAddress(subject.to_string()),
            "BK006" => Self::NoSuchLogin(subject.to_string()),
            "BK005" => Self::OtherMasterKey,
            "BK007" => Self::BrokenPgcrypto,
            "BK010" => Self::NoCreateRole,
            "BK011" => Self::OlderSight,
            "BK013" => Self::ProviderGone(subject.to_string()),
            "BK012" => Self::ForeignThing(message.to_owned()),
            "BK014" => Self::ForeignRoles(message.to_owned()),
            "42710" => Self::LoginExists(subject.to_string()),
            "BK041" => Self::Rotation(message.to_owned()),
            "BK042" => Self::NotLoaded,
            "BK044" => Self::ForeignDataKey(subject.to_string()),
            "BK043" => Self::RoleHeld(subject.to_string()),
            "28P01" | "28000" => Self::LoginRefused,
            "3D000" => Self::NoSuchDatabase,
            // The server ended the session: perhaps after it had written.
            "57P01" | "57P02" | "08000" | "08003" | "08006" | "08007" | "08P01" => Self::Lost(message.to_owned()),
            "57P03" | "53300" | "57014" | "55P03" | "08001" => Self::Unavailable(message.to_owned()),
            "40001" | "40P01" => Self::Contended,
            READ_ONLY => Self::ReadOnly,
            code => Self::Database { code: code.to_owned(), message: message.to_owned() },
        }
    }
}
