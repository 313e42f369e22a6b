//! What the login may not do.

use super::Refusal;

/// A login may not do what it asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The organization or key does not exist, or the login has no right to it. The database does not say which of the
    /// two.
    #[error("{0} does not exist, or this login may not see or change it")]
    NotAllowed(Refusal),
    /// Only a platform admin or another service role may do this.
    #[error("the database login may not do this")]
    NoServiceRole(Refusal),
    /// The login has no role in byok at all.
    #[error("the database login has no role in byok: it is not a member of an organization and has no service role")]
    NoRole,
    /// Row security is off for this session, and the tables of byok are not read without it.
    #[error("row_security is off for this login or database, and byok needs it on")]
    RowSecurityOff,
    /// An installer lacks rights. The text has the statements that give them.
    #[error("the database login may not install byok; a superuser must first run: {0}")]
    MayNotInstall(String),
    /// The functions of the database may not create logins.
    #[error("byok may not create logins on this server: its role byok_definer has no CREATEROLE")]
    NoCreateRole,
    /// The role comes with another role, or the login is a superuser.
    #[error("login {0} still has the role, through another role or as a superuser")]
    RoleHeld(String),
    /// Another role granted this one, and only that role or a superuser can revoke it.
    #[error("login {login} still has the role, because byok did not grant it; a superuser can revoke it: {statements}")]
    RoleGrantedByOther {
        /// The login.
        login: String,
        /// The statements that a superuser runs.
        statements: String,
    },
    /// The platform's key would serve, but this login may only use the organization's own key.
    #[error("requests of {0} use the platform's key, and only a login with the role resolver may open it")]
    PlatformKeyOnly(String),
}
