//! Errors about the schema: it does not fit this program, or its installation failed.

/// The schema of the database does not fit this program, or it cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// There is no schema.
    #[error("the database is not initialized for byok")]
    NotInitialized,
    /// The schema is older than this program needs.
    #[error("the schema of the database has version {found}, but this byok needs {wanted}")]
    SchemaOlder {
        /// The version in the database.
        found: i64,
        /// The version of this program.
        wanted: i64,
    },
    /// An older program installed the schema, and the database does not tell which version it has.
    #[error("the database was set up by an older byok, and does not tell the version of its schema")]
    SchemaUnnamed,
    /// The schema comes from a program whose migrations are not those of this one, so it cannot be upgraded.
    #[error("the schema of the database is of another line of byok: its migration {0} has another content")]
    OtherMigration(i64),
    /// A newer program installed the schema.
    #[error("the schema of the database has version {found}, newer than the {known} that this byok knows")]
    SchemaNewer {
        /// The version in the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A newer program upgraded the database, whose functions no longer support this program.
    #[error("the database was upgraded by byok {by} and no longer supports this byok ({own})")]
    NotServed {
        /// The version of the program that installed last.
        by: String,
        /// The version of this program.
        own: &'static str,
    },
    /// The functions in the database are those of another program version.
    #[error("the database has the functions of byok {found}; this is byok {own}")]
    OtherFunctions {
        /// The version of the program that installed them.
        found: String,
        /// The version of this program.
        own: &'static str,
    },
    /// The server is older than 15.
    #[error("the server is PostgreSQL {0}, but byok needs 15 or newer")]
    ServerTooOld(i32),
    /// A schema of byok, or an object in it, belongs to another role, which could replace code that runs for byok.
    #[error(
        "this must belong to byok_definer, the role that owns byok's objects: {0}; with it, another role could replace code that runs for byok"
    )]
    ForeignThing(String),
    /// Another login created a role of byok or granted it. The text has the statements that undo this.
    #[error("another login created roles of byok or granted them, and could get rights by them; to undo that: {0}")]
    ForeignRoles(String),
    /// The server has no pgcrypto. The text is its version.
    #[error("the server (PostgreSQL {0}) does not have the extension pgcrypto")]
    NoPgcrypto(String),
    /// pgcrypto did not decrypt what it had encrypted.
    #[error("pgcrypto on this server does not encrypt correctly; nothing was stored")]
    BrokenPgcrypto,
    /// A migration could not be applied.
    #[error("the schema could not be upgraded: {0}")]
    Migration(String),
}
