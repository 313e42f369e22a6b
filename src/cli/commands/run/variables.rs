//! The environment of the program: the variables of its keys are set, and byok's own variables are removed.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::Command;

use byok::error::DataError;
use byok::name::ProviderId;
use byok::provider::{Content, Field, Provider, ProviderEntry, Target, VariableError, check_variable};
use byok::secret::SecretText;
use byok::system::descriptor;
use byok::{Error, OpenedKey, exit, setting};

use crate::cli::session::inherited;
use crate::cli::terminal::failure::Failure;

/// The variables that the options name.
pub(super) struct Names {
    asked: Vec<(String, ProviderId)>,
    allowed: Vec<String>,
}

impl Names {
    /// Reads `NAME=PROVIDER`, and the allowed names that do not look like a credential.
    pub(super) fn read(given: &[String], allowed: &[String]) -> anyhow::Result<Self> {
        let mut names = Vec::new();
        for pair in given {
            let wrong =
                || Failure::usage("bad_env", "--env takes NAME=PROVIDER").hint("for example: --env LLM_KEY=openai");
            let (name, provider) = pair.split_once('=').ok_or_else(wrong)?;
            check(name, Content::Secret, allowed)?;
            let asked = (name.to_owned(), Target::parse_provider(provider)?);
            if names.iter().any(|(known, provider)| known == name && *provider != asked.1) {
                return Err(same_variable(name).into());
            }
            if !names.contains(&asked) {
                names.push(asked);
            }
        }
        Ok(Self { asked: names, allowed: allowed.to_vec() })
    }

    /// Checks that every variable is for a provider that was named.
    pub(super) fn check(&self, providers: &[&ProviderId]) -> anyhow::Result<()> {
        match self.asked.iter().find(|(_, provider)| !providers.contains(&provider)) {
            Some((name, provider)) => Err(Failure::usage(
                "bad_env",
                format!("--env {name}={provider}: {provider} is not one of the named providers"),
            )
            .into()),
            None => Ok(()),
        }
    }

    fn of(&self, provider: &ProviderId) -> impl Iterator<Item = &str> {
        self.asked.iter().filter(move |(_, known)| known == provider).map(|(name, _)| name.as_str())
    }
}

fn same_variable(name: &str) -> Failure {
    Failure::usage("same_variable", format!("two values would be put into {name}"))
        .hint("use another variable for one of them: --env NAME=PROVIDER")
}

/// Checks that a key may be put into a variable of this name.
fn check(name: &str, content: Content, allowed: &[String]) -> anyhow::Result<()> {
    Ok(check_variable(name, content, allowed.iter().any(|it| it == name)).map_err(|why| {
        // A text that is not a name may be a key, so it is not repeated.
        let message = if why == VariableError::Malformed { why.to_string() } else { format!("{name}: {why}") };
        match why {
            VariableError::Malformed => Failure::usage("bad_env", message),
            VariableError::Dangerous => Failure::usage("dangerous_variable", message)
                .hint("use another name, such as VENDOR_API_KEY: --env NAME=PROVIDER"),
            VariableError::Unusual => Failure::usage("unusual_variable", message)
                .hint(format!("if the program expects the key there: --allow-env {name}")),
        }
    })?)
}

/// The settings of a key. Settings that cannot be read are an error: one of them may be the address that the key is for.
fn read_settings(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let corrupt = Error::Data(DataError::Corrupt { table: "provider_key", column: "settings" });
    if text.is_empty() { Ok(BTreeMap::new()) } else { serde_json::from_str(text).map_err(|_| corrupt) }
}

/// The variables of a key. A document is passed as a file that exists only in memory.
#[derive(Default)]
pub(super) struct Variables {
    values: BTreeMap<String, SecretText>,
    documents: Vec<File>,
}

