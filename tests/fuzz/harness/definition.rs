//! Definitions of providers: what is taken sends its key nowhere but below its own address, and can be asked for a test.

use byok::name::ProviderId;
use byok::probe::door::requests_of;
use byok::provider::{Catalog, check_base_url, definition_of_toml, read_private};
use byok::secret::{Credential, SecretText};
use serde_json::Value;

use super::input::{CANARY, Input, has_canary, with_canary};

/// A definition in TOML or JSON, and texts to put into it.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let mark = input.byte();
    let text = input.text();
    let definition =
        if flags & 1 == 0 { definition_of_toml(&text).ok() } else { serde_json::from_str::<Value>(&text).ok() };
    if flags & 2 != 0 {
        let _ = toml::from_str::<Catalog>(&text);
    }
    let silent = !has_canary(&text);
    if let Err(error) = definition_of_toml(&with_canary(&text, mark)) {
        assert!(!silent || !has_canary(&format!("{error} {error:?}")), "{error}");
    }
    let Some(mut definition) = definition else { return };
    let id: ProviderId = "gateway".parse().expect("an id");
    if definition.get("id").is_some() {
        definition["id"] = "gateway".into();
    }
    taken(&id, &definition, flags & 4 != 0, &input.text());
    let key = SecretText::new(format!("sk-{CANARY}"));
    let path = usize::from(mark);
    bend(&mut definition, path, &Value::String(key.expose().to_owned()));
    if let Err(error) = read_private(&id, &definition, false) {
        assert!(!silent || !has_canary(&error.to_string()), "{error}");
    }
}

fn taken(id: &ProviderId, definition: &Value, allow_private: bool, settings: &str) {
    let Ok(provider) = read_private(id, definition, allow_private) else { return };
    assert_eq!(provider.id, "gateway");
    assert_eq!(check_base_url(&provider.base_url, allow_private), Ok(()));
    let home: ureq::http::Uri = provider.base_url.parse().expect("a base URL that was taken is an address");
    let credential = Credential::single(provider.key_field(), SecretText::new(CANARY.into()));
    for settings in ["{}", settings] {
        let Ok(requests) = requests_of(&provider, &credential, settings, "m") else { continue };
        for (url, headers) in requests {
            assert_eq!(url.authority(), home.authority(), "{definition}");
            assert_eq!(url.scheme(), home.scheme(), "{definition}");
            assert!(headers.iter().all(|(_, value)| value.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
        }
    }
}

/// Puts something else into one place.
fn bend(value: &mut Value, at: usize, other: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let count = fields.len();
            if let Some((_, inner)) = fields.iter_mut().nth(at % count) {
                bend(inner, at / count, other);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            let count = elements.len();
            bend(&mut elements[at % count], at / count, other);
        }
        place => *place = other.clone(),
    }
}
