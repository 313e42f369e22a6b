//! Routes: which provider serves a capability.

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
        /// There was never one of this name.
        Unknown = "unknown",
    }
}

/// A route.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Route {
    /// The capability.
    pub capability: ListedWord<Capability>,
    /// The language. It is empty in the route for all other languages.
    pub language: String,
    /// The provider that serves it.
    pub provider: String,
    /// When it was set.
    pub set_at: OffsetDateTime,
    /// The login that set it.
    pub set_by: String,
}

/// The result of a change of a route.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RouteChange {
    /// What it came to.
    pub result: RouteResult,
    /// The previous provider.
    pub previous: Option<String>,
}

impl Database {
    /// Routes a capability to a provider, or to none. The language is empty for all languages without a route of their
    /// own.
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
