//! Counts of what a login may see.

use super::Database;
use super::hello::hello;
use crate::error::{Error, Result, Subject};

/// Counts of what the login may see.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Organizations.
    pub orgs: i64,
    /// Enabled organizations.
    pub enabled: i64,
    /// Active keys of organizations.
    pub org_keys: i64,
    /// Those of them that cannot serve, because they have expired or do not open.
    pub dead_org_keys: i64,
    /// Platform keys. `None` if the login may not see them.
    pub platform_keys: Option<i64>,
    /// Those of them that cannot serve.
    pub dead_platform_keys: Option<i64>,
    /// Active keys of organizations whose latest use failed, as servers reported it.
    pub failing_org_keys: i64,
    /// The same of the platform. `None` if the login may not see them.
    pub failing_platform_keys: Option<i64>,
}

impl Database {
    /// Counts what this login may see.
    pub async fn summary(&mut self) -> Result<Summary> {
        sqlx::query_as!(
            Summary,
            r#"select orgs as "orgs!", enabled as "enabled!", org_keys as "org_keys!", dead_org_keys as "dead_org_keys!", platform_keys, dead_platform_keys,
                      failing_org_keys as "failing_org_keys!", failing_platform_keys
               from byok_api.summary()"#
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Reads again what the session knows, after a change of the master keys.
    pub async fn refresh(&mut self) -> Result<()> {
        self.hello = hello(&mut self.connection).await?;
        Ok(())
    }
}
