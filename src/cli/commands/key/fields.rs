//! The fields of a credential. The secret field comes from a prompt or a source, the others are `--setting NAME=VALUE`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use byok::name::Holder;
use byok::provider::{Provider, ProviderEntry, Reading, SettingFault, SettingValue, check, tidy_base_url};
use byok::secret::{Credential, Hint, SecretText};

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input::{Prompt, SourceArgs};
use crate::cli::terminal::{input, output};

/// Where the fields of a credential come from.
#[derive(Args)]
pub(crate) struct CredentialArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A field of the credential that is not secret, such as region=...; `byok provider show` lists them
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    settings: Vec<String>,
}

/// A credential as it was given.
pub(crate) struct Given {
    pub(crate) credential: Credential,
    pub(crate) settings: String,
    pub(crate) hint: Hint,
}

impl CredentialArgs {
    /// The settings, checked.
    pub(crate) fn settings(&self, context: &Context, provider: &ProviderEntry) -> anyhow::Result<String> {
        settings_of(context, provider, &self.settings)
    }

    /// Whether the key's source was named.
    pub(crate) fn is_given(&self) -> bool {
        self.source.is_given() || !self.settings.is_empty()
    }

    /// Reads and checks the key. `whose` completes the prompt. `command` is the command that a script would use.
    pub(crate) async fn read(
        &self,
        context: &Context,
        provider: &ProviderEntry,
        whose: &str,
        command: &str,
    ) -> anyhow::Result<Given> {
        let settings = self.settings(context, provider)?;
        let prompt = format!("{} key for {whose}: ", provider.name);
        let scripted = format!("pipe it: ... | byok {command} --stdin");
        let secret =
            input::secret(&self.source, context.no_input(), &Prompt { text: &prompt, scripted: &scripted }).await?;
        let field = provider.key_field();
        for warning in self.source.named(check(provider, field, &secret))? {
            output::warn(&warning.to_string());
        }
        let hint = hint_of(provider, field, &secret);
        Ok(Given { credential: Credential::single(field, secret), settings, hint })
    }
}

/// The command that stores a key for this holder: `set` or `rotate`.
pub(crate) fn command(provider: &Provider, holder: &Holder, verb: &str) -> String {
    match holder {
        Holder::Organization(org) => format!("key {verb} {} --org {org}", provider.id),
        Holder::Platform => format!("platform-key {verb} {}", provider.id),
    }
}

pub(super) fn hint_of(provider: &Provider, field: &str, secret: &SecretText) -> Hint {
    let document = provider.fields.iter().any(|known| known.name == field && known.multi_line);
    if document { Hint::of_document(secret) } else { Hint::of(secret) }
}

/// The settings as `--setting NAME=VALUE`.
fn settings_of(context: &Context, provider: &ProviderEntry, given: &[String]) -> anyhow::Result<String> {
    let bad = || Failure::usage("bad_setting", "--setting takes NAME=VALUE");
    let pairs: Vec<(&str, &str)> =
        given.iter().map(|pair| pair.split_once('=').ok_or_else(bad)).collect::<Result<_, _>>()?;
    let (settings, cut) = read_settings(provider, pairs)?;
    for notice in cut {
        context.notice(&notice);
    }
    Ok(settings)
}

/// The non-secret fields as the JSON object that is sealed with the key, and what to say of them. It includes any address that is
/// not the catalog's own, so that a key that was stored for one address does not open for another.
pub(super) fn read_settings<'a>(
    provider: &ProviderEntry,
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(String, Vec<String>), Failure> {
    let (mut settings, mut cut) = (BTreeMap::new(), Vec::new());
    if provider.is_private() {
        settings.insert("base_url", provider.base_url.clone());
    }
    for (name, typed) in given {
        let own = provider.is_private() && name == "base_url" && provider.has_base_url(&tidy_base_url(typed));
        let read = if own {
            SettingValue { value: provider.base_url.clone(), cut: false }
        } else {
            provider.read_setting(name, typed).map_err(|fault| refused(provider, name, &fault))?
        };
        if read.cut {
            cut.push(format!("{name} is stored as {}, without what follows it", output::setting(&read.value)));
        }
        settings.insert(name, read.value);
    }
    if let Some(missing) =
        provider.settings().find(|field| field.required && !settings.contains_key(field.name.as_str()))
    {
        let message = format!("{} needs its {}", provider.name, missing.label);
        let example = missing.example.as_deref().unwrap_or("...");
        return Err(Failure::usage("bad_setting", message).hint(format!("--setting {}={example}", missing.name)));
    }
    Ok((json!(settings).to_string(), cut))
}

/// A setting that cannot be one, with what to type.
fn refused(provider: &Provider, name: &str, fault: &SettingFault) -> Failure {
    let field = provider.settings().find(|field| field.name == name);
    let example = field.and_then(|field| Some(format!("--setting {name}={}", field.example.as_ref()?)));
    let next = match fault {
        SettingFault::OtherAddress(_) => {
            let known: Vec<&str> = provider.addresses().collect();
            format!("one of: {}; another server is a provider of its own: byok provider add", known.join(", "))
        }
        SettingFault::LooksLikeKey => "the key goes in at the prompt, or through --stdin".into(),
        SettingFault::Unknown(_) => known_names(provider),
        SettingFault::Refused { .. } => format!("byok provider show {}", provider.id),
        _ => {
            let like = example.map_or_else(|| known_names(provider), |it| format!("it looks like this: {it}"));
            let gateway = field.is_some_and(|field| field.reading == Reading::Endpoint);
            if gateway { format!("{like}; a gateway at another host: byok provider add") } else { like }
        }
    };
    Failure::usage("bad_setting", fault.to_string()).hint(next)
}

fn known_names(provider: &Provider) -> String {
    let mut names: Vec<String> = provider.settings().map(|field| field.name.clone()).collect();
    if !provider.other_base_urls.is_empty() {
        names.push(format!("base_url ({})", provider.other_base_urls.join(", ")));
    }
    if names.is_empty() { "it has no settings".into() } else { format!("its settings: {}", names.join(", ")) }
}
