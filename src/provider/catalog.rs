//! The catalog's form. Unknown names in the file are errors, so that a misspelt field cannot be silently nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Capability;
use super::address::host_in;
use super::auth::Auth;
use super::pattern::Pattern;
use super::plan::{PaidOperation, Probe, Rule};
use crate::name::ProviderId;

static BUILTIN: LazyLock<Catalog> = LazyLock::new(|| {
    // A test reads the same text and fails where it does not parse; an empty catalog knows nobody, and says so.
    toml::from_str(include_str!("catalog.toml")).unwrap_or_default()
});

/// Every provider, and what is true of all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    provider: Vec<Provider>,
    /// What a status means where a provider has no rule for it.
    pub default_rule: Vec<Rule>,
    /// Whose key a text probably is, the most specific first.
    pub prefix_hint: Vec<PrefixHint>,
}

/// One vendor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its id here.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it serves.
    pub capabilities: Vec<Capability>,
    /// The languages of its voice services, where they are listed.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The variables in which its own tools look for the key, the usual one first.
    pub env: Vec<String>,
    /// Where its API is.
    pub base_url: String,
    /// Where else it is, such as a region of its own.
    #[serde(default)]
    pub other_base_urls: Vec<String>,
    /// How a request carries the key.
    pub auth: Auth,
    /// Headers that every request needs; one whose `{name}` has no value is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What is good to know about tests of its keys.
    pub note: Option<String>,
    /// A free request that only a live key can make.
    pub probe: Option<Probe>,
    /// Another one, where the first may be out of date.
    pub fallback_probe: Option<Probe>,
    /// The smallest operations that cost.
    #[serde(default)]
    pub paid: Vec<PaidOperation>,
    /// What its answers mean, in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What a credential consists of.
    pub fields: Vec<Field>,
    /// What its keys look like.
    pub format: Format,
    /// Added by an admin of this platform, who may change it: its keys always have their address sealed with them.
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
    /// The variable that holds it, where that is not the provider's first.
    pub env: Option<String>,
    /// Sealed, or stored in clear.
    pub secret: bool,
    /// Whether there is no credential without it.
    pub required: bool,
    /// A document of several lines, such as a service account's.
    #[serde(default)]
    pub multi_line: bool,
    /// What such a document must hold.
    #[serde(default)]
    pub members: Vec<String>,
    /// The value of a setting that was not given.
    pub default: Option<String>,
    /// What a setting looks like.
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

/// What the keys of a provider look like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// What a mismatch means.
    pub policy: Policy,
    /// The permissive shape.
    pub accept: Pattern,
    /// Recipes for synthetic keys, for tests alone.
    #[serde(default)]
    pub samples: Vec<String>,
    /// Prefixes that are never usable for requests here.
    #[serde(default)]
    pub wrong_kind: Vec<WrongKind>,
}

/// The key was sealed for another address than its provider has now: it goes nowhere until it is set again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key was stored for another address than its provider has now")]
pub struct AddressChanged;

/// What a key of an unknown shape means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Refused: the vendor documents the prefix.
    Reject,
    /// Said, and stored.
    Warn,
    /// Nothing: no shape is known.
    Any,
}

/// A prefix of something else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongKind {
    /// The prefix.
    pub prefix: String,
    /// What it is, with its article.
    pub what: String,
}

/// Whose key a text probably is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixHint {
    /// It begins with this,
    pub prefix: Option<String>,
    /// or looks like this.
    #[serde(default)]
    pub regex: Option<Pattern>,
    /// Then it is this vendor's.
    pub provider: String,
}

impl PrefixHint {
    /// Whether a text is of this kind.
    pub fn fits(&self, text: &str) -> bool {
        self.prefix.as_ref().is_some_and(|prefix| text.starts_with(prefix))
            || self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Catalog {
    /// The catalog of this binary.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Every provider, in the order of the file.
    pub fn providers(&self) -> &[Provider] {
        &self.provider
    }

    /// That a key may go where its settings say, as far as the catalog knows its provider. Of one that an admin added the
    /// database says the same, with every decision.
    pub fn check_address(&self, provider: &ProviderId, settings: &str) -> Result<(), AddressChanged> {
        let Some(known) = self.find(provider).filter(|_| !matches!(settings, "" | "{}")) else { return Ok(()) };
        let settings: BTreeMap<String, String> = serde_json::from_str(settings).map_err(|_| AddressChanged)?;
        known.address_for(settings.get("base_url").map(String::as_str)).map(|_| ())
    }

    /// One provider.
    pub fn find(&self, id: &ProviderId) -> Option<&Provider> {
        self.provider.iter().find(|provider| provider.id == id.as_str())
    }

    /// Up to three ids that are near what was typed.
    pub fn near(&self, typed: &str) -> Vec<&str> {
        let typed = typed.to_ascii_lowercase();
        // A short name is near only to almost itself.
        let reach = (typed.len() / 3).clamp(1, 3);
        let mut near: Vec<_> = (self.provider.iter())
            .map(|provider| (strsim::osa_distance(&typed, &provider.id), provider.id.as_str()))
            .filter(|(distance, _)| *distance <= reach)
            .collect();
        near.sort_unstable();
        near.into_iter().map(|(_, id)| id).take(3).collect()
    }
}

impl Provider {
    /// The secret field that a person means by "the key".
    pub fn key_field(&self) -> &str {
        self.fields.iter().find(|field| field.secret && field.required).map_or("api_key", |field| &field.name)
    }

    /// Whether its keys go only where the vendor's hosts are; an address of somebody's own is another matter.
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
        let told_apart = self.rules.iter().any(|rule| rule.detail.as_deref() == Some("wrong_host"));
        self.base_url.contains('{') || !(self.other_base_urls.is_empty() || told_apart)
    }

    /// Where its API is, the usual address first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.base_url).chain(&self.other_base_urls).map(String::as_str)
    }

    /// Where a key of this provider goes: to the address that was sealed with it, as long as that is one of the provider's.
    /// Without one to the catalog's own; one that an admin added is nobody's own, and may be another tomorrow.
    pub fn address_for(&self, sealed: Option<&str>) -> Result<&str, AddressChanged> {
        match sealed {
            None if self.private => Err(AddressChanged),
            None => Ok(&self.base_url),
            Some(url) => self.addresses().find(|own| *own == url).ok_or(AddressChanged),
        }
    }

    /// Whether it offers a voice service in a language; `hi` stands for every `hi-...`.
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
        let catalog: Catalog = toml::from_str(include_str!("catalog.toml")).expect("the catalog");
        assert!(catalog.providers().len() >= 36);
        for provider in catalog.providers() {
            let id: ProviderId = provider.id.parse().expect("an id");
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
