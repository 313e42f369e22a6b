//! Providers that admins added.

use serde_json::Value;
use time::OffsetDateTime;

use super::Database;
use crate::error::{Error, Result, Subject};
use crate::name::ProviderId;
use crate::word::words;

/// A provider that an admin added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PrivateProvider {
    /// Its id.
    pub provider: String,
    /// The definition, as JSON in the form of the catalog.
    pub definition: String,
    /// Whether its address may be private.
    pub allow_private: bool,
    /// When it was added or last changed.
    pub created_at: OffsetDateTime,
    /// The login that added or changed it.
    pub created_by: String,
}

words! {
    /// What adding a provider did.
    #[non_exhaustive]
    pub enum ProviderPutResult: "result of adding a provider" {
        /// It was not there before.
        Created = "created",
        /// It was another before.
        Replaced = "replaced",
        /// There was nothing to do.
        Unchanged = "unchanged",
    }
}

words! {
    /// What removing a provider came to.
    #[non_exhaustive]
    pub enum ProviderRemoveResult: "result of removing a provider" {
        /// It is gone.
        Removed = "removed",
        /// Keys are stored for it, and nothing was changed.
        InUse = "in_use",
        /// It was not there.
        Unchanged = "unchanged",
        /// There was never one of this name.
        Unknown = "unknown",
    }
}

/// The result of removing a provider.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProviderRemoval {
    /// What it came to.
    pub result: ProviderRemoveResult,
    /// The keys that are stored for it.
    pub keys: i64,
}

impl Database {
    /// Adds or changes a provider.
    pub async fn put_provider(
        &mut self,
        id: &ProviderId,
        definition: &Value,
        private: bool,
    ) -> Result<ProviderPutResult> {
        sqlx::query_scalar!(
            r#"select byok_api.provider_put($1, $2, $3) as "result!: ProviderPutResult""#,
            id.as_str(),
            definition,
            private
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Removes a provider, unless keys are stored for it.
    pub async fn remove_provider(&mut self, id: &ProviderId) -> Result<ProviderRemoval> {
        sqlx::query_as!(
            ProviderRemoval,
            r#"select result as "result!: ProviderRemoveResult", keys as "keys!" from byok_api.provider_remove($1)"#,
            id.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// The providers that admins added: one of them, or all.
    pub async fn providers(&mut self, id: Option<&ProviderId>) -> Result<Vec<PrivateProvider>> {
        sqlx::query_as!(
            PrivateProvider,
            r#"select provider as "provider!", definition as "definition!", allow_private as "allow_private!",
                      created_at as "created_at!", created_by as "created_by!"
               from byok_api.provider_list($1)"#,
            id.map(ProviderId::as_str)
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
