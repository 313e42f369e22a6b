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
    /// The operation.
    pub operation: &'a Operation,
    /// The provider. `None` stands for every provider without a price of its own.
    pub provider: Option<&'a ProviderId>,
    /// The unit that is counted.
    pub unit: &'a Unit,
    /// Both parts are for this many units.
    pub per: u32,
    /// The platform's part.
    pub platform_part: Credits,
    /// The provider's part, which is charged if the platform's key serves.
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
        /// There was never one of this name.
        Unknown = "unknown",
    }
}

/// One version of a price.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RateRecord {
    /// The operation.
    pub operation: String,
    /// The provider. It is empty in the price for all other providers.
    pub provider: String,
    /// The version, which increases with every change.
    pub version: i32,
    /// The unit that is counted.
    pub unit: String,
    /// Both parts are for this many units.
    pub per: i64,
    /// The platform's part, in micro-credits.
    pub platform_part: i64,
    /// The provider's part, in micro-credits.
    pub provider_part: i64,
    /// Whether it is in force.
    pub state: ListedWord<RateState>,
    /// When it was set.
    pub created_at: OffsetDateTime,
    /// The login that set it.
    pub created_by: String,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}

/// The result of a change of the rate card.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RateChange {
    /// What it came to.
    pub result: RateResult,
    /// The version that was set or removed.
    pub version: Option<i32>,
}

impl Database {
    /// Sets a price for all charges from now on.
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

    /// Removes a price.
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

    /// The current prices, or all versions; of one operation or of all.
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
