//! Providers, and the routes of capabilities.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::Route;
use byok::clock::rfc3339;
use byok::provider::{Capability, Field, Policy, Provider, ProviderEntry};

use crate::cli::terminal::output::View;
use crate::cli::views::cell;

/// A field of a provider's credential.
#[derive(Serialize, JsonSchema)]
struct FieldView {
    name: String,
    label: String,
    secret: bool,
    required: bool,
    default: Option<String>,
    multi_line: bool,
}

impl From<&Field> for FieldView {
    fn from(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            secret: field.secret,
            required: field.required,
            default: field.default.clone(),
            multi_line: field.multi_line,
        }
    }
}

impl FieldView {
    fn in_words(&self) -> String {
        let name = &self.name;
        match (self.secret, self.required, &self.default) {
            (true, ..) => format!("{name} (secret)"),
            (false, true, _) => name.clone(),
            (false, false, Some(default)) => format!("{name} (default: {default})"),
            (false, false, None) => format!("{name} (optional)"),
        }
    }
}

/// A provider in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderView {
    provider: String,
    name: String,
    capabilities: Vec<&'static str>,
    env: Vec<String>,
    languages: Vec<String>,
    base_url: String,
    fields: Vec<FieldView>,
    /// What a test of its keys is
    #[schemars(extend("x-known-values" = ["free", "generate", "none"]))]
    test: &'static str,
}

impl From<&Provider> for ProviderView {
    fn from(provider: &Provider) -> Self {
        Self {
            provider: provider.id.clone(),
            name: provider.name.clone(),
            capabilities: provider.capabilities.iter().map(|it| it.as_str()).collect(),
            env: provider.env.clone(),
            languages: provider.languages.clone(),
            base_url: provider.base_url.clone(),
            fields: provider.fields.iter().map(FieldView::from).collect(),
            test: free_test(provider),
        }
    }
}

/// What a free test of its keys proves.
fn free_test(provider: &Provider) -> &'static str {
    match &provider.probe {
        Some(probe) if probe.trusted => "free",
        _ if provider.paid.is_empty() => "none",
        _ => "generate",
    }
}

impl View for ProviderView {
    const COLUMNS: &'static [&'static str] = &["PROVIDER", "NAME", "CAPABILITIES", "VARIABLE", "LANGUAGES", "TEST"];
    const YIELDS: &'static [&'static str] = &["TEST", "LANGUAGES", "NAME", "VARIABLE", "CAPABILITIES"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.provider.clone(),
            self.name.clone(),
            self.capabilities.join(","),
            cell(self.env.first()),
            cell((!self.languages.is_empty()).then_some(self.languages.len()).as_ref()),
            self.test.into(),
        ]
    }
}

/// Everything that is known about a provider.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderDetails {
    #[serde(flatten)]
    provider: ProviderView,
    other_base_urls: Vec<String>,
    address_env: Option<String>,
    private: bool,
    key_shape: String,
    wrong_prefixes: Vec<String>,
    probe: Option<String>,
    generate: Vec<&'static str>,
    note: Option<String>,
    /// The vendor's page on which keys are made and revoked, if it is known
    keys_page: Option<String>,
    /// Whether the answer to the free test has the end date of a key that has one
    tells_end_date: bool,
    #[serde(skip)]
    policy: Policy,
}

impl From<&ProviderEntry> for ProviderDetails {
    fn from(known: &ProviderEntry) -> Self {
        let provider: &Provider = known;
        let pays = |capability: &&Capability| provider.paid.iter().any(|it| it.capability == **capability);
        Self {
            provider: provider.into(),
            other_base_urls: provider.other_base_urls.clone(),
            address_env: provider.address_env.as_ref().map(|variable| variable.name.clone()),
            private: known.is_private(),
            key_shape: provider.format.accept.as_str().to_owned(),
            wrong_prefixes: provider.format.wrong_kind.iter().map(|it| it.prefix.clone()).collect(),
            probe: provider.probe.as_ref().map(|probe| format!("{} {}", probe.method, probe.path)),
            generate: Capability::ALL.iter().filter(pays).map(|it| it.as_str()).collect(),
            note: provider.note.clone(),
            keys_page: provider.keys_page.clone(),
            tells_end_date: provider.probe.as_ref().is_some_and(|probe| probe.expires.is_some()),
            policy: provider.format.policy,
        }
    }
}

impl ProviderDetails {
    fn keys_in_words(&self) -> String {
        let shape = &self.key_shape;
        match self.policy {
            Policy::Reject => format!("{shape}; anything else is refused"),
            Policy::Warn => format!("{shape}; anything else is stored with a warning"),
            Policy::Any => "no shape is known".into(),
        }
    }

    fn test_in_words(&self) -> String {
        match (&self.probe, self.provider.test) {
            (Some(probe), "free") if self.tells_end_date => format!("{probe}; the answer has the end date of the key"),
            (Some(probe), "free") => probe.clone(),
            (Some(_), _) => "the answer proves nothing, so a key is unchecked".into(),
            (None, _) => "no test is known".into(),
        }
    }
}

impl View for ProviderDetails {
    const COLUMNS: &'static [&'static str] = &[
        "PROVIDER",
        "NAME",
        "CAPABILITIES",
        "LANGUAGES",
        "VARIABLES",
        "ADDRESS",
        "FIELDS",
        "KEYS",
        "FREE_TEST",
        "GENERATE",
        "NOTE",
        "KEYS_PAGE",
    ];

    fn cells(&self) -> Vec<String> {
        let it = &self.provider;
        let addresses: Vec<&str> =
            std::iter::once(&it.base_url).chain(&self.other_base_urls).map(String::as_str).collect();
        let fields: Vec<String> = it.fields.iter().map(FieldView::in_words).collect();
        vec![
            it.provider.clone(),
            it.name.clone(),
            it.capabilities.join(", "),
            it.languages.join(" "),
            it.env.iter().chain(&self.address_env).cloned().collect::<Vec<_>>().join(", "),
            addresses.join(", "),
            fields.join(", "),
            self.keys_in_words(),
            self.test_in_words(),
            if self.generate.is_empty() { "no operation is known".into() } else { self.generate.join(", ") },
            cell(self.note.as_ref()),
            self.keys_page.clone().unwrap_or_else(|| "not known".into()),
        ]
    }
}

/// The provider that serves a capability.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RouteView {
    capability: String,
    language: Option<String>,
    provider: String,
    set_at: String,
    set_by: String,
}

impl From<&Route> for RouteView {
    fn from(route: &Route) -> Self {
        Self {
            capability: route.capability.to_string(),
            language: Some(route.language.clone()).filter(|language| !language.is_empty()),
            provider: route.provider.clone(),
            set_at: rfc3339(route.set_at),
            set_by: route.set_by.clone(),
        }
    }
}

impl View for RouteView {
    const COLUMNS: &'static [&'static str] = &["CAPABILITY", "PROVIDER", "SINCE", "BY", "LANGUAGE"];
    const YIELDS: &'static [&'static str] = &["BY", "SINCE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.capability.clone(),
            self.provider.clone(),
            self.set_at.clone(),
            self.set_by.clone(),
            cell(self.language.as_ref()),
        ]
    }
}
