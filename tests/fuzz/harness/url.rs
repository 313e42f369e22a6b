//! Connection strings: a refusal and everything that is shown keep the password, and the string for another login keeps the
//! place.

use byok::admin::DatabaseUrl;
use byok::name::Login;
use byok::secret::SecretText;

use super::input::{CANARY, Input, assert_silent, has_canary, with_canary};

/// Any text, and a URL made of parts.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (mode, mark) = (input.byte(), input.byte());
    if mode & 1 == 0 {
        let text = input.text();
        read(&text, &input.text());
        if let Err(error) = DatabaseUrl::parse(SecretText::new(with_canary(&text, mark))) {
            assert_silent(&format!("{error} {error:?}"));
        }
    } else {
        parts(&mut input, mode);
    }
}

fn read(text: &str, login: &str) {
    let Ok(url) = DatabaseUrl::parse(SecretText::new(text.to_owned())) else { return };
    let asked = ["sslmode", "ssl-mode", "%"].into_iter().any(|part| text.contains(part));
    assert!(asked || url.weakness().is_none(), "verified unless the string asks for less: {text}");
    let Ok(login) = login.parse::<Login>() else { return };
    let password = format!("{CANARY}&+%20@/:");
    let handed = url.with_login(&login, &SecretText::new(password.clone())).expect("a string for another login");
    let other = DatabaseUrl::parse(SecretText::new(handed.expose().to_owned()));
    let other = other.unwrap_or_else(|_| panic!("{text} {}", handed.expose()));
    let (was, is) = (url.host(), other.host());
    assert_eq!((&is.host, is.port, &is.database, is.local), (&was.host, was.port, &was.database, was.local), "{text}");
    assert_eq!(is.login, login.as_str(), "{text}");
    assert_eq!(other.weakness(), url.weakness(), "{text}");
    assert!(other.has_password() && other.password().is_some_and(|it| it.expose() == password), "{text}");
    assert!(url.handed_over(&login, &handed).is_some());
    if !has_canary(&format!("{text} {login}")) {
        assert_silent(&format!("{} {other:?}", other.host()));
    }
}

/// A password in every place where one can stand.
fn parts(input: &mut Input<'_>, mode: u8) {
    let [user, before, host, rest] = std::array::from_fn(|_| input.text());
    let secret = format!("{before}{CANARY}");
    let text = if mode & 2 == 0 {
        format!("postgres://{user}:{secret}@{host}/{rest}")
    } else {
        format!("postgres://{user}@{host}/db?password={secret}&{rest}")
    };
    match DatabaseUrl::parse(SecretText::new(text.clone())) {
        Ok(url) => {
            let odd = format!("{user}{before}{host}").contains(['/', '?', '#', '@', ':', '\\', '&']);
            let plain = !odd && !has_canary(&format!("{user}{host}{rest}"));
            assert!(!plain || url.has_password(), "{text}");
            assert!(!plain || !format!("{} {url:?}", url.host()).contains(CANARY), "{text}");
            let login = "ada".parse().expect("a login");
            let handed = url.with_login(&login, &SecretText::new("pw".into())).expect("a string for another login");
            assert!(!plain || !handed.expose().contains(CANARY), "{text} {}", handed.expose());
        }
        Err(error) => assert_silent(&format!("{error} {error:?}")),
    }
}
