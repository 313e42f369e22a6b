//! What the login may not do.

use super::Refusal;

/// A login may not do what it asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// Not this login's, or not there: the database says no more than that.
    #[error("{0} is not yours to see or change, or does not exist")]
    NotAllowed(Refusal),
    /// What only a platform admin may do, or another service role.
    #[error("the database login may not do this")]
    NoServiceRole(Refusal),
    /// The login has no role in byok at all, or not the one that this takes.
    #[error("the database login may not do this")]
    NoRole,
    /// The functions of the database may not make logins.
    #[error("byok may not create logins on this server: its role byok_definer has no CREATEROLE")]
    NoCreateRole,
    /// The role was given by somebody else, or comes with another one.
    #[error("{0} still has the role: somebody else gave it, it comes with another role, or it is a superuser's")]
    RoleHeld(String),
    /// The platform's key would serve, and this login may use the organization's own alone.
    #[error("the platform's key would serve {0}, and only the platform's servers may use it")]
    PlatformKeyOnly(String),
}
