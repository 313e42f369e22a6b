//! `HTTPS_PROXY` and `NO_PROXY`: an address that is used is one, its password is never shown, and this machine is always
//! reached directly.

use byok::probe::door::way_of;

use super::input::{CANARY, Input, assert_silent, has_canary, with_canary};

/// A proxy, the exceptions from it, and a host.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (mark, proxy, except, host) = (input.byte(), input.text(), input.text(), input.text());
    let way = way_of(&proxy, &except, &host);
    for own in ["localhost", "127.0.0.1", "[::1]"] {
        assert!(!matches!(way_of(&proxy, &except, own), Ok(Some(_))), "{own}");
    }
    if let Ok(Some(shown)) = &way {
        assert!(!shown.contains('@') && !except.split([',', ' ']).any(|it| it == "*"));
        assert_eq!(way_of(&proxy, "", &host), way);
    }
    if [&proxy, &except, &host].into_iter().any(|text| has_canary(text)) {
        return;
    }
    if let Err(error) = way_of(&with_canary(&proxy, mark), &except, &host) {
        assert_silent(&error);
    }
    let password = format!("http://user:{CANARY}@{}", proxy.trim_start_matches("http://"));
    match way_of(&password, &except, &host) {
        Ok(shown) => assert_silent(shown.as_deref().unwrap_or_default()),
        Err(error) => assert_silent(&error),
    }
}
