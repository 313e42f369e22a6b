//! What the database holds or sends, and cannot be understood.

use crate::word::UnknownWord;

/// The database holds or sent something that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
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
    /// A word that is not one of its set: another version wrote it, or somebody who got past the functions of the database.
    #[error("the database says something that this byok does not know: {0}")]
    UnknownWord(#[from] UnknownWord),
    /// What the server sent has not the form that PostgreSQL gives it; which column or message, where that is known.
    #[error("the database sent something that cannot be understood: {0}")]
    Malformed(String),
}
