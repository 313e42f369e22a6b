//! The subject of a statement, which its error names.

use std::fmt;

use crate::name::{Holder, Login, OrgId, ProviderId};

/// The subject of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Only the login that runs the statement.
    Login,
    /// An organization, or the platform.
    Holder(Holder),
    /// One key.
    Key(ProviderId, Holder),
    /// Another login.
    OtherLogin(Login),
}

impl Subject {
    /// The organization, as errors about credits name it. For other subjects it is their text.
    pub(crate) fn org(&self) -> String {
        match self {
            Self::Holder(Holder::Organization(org)) | Self::Key(_, Holder::Organization(org)) => org.to_string(),
            other => other.to_string(),
        }
    }

    /// The holder, if the subject is a holder or a key.
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
            Self::Key(provider, holder) => write!(out, "{provider} key of {holder}"),
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

impl From<&Login> for Subject {
    fn from(login: &Login) -> Self {
        Self::OtherLogin(login.clone())
    }
}
