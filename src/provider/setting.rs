//! The non-secret fields of a credential, as people type or paste them, in the form in which they are stored.

use super::address::{BaseUrlError, host_in};
use super::catalog::{Field, Provider, Reading, Refused};
use super::looks_like_key;

/// Where the address of an API ends and one of its requests begins.
const REQUESTS: [&str; 6] = ["/openai", "/api/projects", "/models", "/chat/", "/responses", "/deployments/"];

/// A setting as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingValue {
    /// Its value.
    pub value: String,
    /// Whether a part of what was typed is left out.
    pub cut: bool,
}

/// Why a text cannot be a setting. Nothing of it is repeated: it may be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingFault {
    /// There is no such setting.
    #[error("{0} has no setting of this name")]
    Unknown(String),
    /// Probably a key.
    #[error("this looks like a key, and a setting is stored in clear")]
    LooksLikeKey,
    /// Not one of the provider's addresses.
    #[error("{0} has no such address")]
    OtherAddress(String),
    /// Not an address that could be used.
    #[error("{label}: {why}")]
    Address {
        /// The field.
        label: String,
        /// Why.
        why: BaseUrlError,
    },
    /// Not of the field's shape.
    #[error("this cannot be the {label} of {provider}")]
    Shape {
        /// The field.
        label: String,
        /// The provider.
        provider: String,
        /// What one looks like.
        example: Option<String>,
    },
    /// Known not to work.
    #[error("{label}: {why}")]
    Refused {
        /// The field.
        label: String,
        /// Why.
        why: String,
    },
}

/// An address as it was pasted.
struct Pasted {
    host: String,
    path: String,
    query: bool,
}

impl Provider {
    /// The setting of that name, from what a person typed or pasted.
    pub fn read_setting(&self, name: &str, typed: &str) -> Result<SettingValue, SettingFault> {
        let typed = typed.trim();
        let key = || typed.split(['/', ':', '?', '&', '=', '@', ' ', '.']).any(looks_like_key);
        self.setting_of(name, typed).map_err(|fault| if key() { SettingFault::LooksLikeKey } else { fault })
    }

    fn setting_of(&self, name: &str, typed: &str) -> Result<SettingValue, SettingFault> {
        if name == "base_url" && !(self.private || self.other_base_urls.is_empty()) {
            return self.read_own_address(typed);
        }
        let field = self.settings().find(|field| field.name == name);
        let field = field.ok_or_else(|| SettingFault::Unknown(self.name.clone()))?;
        let found = match field.reading {
            Reading::Plain => SettingValue { value: typed.to_owned(), cut: false },
            Reading::Name => SettingValue { value: self.name_in(field, typed), cut: false },
            Reading::Endpoint => read_endpoint(field, typed)?,
        };
        if field.shape.as_ref().is_some_and(|shape| !shape.is_match(&found.value)) {
            let (label, provider) = (field.label.clone(), self.name.clone());
            return Err(SettingFault::Shape { label, provider, example: field.example.clone() });
        }
        match field.refused.iter().find(|refused| refused.like.is_match(&found.value)) {
            Some(Refused { why, .. }) => Err(SettingFault::Refused { label: field.label.clone(), why: why.clone() }),
            None => Ok(found),
        }
    }

    /// One of the provider's own addresses: its host alone says which.
    fn read_own_address(&self, typed: &str) -> Result<SettingValue, SettingFault> {
        let fault = |why| SettingFault::Address { label: "base_url".into(), why };
        let pasted = Pasted::read(typed).map_err(fault)?;
        let known = self.addresses().find(|known| host_in(known) == pasted.host);
        let known = known.ok_or_else(|| SettingFault::OtherAddress(self.name.clone()))?;
        let path = known.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("");
        let rest = pasted.path.strip_prefix(path).unwrap_or(&pasted.path);
        Ok(SettingValue { value: known.to_owned(), cut: pasted.query || !matches!(rest, "" | "/") })
    }

    /// A name, also out of an address of the vendor that has it in its host.
    fn name_in(&self, field: &Field, typed: &str) -> String {
        let small = typed.to_lowercase().replace(' ', "");
        let probes = self.probe.iter().chain(&self.fallback_probe).map(|probe| &probe.path);
        let templates = probes.chain(self.paid.iter().map(|it| &it.path)).chain([&self.base_url]);
        let hole = format!("{{{}}}", field.name);
        let mut around = templates.filter_map(|template| host_in(template).split_once(hole.as_str()));
        let host = host_in(&small);
        let inside = around.find_map(|(before, after)| host.strip_prefix(before)?.strip_suffix(after));
        inside.filter(|name| !name.is_empty()).map_or(small.clone(), ToOwned::to_owned)
    }
}

