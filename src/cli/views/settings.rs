//! Settings, profiles and the configuration file.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::terminal::output::View;
use crate::cli::views::{cell, yes};

/// A setting that is in effect.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SettingView {
    pub(crate) name: String,
    /// `<set>` for a secret
    pub(crate) value: Option<String>,
    /// An option, `env NAME`, the file and its line, or `default`
    pub(crate) origin: String,
    /// Whether a list shows the origin.
    #[serde(skip)]
    pub(crate) with_origin: bool,
}

impl SettingView {
    /// The columns of a list.
    pub(crate) fn columns(with_origin: bool) -> &'static [&'static str] {
        if with_origin { Self::COLUMNS } else { &["NAME", "VALUE"] }
    }
}

impl View for SettingView {
    const COLUMNS: &'static [&'static str] = &["NAME", "VALUE", "ORIGIN"];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.name.clone(), cell(self.value.as_ref())];
        cells.extend(self.with_origin.then(|| self.origin.clone()));
        cells
    }
}

/// A profile of the configuration file.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProfileView {
    pub(crate) profile: String,
    pub(crate) in_force: bool,
    pub(crate) default: bool,
    pub(crate) production: bool,
    /// Where its database is named
    pub(crate) database: Option<String>,
    /// Its first line in the file
    pub(crate) line: usize,
}

impl View for ProfileView {
    const COLUMNS: &'static [&'static str] = &["PROFILE", "IN_FORCE", "DEFAULT", "PRODUCTION", "DATABASE"];
    const YIELDS: &'static [&'static str] = &["DATABASE", "DEFAULT"];

    fn cells(&self) -> Vec<String> {
        let database = cell(self.database.as_ref());
        vec![self.profile.clone(), yes(self.in_force), yes(self.default), yes(self.production), database]
    }
}

/// The configuration file.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConfigPathView {
    pub(crate) path: String,
    pub(crate) exists: bool,
}

impl View for ConfigPathView {
    const COLUMNS: &'static [&'static str] = &["PATH", "EXISTS"];

    fn cells(&self) -> Vec<String> {
        vec![self.path.clone(), yes(self.exists)]
    }
}

/// A setting of the file that was changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SettingChanged<'a> {
    pub(crate) name: &'a str,
    /// None for the default profile
    pub(crate) profile: Option<&'a str>,
    pub(crate) path: &'a str,
}
