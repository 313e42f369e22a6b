//! Why a provider gave no answer.

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// Not within the time.
    Timeout,
    /// The name does not exist, or cannot be looked up.
    NoSuchHost,
    /// Nobody listens.
    Refused,
    /// No way there.
    NoRoute,
    /// No trusted certificate, or a broken handshake.
    Tls,
    /// The proxy is in the way.
    Proxy,
    /// The connection ended in the middle.
    Broken,
    /// An address to which keys are not sent.
    Blocked,
}

impl NoAnswer {
    pub(super) fn detail(self) -> &'static str {
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

    /// Whether asking again at once makes sense.
    pub(super) fn may_pass(self) -> bool {
        matches!(self, Self::Refused | Self::NoRoute | Self::Broken)
    }
}