/// An endpoint: a gateway keeps its path, the vendor's own hosts have none.
fn read_endpoint(field: &Field, typed: &str) -> Result<SettingValue, SettingFault> {
    let fault = |why| SettingFault::Address { label: field.label.clone(), why };
    let pasted = Pasted::read(typed).map_err(fault)?;
    let own = REQUESTS.iter().filter_map(|request| pasted.path.find(request)).min().unwrap_or(pasted.path.len());
    let kept = pasted.path[..own].trim_end_matches('/');
    let bare = format!("https://{}", pasted.host);
    let whole = format!("{bare}{kept}");
    let fits = |value: &str| field.shape.as_ref().is_none_or(|shape| shape.is_match(value));
    let value = if fits(&whole) { whole } else { bare };
    let cut =
        pasted.query || pasted.path.trim_end_matches('/').len() + "https://".len() + pasted.host.len() > value.len();
    Ok(SettingValue { value, cut })
}

impl Pasted {
    fn read(typed: &str) -> Result<Self, BaseUrlError> {
        let small = typed.to_lowercase();
        let rest = match small.split_once("://") {
            Some(("https", _)) => &typed["https://".len()..],
            Some(_) => return Err(BaseUrlError::NotHttps),
            None => typed,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at(end);
        if authority.contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        let host = authority.strip_suffix(":443").unwrap_or(authority).trim_end_matches('.').to_lowercase();
        if host.is_empty()
            || !host.contains('.')
            || !host.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it))
        {
            return Err(BaseUrlError::Malformed);
        }
        let (path, query) = after.split_at(after.find(['?', '#']).unwrap_or(after.len()));
        Ok(Self { host, path: path.to_owned(), query: !query.is_empty() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Catalog;

    fn read(provider: &str, name: &str, typed: &str) -> Result<SettingValue, SettingFault> {
        Catalog::builtin().find(&provider.parse().expect("an id")).expect("in the catalog").read_setting(name, typed)
    }

    fn value(provider: &str, name: &str, typed: &str) -> String {
        read(provider, name, typed).unwrap_or_else(|fault| panic!("{provider} {name} {typed}: {fault}")).value
    }

    #[test]
    fn an_endpoint_is_taken_as_portals_show_it() {
        for (typed, wanted) in [
            ("https://acme.openai.azure.com/", "https://acme.openai.azure.com"),
            (" https://Acme.OpenAI.Azure.com ", "https://acme.openai.azure.com"),
            ("HTTPS://ACME.openai.azure.com:443", "https://acme.openai.azure.com"),
            ("acme.openai.azure.com", "https://acme.openai.azure.com"),
            ("https://acme.openai.azure.com/openai/v1/", "https://acme.openai.azure.com"),
            (
                "https://acme.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
                "https://acme.openai.azure.com",
            ),
            ("https://acme.cognitiveservices.azure.com/", "https://acme.cognitiveservices.azure.com"),
            ("https://acme.services.ai.azure.com/api/projects/one", "https://acme.services.ai.azure.com"),
            ("https://acme.services.ai.azure.com/models", "https://acme.services.ai.azure.com"),
            ("https://eastus.api.cognitive.microsoft.com/", "https://eastus.api.cognitive.microsoft.com"),
            ("https://acme.openai.azure.us/", "https://acme.openai.azure.us"),
            ("https://acme.openai.azure.cn/", "https://acme.openai.azure.cn"),
            ("https://acme.azure-api.net/", "https://acme.azure-api.net"),
            ("https://acme.azure-api.net/team-1/openai/v1", "https://acme.azure-api.net/team-1"),
            (
                "https://acme.azure-api.net/team-1/openai/deployments/a/chat/completions?api-version=1",
                "https://acme.azure-api.net/team-1",
            ),
        ] {
            assert_eq!(value("azure_openai", "endpoint", typed), wanted, "{typed}");
        }
        assert!(!read("azure_openai", "endpoint", "https://acme.openai.azure.com/").expect("an endpoint").cut);
        assert!(read("azure_openai", "endpoint", "https://acme.openai.azure.com/openai/v1").expect("an endpoint").cut);
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_the_reason() {
        let address = |why| Err(SettingFault::Address { label: "endpoint".into(), why });
        for (typed, wanted) in [
            ("http://acme.openai.azure.com", address(BaseUrlError::NotHttps)),
            ("wss://acme.openai.azure.com", address(BaseUrlError::NotHttps)),
            ("https://a:b@acme.openai.azure.com", address(BaseUrlError::Credentials)),
            ("https://acme.openai.azure.com:8443", address(BaseUrlError::Malformed)),
            ("acme", address(BaseUrlError::Malformed)),
            ("", address(BaseUrlError::Malformed)),
            ("sk-proj-CANARY0a9Zb8Yc7Xd6We5Vf", Err(SettingFault::LooksLikeKey)),
        ] {
            assert_eq!(read("azure_openai", "endpoint", typed), wanted, "{typed}");
        }
        for other in ["https://evil.example.org", "https://openai.azure.com", "https://acme.openai.azure.com.evil.org"]
        {
            let fault = read("azure_openai", "endpoint", other).expect_err(other);
            assert!(matches!(fault, SettingFault::Shape { example: Some(_), .. }), "{other}: {fault:?}");
        }
    }

    #[test]
    fn a_region_is_taken_by_its_name_or_out_of_an_address() {
        for (provider, name, typed, wanted) in [
            ("azure_speech", "region", "Central India", "centralindia"),
            ("azure_speech", "region", "https://centralindia.api.cognitive.microsoft.com/", "centralindia"),
            (
                "azure_speech",
                "region",
                "https://centralindia.tts.speech.microsoft.com/cognitiveservices/v1",
                "centralindia",
            ),
            ("bedrock", "region", " AP-South-1 ", "ap-south-1"),
            ("bedrock", "region", "https://bedrock-runtime.ap-south-1.amazonaws.com", "ap-south-1"),
            ("bedrock", "region", "us-gov-west-1", "us-gov-west-1"),
            ("vertex", "location", "https://asia-south1-aiplatform.googleapis.com", "asia-south1"),
            ("vertex", "location", "Global", "global"),
        ] {
            assert_eq!(value(provider, name, typed), wanted, "{typed}");
        }
        for (provider, name, typed) in [
            ("bedrock", "region", "US East (N. Virginia)"),
            ("bedrock", "region", "ap-south-1a"),
            ("vertex", "location", ""),
        ] {
            assert!(matches!(read(provider, name, typed), Err(SettingFault::Shape { .. })), "{typed}");
        }
        for region in ["usgovvirginia", "chinaeast2", "China East 2"] {
            assert!(matches!(read("azure_speech", "region", region), Err(SettingFault::Refused { .. })), "{region}");
        }
        assert!(matches!(read("bedrock", "region", "cn-north-1"), Err(SettingFault::Refused { .. })));
    }

    #[test]
    fn an_api_version_is_a_date_or_the_name_of_the_newer_interface() {
        for version in ["2024-10-21", "2025-04-01-preview", "v1", "preview"] {
            assert_eq!(value("azure_openai", "api_version", version), version);
        }
        assert!(read("azure_openai", "api_version", "newest").is_err());
    }

    #[test]
    fn an_address_of_the_provider_is_known_by_its_host() {
        for (provider, typed, wanted) in [
            ("openai", "https://EU.api.openai.com/v1/", "https://eu.api.openai.com/v1"),
            ("openai", "eu.api.openai.com", "https://eu.api.openai.com/v1"),
            ("openai", "https://ae.api.openai.com", "https://ae.api.openai.com/v1"),
            ("soniox", "https://api.eu.soniox.com", "https://api.eu.soniox.com/v1"),
            ("soniox", "https://api.jp.soniox.com/v1", "https://api.jp.soniox.com/v1"),
            ("elevenlabs", "https://api.us.elevenlabs.io/", "https://api.us.elevenlabs.io"),
        ] {
            assert_eq!(value(provider, "base_url", typed), wanted, "{typed}");
        }
        let other = read("openai", "base_url", "https://evil.example.org/v1");
        assert_eq!(other, Err(SettingFault::OtherAddress("OpenAI".into())));
        assert!(matches!(read("mistral", "base_url", "https://api.mistral.ai"), Err(SettingFault::Unknown(_))));
    }

    #[test]
    fn every_setting_of_the_catalog_has_an_example_that_it_takes() {
        for provider in Catalog::builtin().providers() {
            for field in provider.settings() {
                let example = field.example.as_deref().unwrap_or_else(|| panic!("{} {}", provider.id, field.name));
                assert_eq!(value(&provider.id, &field.name, example), example, "{} {}", provider.id, field.name);
            }
        }
    }

    #[test]
    fn every_provider_with_several_addresses_has_a_variable_for_the_one_of_a_key() {
        for provider in Catalog::builtin().providers().iter().filter(|it| !it.other_base_urls.is_empty()) {
            let variable = provider.address_env.as_ref().unwrap_or_else(|| panic!("{}", provider.id));
            for url in provider.addresses() {
                let (name, value) = provider.address_variable(url).expect("a value");
                let whole = format!("{}{value}{}", variable.before, variable.after);
                assert_eq!((name, whole.as_str()), (variable.name.as_str(), url), "{}", provider.id);
            }
            assert_eq!(provider.address_variable("https://evil.example.org/v1"), None, "{}", provider.id);
        }
        let of = |id: &str| Catalog::builtin().find(&id.parse().expect("an id")).expect("in the catalog");
        let soniox = of("soniox").address_variable("https://api.eu.soniox.com/v1");
        assert_eq!(soniox, Some(("SONIOX_BASE_DOMAIN", "eu.soniox.com")));
        assert!(
            of("openai").address_variable("https://eu.api.openai.com/v1").is_some_and(|it| it.0 == "OPENAI_BASE_URL")
        );
    }
}
