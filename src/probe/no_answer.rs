//! Why a provider gave no answer.

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The time limit was reached.
    Timeout,
    /// The name does not exist, or cannot be looked up.
    NoSuchHost,
    /// The connection was refused.
    Refused,
    /// There is no route to the host.
    NoRoute,
    /// The certificate is not trusted, or the handshake failed.
    Tls,
    /// The proxy failed.
    Proxy,
    /// The connection ended in the middle.
    Broken,
    /// Keys are not sent to this address.
    Blocked,
}

impl NoAnswer {
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::NoSuchHost => "no_such_host",
            Self::Refused => "connection_refused",
            Self::NoRoute => "no_route",
            Self::Tls => "tls",
            Self::Proxy => "proxy",
            Self::Broken => "connection_lost",
            Self::Blocked => "blocked_address",
        }
    }

    /// Whether an immediate second attempt makes sense.
    pub(super) fn may_pass(self) -> bool {
        matches!(self, Self::Refused | Self::NoRoute | Self::Broken)
    }
}
