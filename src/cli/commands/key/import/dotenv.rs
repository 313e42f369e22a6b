//! Which key the variables of a `.env` file are: those that the providers' own tools read.

use byok::import::{VALUE, VARIABLE};
use byok::provider::{Catalog, Provider, ProviderEntry};
use byok::secret::SecretText;

use crate::cli::commands::key::import::line::{Bad, Raw, Read, Skipped};
use crate::cli::session::{Session, private_provider};
use crate::cli::terminal::failure::Failure;

/// What a variable is for a provider.
#[derive(Clone, PartialEq, Eq)]
enum Part {
    Key,
    Setting(String),
}

/// A provider that has a variable, and what it is for.
struct Use<'a> {
    provider: &'a Provider,
    part: Part,
}

/// What the variables of a file are.
#[derive(Default)]
pub(super) struct Variables {
    pub(super) keys: Vec<Raw>,
    pub(super) bad: Vec<Bad>,
    pub(super) skipped: Vec<Skipped>,
}

impl Variables {
    fn skip(&mut self, line: usize, why: &str) {
        self.skipped.push(Skipped { line, why: why.to_owned() });
    }

    /// Gives a setting to the keys of its providers.
    fn set(&mut self, line: usize, uses: Vec<Use<'_>>, value: Option<&str>) {
        let mut taken = false;
        for Use { provider, part } in uses {
            let (Part::Setting(name), Some(value)) = (part, value) else { continue };
            for key in self.keys.iter_mut().filter(|key| key.provider.as_ref() == Some(&provider.id)) {
                key.settings.push((name.clone(), value.to_owned()));
                taken = true;
            }
        }
        self.skip(line, if taken { "it is a setting of a key" } else { "it is a setting, and there is no key for it" });
    }
}

/// Makes the variables that are keys into keys, with the settings of their providers. All others are skipped.
pub(super) async fn keys(session: &mut Session, read: Vec<Read>) -> anyhow::Result<Variables> {
    let stored = session.database.providers(None).await?;
    let own = stored.iter().filter_map(|stored| private_provider(&stored.provider.parse().ok()?, stored).ok());
    let own: Vec<ProviderEntry> = own.collect();
    let known: Vec<&Provider> = Catalog::builtin().providers().iter().chain(own.iter().map(|entry| &**entry)).collect();
    let (mut variables, mut settings) = (Variables::default(), Vec::new());
    for Read { line, mut fields } in read {
        let name = fields.take_name(VARIABLE).unwrap_or_default();
        let uses: Vec<Use<'_>> =
            known.iter().filter_map(|provider| Some(Use { provider, part: part(provider, &name)? })).collect();
        match uses.as_slice() {
            [] => variables.skip(line, "no provider has this variable"),
            [Use { provider, part: Part::Key }] => variables.keys.push(raw(line, provider, fields.take(VALUE))),
            _ if uses.iter().any(|it| it.part == Part::Key) => variables.bad.push(Bad::new(line, shared(&uses))),
            _ => settings.push((line, uses, fields.take_name(VALUE))),
        }
    }
    for (line, uses, value) in settings {
        variables.set(line, uses, value.as_deref());
    }
    Ok(variables)
}

fn raw(line: usize, provider: &Provider, key: Option<SecretText>) -> Raw {
    let provider = Some(provider.id.clone());
    Raw { line, org: None, provider, key, expires: None, if_version: None, settings: Vec::new() }
}

/// What this variable is for a provider, if it is one of its own.
fn part(provider: &Provider, name: &str) -> Option<Part> {
    let field = provider.fields.iter().find(|field| field.env.as_deref() == Some(name));
    if provider.env.iter().any(|known| known == name) || field.is_some_and(|field| field.secret) {
        return Some(Part::Key);
    }
    if let Some(field) = field {
        return Some(Part::Setting(field.name.clone()));
    }
    let address =
        provider.address_env.as_ref().filter(|it| it.name == name && it.before.is_empty() && it.after.is_empty());
    address.filter(|_| !provider.other_base_urls.is_empty()).map(|_| Part::Setting("base_url".into()))
}

/// A variable of several providers does not say whose key it is.
fn shared(uses: &[Use<'_>]) -> Failure {
    let ids: Vec<&str> = uses.iter().map(|it| it.provider.id.as_str()).collect();
    let message = format!("several providers have this variable: {}", ids.join(", "));
    Failure::usage("several_providers", message).hint("name the provider: use JSON lines or CSV for this key")
}
