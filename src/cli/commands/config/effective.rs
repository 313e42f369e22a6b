//! The settings that are in effect, and where each comes from.

use byok::setting;
use clap::ValueEnum as _;

use crate::cli::config;
use crate::cli::config::document::Entry;
use crate::cli::session::Context;
use crate::cli::session::settings::{self, NamedKey, SecretSource};
use crate::cli::session::variables::{Kind, OURS, PRODUCTION, Variable};
use crate::cli::terminal::output;
use crate::cli::views::settings::SettingView;

/// What is shown of a secret.
const SET: &str = "<set>";
const DEFAULT: &str = "default";

/// A value and where it comes from.
struct Effect {
    value: Option<String>,
    origin: String,
}

impl Effect {
    fn default(value: Option<String>) -> Self {
        Self { value, origin: DEFAULT.into() }
    }

    fn option(name: &str, value: &str) -> Self {
        Self { value: Some(value.to_owned()), origin: name.into() }
    }

    fn view(self, name: &str) -> SettingView {
        SettingView { name: name.to_owned(), value: self.value, origin: self.origin, with_origin: true }
    }
}

/// All settings.
pub(super) fn settings(context: &Context) -> anyhow::Result<Vec<SettingView>> {
    let address = context.address()?;
    let private = settings::private_dir();
    let beside = private.as_ref().ok().filter(|_| address.is_none());
    let key = settings::key_beside(beside, context.master_key_fd())?;
    let mut views = vec![profile(context).view("profile"), production().view(PRODUCTION)];
    for variable in OURS.iter().filter(|variable| !["BYOK_CONFIG", "BYOK_PROFILE"].contains(&variable.name)) {
        let name = variable.name.trim_start_matches("BYOK_").to_ascii_lowercase();
        let effect = if name.starts_with("database_url") {
            address.as_ref().filter(|source| form(source) == ending(variable)).map(source)
        } else if name.starts_with("master_key") || name.starts_with("data_key") {
            let same = matches!(key, NamedKey::Master(_)) == name.starts_with("master_key");
            Some(key.source()).filter(|source| same && form(source) == ending(variable)).map(source)
        } else {
            Some(plain(context, variable, beside.map(|dir| output::path(dir.path())))?)
        };
        views.push(effect.unwrap_or_else(|| Effect::default(None)).view(&name));
    }
    if let NamedKey::Master(SecretSource::Descriptor(number)) = key {
        views.push(Effect::option("--master-key-fd", &number.to_string()).view("master_key_fd"));
    }
    Ok(views)
}

fn profile(context: &Context) -> Effect {
    match config::in_force() {
        Some(chosen) => Effect { value: Some(chosen.profile.name.clone()), origin: chosen.origin() },
        None if context.options().local => Effect { value: None, origin: "--local".into() },
        None => Effect::default(None),
    }
}

fn production() -> Effect {
    match config::in_force().and_then(|chosen| chosen.profile.entry(PRODUCTION)) {
        Some(entry) => of_file(entry),
        None => Effect::default(Some("false".into())),
    }
}

fn of_file(entry: &Entry) -> Effect {
    Effect { value: Some(entry.shown()), origin: entry.origin.clone() }
}

/// The form in which a variable names something.
fn ending(variable: &Variable) -> &'static str {
    match variable.kind {
        Kind::Path => "file",
        Kind::Command => "command",
        _ => "itself",
    }
}

fn form(source: &SecretSource) -> &'static str {
    match source {
        SecretSource::File(..) => "file",
        SecretSource::Command(..) => "command",
        SecretSource::Text(..) => "itself",
        SecretSource::Descriptor(_) => "descriptor",
    }
}

/// A setting that names where a secret is, or is one.
fn source(source: &SecretSource) -> Effect {
    let value = match source {
        SecretSource::File(path, _) => output::path(path),
        SecretSource::Command(words, _) => words.join(" "),
        SecretSource::Descriptor(number) => number.to_string(),
        SecretSource::Text(..) => source.public_text().unwrap_or_else(|| SET.into()),
    };
    let name = source.name();
    let entry = OURS.iter().filter_map(|variable| settings::entry(variable.name)).find(|entry| entry.named == name);
    let origin = match entry {
        Some(entry) => entry.origin.clone(),
        None if name == DEFAULT => DEFAULT.into(),
        None => format!("env {name}"),
    };
    Effect { value: Some(value), origin }
}

/// A setting that is no secret.
fn plain(context: &Context, variable: &Variable, private: Option<String>) -> anyhow::Result<Effect> {
    let options = context.options();
    let default = match variable.name {
        "BYOK_OUTPUT" if options.json => return Ok(Effect::option("--json", "json")),
        "BYOK_OUTPUT" if options.output_typed => return Ok(Effect::option("--output", &format_name(context))),
        "BYOK_NO_INPUT" if options.no_input => return Ok(Effect::option("--no-input", "true")),
        "BYOK_STRICT" if options.strict => return Ok(Effect::option("--strict", "true")),
        "BYOK_OUTPUT" => Some(format_name(context)),
        "BYOK_POOLER" => Some("auto".into()),
        "BYOK_LOCAL_DIR" => private,
        _ if variable.kind == Kind::Switch => Some("false".into()),
        _ => None,
    };
    let Some(value) = setting::path(variable.name)? else {
        return Ok(settings::entry(variable.name).map_or_else(|| Effect::default(default), of_file));
    };
    let value =
        if variable.kind == Kind::Switch { settings::switch(variable.name).to_string() } else { output::path(&value) };
    Ok(Effect { value: Some(value), origin: format!("env {}", variable.name) })
}

fn format_name(context: &Context) -> String {
    context.format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
