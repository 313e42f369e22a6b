//! Logins that are made here, and the service roles that they may have.

use super::{Database, Role};
use crate::crypto::scram;
use crate::error::{Error, Result, Subject};
use crate::name::{Login, OrgId};
use crate::secret::SecretText;

/// What a login may do for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceRole {
    /// Enables organizations, names owners, keeps the platform's keys.
    Admin,
    /// Resolves requests and opens keys, for the servers of the platform.
    Resolver,
    /// Sees everything that is no secret, and the audit log.
    Auditor,
}

impl ServiceRole {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Resolver => "resolver",
            Self::Auditor => "auditor",
        }
    }
}

/// A login that holds a service role itself.
#[derive(Clone, Debug)]
pub struct RoleHolder {
    /// The login, or a group of logins.
    pub login: String,
    /// `admin`, `resolver` or `auditor`.
    pub role: String,
    /// False for a group.
    pub can_login: bool,
}

impl Database {
    /// Makes a login with that password, and a member of it in the same statement. The server is told a verifier alone.
    pub async fn create_member(
        &mut self,
        org: &OrgId,
        login: &Login,
        (role, password): (Role, &SecretText),
    ) -> Result<String> {
        self.member_add(org, login, (role, Some(&verifier(password)?))).await
    }

    /// Makes a login with that password, and gives it a service role in the same statement.
    pub async fn create_service(&mut self, login: &Login, role: ServiceRole, password: &SecretText) -> Result<String> {
        self.role_grant(login, role, Some(&verifier(password)?)).await
    }

    /// Gives a service role: `granted` or `unchanged`.
    pub async fn grant_role(&mut self, login: &Login, role: ServiceRole) -> Result<String> {
        self.role_grant(login, role, None).await
    }

    async fn role_grant(&mut self, login: &Login, role: ServiceRole, verifier: Option<&str>) -> Result<String> {
        sqlx::query_scalar!(
            r#"select result as "result!" from byok_api.role_grant($1, $2, $3)"#,
            role.as_str(),
            login.as_str(),
            verifier
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(login))
    }

    /// Takes a service role: `revoked` or `unchanged`.
    pub async fn revoke_role(&mut self, login: &Login, role: ServiceRole) -> Result<String> {
        sqlx::query_scalar!(
            r#"select result as "result!" from byok_api.role_revoke($1, $2)"#,
            role.as_str(),
            login.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(login))
    }

    /// Who holds which service role.
    pub async fn role_holders(&mut self) -> Result<Vec<RoleHolder>> {
        sqlx::query_as!(
            RoleHolder,
            r#"select login as "login!", role as "role!", can_login as "can_login!" from byok_api.role_list()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}

fn verifier(password: &SecretText) -> Result<String> {
    scram::verifier(password).map_err(|_| Error::NoRandomness)
}
