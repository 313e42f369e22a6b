//! What a statement was about, for the errors that name it.

use std::fmt;

use crate::name::{Holder, Login, OrgId, ProviderId};

/// What a statement was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Nothing but the login that asked.
    Login,
    /// An organization, or the platform.
    Holder(Holder),
    /// One key.
    Key(ProviderId, Holder),
    /// Another login, by its name.
    OtherLogin(Login),
}

impl Subject {
    /// The organization that it was about, as errors of credits name it; empty where it was about something else.
    pub(crate) fn org(&self) -> String {
        match self {
            Self::Holder(Holder::Organization(org)) | Self::Key(_, Holder::Organization(org)) => org.to_string(),
            other => other.to_string(),
        }
    }

    /// Whose it was, where it was about a holder or its key.
    pub(crate) fn holder(&self) -> Option<&Holder> {
        match self {
            Self::Holder(holder) | Self::Key(_, holder) => Some(holder),
            Self::Login | Self::OtherLogin(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login => Ok(()),
            Self::Holder(holder) => holder.fmt(out),
            Self::Key(provider, holder) => write!(out, "{provider} of {holder}"),
            Self::OtherLogin(login) => login.fmt(out),
        }
    }
}

impl From<&Holder> for Subject {
    fn from(holder: &Holder) -> Self {
        Self::Holder(holder.clone())
    }
}

impl From<&OrgId> for Subject {
    fn from(org: &OrgId) -> Self {
        Self::Holder(Holder::Organization(org.clone()))
    }
}

impl From<Option<&OrgId>> for Subject {
    fn from(org: Option<&OrgId>) -> Self {
        org.map_or(Self::Login, Self::from)
    }
}

impl From<(&ProviderId, &Holder)> for Subject {
    fn from((provider, holder): (&ProviderId, &Holder)) -> Self {
        Self::Key(provider.clone(), holder.clone())
    }
}

impl From<&Login> for Subject {
    fn from(login: &Login) -> Self {
        Self::OtherLogin(login.clone())
    }
}