impl Variables {
    /// The fields of a key, each with its variable.
    pub(super) fn add(&mut self, names: &Names, known: &ProviderEntry, key: &OpenedKey) -> anyhow::Result<()> {
        let provider: &Provider = known;
        let settings = read_settings(&key.settings)?;
        for field in &provider.fields {
            let is_key = field.name == provider.key_field();
            let into = variables(names, provider, field, is_key, &key.provider);
            let value = match (key.credential.get(&field.name), settings.get(&field.name)) {
                (Some(secret), _) => secret.clone(),
                (None, Some(setting)) => SecretText::new(setting.clone()),
                (None, None) => continue,
            };
            for name in into {
                check(&name, Content::of(field), &names.allowed)?;
                let value = if field.multi_line { self.document(&value)? } else { value.clone() };
                if self.values.insert(name.clone(), value).is_some() {
                    return Err(same_variable(&name).into());
                }
            }
        }
        if let Some((name, value)) = settings.get("base_url").and_then(|url| provider.address_variable(url))
            && self.values.insert(name.to_owned(), SecretText::new(value.to_owned())).is_some()
        {
            return Err(same_variable(name).into());
        }
        Ok(())
    }

    /// A file without a name, which the program inherits.
    fn document(&mut self, text: &SecretText) -> anyhow::Result<SecretText> {
        let (file, path) = descriptor::in_memory(text.expose().as_bytes())
            .map_err(|error| Failure::new(exit::RUN_FAILED, "no_memory_file", error.to_string()))?;
        self.documents.push(file);
        Ok(SecretText::new(path.to_string_lossy().into_owned()))
    }

    /// The variables that were already set to another value.
    pub(super) fn replaced(&self) -> impl Iterator<Item = &str> {
        let other = |(name, value): &(&String, &SecretText)| {
            setting::bytes(name).is_some_and(|inherited| inherited.as_encoded_bytes() != value.expose().as_bytes())
        };
        self.values.iter().filter(other).map(|(name, _)| name.as_str())
    }

    /// The inherited environment, without byok's settings and without the variables of the named providers. So the
    /// program gets the key that serves, or none.
    pub(super) fn put_into<'p>(&self, command: &mut Command, asked: impl Iterator<Item = &'p ProviderEntry>) {
        for provider in asked {
            let fields = provider.fields.iter().filter_map(|field| field.env.as_ref());
            for name in provider.env.iter().chain(fields) {
                command.env_remove(name);
            }
            if let Some(name) = address_of_another_key(provider) {
                command.env_remove(name);
            }
        }
        inherited::without_access(command);
        for (name, value) in &self.values {
            command.env(name, value.expose());
        }
    }
}

/// The inherited variable of a provider's address, if it names an address of the provider. It is for another key: the
/// address of this one is set, or is the usual one. Any other address stays, such as that of a proxy for all requests.
fn address_of_another_key(provider: &Provider) -> Option<&str> {
    let variable = provider.address_env.as_ref()?;
    let inherited = setting::bytes(&variable.name)?;
    let inherited = inherited.to_str()?.trim_end_matches('/');
    provider.addresses().any(|url| variable.value(url) == inherited).then_some(&variable.name)
}

/// The variable of a field. `--env` decides for the key, the catalog decides for all other fields.
fn variables(names: &Names, provider: &Provider, field: &Field, is_key: bool, id: &ProviderId) -> Vec<String> {
    let asked: Vec<String> = names.of(id).filter(|_| is_key).map(str::to_owned).collect();
    if !asked.is_empty() {
        return asked;
    }
    let usual = field.env.as_ref().or_else(|| provider.env.first().filter(|_| is_key));
    usual.cloned().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_or_an_error() {
        assert!(read_settings("").expect("none").is_empty());
        assert_eq!(read_settings(r#"{"region":"eu"}"#).expect("one").get("region").map(String::as_str), Some("eu"));
        for bad in ["null", "{", r#"{"base_url":1}"#, "[]"] {
            assert!(read_settings(bad).is_err(), "{bad}");
        }
    }
}
