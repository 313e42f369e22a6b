//! Providers that admins add: an OpenAI-compatible gateway by a few options, or anything in the form of the catalog.

use serde_json::{Value, json};

use super::address::{BaseUrlError, Reach, check_base_url};
use super::variable::{VariableError, unfit_variable};
use super::{Capability, Catalog, Provider, looks_like_key};
use crate::name::ProviderId;

/// Why a definition is refused. A value in it that may be a key is not repeated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateError {
    /// It does not have the form of the catalog.
    #[error("the definition is not in the form of the catalog: {0}")]
    Form(String),
    /// It has another id than the one that was given.
    #[error("the definition is for another provider, `{0}`")]
    OtherId(String),
    /// The id is one of the catalog.
    #[error("{0} is already in the catalog")]
    Known(String),
    /// The address is refused.
    #[error("{url}: {why}")]
    Address {
        /// Which.
        url: String,
        /// Why.
        why: BaseUrlError,
    },
    /// A request would go to another host than that of the base URL.
    #[error("every request must go to an address below the base URL, and `{0}` does not")]
    Elsewhere(String),
    /// The variable must not hold a key.
    #[error("{name} cannot be the variable of a key: {why}")]
    Variable {
        /// Which.
        name: String,
        /// Why.
        why: VariableError,
    },
    /// The variable must not hold an address.
    #[error("{0} cannot be the variable of an address: its name must end with _BASE_URL, _BASE_DOMAIN or _ENDPOINT")]
    AddressVariable(String),
    /// No field of it is secret.
    #[error("the definition has no required secret field")]
    NoSecret,
}

/// A server that speaks OpenAI's interface.
pub struct Compatible<'a> {
    /// Its id.
    pub id: &'a ProviderId,
    /// Its name.
    pub name: &'a str,
    /// Where it is.
    pub base_url: &'a str,
    /// What it serves.
    pub capabilities: &'a [Capability],
    /// The variable in which its key goes.
    pub env: &'a str,
    /// The variable in which its address goes.
    pub address_env: Option<&'a str>,
    /// The path of the free request, below the base URL.
    pub probe: &'a str,
}

impl Compatible<'_> {
    /// The definition.
    pub fn definition(&self) -> Value {
        let capabilities: Vec<&str> = self.capabilities.iter().map(|it| it.as_str()).collect();
        let mut definition = json!({
            "id": self.id.as_str(), "name": self.name, "capabilities": capabilities, "env": [self.env],
            "base_url": self.base_url, "auth": {"header": "Authorization", "format": "Bearer {api_key}"},
            "probe": {"method": "GET", "path": self.probe, "ok": [200]},
            "fields": [{"name": "api_key", "label": "API key", "secret": true, "required": true}],
            "format": {"policy": "any", "accept": "^.+$"},
            "rules": gateway_rules(),
        });
        if let Some(name) = self.address_env {
            definition["address_env"] = json!({"name": name});
        }
        if self.capabilities.contains(&Capability::Llm) {
            let body = r#"{"model":"{model}","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}"#;
            definition["paid"] = json!([{
                "capability": "llm", "method": "POST", "path": "/chat/completions", "body": body,
                "picks": [{"name": "model", "from": "/models", "path": "data.*.id", "like": ["mini|small|8b|nano", "."]}],
            }]);
        }
        definition
    }
}

/// The answers of OpenAI and of LiteLLM's proxy. Other answers are judged by their status.
fn gateway_rules() -> Value {
    json!([
        {"status": [401], "path": "error.type", "eq": "expired_key", "verdict": "rejected", "detail": "expired"},
        {"status": [401, 403], "path": "error.type", "contains": "access_denied", "verdict": "limited"},
        {"status": [400, 429], "path": "error.type", "eq": "budget_exceeded", "verdict": "no_credit"},
        {"status": [429], "path": "error.code", "eq": "insufficient_quota", "verdict": "no_credit"},
        // A LiteLLM proxy without a database has only its master key, and refuses all other keys with this answer.
        {"status": [400], "path": "error.type", "eq": "no_db_connection", "verdict": "rejected", "detail": "invalid"},
    ])
}

/// The definition in a TOML file: one `[[provider]]`, as in the catalog.
pub fn definition_of_toml(text: &str) -> Result<Value, PrivateError> {
    let form = |error: String| PrivateError::Form(unquoted(&error));
    let document: toml::Value = toml::from_str(text).map_err(|error| form(error.message().to_owned()))?;
    let entries = document.get("provider").and_then(toml::Value::as_array);
    match entries.map(Vec::as_slice) {
        Some([entry]) => serde_json::to_value(entry).map_err(|error| form(error.to_string())),
        _ => Err(form("the file must have one [[provider]]".into())),
    }
}

