//! The fields of a credential. The secret field comes from a prompt or a source, the others are `--setting NAME=VALUE`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use byok::name::Holder;
use byok::provider::{Provider, ProviderEntry, check};
use byok::secret::{Credential, Hint, SecretText};

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input;
use crate::cli::terminal::input::{Prompt, SourceArgs, TrapOptions};

/// Where the fields of a credential come from.
#[derive(Args)]
pub(crate) struct CredentialArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A field of the credential that is not secret, such as region=...; `byok provider show` lists them
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    #[command(flatten)]
    traps: TrapOptions,
}

/// A credential as it was given.
pub(crate) struct Given {
    pub(crate) credential: Credential,
    pub(crate) settings: String,
    pub(crate) hint: Hint,
}

impl CredentialArgs {
    /// Arguments that may hold a key by mistake.
    pub(crate) fn refuse_options(&mut self) -> anyhow::Result<()> {
        self.traps.refuse()
    }

    /// The settings, checked.
    pub(crate) fn settings(&self, provider: &ProviderEntry) -> anyhow::Result<String> {
        settings_of(provider, &self.settings)
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
        let settings = self.settings(provider)?;
        let prompt = format!("{} key for {whose}: ", provider.name);
        let scripted = format!("pipe it: ... | byok {command} --stdin");
        let secret =
            input::secret(&self.source, context.no_input(), &Prompt { text: &prompt, scripted: &scripted }).await?;
        let field = provider.key_field();
        for warning in check(provider, field, &secret)? {
            context.notice(&format!("warning: {warning}"));
        }
        let hint = hint_of(provider, field, &secret);
        Ok(Given { credential: Credential::single(field, secret), settings, hint })
    }
}

/// The command that stores a key for this holder.
pub(crate) fn command(provider: &Provider, holder: &Holder) -> String {
    match holder {
        Holder::Organization(org) => format!("key set {} --org {org}", provider.id),
        Holder::Platform => format!("platform-key set {}", provider.id),
    }
}

fn hint_of(provider: &Provider, field: &str, secret: &SecretText) -> Hint {
    let document = provider.fields.iter().any(|known| known.name == field && known.multi_line);
    if document { Hint::of_document(secret) } else { Hint::of(secret) }
}

/// The non-secret fields as the JSON object that is sealed with the key. It includes any address that is not the
/// catalog's own, so that a key that was stored for one address does not open for another.
fn settings_of(provider: &ProviderEntry, given: &[String]) -> anyhow::Result<String> {
    let bad = |message: String| Failure::usage("bad_setting", message);
    let mut settings = BTreeMap::new();
    if provider.is_private() {
        settings.insert("base_url", provider.base_url.as_str());
    }
    for pair in given {
        let (name, value) = pair.split_once('=').ok_or_else(|| bad("--setting takes NAME=VALUE".into()))?;
        if name == "base_url" && provider.has_base_url(value) {
            settings.insert(name, value);
            continue;
        }
        let field = provider.settings().find(|field| field.name == name).ok_or_else(|| {
            bad(format!("{} has no setting of this name, or does not accept this value", provider.name))
                .hint(known_names(provider))
        })?;
        if field.shape.as_ref().is_some_and(|shape| !shape.is_match(value)) {
            return Err(bad(format!("this cannot be the {} of {}", field.label, provider.name)).into());
        }
        settings.insert(name, value);
    }
    if let Some(missing) =
        provider.settings().find(|field| field.required && !settings.contains_key(field.name.as_str()))
    {
        let message = format!("{} needs its {}", provider.name, missing.label);
        return Err(bad(message).hint(format!("--setting {}=...", missing.name)).into());
    }
    Ok(json!(settings).to_string())
}

fn known_names(provider: &Provider) -> String {
    let mut names: Vec<String> = provider.settings().map(|field| field.name.clone()).collect();
    if !provider.other_base_urls.is_empty() {
        names.push(format!("base_url ({})", provider.other_base_urls.join(", ")));
    }
    if names.is_empty() { "it has no settings".into() } else { format!("its settings: {}", names.join(", ")) }
}
