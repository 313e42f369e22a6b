//! The form of the catalog. Unknown names in the file are errors, so a misspelt field cannot be ignored.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Capability;
use super::address::{AddressVariable, host_in};
use super::auth::Auth;
use super::pattern::Pattern;
use super::plan::{PaidOperation, Probe, Rule};
use crate::name::{ProviderId, near};

const TEXT: &str = include_str!("catalog.toml");

static BUILTIN: LazyLock<Catalog> = LazyLock::new(|| {
    // A test parses the same text. If parsing failed, the catalog would be empty and no provider would be known.
    toml::from_str(TEXT).unwrap_or_default()
});

/// All providers, and rules for all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    provider: Vec<Provider>,
    /// The meaning of a status if the provider has no rule for it.
    pub default_rule: Vec<Rule>,
    /// Forms that tell whose key a text probably is, most specific first.
    pub prefix_hint: Vec<PrefixHint>,
}

/// A provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its capabilities.
    pub capabilities: Vec<Capability>,
    /// The languages of its voice services, if they are listed.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The variables in which its own tools look for the key, usual one first.
    pub env: Vec<String>,
    /// Its base URL.
    pub base_url: String,
    /// Other base URLs, such as those of its regions.
    #[serde(default)]
    pub other_base_urls: Vec<String>,
    /// The variable that tells a program which of these addresses its key is for.
    pub address_env: Option<AddressVariable>,
    /// Whether a key serves at one of these addresses alone, and is refused like a bad key at the others.
    #[serde(default)]
    pub regional_keys: bool,
    /// The vendor's page on which keys are made and revoked. See [`Provider::keys_page_for`].
    pub keys_page: Option<String>,
    /// How a request carries the key.
    pub auth: Auth,
    /// Headers of every request. A header whose `{name}` has no value is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A note about tests of its keys.
    pub note: Option<String>,
    /// A free request that only a working key can make.
    pub probe: Option<Probe>,
    /// A second free request, for when the first is out of date.
    pub fallback_probe: Option<Probe>,
    /// The smallest paid operations.
    #[serde(default)]
    pub paid: Vec<PaidOperation>,
    /// The rules for its answers, in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The fields of a credential.
    pub fields: Vec<Field>,
    /// The format of its keys.
    pub format: Format,
    /// Whether an admin added it and may change it. The address of such a provider is always sealed with its keys.
    #[serde(skip)]
    pub private: bool,
}

/// One field of a credential.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the sealed payload or the settings.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// The variable for this field, if it is not the provider's first.
    pub env: Option<String>,
    /// Whether it is sealed, or stored in clear.
    pub secret: bool,
    /// Whether a credential needs it.
    pub required: bool,
    /// A document of several lines, such as a service account's.
    #[serde(default)]
    pub multi_line: bool,
    /// The members that such a document must have.
    #[serde(default)]
    pub members: Vec<String>,
    /// The default of a setting.
    pub default: Option<String>,
    /// The form of a setting.
    #[serde(default)]
    pub shape: Option<Pattern>,
    /// A setting as an example.
    pub example: Option<String>,
    /// How a setting is read.
    #[serde(default)]
    pub reading: Reading,
    /// Settings of that shape that cannot work.
    #[serde(default)]
    pub refused: Vec<Refused>,
    /// Which document of several lines it is.
    pub document: Option<DocumentKind>,
}

/// How a setting is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// As it stands.
    #[default]
    Plain,
    /// A name in small letters without spaces, or an address of the vendor that contains it.
    Name,
    /// An address: small letters, https, without what a request adds to it.
    Endpoint,
}

/// Values that are well-formed, and that cannot work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// What they look like.
    pub like: Pattern,
    /// Why.
    pub why: String,
}

/// Which document is meant, of those that look alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentKind {
    /// The member that tells.
    pub member: String,
    /// What it says in the right document,
    pub is: String,
    /// and what that document is, with its article.
    pub what: String,
    /// Others, by what the member says in them.
    pub others: Vec<WrongKind>,
}

/// The format of the keys of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// What happens to a key with another form.
    pub policy: Policy,
    /// The form of its keys, permissive.
    pub accept: Pattern,
    /// Recipes for synthetic keys, for tests only.
    #[serde(default)]
    pub samples: Vec<String>,
    /// Prefixes of keys that cannot be used for requests.
    #[serde(default)]
    pub wrong_kind: Vec<WrongKind>,
}

