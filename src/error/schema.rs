//! Schema and program that do not fit, and what an installation meets.

/// The schema of the database and this program do not fit, or it cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
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
    /// A schema of ours, or something in one, is somebody else's, who could replace what runs for byok.
    #[error("not byok's own is the {0}; whoever owns that can replace what runs for byok")]
    ForeignThing(String),
    /// A role of byok was made, or filled, by somebody else: the statements that end it.
    #[error("somebody else made or filled roles of byok, and has a way in by them; what ends that: {0}")]
    ForeignRoles(String),
    /// pgcrypto gave back something else than it was given.
    #[error("the pgcrypto of this server does not encrypt as it should; nothing was stored")]
    BrokenPgcrypto,
    /// A migration could not be applied.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(String),
}