/// The parser's message without the value that it quotes, which may be a key. Names of fields stay.
fn unquoted(words: &str) -> String {
    let words = match (words.find('"'), words.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}...{}", &words[..=first], &words[last..]),
        _ => words.to_owned(),
    };
    let name = |(at, part): (usize, &str)| if at % 2 == 1 { shown(part) } else { part.to_owned() };
    words.split('`').enumerate().map(name).collect::<Vec<_>>().join("`")
}

/// A known provider, of the catalog or added by an admin.
#[derive(Debug)]
pub enum ProviderEntry {
    /// In the catalog of this binary.
    Builtin(&'static Provider),
    /// Added by an admin.
    Private {
        /// Its definition.
        provider: Box<Provider>,
        /// The addresses that its keys may be sent to.
        reach: Reach,
    },
}

impl ProviderEntry {
    /// The addresses that its keys may be sent to.
    pub fn reach(&self) -> Reach {
        match self {
            // The user who stored a key typed the endpoint that is a part of it.
            Self::Builtin(provider) if provider.base_url.starts_with('{') => Reach::Public,
            Self::Builtin(_) => Reach::Vendor,
            Self::Private { reach, .. } => *reach,
        }
    }

    /// Whether an admin of this platform added it.
    pub fn is_private(&self) -> bool {
        matches!(self, Self::Private { .. })
    }
}

impl std::ops::Deref for ProviderEntry {
    type Target = Provider;

