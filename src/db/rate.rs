//! The rate card.

use time::OffsetDateTime;

use super::Database;
use crate::credits::{Credits, Operation, Unit};
use crate::error::{Error, Result, Subject};
use crate::name::ProviderId;
use crate::word::{ListedWord, words};

/// A price to set.
#[derive(Clone, Debug)]
pub struct NewRate<'a> {
    /// Of which operation.
    pub operation: &'a Operation,
    /// At which provider; none stands for every one without a price of its own.
    pub provider: Option<&'a ProviderId>,
    /// What is counted.
    pub unit: &'a Unit,
    /// The parts are for so many units.
    pub per: u32,
    /// What the platform takes for its own work.
    pub platform_part: Credits,
    /// What it takes for the provider's bill, when its own key serves.
    pub provider_part: Credits,
}

words! {
    /// Whether a version of a price is in force.
    #[non_exhaustive]
    pub enum RateState: "state of a price" {
        /// In force.
        Active = "active",
        /// Replaced by a later version.
        Retired = "retired",
        /// Taken away.
        Removed = "removed",
    }
}

words! {
    /// What a change of the rate card came to.
    #[non_exhaustive]
    pub enum RateResult: "result of a change of the rate card" {
        /// There was no price before.
        Created = "created",
        /// It was another before.
        Replaced = "replaced",
        /// It is gone.
        Removed = "removed",
        /// There was nothing to do.
        Unchanged = "unchanged",
    }
}

/// One version of a price.
#[derive(Clone, Debug)]
pub struct RateRecord {
    /// The operation.
    pub operation: String,
    /// The provider, empty for all others.
    pub provider: String,
    /// Counts up with every change.
    pub version: i32,
    /// What is counted.
    pub unit: String,
    /// The parts are for so many units.
    pub per: i64,
    /// Micro-credits.
    pub platform_part: i64,
    /// Micro-credits.
    pub provider_part: i64,
    /// Whether it is in force.
    pub state: ListedWord<RateState>,
    /// Since when.
    pub created_at: OffsetDateTime,
    /// By whom.
    pub created_by: String,
    /// Until when.
    pub ended_at: Option<OffsetDateTime>,
}

/// What a change of the rate card did.
#[derive(Clone, Debug)]
pub struct RateChange {
    /// What it came to.
    pub result: RateResult,
    /// The version it is about.
    pub version: Option<i32>,
}

impl Database {
    /// Sets a price; charges from now on are made at it.
    pub async fn set_rate(&mut self, rate: &NewRate<'_>) -> Result<RateChange> {
        sqlx::query_as!(
            RateChange,
            r#"select result as "result!: RateResult", version from byok_api.rate_set($1, $2, $3, $4, $5, $6)"#,
            rate.operation.as_str(),
            rate.provider.map_or("", ProviderId::as_str),
            rate.unit.as_str(),
            i64::from(rate.per),
            rate.platform_part.micro(),
            rate.provider_part.micro()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Takes a price away; the operation is refused from now on.
    pub async fn remove_rate(&mut self, operation: &Operation, provider: Option<&ProviderId>) -> Result<RateChange> {
        sqlx::query_as!(
            RateChange,
            r#"select result as "result!: RateResult", version from byok_api.rate_remove($1, $2)"#,
            operation.as_str(),
            provider.map_or("", ProviderId::as_str)
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// The prices in force, or all there ever were; of one operation or of all.
    pub async fn rates(&mut self, operation: Option<&Operation>, all: bool) -> Result<Vec<RateRecord>> {
        sqlx::query_as!(
            RateRecord,
            r#"select operation as "operation!", provider as "provider!", version as "version!", unit as "unit!",
                      per as "per!", platform_part as "platform_part!", provider_part as "provider_part!",
                      state as "state!: ListedWord<RateState>", created_at as "created_at!", created_by as "created_by!", ended_at
               from byok_api.rate_list($1, $2)"#,
            operation.map(Operation::as_str),
            all
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
