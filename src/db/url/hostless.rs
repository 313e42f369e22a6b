//! Connection strings whose host is not at its usual place, as libpq takes them: `postgres://login@/database?host=/run/postgresql`.

use zeroize::Zeroizing;

/// The same string with login, password and port as parameters, if its host is a parameter and its usual place is empty. The URL
/// parser takes no login without a host.
pub(super) fn in_parameters(text: &str) -> Option<Zeroizing<String>> {
    let (scheme, rest) = text.split_once("://")?;
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (login, place) = authority.rsplit_once('@')?;
    let port = match place.strip_prefix(':') {
        None if place.is_empty() => "",
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port,
        _ => return None,
    };
    let (login, password) = login.split_once(':').map_or((login, None), |(login, password)| (login, Some(password)));
    let (path, fragment) = behind.split_once('#').map_or((behind, None), |(path, fragment)| (path, Some(fragment)));
    let (path, query) = path.split_once('?')?;
    // Without any host it is a string that was cut off, or one with a variable in it that was not set.
    if !query.split('&').any(|pair| pair.starts_with("host=") || pair.starts_with("hostaddr=")) {
        return None;
    }
    // It holds the password, so it is made once, and never grows.
    let mut whole = Zeroizing::new(String::with_capacity(3 * text.len() + 64));
    whole.extend([scheme, "://", if path.is_empty() { "/" } else { path }, "?", query]);
    let named = [("user", Some(login)), ("password", password), ("port", Some(port))];
    for (name, value) in named {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let gap = if whole.ends_with('?') { "" } else { "&" };
            whole.extend([gap, name, "="]);
            value.chars().for_each(|letter| match letter {
                '+' => whole.push_str("%2B"),
                '&' => whole.push_str("%26"),
                letter => whole.push(letter),
            });
        }
    }
    if let Some(fragment) = fragment {
        whole.extend(["#", fragment]);
    }
    Some(whole)
}
