//! Ends open transactions of a login, and lists warnings about the roles of the server.

use super::Database;
use crate::error::{Blocker, BlockerOutcome, Error, Result, Subject};
use crate::name::{Login, OrgId};
use crate::word::words;

words! {
    /// What about the roles of the server is to be known.
    #[non_exhaustive]
    pub enum WarningCode: "warning about roles" {
        /// A login can become the owner of the functions.
        BecomesDefiner = "becomes_definer",
        /// A group role of byok is more than a group.
        LoginGroup = "login_group",
        /// A login holds roles by a grant of somebody else, which byok cannot take back.
        ForeignGrant = "foreign_grant",
        /// A login with a service role is a superuser.
        Superuser = "superuser",
        /// Something that runs for byok is somebody else's.
        ForeignOwner = "foreign_owner",
        /// pgcrypto was dropped.
        NoPgcrypto = "no_pgcrypto",
        /// A login owns pgcrypto, and may drop it.
        OwnsPgcrypto = "owns_pgcrypto",
        /// A login left a prepared transaction.
        Prepared = "prepared",
        /// The functions may not end sessions.
        NoSignal = "no_signal",
        /// The functions may not make logins.
        NoCreaterole = "no_createrole",
    }
}

/// A warning about the roles of the server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Warning {
    /// What it is.
    pub code: WarningCode,
    /// The login that the warning is about.
    pub login: Option<String>,
    /// Details, such as the statement that a database administrator should run.
    pub detail: Option<String>,
}

impl Database {
    /// Ends the open transactions of a login that lost a right: it is no longer an owner of this organization, or,
    /// without an organization, it lost a service role. A transaction is listed and not ended if this database does not
    /// know that the login lost a right.
    pub async fn end_sessions(&mut self, org: Option<&OrgId>, login: &Login) -> Result<Vec<Blocker>> {
        let rows = sqlx::query!(
            r#"select pid, prepared, since, outcome as "outcome!: BlockerOutcome", database from byok_api.session_end($1, $2)"#,
            org.map_or("", OrgId::as_str),
            login.as_str()
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let ended = rows.into_iter().map(|row| Blocker {
            login: Some(login.to_string()),
            pid: row.pid,
            prepared: row.prepared,
            since: row.since,
            outcome: row.outcome,
            database: row.database,
        });
        Ok(ended.collect())
    }

    /// The warnings about the roles of this server. Admins and auditors may read them.
    pub async fn warnings(&mut self) -> Result<Vec<Warning>> {
        sqlx::query_as!(Warning, r#"select code as "code!: WarningCode", login, detail from byok_api.warnings()"#)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}
