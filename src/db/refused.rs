//! The function that refused a statement. The statement itself names it: what the server writes about it is in the server's
//! language.

use std::fmt;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

/// The SQLSTATE of a refusal.
const REFUSED: &str = "42501";

/// A statement was refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// The function of `byok_api` that the statement calls.
    pub(super) function: String,
    /// Whether the tables were not read because row security is off.
    pub(super) row_security: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} refused", self.function)
    }
}

impl std::error::Error for Refused {}

/// Adds the function to a refusal.
pub(super) fn named(error: sqlx::Error, statement: &str) -> sqlx::Error {
    let Some(told) = error.as_database_error().filter(|error| error.code().as_deref() == Some(REFUSED)) else {
        return error;
    };
    let row_security = asks_for_row_security(told);
    match function(statement) {
        Some(function) => sqlx::Error::AnyDriverError(Box::new(Refused { function, row_security })),
        None => error,
    }
}

/// The check of the server that refused is a field of its own, in no language.
fn asks_for_row_security(told: &dyn DatabaseError) -> bool {
    told.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::routine) == Some("check_enable_rls")
}

/// The first function of `byok_api` in a statement of ours.
fn function(statement: &str) -> Option<String> {
    let (_, rest) = statement.split_once("byok_api.")?;
    let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '_')).unwrap_or(rest.len());
    (end > 0).then(|| rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_its_function() {
        assert_eq!(function("select * from byok_api.key_set($1, $2)").as_deref(), Some("key_set"));
        assert_eq!(function("select (byok_api.a(1)).x, byok_api.b(2)").as_deref(), Some("a"));
        assert_eq!(function("begin"), None);
        assert_eq!(function("select byok_api.$1"), None);
    }
}
