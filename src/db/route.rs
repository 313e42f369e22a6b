//! Which provider serves a capability.

use time::OffsetDateTime;

use super::Database;
use crate::error::{Error, Result, Subject};
use crate::name::ProviderId;
use crate::provider::Capability;
use crate::word::{ListedWord, words};

words! {
    /// What setting a route did.
    #[non_exhaustive]
    pub enum RouteResult: "result of setting a route" {
        /// There was none before.
        Created = "created",
        /// It was another before.
        Replaced = "replaced",
        /// It is gone.
        Removed = "removed",
        /// There was nothing to do.
        Unchanged = "unchanged",
    }
}

/// One capability's provider.
#[derive(Clone, Debug)]
pub struct Route {
    /// The capability.
    pub capability: ListedWord<Capability>,
    /// The language it is for; empty for every other one.
    pub language: String,
    /// The provider that serves it.
    pub provider: String,
    /// Since when.
    pub set_at: OffsetDateTime,
    /// By whom.
    pub set_by: String,
}

/// What a change of a route did.
#[derive(Clone, Debug)]
pub struct RouteChange {
    /// What it came to.
    pub result: RouteResult,
    /// The provider before.
    pub previous: Option<String>,
}

impl Database {
    /// Routes a capability, in one language or (empty) in every other, to a provider or to none.
    pub async fn set_route(
        &mut self,
        capability: Capability,
        language: &str,
        provider: Option<&ProviderId>,
    ) -> Result<RouteChange> {
        sqlx::query_as!(
            RouteChange,
            r#"select result as "result!: RouteResult", previous from byok_api.route_set($1, $2, $3)"#,
            capability.as_str(),
            language,
            provider.map(ProviderId::as_str)
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// All routes.
    pub async fn routes(&mut self) -> Result<Vec<Route>> {
        sqlx::query_as!(
            Route,
            r#"select capability as "capability!: ListedWord<Capability>", language as "language!", provider as "provider!", set_at as "set_at!",
                      set_by as "set_by!"
               from byok_api.route_list()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
