//! `config`: settings and where they come from, and the configuration file.

mod change;
mod effective;

use clap::Subcommand;

use byok::exit;
use byok::name::near;

use crate::cli::config;
use crate::cli::config::checks::DEFAULT;
use crate::cli::config::document::{Config, Profile};
use crate::cli::session::Context;
use crate::cli::session::variables::keys;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::views::kinds;
use crate::cli::views::settings::{ConfigPathView, ProfileView, SettingView};

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the path of the configuration file, which need not exist
    #[command(after_help = "Example:\n  byok config path")]
    Path,
    /// List the settings that are in effect
    ///
    /// A secret is shown as `<set>`. A list of the settings of a profile that is not in force: byok config show --profile NAME
    #[command(after_help = "Examples:\n  byok config show\n  byok config show --origin")]
    Show {
        /// Also show where each value comes from: an option, a variable, the file and its line, or the default
        #[arg(long)]
        origin: bool,
    },
    /// Print the value of one setting that is in effect
    #[command(after_help = "Example:\n  byok config get org")]
    Get {
        /// The setting, such as org
        #[arg(value_name = "SETTING")]
        name: String,
    },
    /// Change a setting of a profile in the configuration file
    ///
    /// Without --profile and BYOK_PROFILE this is the default profile. A profile and the file are made if they are not there.
    /// Comments and the order of the file stay. A secret is refused: name its file, or the command that prints it.
    #[command(
        after_help = "Examples:\n  byok config set --profile work org acme\n  byok config set --profile staging master_key_command -- op read op://ops/byok/key\n  byok config set --profile production production true\n  byok config set default_profile staging"
    )]
    Set(change::Set),
    /// Remove a setting of a profile from the configuration file
    #[command(after_help = "Example:\n  byok config unset org --profile staging")]
    Unset(change::Unset),
    /// List the profiles of the configuration file
    #[command(after_help = "Example:\n  byok config profiles")]
    Profiles,
}

impl ConfigCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        if !matches!(self, Self::Path | Self::Set(_) | Self::Unset(_)) {
            // The start of the program has passed over what is wrong with the file.
            config::load(context.options().profile.as_deref(), context.options().local)?;
        }
        match self {
            Self::Path => path(context),
            Self::Show { origin } => show(context, origin),
            Self::Get { name } => get(context, &name),
            Self::Set(verb) => verb.run(context),
            Self::Unset(verb) => verb.run(context),
            Self::Profiles => profiles(context),
        }
    }
}

fn path(context: &Context) -> anyhow::Result<u8> {
    let place = config::needed_place()?;
    let path = output::path(&place.path);
    let view = ConfigPathView { path: path.clone(), exists: place.path.exists() };
    output::value(context.format, &kinds::CONFIG_PATH, &view, &path)?;
    Ok(exit::OK)
}

fn show(context: &Context, origin: bool) -> anyhow::Result<u8> {
    let mut list = List::with_columns(context.format, &kinds::CONFIG_SHOW, SettingView::columns(origin))?;
    let settings = effective::settings(context)?;
    let views: Vec<SettingView> =
        settings.into_iter().map(|view| SettingView { with_origin: origin, ..view }).collect();
    list.page(&views)?;
    list.end()
}

fn get(context: &Context, name: &str) -> anyhow::Result<u8> {
    let settings = effective::settings(context)?;
    let Some(view) = settings.iter().find(|view| view.name == name) else {
        let failure = Failure::usage("unknown_setting", "there is no setting of that name");
        let hint = match near(name, settings.iter().map(|view| view.name.as_str())).as_slice() {
            [] => "to see the settings: byok config show".into(),
            near => format!("did you mean {}? to see the settings: byok config show", near.join(" or ")),
        };
        return Err(failure.hint(hint).into());
    };
    let Some(value) = &view.value else {
        let failure = Failure::new(exit::NOT_FOUND, "not_set", format!("{name} is not set, and has no default"));
        return Err(failure.hint(set_it(name)).into());
    };
    output::value(context.format, &kinds::CONFIG_GET, view, value)?;
    Ok(exit::OK)
}

/// How a setting is set that has no value.
fn set_it(name: &str) -> String {
    let in_profile = keys().any(|(known, _)| known == name);
    match (name, config::in_force()) {
        ("profile", _) => format!("byok config set {DEFAULT} NAME, after: byok config set --profile NAME KEY VALUE"),
        (_, Some(_)) if in_profile => format!("byok config set {name} VALUE"),
        _ if in_profile => format!("byok config set --profile NAME {name} VALUE"),
        _ => format!("set the variable BYOK_{}", name.to_ascii_uppercase()),
    }
}

fn profiles(context: &Context) -> anyhow::Result<u8> {
    let place = config::needed_place()?;
    let config = config::config(&place)?.unwrap_or(Config { default: None, profiles: Vec::new() });
    let default = config.default.as_ref().map(|default| default.name.as_str());
    let in_force = config::in_force().map(|chosen| chosen.profile.name.as_str());
    let view = |profile: &Profile| ProfileView {
        in_force: in_force == Some(&*profile.name),
        default: default == Some(&*profile.name),
        production: profile.is_production(),
        database: database(profile),
        line: profile.line,
        profile: profile.name.clone(),
    };
    let views: Vec<ProfileView> = config.profiles.iter().map(view).collect();
    list::all(context.format, &kinds::CONFIG_PROFILES, &views)
}

/// Where a profile names its database.
fn database(profile: &Profile) -> Option<String> {
    let forms = [("database_url", ""), ("database_url_file", "file "), ("database_url_command", "command ")];
    forms.into_iter().find_map(|(key, what)| profile.entry(key).map(|entry| format!("{what}{}", entry.shown())))
}
