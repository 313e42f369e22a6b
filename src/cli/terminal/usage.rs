//! Writes what is wrong with a command line, in the form of every other failure: what is wrong, and what to type.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use byok::name::near;
use byok::provider::Catalog;
use byok::{exit, mask};

use crate::cli::session::settings;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input;
use crate::cli::terminal::output::{self, Format};
use crate::cli::terminal::report::{failure, reached};
use crate::cli::topics::TOPICS;

/// Replaces an argument in clap's message, until the argument's position replaces this mark.
const MARK: &str = "<not repeated>";

/// Writes help to standard output.
pub(crate) fn help(shown: &clap::Error) -> ExitCode {
    let help = shown.render();
    let help = if output::is_coloured() { help.ansi().to_string() } else { help.to_string() };
    ExitCode::from(output::print(&help))
}

/// Writes clap's message. An argument that may be a key or a password is not repeated: the message names its position, or the
/// variable that it came from.
///
/// Near names of commands and options are suggested. An option that users try for a key is refused with the reason.
pub(crate) fn usage(format: Format, error: clap::Error, mut command: clap::Command) -> ExitCode {
    let code = usage_code(&command);
    command.build();
    let reached = reached(&command);
    let none = [ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::MissingSubcommand];
    let said = match error.kind() {
        kind if none.contains(&kind) && !matches!(format, Format::Json | Format::Jsonl) => {
            output::say(error.render().to_string().trim_end());
            return ExitCode::from(code);
        }
        kind if none.contains(&kind) => no_command(reached),
        _ => wrong(error, reached, &command),
    };
    failure(format, &Failure { exit: code, ..said }.into())
}

/// The exit code of a command line that is wrong. For `run` it is 125, because 2 may come from the program.
pub(crate) fn usage_code(command: &clap::Command) -> u8 {
    if reached(command).get_name() == "run" { exit::RUN_FAILED } else { exit::USAGE }
}

/// The failure where clap shows the help of a command that has others below it.
fn no_command(reached: &clap::Command) -> Failure {
    let name = reached.get_bin_name().unwrap_or("byok");
    let below: Vec<&str> =
        reached.get_subcommands().filter(|it| !it.is_hide_set()).map(clap::Command::get_name).collect();
    let message = format!("`{name}` needs one of these commands: {}", below.join(", "));
    Failure::usage("usage", message).hint(format!("{name} --help"))
}

/// Why there is no command that gives an organization another id.
const NO_RENAMING: &str = "the id of an organization never changes; to give its keys to another id: byok enable NEW, \
                           then byok key move PROVIDER --from OLD --to NEW";

/// clap's message as a failure: what is wrong, names that are near, and how the command is written.
fn wrong(mut error: clap::Error, reached: &clap::Command, root: &clap::Command) -> Failure {
    let kind = error.kind();
    let typed = match kind {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    let value = match error.get(typed) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    let option = value.split_once('=').map_or(&*value, |(name, _)| name);
    if kind == ErrorKind::UnknownArgument && input::TRAP_OPTIONS.contains(&option) {
        return input::key_as_argument(None);
    }
    let near = near_names(&error, reached, option);
    // A tip such as "to pass it as a value" repeats the argument. The names that are near go into the hint.
    for tip in [
        ContextKind::Suggested,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ] {
        error.remove(tip);
    }
    if !value.is_empty() {
        error.insert(typed, ContextValue::String(MARK.into()));
    }
    let mut text = error.render().to_string().replace(&format!("'{MARK}'"), &said_of(&value, kind, root));
    // The message about a range repeats the number, so only the range stays.
    if let (ErrorKind::ValueValidation, Some(source)) = (kind, std::error::Error::source(&error)) {
        let source = source.to_string();
        text = text.replace(&source, in_words(&source));
    }
    let (wrong, rest) = text.split_once("Usage:").unwrap_or((&text, ""));
    let wrong = wrong.split("For more information").next().unwrap_or_default();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let question = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) };
    let name = reached.get_bin_name().unwrap_or("byok");
    // The help of `help` is that of the command before it.
    let name = name.strip_suffix(" help").unwrap_or(name);
    // Beside an option that is unknown, clap shows only those that are near it.
    let whole = (kind == ErrorKind::UnknownArgument).then(|| reached.clone().render_usage().to_string());
    let rest = whole.as_deref().map_or(rest, |usage| usage.trim_start_matches("Usage:"));
    let next = match rest.lines().next().map(words).filter(|usage| !usage.is_empty()) {
        _ if name == "byok org" && value == "rename" => NO_RENAMING.into(),
        _ if kind == ErrorKind::InvalidSubcommand => format!("to see the commands: {name} --help"),
        Some(usage) => format!("usage: {usage}; to see the arguments: {name} --help"),
        None => format!("to see the arguments: {name} --help"),
    };
    Failure::usage("usage", words(wrong.trim_start_matches("error:"))).hint(format!("{question}{next}"))
}

