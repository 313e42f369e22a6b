//! What can go wrong in the core, as far as a caller can act on it.
//!
//! A text in a variant is a name, never a value. Errors of the database are mapped by SQLSTATE and never shown by `Debug`,
//! which would print the failing row.

mod blocker;
mod subject;

pub use blocker::Blocker;
pub(crate) use subject::Subject;

use crate::credits::Credits;
use crate::crypto::CheckValue;
use crate::name::{Holder, OrgId};
use crate::resolution::Reason;

/// The result of everything that talks to the database.
pub type Result<T> = std::result::Result<T, Error>;

/// What was refused, and which function of the database refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words, such as `organization acme`; empty when it is about the login alone.
    pub subject: String,
    /// The function of `byok_api`, where the server named it.
    pub function: Option<String>,
}

impl From<String> for Refusal {
    fn from(subject: String) -> Self {
        Self { subject, function: None }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.subject)
    }
}

/// An error of the core.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The schema is not there.
    #[error("the database is not initialized for byok")]
    NotInitialized,
    /// The schema is older than this version wants.
    #[error("the schema of the database has version {found}, this byok needs {wanted}")]
    SchemaOlder {
        /// The version in the database.
        found: i64,
        /// The version that this binary brings.
        wanted: i64,
    },
    /// A newer program made the schema, so this one cannot install its own.
    #[error("the schema of the database has version {found}, newer than the {known} that this byok knows")]
    SchemaNewer {
        /// The version in the database.
        found: i64,
        /// The newest version that this binary knows.
        known: i64,
    },
    /// A newer program brought the database up to date, and its functions do not serve this one any more.
    #[error("the database was brought up to date by byok {by}, and no longer serves this byok ({own})")]
    NotServed {
        /// The version of the program that installed last.
        by: String,
        /// The version of this program.
        own: &'static str,
    },
    /// The functions in the database are not those of this binary.
    #[error("the functions in the database are those of another byok ({found}), this one is {own}")]
    OtherFunctions {
        /// The version of the program that installed them.
        found: String,
        /// The version of this program.
        own: &'static str,
    },
    /// The server is older than 15.
    #[error("the server is PostgreSQL {0}, byok needs 15 or newer")]
    ServerTooOld(i32),
    /// Not this login's, or not there: the database says no more than that.
    #[error("{0} is not yours to see or change, or does not exist")]
    NotAllowed(Refusal),
    /// Asked in a transaction that sees the database as it was: a right, a key and a price are those of now.
    #[error("this is not done in a transaction of isolation level repeatable read or serializable")]
    OlderSight,
    /// A schema of ours, or something in one, is somebody else's, who could replace what runs for byok.
    #[error("not byok's own is the {0}; whoever owns that can replace what runs for byok")]
    ForeignThing(String),
    /// A role of byok was made, or filled, by somebody else: the statements that end it.
    #[error("somebody else made or filled roles of byok, and has a way in by them; what ends that: {0}")]
    ForeignRoles(String),
    /// What only a platform admin may do, or another service role.
    #[error("the database login may not do this")]
    NoServiceRole(Refusal),
    /// The login has no role in byok at all, or not the one that this takes.
    #[error("the database login may not do this")]
    NoRole,
    /// Only an admin hears that an organization is unknown.
    #[error("there is no organization `{0}`")]
    NoSuchOrg(String),
    /// The server has no such role that can log in.
    #[error("the server has no login `{0}`")]
    NoSuchLogin(String),
    /// The key that was named is not there any more.
    #[error("there is no such key of {0}")]
    NoSuchKey(String),
    /// A key cannot be stored for an organization that is not enabled.
    #[error("{0} is not enabled for its own keys")]
    NotEnabled(Holder),
    /// There is a key already, and it was not to be replaced.
    #[error("there is already a key for {0}")]
    Exists(String),
    /// Somebody else changed the same key between our reading and writing.
    #[error("the key of {0} was changed by somebody else at the same time; nothing was stored")]
    Changed(String),
    /// The database has the rule as well: an id that nobody can see, or tell from another one.
    #[error("this cannot be the id of an organization")]
    NotAnId,
    /// A key of a provider that an admin added is sealed with that provider's address, and this one was not.
    #[error("the key of {0} is not sealed for the address that its provider has now; nothing was stored")]
    OtherAddress(String),
    /// The provider is one that an admin added, and removed since.
    #[error("the provider was removed at the same time; the key of {0} was not stored")]
    ProviderGone(String),
    /// The master key is not the one that the database knows.
    #[error("this is not the master key of this database: wanted fingerprint {wanted}, given {given} (epoch {epoch})")]
    WrongMasterKey {
        /// The epoch of the key that was given.
        epoch: u32,
        /// The check value that the database has, or `none`.
        wanted: String,
        /// The check value of the key that was given.
        given: CheckValue,
    },
    /// Another master key is registered already.
    #[error("the database is in use with another master key")]
    OtherMasterKey,
    /// The right master key, but of another epoch than this takes.
    #[error("this takes the master key of epoch {epoch}{}, which is not at hand", fingerprint(.wanted.as_ref()))]
    MissingMasterKey {
        /// The epoch that is wanted.
        epoch: u32,
        /// Its check value, where it is known.
        wanted: Option<CheckValue>,
    },
    /// The data key that was given is another organization's, or one that was replaced.
    #[error("this is not the data key of {holder}: wanted fingerprint {wanted}, given {given}")]
    WrongDataKey {
        /// Whose keys were to be opened or sealed.
        holder: String,
        /// Check value and epoch of the one in use.
        wanted: String,
        /// Check value and epoch of the one that was given, as that organization's.
        given: String,
    },
    /// The data key that was given was at no time that organization's.
    #[error("this was never the data key of {0}")]
    ForeignDataKey(String),
    /// Nobody has made a data key for that organization yet.
    #[error("organization {0} has no data key yet")]
    NoDataKey(OrgId),
    /// A data key opens what is its organization's, and nothing of the platform's.
    #[error("a data key of an organization does not open keys of {0}: that takes the master key")]
    TakesMasterKey(String),
    /// The rotation of the master key is not where this step belongs.
    #[error("{0}")]
    Rotation(String),
    /// Somebody who holds the master key has not loaded the new one.
    #[error("somebody who holds the master key has not loaded the new one yet")]
    NotLoaded,
    /// A login of that name is there already.
    #[error("there is already a login `{0}`")]
    LoginExists(String),
    /// The functions of the database may not make logins.
    #[error("byok may not create logins on this server: its role byok_definer has no CREATEROLE")]
    NoCreateRole,
    /// Somebody's open transaction holds what this needs, and could not be ended.
    #[error("{}", .0.first().map_or_else(String::new, Blocker::to_string))]
    HeldUp(Vec<Blocker>),
    /// The role was given by somebody else, or comes with another one.
    #[error("{0} still has the role: somebody else gave it, it comes with another role, or it is a superuser's")]
    RoleHeld(String),
    /// No master key is registered.
    #[error("the database knows no master key yet")]
    NoMasterKey,
    /// Two different master keys say that they are of one epoch.
    #[error("two different master keys were given that say they are of the same epoch")]
    TwoMasterKeys,
    /// A stored key does not open: damaged, moved or forged. Never a reason to use another key.
    #[error("the stored key of {0} does not open: it was damaged, moved or forged, or sealed under another key")]
    Unreadable(String),
    /// The data key of an organization does not unwrap.
    #[error("the data key of {0} does not open with this master key: it was damaged, moved or forged")]
    DataKeyUnreadable(String),
    /// No key serves the request.
    #[error("denied: {}", .0.code())]
    Denied(Reason),
    /// The organization cannot pay for it; nothing was written.
    #[error("{org} has {available} credits available, and this takes {needed}; nothing was charged")]
    NotEnoughCredits {
        /// Who.
        org: String,
        /// What there is.
        available: Credits,
        /// What it would have taken.
        needed: Credits,
    },
    /// The request id was used before, for something else.
    #[error("this request id was used before for something else of {0}; nothing was changed")]
    RequestReused(String),
    /// The rate card has no price for that operation.
    #[error("the rate card has no price for this operation")]
    NoRate,
    /// There is no hold or charge of that request.
    #[error("{0} has no such hold or charge")]
    NoSuchRequest(String),
    /// A hold ended before, in another way.
    #[error("this hold ended before, in another way ({0}); nothing was changed")]
    HoldEnded(String),
    /// Units or a price that no posting can have.
    #[error("units, seconds, amount, request id or note out of range")]
    OutOfRange,
    /// The database has bounds for every value; clients keep to them, so this was made by hand, or by a client of its own.
    #[error("the database refused a value: {0}")]
    BadValue(String),
    /// A refund of more than is left.
    #[error("only {0} credits are left of this charge to give back")]
    MoreThanCharged(Credits),
    /// The platform's key would serve, and this login may use the organization's own alone.
    #[error("the platform's key would serve {0}, and only the platform's servers may use it")]
    PlatformKeyOnly(String),
    /// A request was asked for again, and another key serves by now than the one it was charged for.
    #[error("this request was charged before for another key of {0} than the one that serves now")]
    OtherKeyServes(String),
    /// A request whose charge was given back, or whose hold ended without one, is asked for again.
    #[error("the charge of this request of {org} was {how}; ask with a new request id")]
    ChargeLost {
        /// The organization.
        org: String,
        /// `undone`, `refunded`, `released` or `expired`.
        how: String,
    },
    /// Only the platform's servers reserve; an owner, and whoever opens before the charge, is charged at once.
    #[error("only the platform's servers can reserve credits with a key that they acquire")]
    HoldNotPossible,
    /// A charge that cannot be taken back any more: it is old, or another call was answered with the same request id.
    #[error("the charge of this request of {0} can no longer be undone")]
    TooLateToUndo(String),
    /// A key that was opened lacks a field that its provider needs.
    #[error("the {subject} lacks its field `{field}`; it was not stored by byok")]
    KeyIncomplete {
        /// Which key, such as `key for openai of organization acme`.
        subject: String,
        /// The field.
        field: String,
    },
    /// pgcrypto gave back something else than it was given.
    #[error("the pgcrypto of this server does not encrypt as it should; nothing was stored")]
    BrokenPgcrypto,
    /// The login was refused when connecting.
    #[error("the server refused the login")]
    LoginRefused,
    /// The named database is not on the server.
    #[error("there is no such database on the server")]
    NoSuchDatabase,
    /// The connection string cannot be read; its text is not repeated, since it may hold a password.
    #[error("the connection string is not a PostgreSQL URL")]
    BadUrl,
    /// A part of the connection string that cannot be followed; its value is not repeated.
    #[error("the connection string's {part} {why}")]
    UrlPart {
        /// The name of the part, from a list of ours.
        part: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server cannot be reached, is starting, or did not answer in time.
    #[error("cannot reach the database: {0}")]
    Unavailable(String),
    /// The server writes nothing: it is a standby, or another one took its place.
    #[error("this server of the database is read-only: it is a standby, or another one took its place")]
    ReadOnly,
    /// The server was not proven to be the one that was meant.
    #[error("no verified TLS connection to the database: {0}")]
    Unverified(String),
    /// The connection was lost, or an answer took too long, after something was asked: what came of it is not known.
    #[error(
        "the connection to the database was lost before it answered ({0}); whether it did what was asked is not known"
    )]
    Lost(String),
    /// An earlier call on this connection was given up before its end. The connection was closed with it.
    #[error(
        "an earlier call on this connection was given up in the middle, and the connection was closed: open another one"
    )]
    GivenUp,
    /// Others changed the same rows at the same time, and PostgreSQL gave this change up; again, it may go through.
    #[error("others are changing the same at the same time")]
    Contended,
    /// A value in the database is not what this version could have written.
    #[error("the database holds something that cannot be understood: {table}.{column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Its column.
        column: &'static str,
    },
    /// A row has an id that no program of ours wrote. It is nobody's row, and nothing was done with it.
    #[error("the database has a row of {table} with org = `{org}`, which is not the id of an organization")]
    NotOurOrg {
        /// The table.
        table: &'static str,
        /// What stands there.
        org: String,
    },
    /// What the server sent has not the form that PostgreSQL gives it; which column or message, where that is known.
    #[error("the database sent something that cannot be understood: {0}")]
    Malformed(String),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// Anything else that PostgreSQL said.
    #[error("PostgreSQL said {code}: {message}")]
    Database {
        /// The SQLSTATE.
        code: String,
        /// The server's message.
        message: String,
    },
    /// A migration could not be applied.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(String),
}

fn fingerprint(wanted: Option<&CheckValue>) -> String {
    wanted.map_or_else(String::new, |value| format!(", fingerprint {value}"))
}
