//! Values of the database that byok cannot understand.

use crate::word::UnknownWord;

/// The database has or sent a value that byok cannot understand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A value in the database that this version cannot have written.
    #[error("the database has an invalid value in {table}.{column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Its column.
        column: &'static str,
    },
    /// A row has an id that no version of byok wrote. The row belongs to nobody, and nothing was done with it.
    #[error("the database has a row of {table} with org = `{org}`, which is not the id of an organization")]
    NotOurOrg {
        /// The table.
        table: &'static str,
        /// The invalid id.
        org: String,
    },
    /// A word that is not one of its set: another version wrote it, or somebody who got past the functions of the database.
    #[error("the database has an unknown value: {0}")]
    UnknownWord(#[from] UnknownWord),
    /// An answer of the server has the wrong form. The text names the column or message, if it is known.
    #[error("the answer of the database is invalid: {0}")]
    Malformed(String),
}
