//! What a login may see, counted.

use super::Database;
use super::hello::hello;
use crate::error::{Error, Result, Subject};

/// Counts of what the login may see.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Organizations.
    pub orgs: i64,
    /// Those that are enabled.
    pub enabled: i64,
    /// Keys of organizations, in force.
    pub org_keys: i64,
    /// Platform keys; none for a login that may not see them.
    pub platform_keys: Option<i64>,
}

impl Database {
    /// Counts what this login may see.
    pub async fn summary(&mut self) -> Result<Summary> {
        sqlx::query_as!(
            Summary,
            r#"select orgs as "orgs!", enabled as "enabled!", org_keys as "org_keys!", platform_keys
               from byok_api.summary()"#
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Asks again who this is; after a change of the keyring.
    pub async fn refresh(&mut self) -> Result<()> {
        self.hello = hello(&mut self.connection).await?;
        Ok(())
    }
}
