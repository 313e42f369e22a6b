//! Writes failures to stderr: as JSON if results are JSON, else as text.

use std::process::ExitCode;

use clap::ValueEnum as _;

use byok::{exit, setting};

use crate::cli::session::settings;
use crate::cli::terminal::color::Color;
use crate::cli::terminal::document::{ErrorFields, Failed, json_of};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::input;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Format;

/// Whether the same command may succeed later and can be repeated safely.
fn retryable(failure: &Failure) -> bool {
    failure.exit == exit::UNAVAILABLE && !["may_be_done", "local_setup"].contains(&failure.code)
}

/// Writes a failure to stderr. Returns its exit code.
pub(crate) fn failure(format: Format, error: &anyhow::Error) -> ExitCode {
    let failure = Failure::of(error);
    tell(format, &failure);
    ExitCode::from(failure.exit)
}

/// Adds a next step to a wrong argument that has none: the help of the command that was typed.
pub(crate) fn with_help(error: anyhow::Error, mut command: clap::Command) -> anyhow::Error {
    let failure = Failure::of(&error);
    if failure.exit != exit::USAGE || failure.hint.is_some() || failure.code == input::DECLINED {
        return error;
    }
    command.build();
    let name = reached(&command).get_bin_name().unwrap_or("byok");
    failure.hint(format!("to see the arguments: {name} --help")).into()
}

/// The fields of a failure in JSON.
pub(crate) fn fields(failure: &Failure) -> ErrorFields {
    ErrorFields {
        code: failure.code,
        exit_code: failure.exit,
        message: failure.message.clone(),
        hint: failure.hint.as_deref().map(|hint| ids::in_commands(hint).into_owned()),
        retryable: retryable(failure),
    }
}

/// Writes a failure to stderr.
pub(crate) fn tell(format: Format, failure: &Failure) {
    if matches!(format, Format::Json | Format::Jsonl) {
        output::say(&json_of(&Failed::new(fields(failure))).to_string());
    } else {
        output::say(&format!("error: {}", failure.message));
        if let Some(hint) = &failure.hint {
            output::say(&format!("  hint: {}", ids::in_commands(hint)));
        }
    }
}

/// The format that was asked for on a command line that could not be parsed. A flag counts before the variable.
pub(crate) fn typed_format() -> Format {
    let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.take_while(|argument| argument != "--").collect();
    let by_setting = setting::text("BYOK_OUTPUT").ok().flatten().and_then(|name| format(&name));
    let by_setting = by_setting.or_else(settings::output);
    Format::choose(output_option(&typed).or(by_setting), typed.iter().any(|it| it == "--json"))
}

/// The profile that a command line names that cannot be parsed, and whether it asks for the private database.
pub(crate) fn typed_profile() -> (Option<String>, bool) {
    let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.take_while(|argument| argument != "--").collect();
    (value_of("--profile", &typed).map(str::to_owned), typed.iter().any(|it| it == "--local"))
}

/// The value of an option, behind it or joined with it.
fn value_of<'a>(option: &str, typed: &'a [String]) -> Option<&'a str> {
    typed.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(option)? {
        "" => typed.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

/// What --color says, also on a command line that cannot be parsed and for help.
pub(crate) fn typed_color() -> Color {
    let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.take_while(|argument| argument != "--").collect();
    value_of("--color", &typed).and_then(|name| Color::from_str(name, false).ok()).unwrap_or_default()
}

fn format(name: &str) -> Option<Format> {
    Format::from_str(name, false).ok()
}

/// The value of `--output`, also joined with the option or with other options of one letter.
fn output_option(typed: &[String]) -> Option<Format> {
    typed.iter().enumerate().find_map(|(at, word)| {
        let next = || typed.get(at + 1).map(String::as_str);
        let joined = match word.strip_prefix("--output") {
            Some(rest) => rest,
            None if word.starts_with("--") => return None,
            None => {
                let letters = word.strip_prefix('-')?;
                let (before, rest) = letters.split_once('o')?;
                before.bytes().all(|letter| letter.is_ascii_alphabetic()).then_some(rest)?
            }
        };
        let name = if joined.is_empty() { next()? } else { joined.strip_prefix('=').unwrap_or(joined) };
        format(name)
    })
}

/// The command that the arguments name, as far as they name one.
pub(super) fn reached(root: &clap::Command) -> &clap::Command {
    let mut reached = root;
    for argument in std::env::args_os().skip(1).take_while(|argument| argument != "--") {
        if let Some(below) = argument.to_str().and_then(|name| reached.find_subcommand(name)) {
            reached = below;
        }
    }
    reached
}
