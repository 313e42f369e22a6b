//! Events about balances: the threshold of an organization, and requests that were refused for credits.

use sqlx::postgres::PgDatabaseError;

use super::Database;
use crate::credits::Credits;
use crate::error::{Error, Result};
use crate::name::OrgId;
use crate::word::words;

words! {
    /// What a new threshold did.
    #[non_exhaustive]
    pub enum AlertResult: "result of a threshold" {
        /// It is set now.
        Set = "set",
        /// There is none any more.
        Removed = "removed",
        /// It was so before.
        Unchanged = "unchanged",
    }
}

/// The threshold of an organization, in micro-credits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Alert {
    /// What was done.
    pub result: AlertResult,
    /// The threshold before. `None` if there was none.
    pub before: Option<i64>,
    /// The available credits.
    pub available: i64,
    /// The reserved credits.
    pub held: i64,
}

impl Database {
    /// Sets below which credits, available and reserved together, an event tells that the balance is low. `None` means never.
    pub async fn set_alert(&mut self, org: &OrgId, below: Option<Credits>) -> Result<Alert> {
        sqlx::query_as!(
            Alert,
            r#"select result as "result!: AlertResult", before, available as "available!", held as "held!"
               from byok_api.credit_alert($1, $2)"#,
            org.as_str(),
            below.map(Credits::micro)
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))
    }

    /// The error of a statement that charges. If it was refused for credits, and no event told of that since the last grant, one is
    /// written now: the refusal rolled back everything else.
    pub(super) async fn refused_charge(&mut self, org: &OrgId, error: sqlx::Error) -> Error {
        if let Some(needed) = first_refusal(&error) {
            self.tell_refusal(org, needed).await;
        }
        Error::about(org)(error)
    }

    /// Has an event written for a request that was refused for credits, unless one told of such a request since the last grant. If that
    /// fails, the next refusal does it.
    pub(super) async fn tell_refusal(&mut self, org: &OrgId, needed: i64) {
        sqlx::query_scalar!(r#"select byok_api.credit_refused($1, $2) as "new!""#, org.as_str(), needed)
            .fetch_one(&mut self.connection)
            .await
            .ok();
    }
}

/// What a request would have cost that was refused for credits, if no event told of it yet.
fn first_refusal(error: &sqlx::Error) -> Option<i64> {
    let said = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    if said.code() != "BK101" || said.hint() == Some("told") {
        return None;
    }
    said.detail()?.split_once(' ')?.1.parse().ok()
}
