//! Which addresses a key may be sent to.

mod special;

use std::net::{IpAddr, Ipv6Addr};

use serde::Deserialize;

/// Which addresses are allowed, depending on who named the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The vendor's own hosts, from the catalog.
    Vendor,
    /// A host that an admin named. Only public addresses are allowed, checked after the name was resolved.
    Public,
    /// A host that an admin named, and for which private addresses are allowed, including this machine.
    Private,
}

/// Why an address cannot be a provider's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Not an address at all.
    #[error("this is not a web address of the form https://host/path")]
    Malformed,
    /// Only a part of one.
    #[error("a web address begins with https://")]
    NoScheme,
    /// With a name or a password before the host.
    #[error("an address contains no name and no password")]
    Credentials,
    /// With more than the place.
    #[error("a base URL has no `?` and no `#`")]
    Query,
    /// Ends with one.
    #[error("a base URL has no slash at its end")]
    Slash,
    /// It does not use https.
    #[error("keys are sent over https only; http is allowed for addresses of this machine")]
    NotHttps,
    /// It is a private address, of the named kind.
    #[error("this is not on the public internet: {0}")]
    Private(&'static str),
}

/// A variable for the address of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressVariable {
    /// Its name.
    pub name: String,
    /// What stands before the part of the address that the variable takes.
    #[serde(default)]
    pub before: String,
    /// What stands after it.
    #[serde(default)]
    pub after: String,
}

impl AddressVariable {
    /// The value for an address.
    pub fn value<'u>(&self, url: &'u str) -> &'u str {
        let part = url.strip_prefix(self.before.as_str()).and_then(|rest| rest.strip_suffix(self.after.as_str()));
        part.unwrap_or(url)
    }

    /// Whether programs expect an address in a variable of this name.
    pub(super) fn is_usual(&self) -> bool {
        let ends = ["_BASE_URL", "_BASE_DOMAIN", "_ENDPOINT"].iter().any(|end| self.name.ends_with(end));
        ends && self.name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    }
}

/// Checks an address that a user gave, without resolving its name.
pub fn check_base_url(url: &str, allow_private: bool) -> Result<(), BaseUrlError> {
    let (scheme, rest) = url.split_once("://").ok_or(BaseUrlError::NoScheme)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match () {
        () if authority.contains('@') => return Err(BaseUrlError::Credentials),
        () if rest.contains(['?', '#']) => return Err(BaseUrlError::Query),
        () if !authority.is_empty() && rest.ends_with('/') => return Err(BaseUrlError::Slash),
        () => {}
    }
    // What an address may consist of, without what begins a query, a fragment or a password.
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%/[]".contains(letter);
    if authority.is_empty()
        || !url.chars().all(plain)
        || rest[authority.len()..].contains(['[', ']'])
        || url.len() > 300
    {
        return Err(BaseUrlError::Malformed);
    }
    let host = host_of(authority).filter(|host| !is_odd_number(host)).ok_or(BaseUrlError::Malformed)?;
    match scheme {
        "https" => {}
        "http" if is_loopback_host(host) => {}
        "http" => return Err(BaseUrlError::NotHttps),
        _ => return Err(BaseUrlError::Malformed),
    }
    match plainly_private(host) {
        Some(what) if !allow_private => Err(BaseUrlError::Private(what)),
        _ => Ok(()),
    }
}

/// A base URL in the form in which it is stored: from what a person pasted, without spaces around it, capitals in the host,
/// slashes at its end, and the path of a request to an OpenAI-compatible server.
pub fn tidy_base_url(typed: &str) -> String {
    const REQUESTS: [&str; 5] = ["/chat/completions", "/completions", "/responses", "/embeddings", "/models"];
    let typed = typed.trim();
    let Some((scheme, rest)) = typed.split_once("://") else { return typed.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // What stands before an `@` is not a host, and is refused.
    let host = if host.contains('@') { host.to_owned() } else { host.to_ascii_lowercase() };
    let mut path = path.trim_end_matches('/');
    for request in REQUESTS {
        path = path.strip_suffix(request).unwrap_or(path).trim_end_matches('/');
    }
    format!("{}://{host}{path}", scheme.to_ascii_lowercase())
}

/// The host of an address of the catalog.
pub(super) fn host_in(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next().unwrap_or_default()
}

/// The host before a port that is a number.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inner, after) = rest.split_once(']')?;
            inner.parse::<Ipv6Addr>().ok()?;
            (&authority[..inner.len() + 2], after.strip_prefix(':').or(after.is_empty().then_some("1"))?)
        }
        None if authority.contains(['[', ']']) => return None,
        None => authority.split_once(':').unwrap_or((authority, "1")),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[:]".contains(&byte);
    let whole = !host.is_empty() && !host.starts_with('.') && !host.contains("..");
    (whole && host.bytes().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(host)
}

pub(crate) fn is_loopback_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || literal(host).is_some_and(|address| address.is_loopback())
}

pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether this is an IPv4 address in an unusual spelling, which programs read differently: decimal, octal,
/// hexadecimal, shortened.
fn is_odd_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.to_ascii_lowercase().starts_with("0x");
    number && literal(host).is_none()
}

/// Why a host is private, judged by its name or address alone.
pub(crate) fn plainly_private(host: &str) -> Option<&'static str> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match literal(&name) {
        Some(address) => special(address),
        None if is_odd_number(host) => Some("an address in an odd spelling"),
        None => special::is_inner_name(&name).then_some("a name of an inner network"),
    }
}

/// Whether an address is public: not private, not of this machine, not a metadata service of a cloud.
#[cfg(any(test, feature = "test-keys"))]
pub(crate) fn is_public(address: IpAddr) -> bool {
    special(address).is_none()
}

/// The kind of an address that is not public.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special::of_v4(address),
        IpAddr::V6(address) => special::of_v6(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: BaseUrlError = BaseUrlError::Private("");

    #[test]
    fn what_the_client_could_not_ask_is_no_address() {
        for bad in ["https://]", "https://a[1]", "https://a/[b]", "https://a/`b", "https://a/ä", "https://a/^b"] {
            assert_eq!(check_base_url(bad, true), Err(BaseUrlError::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_base_url_is_taken_as_it_is_pasted() {
        for typed in [
            "https://gw.example.org/v1/",
            " https://gw.example.org/v1 ",
            "HTTPS://GW.Example.org/v1//",
            "https://gw.example.org/v1/chat/completions",
            "https://gw.example.org/v1/models/",
        ] {
            assert_eq!(tidy_base_url(typed), "https://gw.example.org/v1", "{typed}");
        }
        assert_eq!(tidy_base_url("https://gw.example.org/"), "https://gw.example.org");
        assert_eq!(tidy_base_url("https://gw.example.org/Team/V1"), "https://gw.example.org/Team/V1");
        assert_eq!(tidy_base_url("gw.example.org/"), "gw.example.org/");
    }

    #[test]
    fn a_base_url_is_https_and_public_unless_an_admin_allows_more() {
        for good in ["https://gateway.example.org", "https://gateway.example.org:8443/v1", "https://9.9.9.9/v1"] {
            assert_eq!(check_base_url(good, false), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("gateway.example.org", BaseUrlError::NoScheme),
            ("file:///etc/passwd", BaseUrlError::Malformed),
            ("ftp://gateway.example.org", BaseUrlError::Malformed),
            ("https://user:pw@gateway.example.org", BaseUrlError::Credentials),
            ("https://gateway.example.org/?a=b", BaseUrlError::Query),
            ("https://gateway.example.org?a=b", BaseUrlError::Query),
            ("https://gateway.example.org/#a", BaseUrlError::Query),
            ("https://gateway.example.org/", BaseUrlError::Slash),
            ("https:///", BaseUrlError::Malformed),
            ("https://gateway.example.org:port", BaseUrlError::Malformed),
            ("https://gateway.example.org:0", BaseUrlError::Malformed),
            ("https://[::1", BaseUrlError::Malformed),
            ("https://gäteway.example.org", BaseUrlError::Malformed),
            ("https://{region}.example.org", BaseUrlError::Malformed),
            ("http://gateway.example.org", BaseUrlError::NotHttps),
            ("http://169.254.169.254/latest", BaseUrlError::NotHttps),
            ("https://169.254.169.254/latest", PRIVATE),
            ("https://[::1]/v1", PRIVATE),
            ("http://127.0.0.1:4000", PRIVATE),
            ("https://localhost", PRIVATE),
            ("https://LOCALHOST.", PRIVATE),
            ("https://a.localhost", PRIVATE),
            ("https://metadata.google.internal", PRIVATE),
            ("https://127.0.0.1.", BaseUrlError::Malformed),
            ("https://2130706433", BaseUrlError::Malformed),
            ("https://0x7f000001", BaseUrlError::Malformed),
            ("https://0x7f.1", BaseUrlError::Malformed),
            ("https://0177.0.0.1", BaseUrlError::Malformed),
            ("https://127.1", BaseUrlError::Malformed),
            ("https://[::ffff:127.0.0.1]", PRIVATE),
            ("https://[::ffff:a9fe:a9fe]", PRIVATE),
            ("https://168.63.129.16", PRIVATE),
            ("https://[3fff::1]/v1", PRIVATE),
            ("https://metadata", PRIVATE),
            ("https://metadata.goog./v1", PRIVATE),
            ("https://[fd00:ec2::254%25eth0]", BaseUrlError::Malformed),
            ("https://gateway.example.org..", BaseUrlError::Malformed),
        ] {
            let found = check_base_url(bad, false).expect_err(bad);
            assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&why), "{bad}: {found}");
        }
        for good in ["http://127.0.0.1:4000/v1", "http://localhost:4000", "http://[::1]:4000", "https://10.0.0.8/v1"] {
            assert_eq!(check_base_url(good, true), Ok(()), "{good}");
        }
        assert_eq!(check_base_url("http://10.0.0.8/v1", true), Err(BaseUrlError::NotHttps));
    }
}
