//! Logins that are made here, and the service roles that they may have.

use super::org::NewMember;
use super::{Database, MemberAddResult, Role};
use crate::crypto::scram;
use crate::error::{Blocker, Error, Result, Subject};
use crate::name::{Login, OrgId};
use crate::secret::SecretText;
use crate::word::words;

words! {
    /// What a login may do for the platform.
    #[non_exhaustive]
    pub enum ServiceRole: "service role" {
        /// Enables organizations, names owners, keeps the platform's keys.
        Admin = "admin",
        /// Resolves requests and opens keys, for the servers of the platform.
        Resolver = "resolver",
        /// Sees everything that is no secret, and the audit log.
        Auditor = "auditor",
    }
}

words! {
    /// What giving a service role did.
    #[non_exhaustive]
    pub enum RoleGrantResult: "result of granting a role" {
        /// The login has it now.
        Granted = "granted",
        /// It had it before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What taking a service role did.
    #[non_exhaustive]
    pub enum RoleRevokeResult: "result of revoking a role" {
        /// The login has it no more.
        Revoked = "revoked",
        /// It did not have it.
        Unchanged = "unchanged",
    }
}

/// A login that holds a service role itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RoleHolder {
    /// The login, or a group of logins.
    pub login: String,
    /// What it may do.
    pub role: ServiceRole,
    /// False for a group.
    pub can_login: bool,
}

/// What taking a service role did.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// Whether it had the role.
    pub result: RoleRevokeResult,
    /// Sessions of the login that held this up, and were ended: from PostgreSQL 16 on a grant that is not committed locks the role.
    pub ended: Vec<Blocker>,
}

impl Database {
    /// Makes a login with that password, and a member of it in the same statement. The server is told a verifier alone.
    pub async fn create_member(
        &mut self,
        org: &OrgId,
        login: &Login,
        role: Role,
        password: &SecretText,
    ) -> Result<MemberAddResult> {
        self.member_add(org, login, NewMember { role, verifier: Some(&verifier(password)?) }).await
    }

    /// Makes a login with that password, and gives it a service role in the same statement.
    pub async fn create_service(
        &mut self,
        login: &Login,
        role: ServiceRole,
        password: &SecretText,
    ) -> Result<RoleGrantResult> {
        self.role_grant(login, role, Some(&verifier(password)?)).await
    }

    /// Gives a service role.
    pub async fn grant_role(&mut self, login: &Login, role: ServiceRole) -> Result<RoleGrantResult> {
        self.role_grant(login, role, None).await
    }

    async fn role_grant(
        &mut self,
        login: &Login,
        role: ServiceRole,
        verifier: Option<&str>,
    ) -> Result<RoleGrantResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: RoleGrantResult" from byok_api.role_grant($1, $2, $3)"#,
            role.as_str(),
            login.as_str(),
            verifier
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(login))
    }

    /// Takes a service role.
    pub async fn revoke_role(&mut self, login: &Login, role: ServiceRole) -> Result<Revoked> {
        let revoke = async |database: &mut Self| {
            sqlx::query_scalar!(
                r#"select result as "result!: RoleRevokeResult" from byok_api.role_revoke($1, $2)"#,
                role.as_str(),
                login.as_str()
            )
            .fetch_one(&mut database.connection)
            .await
            .map_err(Error::about_admin(login))
        };
        let (result, ended) = self.revoking(login, revoke).await?;
        Ok(Revoked { result, ended })
    }

    /// The logins of the server, as every login can see them.
    pub async fn logins(&mut self) -> Result<Vec<String>> {
        sqlx::query_scalar!(r#"select rolname::text as "login!" from pg_catalog.pg_roles where rolcanlogin"#)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// Who holds which service role.
    pub async fn role_holders(&mut self) -> Result<Vec<RoleHolder>> {
        sqlx::query_as!(
            RoleHolder,
            r#"select login as "login!", role as "role!: ServiceRole", can_login as "can_login!" from byok_api.role_list()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}

fn verifier(password: &SecretText) -> Result<String> {
    scram::verifier(password).map_err(|_| Error::NoRandomness)
}