/// Why a value was refused, without the value.
fn in_words(why: &str) -> &str {
    match why.split_once(" is not in ") {
        Some((_, range)) => range,
        None if why == "invalid digit found in string" => "it is a whole number",
        None => why,
    }
}

/// The names of commands, options and values that are near what was typed.
fn near_names(error: &clap::Error, command: &clap::Command, typed: &str) -> Vec<String> {
    let names: Vec<String> = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
            let names = shown.flat_map(|it| std::iter::once(it.get_name()).chain(it.get_visible_aliases()));
            let topics = TOPICS.iter().map(|(name, _)| *name).filter(|_| command.get_name() == "help");
            names.chain(topics).map(str::to_owned).collect()
        }
        ErrorKind::UnknownArgument if typed.starts_with("--") => {
            let shown = command.get_arguments().filter(|it| !it.is_hide_set());
            shown.filter_map(clap::Arg::get_long).map(|name| format!("--{name}")).collect()
        }
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(values)) => values.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    // The dashes are no letters of a name.
    let bare = |name: &'_ str| name.trim_start_matches('-').to_owned();
    near(&bare(typed), names.iter().map(|name| name.trim_start_matches('-')))
        .into_iter()
        .filter_map(|name| names.iter().find(|known| bare(known) == name).cloned())
        .collect()
}

/// What a message says in place of an argument: the argument itself if it certainly is no secret, or else its position.
fn said_of(value: &str, kind: ErrorKind, root: &clap::Command) -> String {
    let holds = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        let in_list = |text: &str| text.split(',').any(|part| part == value);
        in_list(&argument) || argument.split_once('=').is_some_and(|(name, behind)| name == value || in_list(behind))
    };
    match (std::env::args_os().skip(1).position(|argument| holds(&argument)), settings::named_by(value)) {
        (Some(_), _) if is_harmless(value, kind, root) => format!("'{value}'"),
        (Some(at), _) => format!("(number {})", at + 1),
        (None, Some(name)) => format!("(of {name})"),
        (None, None) => "(not repeated here)".into(),
    }
}

/// Whether an argument certainly is no key and no password: the form of an option, a word of letters where one of some words
/// belongs, a short number, or a name that this program knows.
fn is_harmless(value: &str, kind: ErrorKind, root: &clap::Command) -> bool {
    let letters = |word: &str, most: usize, hyphens: usize| {
        let fits = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        (1..=most).contains(&word.len()) && fits && word.matches('-').count() <= hyphens
    };
    let number = value.len() <= 9 && value.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
    if mask::masked(value) != value || number {
        return number;
    }
    match kind {
        ErrorKind::UnknownArgument => match value.strip_prefix("--").or_else(|| value.strip_prefix('-')) {
            Some(option) => letters(option, 20, 3),
            None => is_known(value, root),
        },
        // A passphrase has several words.
        _ => letters(value, 16, 1),
    }
}

/// Whether this is the name of a command or of a provider.
fn is_known(name: &str, command: &clap::Command) -> bool {
    let provider = || Catalog::builtin().providers().iter().any(|provider| provider.id.as_str() == name);
    command.get_subcommands().any(|below| below.get_name() == name || is_known(name, below)) || provider()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands;

    #[test]
    fn a_word_is_repeated_if_it_certainly_is_no_secret() {
        use ErrorKind as E;
        let command = commands::command();
        for (value, kind) in [
            ("statsu", E::InvalidSubcommand),
            ("--enviroment", E::UnknownArgument),
            ("-z", E::UnknownArgument),
            ("yaml", E::InvalidValue),
            ("4000", E::ValueValidation),
            ("openai", E::UnknownArgument),
            ("list", E::UnknownArgument),
        ] {
            assert!(is_harmless(value, kind, &command), "{value}");
        }
        for (value, kind) in [
            ("hunter2", E::InvalidSubcommand),
            ("correct-horse-battery-staple", E::InvalidValue),
            ("swordfish", E::UnknownArgument),
            ("--password=swordfish", E::UnknownArgument),
            ("Swordfish", E::InvalidValue),
        ] {
            assert!(!is_harmless(value, kind, &command), "{value}");
        }
    }
}