    fn deref(&self) -> &Provider {
        match self {
            Self::Builtin(provider) => provider,
            Self::Private { provider, .. } => provider,
        }
    }
}

/// Parses a definition, and refuses one that could send a key to a wrong place.
pub fn read_private(id: &ProviderId, definition: &Value, allow_private: bool) -> Result<Provider, PrivateError> {
    if Catalog::builtin().find(id).is_some() {
        return Err(PrivateError::Known(id.to_string()));
    }
    let mut provider: Provider =
        serde_json::from_value(definition.clone()).map_err(|error| PrivateError::Form(unquoted(&error.to_string())))?;
    provider.private = true;
    if provider.id != id.as_str() {
        return Err(PrivateError::OtherId(shown(&provider.id)));
    }
    if !provider.fields.iter().any(|field| field.secret && field.required) {
        return Err(PrivateError::NoSecret);
    }
    if let Some(pattern) = provider.patterns().find(|pattern| !pattern.is_valid()) {
        return Err(PrivateError::Form(format!("`{}` is not a regular expression", shown(pattern.as_str()))));
    }
    if let Some(fault) = provider.fault() {
        return Err(PrivateError::Form(fault.into()));
    }
    if let Some((name, why)) = unfit_variable(&provider) {
        return Err(PrivateError::Variable { name: shown(name), why });
    }
    if let Some(variable) = provider.address_env.as_ref().filter(|it| !it.is_usual()) {
        return Err(PrivateError::AddressVariable(shown(&variable.name)));
    }
    for url in std::iter::once(&provider.base_url).chain(&provider.other_base_urls) {
        check_base_url(url, allow_private).map_err(|why| PrivateError::Address { url: shown(url), why })?;
    }
    let probes = provider.probe.iter().chain(&provider.fallback_probe).map(|probe| &probe.path);
    let paid =
        provider.paid.iter().flat_map(|it| std::iter::once(&it.path).chain(it.picks.iter().map(|pick| &pick.from)));
    match probes.chain(paid).find(|path| !path.starts_with('/')) {
        Some(path) => Err(PrivateError::Elsewhere(shown(path))),
        None => Ok(provider),
    }
}

/// A value of a definition for an error message. A key in the wrong place is masked, and so is a user name in front of
/// a host.
fn shown(text: &str) -> String {
    let text = match text.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => text.to_owned(),
    };
    let part = |part: &str| part.split('.').any(looks_like_key);
    if text.split(['/', ':', '?', '&', '=', '@', ' ']).any(part) { "***".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::AddressChanged;

    fn gateway(base_url: &str) -> Value {
        let id: ProviderId = "gateway".parse().expect("an id");
        let (name, env, address_env) = ("Gateway", "GATEWAY_API_KEY", Some("GATEWAY_BASE_URL"));
        let capabilities = &[Capability::Llm];
        Compatible { id: &id, name, base_url, capabilities, env, address_env, probe: "/models" }.definition()
    }

    fn read(definition: &Value) -> Result<Provider, PrivateError> {
        read_private(&"gateway".parse().expect("an id"), definition, false)
    }

    #[test]
    fn a_gateway_in_a_few_words_is_a_whole_provider() {
        let provider = read(&gateway("https://gateway.example.org/v1")).expect("a provider");
        assert_eq!(provider.key_field(), "api_key");
        assert_eq!(provider.paid.len(), 1);
        let address = provider.address_variable("https://gateway.example.org/v1");
        assert_eq!(address, Some(("GATEWAY_BASE_URL", "https://gateway.example.org/v1")));
        for name in ["PATH", "HTTPS_PROXY", "LD_PRELOAD", "GATEWAY_URL", "A B_BASE_URL", "lab_base_url"] {
            let mut other = gateway("https://gateway.example.org/v1");
            other["address_env"]["name"] = name.into();
            assert!(matches!(read(&other), Err(PrivateError::AddressVariable(_))), "{name}");
        }
        // It is sent to the sealed address only, because the current address may change.
        let home = "https://gateway.example.org/v1";
        assert_eq!(provider.address_for(Some(home)), Ok(home));
        for other in [None, Some(""), Some("https://gateway.example.org"), Some("https://gateway.example.org/v1/")] {
            assert_eq!(provider.address_for(other), Err(AddressChanged));
        }
    }

    #[test]
    fn a_definition_that_could_send_a_key_astray_is_refused() {
        assert!(matches!(read(&gateway("https://10.0.0.1/v1")), Err(PrivateError::Address { .. })));
        assert!(matches!(read(&gateway("http://gateway.example.org")), Err(PrivateError::Address { .. })));
        for path in ["https://elsewhere.example.org/models", "models", "@elsewhere.example.org"] {
            let mut definition = gateway("https://gateway.example.org");
            definition["probe"]["path"] = path.into();
            assert!(matches!(read(&definition), Err(PrivateError::Elsewhere(_))), "{path}");
        }
        let mut definition = gateway("https://gateway.example.org");
        definition["id"] = "another".into();
        assert!(matches!(read(&definition), Err(PrivateError::OtherId(_))));
        definition["id"] = "gateway".into();
        definition["surprise"] = true.into();
        assert!(matches!(read(&definition), Err(PrivateError::Form(_))));
        for name in ["LESSOPEN", "PATH", "ANYTHING", "gateway key"] {
            let mut definition = gateway("https://gateway.example.org");
            definition["env"] = json!(["GATEWAY_API_KEY", name]);
            assert!(matches!(read(&definition), Err(PrivateError::Variable { .. })), "{name}");
            definition = gateway("https://gateway.example.org");
            definition["fields"][0]["env"] = name.into();
            assert!(matches!(read(&definition), Err(PrivateError::Variable { .. })), "{name}");
        }
        let mut definition = gateway("https://gateway.example.org");
        definition["format"]["accept"] = "(".into();
        assert!(matches!(read(&definition), Err(PrivateError::Form(_))));
        let openai: ProviderId = "openai".parse().expect("an id");
        assert!(matches!(read_private(&openai, &definition, false), Err(PrivateError::Known(_))));
    }

    #[test]
    fn a_key_in_the_wrong_place_of_a_definition_is_not_repeated() {
        let key = "sk-CANARY0a9Zb8Yc7Xd6We5Vf";
        for pointer in
            ["/id", "/capabilities/0", "/probe/ok", "/probe/path", "/base_url", "/format/accept", "/name/x", "/fields"]
        {
            let mut definition = gateway("https://gateway.example.org");
            let (parent, name) = pointer.rsplit_once('/').expect("a place");
            let text = match name {
                "accept" => format!("({key}"),
                "base_url" => format!("https://user:{key}@gateway.example.org"),
                _ => key.to_owned(),
            };
            match definition.pointer_mut(parent) {
                Some(Value::Array(list)) => list[0] = text.into(),
                Some(Value::Object(fields)) => drop(fields.insert(name.into(), text.into())),
                _ => definition[key] = "x".into(),
            }
            let error = read(&definition).expect_err(pointer);
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{pointer}: {error}");
        }
        let error = read(&gateway("http://user:hunter2@gateway.example.org")).expect_err("a password");
        assert!(!error.to_string().contains("hunter2") && error.to_string().contains("gateway.example.org"), "{error}");
    }

    #[test]
    fn a_file_holds_one_provider_in_the_form_of_the_catalog() {
        assert!(definition_of_toml("").is_err());
        assert!(definition_of_toml("[[provider]]\nid = \"a\"\n[[provider]]\nid = \"b\"").is_err());
        assert_eq!(definition_of_toml("[[provider]]\nid = \"a\"").expect("one")["id"], "a");
    }
}