/// The key was sealed for another address than its provider has now. It is not sent anywhere until it is set again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key was stored for another address than its provider has now")]
pub struct AddressChanged;

/// What happens to a key of an unknown form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It is refused, because the vendor documents the prefix.
    Reject,
    /// It is stored with a warning.
    Warn,
    /// It is stored, because no form is known.
    Any,
}

/// A prefix of another kind of key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongKind {
    /// The prefix.
    pub prefix: String,
    /// What it is, with an article.
    pub what: String,
}

/// A form that tells whose key a text probably is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixHint {
    /// The text begins with this,
    pub prefix: Option<String>,
    /// or matches this.
    #[serde(default)]
    pub regex: Option<Pattern>,
    /// Then it is a key of this provider.
    pub provider: String,
}

impl PrefixHint {
    /// Whether a text has this form.
    pub fn fits(&self, text: &str) -> bool {
        self.prefix.as_ref().is_some_and(|prefix| text.starts_with(prefix))
            || self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Catalog {
    /// The catalog of this program.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Whether the catalog of this program has a provider. It reads only the ids: parsing the text takes longer than asking
    /// the database.
    pub fn has(id: &ProviderId) -> bool {
        let mut ids = TEXT.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
        ids.any(|known| known == id.as_str())
    }

    /// Every provider, in the order of the file.
    pub fn providers(&self) -> &[Provider] {
        &self.provider
    }

    /// Checks that a key may be sent to the address in its settings, for providers of the catalog. For a provider that
    /// an admin added, the database checks it with every decision.
    pub fn check_address(&self, provider: &ProviderId, settings: &str) -> Result<(), AddressChanged> {
        let Some(known) = self.find(provider).filter(|_| !matches!(settings, "" | "{}")) else { return Ok(()) };
        let settings: BTreeMap<String, String> = serde_json::from_str(settings).map_err(|_| AddressChanged)?;
        known.address_for(settings.get("base_url").map(String::as_str)).map(|_| ())
    }

    /// One provider.
    pub fn find(&self, id: &ProviderId) -> Option<&Provider> {
        self.provider.iter().find(|provider| provider.id == id.as_str())
    }

    /// Up to three ids that are similar to a text.
    pub fn near(&self, typed: &str) -> Vec<&str> {
        near(typed, self.provider.iter().map(|provider| provider.id.as_str()))
    }
}

impl Provider {
    /// The secret field that users mean by "the key".
    pub fn key_field(&self) -> &str {
        self.fields.iter().find(|field| field.secret && field.required).map_or("api_key", |field| &field.name)
    }

    /// Whether its keys are only sent to hosts of the vendor.
    pub fn has_base_url(&self, url: &str) -> bool {
        self.addresses().any(|known| known == url)
    }

    /// The address of this provider whose host stands in a text.
    pub fn address_named_in(&self, text: &str) -> Option<&str> {
        // One host may end like another.
        self.addresses().filter(|url| text.contains(host_in(url))).max_by_key(|url| host_in(url).len())
    }

    /// Whether keys belong to a region or a resource, and one of another place is refused like a bad key.
    pub fn has_keys_of_places(&self) -> bool {
        self.regional_keys || self.base_url.contains('{')
    }

    /// Where its API is, the usual address first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.base_url).chain(&self.other_base_urls).map(String::as_str)
    }

    /// The address that a key of this provider is sent to: the sealed one, if the provider has it. Without a sealed one
    /// it is the catalog's address. A provider that an admin added must have a sealed one, because its address may
    /// change.
    pub fn address_for(&self, sealed: Option<&str>) -> Result<&str, AddressChanged> {
        match sealed {
            None if self.private => Err(AddressChanged),
            None => Ok(&self.base_url),
            Some(url) => self.addresses().find(|own| *own == url).ok_or(AddressChanged),
        }
    }

    /// The variable and its value that tell a program to use this address. `None` if it is not an address of the provider:
    /// the owner of a key must not send a program anywhere else.
    pub fn address_variable<'a>(&'a self, url: &'a str) -> Option<(&'a str, &'a str)> {
        let variable = self.address_env.as_ref().filter(|_| self.has_base_url(url))?;
        Some((&variable.name, variable.value(url)))
    }

