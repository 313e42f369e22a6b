//! Writes failures to stderr: as JSON if results are JSON, else as text.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use byok::name::near;
use byok::{exit, setting};

use crate::cli::session::settings;
use crate::cli::terminal::color::Color;
use crate::cli::terminal::document::{ErrorFields, Failed, json_of};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Format;
use crate::cli::topics::TOPICS;

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
        hint: failure.hint.clone(),
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
            output::say(&format!("  hint: {hint}"));
        }
    }
}

/// Replaces an argument in clap's message, until the argument's position replaces this mark.
const MARK: &str = "<not repeated>";

/// Writes clap's message without the argument itself, which may be a key or a password. Instead the message names the
/// position of the argument, or the variable that it came from.
///
/// Near names of commands and options are suggested. An option that users try for a key is refused with the reason.
pub(crate) fn usage(format: Format, mut error: clap::Error, mut command: clap::Command) -> ExitCode {
    if !error.use_stderr() {
        let help = error.render();
        let help = if output::is_coloured() { help.ansi().to_string() } else { help.to_string() };
        return ExitCode::from(output::print(&help));
    }
    let code = usage_code(&command);
    let typed = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    let value = match error.get(typed) {
        Some(ContextValue::String(value)) => value.clone(),
        _ => String::new(),
    };
    let option = value.split_once('=').map_or(&*value, |(name, _)| name);
    if error.kind() == ErrorKind::UnknownArgument && input::TRAP_OPTIONS.contains(&option) {
        return failure(format, &Failure { exit: code, ..input::key_as_argument(None) }.into());
    }
    command.build();
    let mut text = if value.is_empty() {
        error.render().to_string()
    } else {
        // A tip such as "to pass it as a value" repeats the argument, so it is removed. Suggestions of similar names
        // stay.
        error.remove(ContextKind::Suggested);
        suggest(&mut error, reached(&command), option);
        error.insert(typed, ContextValue::String(MARK.into()));
        error.render().to_string().replace(&format!("'{MARK}'"), &place_of(&value))
    };
    // The message about a range repeats the number, so only the range stays.
    if let (ErrorKind::ValueValidation, Some(source)) = (error.kind(), std::error::Error::source(&error)) {
        let source = source.to_string();
        text = text.replace(&source, source.split_once(" is not in ").map_or(&source, |(_, range)| range));
    }
    if matches!(format, Format::Json | Format::Jsonl) {
        let none = [ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::MissingSubcommand];
        let said = if none.contains(&error.kind()) { no_command(reached(&command)) } else { in_one_line(&text) };
        return failure(format, &Failure { exit: code, ..said }.into());
    }
    output::say(text.trim_end());
    ExitCode::from(code)
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

/// clap's message as a failure: what is wrong, and how the command is written.
fn in_one_line(text: &str) -> Failure {
    let (wrong, rest) = text.split_once("Usage:").unwrap_or((text, ""));
    let wrong = wrong.split("For more information").next().unwrap_or_default();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let failure = Failure::usage("usage", words(wrong.trim_start_matches("error:")));
    match rest.lines().next().map(words) {
        Some(usage) if !usage.is_empty() => failure.hint(usage),
        _ => failure.hint("byok --help"),
    }
}

/// The format that was asked for on a command line that could not be parsed. A flag counts before the variable.
pub(crate) fn typed_format() -> Format {
    let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.take_while(|argument| argument != "--").collect();
    let by_setting = setting::text("BYOK_OUTPUT").ok().flatten().and_then(|name| format(&name));
    Format::choose(output_option(&typed).or(by_setting), typed.iter().any(|it| it == "--json"))
}

/// What --color says, also on a command line that cannot be parsed and for help.
pub(crate) fn typed_color() -> Color {
    let typed = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let typed: Vec<String> = typed.take_while(|argument| argument != "--").collect();
    let value = typed.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--color")? {
        "" => typed.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    });
    value.and_then(|name| Color::from_str(name, false).ok()).unwrap_or_default()
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
fn reached(root: &clap::Command) -> &clap::Command {
    let mut reached = root;
    for argument in std::env::args_os().skip(1).take_while(|argument| argument != "--") {
        if let Some(below) = argument.to_str().and_then(|name| reached.find_subcommand(name)) {
            reached = below;
        }
    }
    reached
}

/// Adds the names of this command that are near what was typed. Only names of commands and options are shown.
fn suggest(error: &mut clap::Error, command: &clap::Command, typed: &str) {
    let (kind, names): (_, Vec<String>) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
            let names = shown.flat_map(|it| std::iter::once(it.get_name()).chain(it.get_visible_aliases()));
            let topics = TOPICS.iter().map(|(name, _)| *name).filter(|_| command.get_name() == "help");
            (ContextKind::SuggestedSubcommand, names.chain(topics).map(str::to_owned).collect())
        }
        ErrorKind::UnknownArgument if typed.starts_with("--") => {
            let shown = command.get_arguments().filter(|it| !it.is_hide_set());
            let names = shown.filter_map(clap::Arg::get_long);
            (ContextKind::SuggestedArg, names.map(|name| format!("--{name}")).collect())
        }
        _ => return,
    };
    // The dashes are no letters of a name.
    let bare = |name: &'_ str| name.trim_start_matches('-').to_owned();
    let near: Vec<String> = near(&bare(typed), names.iter().map(|name| name.trim_start_matches('-')))
        .into_iter()
        .filter_map(|name| names.iter().find(|known| bare(known) == name).cloned())
        .collect();
    if !near.is_empty() {
        error.insert(kind, ContextValue::Strings(near));
    }
}

/// The position of an argument, in words.
fn place_of(value: &str) -> String {
    let holds = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        argument == value || argument.split_once('=').is_some_and(|(name, behind)| name == value || behind == value)
    };
    match (std::env::args_os().skip(1).position(|argument| holds(&argument)), settings::named_by(value)) {
        (Some(at), _) => format!("(number {})", at + 1),
        (None, Some(name)) => format!("(of {name})"),
        (None, None) => "(not repeated here)".into(),
    }
}
