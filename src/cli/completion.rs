//! Answers a shell that completes a command line: `byok __complete SHELL`, with the words on standard input.
//!
//! The words are not arguments, because a user may have typed a key among them, and arguments are visible in the process
//! list. Nothing is said of an error: a shell would show it in the middle of the line.

mod candidate;
mod files;
mod names;
mod place;
mod recent;
pub(crate) mod shell;
mod typed;

use std::ffi::OsString;
use std::path::Path;

use clap::{Command, ValueEnum as _};

use byok::exit;

use crate::cli::completion::shell::Shell;
use crate::cli::terminal::{input, output};

/// The command of the scripts. It is not one for people.
const COMMAND: &str = "__complete";

/// The longest line, in KiB.
const LONGEST: u64 = 256;

/// The shell that asks, if these are the arguments of such a question.
pub(crate) fn asked(arguments: &[OsString]) -> Option<Shell> {
    let [command, shell] = arguments else { return None };
    (command == COMMAND).then(|| Shell::from_str(shell.to_str()?, false).ok()).flatten()
}

/// Writes the candidates, in the form that the script of this shell expects.
pub(crate) fn answer(shell: Shell, mut command: Command) -> u8 {
    output::be_quiet();
    let Some(typed) = input::text_file(Path::new("-"), LONGEST).ok().and_then(|text| shell.typed(&text)) else {
        return exit::OK;
    };
    command.build();
    let mut found = place::candidates(&command, &typed.words, &typed.current);
    found.sort();
    found.dedup();
    let lines = found.iter().filter_map(|candidate| shell.line(&typed, candidate));
    output::print(&lines.collect::<String>())
}