    /// Whether it offers a voice service in a language. `hi` stands for every `hi-...`.
    pub fn speaks(&self, language: &str) -> bool {
        let first = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        self.languages.iter().any(|known| {
            known.eq_ignore_ascii_case(language)
                || (first(known) == first(language) && (!known.contains('-') || !language.contains('-')))
        })
    }

    /// Every pattern in it.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let refused = self.fields.iter().flat_map(|field| &field.refused).map(|it| &it.like);
        let shapes = self.fields.iter().filter_map(|field| field.shape.as_ref()).chain(refused);
        let conditions = self.paid.iter().filter_map(|it| it.only_for.as_ref()).map(|it| &it.like);
        let probes = self.probe.iter().chain(&self.fallback_probe).filter_map(|probe| probe.ok_shape.as_ref());
        let picks = self.paid.iter().flat_map(|operation| &operation.picks).flat_map(|pick| &pick.like);
        std::iter::once(&self.format.accept).chain(shapes).chain(probes).chain(picks).chain(conditions)
    }

    /// Its non-secret fields.
    pub fn settings(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_parses_and_every_entry_is_whole() {
        let catalog: Catalog = toml::from_str(TEXT).expect("the catalog");
        assert!(catalog.providers().len() >= 36);
        assert_eq!(TEXT.lines().filter(|line| line.starts_with("id = ")).count(), catalog.providers().len());
        for provider in catalog.providers() {
            let id: ProviderId = provider.id.parse().expect("an id");
            assert!(Catalog::has(&id), "{id} is found without parsing");
            assert_eq!(catalog.providers().iter().filter(|other| other.id == id.as_str()).count(), 1, "{id} once");
            assert!(!provider.capabilities.is_empty() && !provider.env.is_empty(), "{id}");
            let testable = provider.probe.is_some() || !provider.paid.is_empty();
            assert!(testable || provider.note.is_some(), "{id} can be tested, or says why not");
            assert!(provider.fields.iter().any(|field| field.secret && field.required), "{id} has a key");
            assert!(provider.auth.format.contains('{'), "{id}");
            assert!(provider.base_url.starts_with("https://") || provider.base_url == "{endpoint}", "{id}");
        }
    }

    #[test]
    fn every_pattern_is_a_regular_expression() {
        let catalog = Catalog::builtin();
        let hints = catalog.prefix_hint.iter().filter_map(|hint| hint.regex.as_ref());
        for pattern in catalog.providers().iter().flat_map(Provider::patterns).chain(hints) {
            assert!(pattern.is_valid(), "{}", pattern.as_str());
        }
    }

    #[test]
    fn every_rule_can_be_reached() {
        let catalog = Catalog::builtin();
        for provider in catalog.providers() {
            for (at, rule) in provider.rules.iter().enumerate() {
                let open = |status: &u16| {
                    !provider.rules[..at]
                        .iter()
                        .any(|before| before.is_unconditional() && before.status.contains(status))
                };
                assert!(rule.status.iter().any(open), "{} rule {at}", provider.id);
            }
        }
    }

    #[test]
    fn a_misspelt_field_is_an_error() {
        let text = include_str!("catalog.toml").replacen("base_url", "baseurl", 1);
        assert!(toml::from_str::<Catalog>(&text).is_err());
    }

    #[test]
    fn a_key_of_the_catalog_goes_to_an_address_of_the_catalog_or_nowhere() {
        let check = |id: &str, settings| Catalog::builtin().check_address(&id.parse().expect("an id"), settings);
        let openai = Catalog::builtin().find(&"openai".parse().expect("an id")).expect("openai");
        let other = format!(r#"{{"base_url":"{}"}}"#, openai.other_base_urls[0]);
        for good in ["", "{}", r#"{"organization":"org-1"}"#, &other, r#"{"base_url":"https://api.openai.com/v1"}"#] {
            assert_eq!(check("openai", good), Ok(()), "{good}");
        }
        for bad in
            [r#"{"base_url":"https://evil.example"}"#, r#"{"base\u005furl":""}"#, "null", r#"{"base_url":1}"#, "{"]
        {
            assert_eq!(check("openai", bad), Err(AddressChanged), "{bad}");
        }
        assert_eq!(check("gateway", "{}"), Ok(()), "the database's to say");
    }
}
