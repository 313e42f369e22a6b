//! `--columns`: which commands have it, and which columns each has. Every command that prints a list of things has it.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, error::Error};
use std::ffi::OsStr;

use crate::cli::terminal::output::View;
use crate::cli::views::audit::AuditView;
use crate::cli::views::doctor::CheckView;
use crate::cli::views::event::{ConsumerView, DeliveryView, EventView};
use crate::cli::views::key::{KeyView, VersionView, WipedView};
use crate::cli::views::ledger::{BalanceView, PostingView};
use crate::cli::views::master_key::MasterKeyView;
use crate::cli::views::org::{MemberView, OrgView, RoleView};
use crate::cli::views::probe::TestedView;
use crate::cli::views::provider::{ProviderView, RouteView};
use crate::cli::views::rate::RateView;
use crate::cli::views::settings::{ProfileView, SettingView};
use crate::cli::views::usage::UsageView;

/// The commands that print a list, with all their words, and the columns of it.
pub(super) const LISTING: [(&str, &[&str]); 26] = [
    ("audit list", AuditView::COLUMNS),
    ("config profiles", ProfileView::COLUMNS),
    ("config show", SettingView::COLUMNS),
    ("credits balance", BalanceView::COLUMNS),
    ("credits history", PostingView::COLUMNS),
    ("credits rates list", RateView::COLUMNS),
    ("credits usage", UsageView::COLUMNS),
    ("doctor", CheckView::COLUMNS),
    ("event consumers", ConsumerView::COLUMNS),
    ("event failures", DeliveryView::COLUMNS),
    ("event list", EventView::COLUMNS),
    ("key export", KeyView::COLUMNS),
    ("key history", AuditView::COLUMNS),
    ("key list", KeyView::COLUMNS),
    ("key show", VersionView::COLUMNS),
    ("master-key status", MasterKeyView::COLUMNS),
    ("member list", MemberView::COLUMNS),
    ("org list", OrgView::COLUMNS),
    ("platform-key list", KeyView::COLUMNS),
    ("platform-key show", VersionView::COLUMNS),
    ("provider list", ProviderView::COLUMNS),
    ("provider route", RouteView::COLUMNS),
    ("role list", RoleView::COLUMNS),
    ("test-key", TestedView::COLUMNS),
    ("tidy", WipedView::COLUMNS),
    ("watch", EventView::COLUMNS),
];

/// The name of the option in the matches.
const ID: &str = "columns";

/// Adds the option to a command that prints a list.
pub(super) fn offered(command: Command, path: &str) -> Command {
    match LISTING.iter().find(|(listing, _)| *listing == path) {
        None => command,
        Some((_, columns)) => command.arg(
            Arg::new(ID)
                .long("columns")
                .value_name("COLUMN,...")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .ignore_case(true)
                .conflicts_with_all(unlisted(path))
                .value_parser(Names(columns))
                .help("Show these columns, in this order; for table, csv and plain"),
        ),
    }
}

/// The arguments with which the command prints no list.
fn unlisted(path: &str) -> &'static [&'static str] {
    match path {
        "provider route" => &["capability"],
        "watch" => &["webhook", "command"],
        _ => &[],
    }
}

/// The columns that were given.
pub(crate) fn given(matches: &ArgMatches) -> Option<Vec<String>> {
    let here = matches.try_get_many::<String>(ID).ok().flatten();
    let here = here.map(|names| names.cloned().collect());
    here.or_else(|| matches.subcommand().and_then(|(_, below)| given(below)))
}

/// The names of columns. They are only made for help, errors, completions, and a command line that chooses some.
#[derive(Clone)]
struct Names(&'static [&'static str]);

impl Names {
    fn values(&self) -> impl Iterator<Item = PossibleValue> {
        // clap wants names that live as long as the program, which ends soon.
        self.0.iter().map(|name| PossibleValue::new(&*name.to_ascii_lowercase().leak()))
    }
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        PossibleValuesParser::new(self.values()).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::views::kinds;

    /// What prints a list of results, of names or of steps.
    const WITHOUT: [&str; 2] = ["demo", "schema"];

    #[test]
    fn every_command_that_prints_a_list_of_things_has_the_option() {
        for (kind, schema) in kinds::ALL {
            let schema = schema();
            let items = schema.pointer("/properties/items/items/properties");
            let Some(items) = items.filter(|items| items.get("result").is_none()) else { continue };
            assert!(items.is_object());
            let words = kind.replace('.', " ").replace('_', "-");
            let is_it = |path: &&str| *path == words || words.strip_suffix(" list") == Some(path);
            let found = LISTING.iter().map(|(path, _)| *path).chain(WITHOUT).any(|path| is_it(&path));
            assert!(found, "{kind}");
        }
    }

    #[test]
    fn every_command_of_the_table_is_there_and_has_columns() {
        let root = super::super::command();
        for (path, columns) in LISTING {
            let command = path.split(' ').try_fold(&root, |command, word| command.find_subcommand(word));
            let command = command.unwrap_or_else(|| panic!("{path}"));
            assert!(command.get_arguments().any(|arg| arg.get_id() == ID), "{path}");
            assert!(!columns.is_empty(), "{path}");
        }
    }
}
