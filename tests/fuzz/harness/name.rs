//! Names, amounts, times and paths: what is read shows as it was typed, and a refusal repeats nothing.

use std::ffi::OsStr;
use std::fmt::Display;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::str::FromStr;

use byok::clock;
use byok::credits::{Credits, LARGEST, Operation, RequestId, Unit};
use byok::local::LocalDir;
use byok::name::{Holder, Login, OrgId, ProviderId};
use byok::provider::{Capability, Reach, check_base_url};

use super::input::{Input, assert_silent, with_canary};

/// Any text as each of them.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mark = input.byte();
    let raw = input.bytes();
    let text = String::from_utf8_lossy(raw).into_owned();
    exact::<OrgId>(&text, mark);
    exact::<ProviderId>(&text, mark);
    exact::<Login>(&text, mark);
    exact::<Operation>(&text, mark);
    exact::<RequestId>(&text, mark);
    exact::<Unit>(&text, mark);
    exact::<Capability>(&text, mark);
    if let Ok(org) = text.parse::<OrgId>() {
        assert!((1..=128).contains(&text.chars().count()) && Holder::Organization(org).as_str() == text);
    }
    amount(&text, mark);
    time(&text);
    address(&text);
    if let Ok(dir) = LocalDir::resolve(Some(Path::new(OsStr::from_bytes(raw)))) {
        assert!(dir.path().is_absolute() && dir.master_key_file().starts_with(dir.path()));
    }
}

fn exact<T: FromStr<Err: Display + std::fmt::Debug> + Display + PartialEq>(text: &str, mark: u8) {
    if let Ok(name) = text.parse::<T>() {
        assert_eq!(name.to_string(), text);
        assert!(!text.is_empty() && !text.contains(char::is_control));
    }
    if let Err(error) = with_canary(text, mark).parse::<T>() {
        assert_silent(&format!("{error} {error:?}"));
    }
}

fn amount(text: &str, mark: u8) {
    if let Ok(amount) = text.parse::<Credits>() {
        assert_eq!(amount.to_string().parse(), Ok(amount));
        assert!(amount <= LARGEST && -amount <= LARGEST);
        // Our own reading: the digits without the point are the micro-credits.
        let (whole, part) = text.trim_start_matches('-').split_once('.').unwrap_or((text.trim_start_matches('-'), ""));
        let digits = format!("{whole}{:0<6}", part.trim_end_matches('0'));
        assert_eq!(digits.parse::<i64>().expect("digits"), amount.micro().abs(), "{text}");
        assert!(text.starts_with('-') || amount.micro() >= 0);
    }
    assert!(!Credits::parse_positive(text).is_ok_and(|amount| amount.micro() <= 0));
    let error = with_canary(text, mark).parse::<Credits>().expect_err("no amount has letters");
    assert_silent(&format!("{error} {error:?}"));
}

fn time(text: &str) {
    if let Some(at) = clock::parse(text) {
        let shown = clock::rfc3339(at);
        assert!(!shown.is_empty(), "{text}");
        assert_eq!(clock::parse(&shown).map(clock::rfc3339), Some(shown), "{text}");
    }
}

fn address(text: &str) {
    for allow_private in [false, true] {
        if check_base_url(text, allow_private).is_ok() {
            let url: ureq::http::Uri = text.parse().expect("an address that is taken is one");
            let host = url.host().expect("a host");
            assert!(url.authority().is_some_and(|it| !it.as_str().contains('@')) && url.query().is_none());
            assert!(url.scheme_str() == Some("https") || allow_private, "{text}");
            let name = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
            if let Ok(address) = name.parse::<std::net::IpAddr>() {
                assert!(allow_private || !address.to_canonical().is_loopback(), "{text}");
            }
            assert!(allow_private || (name != "localhost" && !name.ends_with(".localhost")), "{text}");
        }
    }
    let _ = Reach::Public;
}
