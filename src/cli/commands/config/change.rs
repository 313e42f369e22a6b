//! `config set` and `config unset`.

use clap::Args;

use byok::setting;

use crate::cli::config::change::{self, Done, Spot};
use crate::cli::config::checks::{self, DEFAULT};
use crate::cli::config::{self, Place};
use crate::cli::session::Context;
use crate::cli::terminal::document::{Changed, Kind};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::{self, Change};
use crate::cli::terminal::shell::in_shell;
use crate::cli::views::kinds;
use crate::cli::views::settings::SettingChanged;

#[derive(Args)]
pub(crate) struct Set {
    /// The setting, such as org; or default_profile
    #[arg(value_name = "SETTING")]
    name: String,
    /// Its value. For a command: the program and each of its arguments, after `--` if one begins with a hyphen
    #[arg(required = true)]
    value: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Unset {
    /// The setting, such as org; or default_profile
    #[arg(value_name = "SETTING")]
    name: String,
}

impl Set {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let place = config::needed_place()?;
        let whole = || {
            // A value that cannot be one is refused first: it may be a secret.
            change::check(&Spot { profile: Some("new"), key: &self.name }, &self.value)?;
            let words = self.value.iter().map(|word| in_shell(word)).collect::<Vec<_>>().join(" ");
            let dashes = if self.value.iter().any(|word| word.starts_with('-')) { "-- " } else { "" };
            Ok(format!("byok config set --profile NAME {} {dashes}{words}", self.name))
        };
        let profile = profile(context, &place, &self.name, whole)?;
        let spot = Spot { profile: profile.as_deref(), key: &self.name };
        let done = change::set(&place, &spot, &self.value)?;
        if done == Done::Created
            && let Some(name) = spot.profile
            && default(&place).is_none()
        {
            context.notice(&format!("to use this profile without --profile: byok config set {DEFAULT} {name}"));
        }
        told(context, &kinds::CONFIG_SET, &place, &spot, done)
    }
}

impl Unset {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let place = config::needed_place()?;
        let whole = || Ok(format!("byok config unset --profile NAME {}", self.name));
        let profile = profile(context, &place, &self.name, whole)?;
        let spot = Spot { profile: profile.as_deref(), key: &self.name };
        let done = change::unset(&place, &spot)?;
        told(context, &kinds::CONFIG_UNSET, &place, &spot, done)
    }
}

/// The profile to change. None for the default profile, which is above the profiles. `whole` is the command with the name of a
/// profile in it.
fn profile(
    context: &Context,
    place: &Place,
    key: &str,
    whole: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<Option<String>> {
    if key == DEFAULT {
        return Ok(None);
    }
    let named = match &context.options().profile {
        Some(name) => Some(name.clone()),
        None => setting::text("BYOK_PROFILE")?.or_else(|| default(place)),
    };
    let Some(name) = named else {
        let message = "no profile was named, and the file has no default profile";
        return Err(Failure::usage("no_profile", message).hint(whole()?).into());
    };
    checks::profile_name(&name).map_err(|wrong| Failure::usage(wrong.code, wrong.message))?;
    Ok(Some(name))
}

/// The default profile of a file that can be used.
fn default(place: &Place) -> Option<String> {
    let config = config::config(place).ok().flatten()?;
    config.default.map(|default| default.name)
}

fn told(
    context: &Context,
    kind: &Kind<Changed<SettingChanged<'static>>>,
    place: &Place,
    spot: &Spot<'_>,
    done: Done,
) -> anyhow::Result<u8> {
    let path = output::path(&place.path);
    let of = spot.profile.map(|name| format!(" of profile {name}")).unwrap_or_default();
    let said = match done {
        Done::Unchanged => format!("{}{of} is as it was (unchanged), in {path}", spot.key),
        done => format!("{}{of}: {}, in {path}", spot.key, done.word()),
    };
    let item = SettingChanged { name: spot.key, profile: spot.profile, path: &path };
    output::change(context.format, &Change { kind, result: done.word(), said: &said }, &item)
}
