//! `--dry-run`: which commands have it. Every command that writes has it. The reasons of those without it are in the tests.

use clap::{Arg, ArgAction, ArgMatches, Command};

/// The commands that write, with all their words. `master-key rotate` has an option of its own, which shows the steps.
pub(super) const WRITING: [&str; 49] = [
    "audit seal",
    "config set",
    "config unset",
    "credits alert",
    "credits charge",
    "credits grant",
    "credits hold",
    "credits rates remove",
    "credits rates set",
    "credits refund",
    "credits release",
    "credits settle",
    "data-key discard",
    "data-key issue",
    "data-key restore",
    "data-key rotate",
    "disable",
    "enable",
    "event forget",
    "event retry",
    "init",
    "key copy",
    "key expire",
    "key import",
    "key move",
    "key remove",
    "key report",
    "key rollback",
    "key rotate",
    "key set",
    "local reset",
    "master-key create",
    "master-key escrow",
    "master-key loaded",
    "member add",
    "member rebind",
    "member remove",
    "org purge",
    "platform-key expire",
    "platform-key remove",
    "platform-key rollback",
    "platform-key rotate",
    "platform-key set",
    "provider add",
    "provider remove",
    "provider route",
    "role grant",
    "role revoke",
    "tidy",
];

/// The name of the option in the matches.
const ID: &str = "dry_run";

/// Adds the option to a command that writes.
pub(super) fn offered(command: Command, path: &str) -> Command {
    if !WRITING.contains(&path) {
        return command;
    }
    command.arg(
        Arg::new(ID)
            .short('n')
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Check everything and say what would change, but write nothing"),
    )
}

/// Whether the option was given.
pub(crate) fn is_given(matches: &ArgMatches) -> bool {
    let given = matches.try_get_one::<bool>(ID).ok().flatten().copied().unwrap_or_default();
    given || matches.subcommand().is_some_and(|(_, below)| is_given(below))
}
