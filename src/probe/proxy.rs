//! Which proxy a request uses, and which hosts are reached directly.

use std::net::IpAddr;

use ureq::Proxy;

use crate::provider::address::{is_loopback_host, literal};
use crate::setting;

/// Why no test can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The configured proxy cannot be used. Going around it is not byok's decision.
    #[error("the proxy in {0} is not a usable address")]
    BadProxy(String),
}

/// Which proxy is used.
#[derive(Clone, Default)]
pub enum ProxyInUse {
    /// That of `HTTPS_PROXY`, `ALL_PROXY` or `HTTP_PROXY`, with `NO_PROXY`.
    #[default]
    Environment,
    /// This one.
    Named(String),
    /// None.
    None,
}

impl std::fmt::Debug for ProxyInUse {
    /// Without the address, which may contain a password.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Environment => "Environment",
            Self::Named(_) => "Named(***)",
            Self::None => "None",
        })
    }
}

/// The proxy, if there is one.
#[derive(Debug, Default)]
pub(super) struct ProxyRoute {
    pub(super) proxy: Option<Proxy>,
    /// The hosts that are reached directly, as in `NO_PROXY`.
    except: String,
}

impl ProxyRoute {
    pub(super) fn choose(wanted: &ProxyInUse) -> Result<Self, ProbeError> {
        match wanted {
            ProxyInUse::None => Ok(Self::default()),
            ProxyInUse::Named(url) => {
                let proxy = usable(url).ok_or_else(|| ProbeError::BadProxy("the option".into()))?;
                Ok(Self { proxy: Some(proxy), except: String::new() })
            }
            ProxyInUse::Environment => Self::of_environment(),
        }
    }

    #[cfg(feature = "test-server")]
    pub(super) fn with_exceptions(self, except: &str) -> Self {
        Self { except: except.to_owned(), ..self }
    }

    fn of_environment() -> Result<Self, ProbeError> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
        // As everywhere in this standard, an empty variable counts as unset.
        let set = |name: &&str| setting::bytes(name).is_some_and(|value| !value.is_empty());
        let text = |name| setting::text(name).map_err(|_| ProbeError::BadProxy(name.into()));
        let Some(name) = names.into_iter().find(set) else { return Ok(Self::default()) };
        let proxy = text(name)?.and_then(|value| usable(&value)).ok_or_else(|| ProbeError::BadProxy(name.into()))?;
        let except = ["NO_PROXY", "no_proxy"].into_iter().find(set).map(text).transpose()?.flatten();
        Ok(Self { proxy: Some(proxy), except: except.unwrap_or_default() })
    }

    /// Whether a host is reached directly. This machine always is.
    pub(super) fn is_direct(&self, host: &str) -> bool {
        is_loopback_host(host) || self.except.split([',', ' ']).any(|entry| covers(entry, host))
    }

    /// Host and port, without a password.
    pub(super) fn shown(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()))
    }
}

/// Whether the proxy speaks HTTP. With another kind, the client would go around it or fail.
fn usable(url: &str) -> Option<Proxy> {
    use ureq::ProxyProtocol::{Http, Https};
    let url = url.trim();
    let proxy = Proxy::new(url).ok()?;
    let named = !proxy.host().is_empty() && !url.contains(char::is_whitespace);
    (named && matches!(proxy.protocol(), Http | Https)).then_some(proxy)
}

/// Whether an entry of `NO_PROXY` matches a host: a name and the names below it, an address, or a range of addresses.
fn covers(entry: &str, host: &str) -> bool {
    let entry = entry.trim().to_ascii_lowercase();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Some(address) = literal(&host) {
        return entry == "*" || literal(&entry) == Some(address) || range(&entry).is_some_and(|it| it.holds(address));
    }
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    let below = || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    entry == "*" || (!name.is_empty() && (host == name || below()))
}

struct Range {
    first: IpAddr,
    bits: u32,
}

fn range(entry: &str) -> Option<Range> {
    let (first, bits) = entry.split_once('/')?;
    Some(Range { first: first.parse().ok()?, bits: bits.parse().ok()? })
}

impl Range {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) if self.bits <= 32 => {
                (first.to_bits() ^ address.to_bits()).checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) if self.bits <= 128 => {
                (first.to_bits() ^ address.to_bits()).checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_a_name_with_what_is_below_it_an_address_or_a_range() {
        for (entry, host) in [
            ("example.org", "example.org"),
            ("example.org", "a.b.EXAMPLE.org"),
            (".example.org", "a.example.org"),
            ("*.example.org", "a.example.org."),
            ("*", "anything.example.com"),
            ("10.0.0.8", "10.0.0.8"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("0.0.0.0/0", "8.8.8.8"),
            ("fd00::/8", "[fd12::1]"),
            ("[fd12::1]", "[fd12::1]"),
        ] {
            assert!(covers(entry, host), "{entry} {host}");
        }
        for (entry, host) in [
            ("", "example.org"),
            ("example.org", "badexample.org"),
            ("example.org", "example.org.evil.example.com"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/33", "10.0.0.0"),
            ("10.0.0.0/8", "10.example.org"),
            ("0.0.0", "10.0.0.0"),
            (".", "example.org"),
        ] {
            assert!(!covers(entry, host), "{entry} {host}");
        }
    }

    #[test]
    fn a_proxy_speaks_http_or_is_none() {
        for good in
            ["http://127.0.0.1:3128", "https://proxy.example.org", "proxy.example.org:8080", "http://u:p@[::1]:1"]
        {
            assert!(usable(good).is_some(), "{good}");
        }
        for bad in
            ["", " ", "socks5://127.0.0.1:1080", "socks4a://a:1", "ftp://a", "http://", "http://a b", "not a proxy"]
        {
            assert!(usable(bad).is_none(), "{bad}");
        }
    }
}
