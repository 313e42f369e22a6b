//! Requests of the catalog's providers: whatever a row's settings and a credential hold, the key goes to the vendor's hosts
//! (or to an endpoint of the shape that the catalog asks for), and nothing leaves its header.

use byok::probe::door::requests_of;
use byok::provider::{Catalog, Provider};
use byok::secret::{Credential, SecretText};
use serde_json::Value;

use super::input::Input;

/// A provider, its settings as a row has them, the fields of the credential, and a model.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let provider = input.choose(Catalog::builtin().providers());
    let (settings, model) = (input.text(), input.text());
    let mut credential = Credential::single(provider.key_field(), SecretText::new(input.text()));
    while !input.is_empty() {
        credential.insert(&input.text(), SecretText::new(input.text()));
    }
    let Ok(requests) = requests_of(provider, &credential, &settings, &model) else { return };
    for (url, headers) in requests {
        let host = url.host().expect("a host");
        assert_eq!(url.scheme_str(), Some("https"));
        assert!(is_home(provider, host, &settings), "{} {host} {settings}", provider.id);
        assert!(url.authority().is_some_and(|authority| !authority.as_str().contains('@')), "{url}");
        assert!(headers.iter().all(|(_, value)| value.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
    }
}

/// Whether a host stands in the catalog, or is the endpoint that the settings name and of the shape that is asked for.
fn is_home(provider: &Provider, host: &str, settings: &str) -> bool {
    let urls = std::iter::once(&provider.base_url).chain(&provider.other_base_urls);
    let paths = provider.probe.iter().chain(&provider.fallback_probe).map(|it| &it.path);
    let paid =
        provider.paid.iter().map(|it| &it.path).chain(provider.paid.iter().flat_map(|it| &it.picks).map(|it| &it.from));
    urls.chain(paths).chain(paid).any(|template| fits(template, host, settings))
}

/// A template's host, with each `{name}` standing for one label without dots, or for a whole endpoint.
fn fits(template: &str, host: &str, settings: &str) -> bool {
    if template == "{endpoint}" {
        let settings: Value = serde_json::from_str(settings).unwrap_or_default();
        let endpoint = settings["endpoint"].as_str().unwrap_or_default();
        return endpoint.strip_prefix("https://").is_some_and(|rest| rest.split(['/', ':']).next() == Some(host));
    }
    let Some(rest) = template.strip_prefix("https://") else { return false };
    let wanted = rest.split('/').next().unwrap_or_default();
    let Some((before, rest)) = wanted.split_once('{') else { return wanted.eq_ignore_ascii_case(host) };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let label = host.strip_prefix(before).and_then(|it| it.strip_suffix(after));
    label.is_some_and(|label| !label.contains(['.', '@', ':', '/']))
}
