//! What happens to a stored key over time: its end date, and the end of the time that a replaced key is kept.

use time::OffsetDateTime;

use super::Database;
use super::key::of_key;
use crate::error::{Error, Result, Subject};
use crate::name::{Holder, ProviderId};
use crate::secret::Hint;
use crate::word::words;

words! {
    /// What a new end date did.
    #[non_exhaustive]
    pub enum ExpireResult: "result of a new end date" {
        /// The key has it now.
        Changed = "changed",
        /// The key had it before.
        Unchanged = "unchanged",
    }
}

/// A key whose end date was changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Redated {
    /// Its version.
    pub version: u32,
    /// Its hint.
    pub hint: Hint,
    /// The end date before. `None` if it had none.
    pub before: Option<OffsetDateTime>,
    /// Whether anything was changed.
    pub result: ExpireResult,
}

/// A replaced key that was erased, because the time is over that it was kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wiped {
    /// The organization, empty for the platform.
    pub org: String,
    /// The provider.
    pub provider: String,
    /// The version.
    pub version: i32,
    /// The hint's characters.
    pub hint: String,
}

impl Database {
    /// The time of the database.
    pub async fn now(&mut self) -> Result<OffsetDateTime> {
        sqlx::query_scalar!(r#"select pg_catalog.clock_timestamp() as "at!""#)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// Changes the end date of the active key. `None` means that it has no end. With `seen`, only that of this version.
    pub async fn expire_key(
        &mut self,
        holder: &Holder,
        provider: &ProviderId,
        seen: Option<u32>,
        end: Option<OffsetDateTime>,
    ) -> Result<Redated> {
        let row = sqlx::query!(
            r#"select version as "version!", hint as "hint!", before, result as "result!: ExpireResult"
               from byok_api.key_expire($1, $2, $3, $4)"#,
            holder.as_str(),
            provider.as_str(),
            super::to_i32(seen.unwrap_or_default())?,
            end
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(of_key(holder, provider))?;
        let version = super::to_u32(row.version, "provider_key", "version")?;
        Ok(Redated { version, hint: Hint::stored(row.hint), before: row.before, result: row.result })
    }

    /// Erases replaced keys that are no longer kept: those that this login may change, or for an admin all. At most `limit`.
    pub async fn tidy_keys(&mut self, limit: i32) -> Result<Vec<Wiped>> {
        sqlx::query_as!(
            Wiped,
            r#"select org as "org!", provider as "provider!", version as "version!", hint as "hint!"
               from byok_api.key_tidy($1)"#,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
