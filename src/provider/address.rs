//! Which addresses a key may be sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses are allowed, by who named the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The vendor's own hosts, from the catalog.
    Vendor,
    /// A host that an admin named: public addresses only, checked after the name was looked up.
    Public,
    /// A host that an admin named and allowed to be private, down to this machine.
    Private,
}

/// Why an address cannot be a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an address at all, or with a password, a query or a fragment.
    #[error("this is not a web address of the form https://host/path")]
    Malformed,
    /// In clear.
    #[error("keys are sent over https only; http is for this machine's own addresses")]
    NotHttps,
    /// Inside a network.
    #[error("this is a private address")]
    Private,
}

/// Checks an address that a person gave, as far as that goes without asking for its name.
pub fn check_base_url(url: &str, allow_private: bool) -> Result<(), BaseUrlError> {
    let (scheme, rest) = url.split_once("://").ok_or(BaseUrlError::Malformed)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || "@?#{}\"\\<>".contains(letter);
    if authority.is_empty() || url.contains(odd) || url.len() > 300 || url.ends_with('/') {
        return Err(BaseUrlError::Malformed);
    }
    let host = host_of(authority).filter(|host| !is_odd_number(host)).ok_or(BaseUrlError::Malformed)?;
    match scheme {
        "https" => {}
        "http" if is_loopback_host(host) => {}
        "http" => return Err(BaseUrlError::NotHttps),
        _ => return Err(BaseUrlError::Malformed),
    }
    if !allow_private && is_plainly_private(host) {
        return Err(BaseUrlError::Private);
    }
    Ok(())
}

/// The host before a port that is a number.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inner, after) = rest.split_once(']')?;
            inner.parse::<Ipv6Addr>().ok()?;
            (&authority[..inner.len() + 2], after.strip_prefix(':').or(after.is_empty().then_some("1"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "1")),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_[:]".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(host)
}

pub(crate) fn is_loopback_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || literal(host).is_some_and(|address| address.is_loopback())
}

pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// An IPv4 address in a spelling of which every program makes another one: decimal, octal, hexadecimal, shortened.
fn is_odd_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.to_ascii_lowercase().starts_with("0x");
    number && literal(host).is_none()
}

/// Whether a host is inside a network by its name or address alone.
pub(crate) fn is_plainly_private(host: &str) -> bool {
    const ZONES: [&str; 5] = ["localhost", "local", "internal", "intranet", "home.arpa"];
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let below = |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match literal(&name) {
        Some(address) => !is_public(address),
        None => is_odd_number(host) || ZONES.iter().any(|zone| below(zone)),
    }
}

/// Whether an address is out on the internet: not private, not of this machine, not a cloud's metadata service.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // Global unicast is 2000::/3; documentation and ORCHID stand inside it.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && (address.segments()[1] < 0x200 || address.segments()[1] == 0xdb8))
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, NAT64, 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let last = || Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] if s[6] != 0 => Some(last()),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(last()),
        [0x2002, ..] => Some(Ipv4Addr::from((u32::from(s[1]) << 16) | u32::from(s[2]))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_a_network_are_not_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.192",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
        for text in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
    }

    #[test]
    fn a_base_url_is_https_and_public_unless_an_admin_allows_more() {
        for good in ["https://gateway.example.org", "https://gateway.example.org:8443/v1", "https://9.9.9.9/v1"] {
            assert_eq!(check_base_url(good, false), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("gateway.example.org", BaseUrlError::Malformed),
            ("file:///etc/passwd", BaseUrlError::Malformed),
            ("ftp://gateway.example.org", BaseUrlError::Malformed),
            ("https://user:pw@gateway.example.org", BaseUrlError::Malformed),
            ("https://gateway.example.org/?a=b", BaseUrlError::Malformed),
            ("https://gateway.example.org/", BaseUrlError::Malformed),
            ("https://gateway.example.org:port", BaseUrlError::Malformed),
            ("https://gateway.example.org:0", BaseUrlError::Malformed),
            ("https://[::1", BaseUrlError::Malformed),
            ("https://gäteway.example.org", BaseUrlError::Malformed),
            ("https://{region}.example.org", BaseUrlError::Malformed),
            ("http://gateway.example.org", BaseUrlError::NotHttps),
            ("http://169.254.169.254/latest", BaseUrlError::NotHttps),
            ("https://169.254.169.254/latest", BaseUrlError::Private),
            ("https://[::1]/v1", BaseUrlError::Private),
            ("http://127.0.0.1:4000", BaseUrlError::Private),
            ("https://localhost", BaseUrlError::Private),
            ("https://LOCALHOST.", BaseUrlError::Private),
            ("https://a.localhost", BaseUrlError::Private),
            ("https://metadata.google.internal", BaseUrlError::Private),
            ("https://127.0.0.1.", BaseUrlError::Malformed),
            ("https://2130706433", BaseUrlError::Malformed),
            ("https://0x7f000001", BaseUrlError::Malformed),
            ("https://0x7f.1", BaseUrlError::Malformed),
            ("https://0177.0.0.1", BaseUrlError::Malformed),
            ("https://127.1", BaseUrlError::Malformed),
            ("https://[::ffff:127.0.0.1]", BaseUrlError::Private),
            ("https://[::ffff:a9fe:a9fe]", BaseUrlError::Private),
        ] {
            assert_eq!(check_base_url(bad, false), Err(why), "{bad}");
        }
        for good in ["http://127.0.0.1:4000/v1", "http://localhost:4000", "http://[::1]:4000", "https://10.0.0.8/v1"] {
            assert_eq!(check_base_url(good, true), Ok(()), "{good}");
        }
        assert_eq!(check_base_url("http://10.0.0.8/v1", true), Err(BaseUrlError::NotHttps));
    }
}
