//! The command line: parses, runs one verb, and answers with its exit code.

mod arguments;
mod commands;
mod completion;
mod config;
mod duration;
mod end_dates;
mod ended;
mod keys_page;
mod login;
mod probing;
mod seen;
mod session;
mod suggest;
mod terminal;
mod topics;
mod views;
mod warning;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};

use arguments::About;
use byok::system::memory::{self, CoreLimit};
use byok::system::process::most_open_files;
use byok::{exit, mask};
use commands::{Cli, Command};
use session::{Context, settings};
use terminal::failure::Failure;
use terminal::failure::system::{RAISE_FILES, of_os};
use terminal::{color, columns, dry_run, fault, input, output, progress, readers, report, usage};

/// Protects the memory of this process, parses the command line, runs the verb, and returns its exit code.
pub(crate) fn main() -> ExitCode {
    fault::announce();
    let core_limit = match memory::harden() {
        Ok(limit) => limit,
        Err(error) => {
            let message = format!("cannot protect the memory of this process: {error}");
            return report::failure(
                output::Format::Plain,
                &Failure::new(exit::FAILURE, "not_hardened", message).into(),
            );
        }
    };
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = answered_at_once(&arguments) {
        return ExitCode::from(code);
    }
    let parsed = match help(&arguments) {
        Some(help) => Err(help),
        None => matches(&arguments).and_then(|matches| parsed(&matches)).map_err(as_shown),
    };
    // Help must work even if settings are wrong, and needs none of them.
    let helps = match &parsed {
        Ok(cli) => {
            matches!(cli.command, Command::Completions(_) | Command::Man(_) | Command::Schema(_))
        }
        Err(error) => !error.use_stderr(),
    };
    let runs = parsed.as_ref().map_or(true, |cli| matches!(cli.command, Command::Run(_)));
    let trusted = no_key_in_arguments(runs).and_then(|()| if helps { Ok(()) } else { configured(&parsed) });
    let format = match &parsed {
        Ok(cli) => output::Format::choose(cli.global.output.or_else(settings::output), cli.global.json),
        Err(_) => report::typed_format(),
    };
    if let Err(error) = trusted {
        let runs = if parsed.is_ok() { runs } else { usage::usage_code(&commands::command()) == exit::RUN_FAILED };
        return report::failure(format, &if runs { commands::run::before_the_program(error) } else { error });
    }
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return usage::usage(format, error, commands::command()),
        Err(help) => return usage::help(&help),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return report::failure(format, &error),
    };
    let outcome = runtime.block_on(run(cli, format, core_limit));
    // The thread of an interrupted prompt may still wait for input.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => report::failure(format, &report::with_help(error, commands::command())),
    }
}

/// The exit code of what needs no command: names for a completion, a help topic, the version.
fn answered_at_once(arguments: &[OsString]) -> Option<u8> {
    if let Some(shell) = completion::asked(arguments) {
        return Some(completion::answer(shell, commands::command()));
    }
    color::choose(report::typed_color());
    if let Some(text) = asked_topic(arguments).and_then(topics::text) {
        return Some(output::print(&text));
    }
    is_version(arguments).then(|| output::print(concat!("byok ", env!("VERSION_OF_BYOK"), "\n")))
}

/// Checks the variables, and reads the profile in force. `config` repairs a file that cannot be used, and `doctor` reports
/// everything that is wrong.
fn configured(parsed: &Result<Cli, clap::Error>) -> anyhow::Result<()> {
    let Ok(Cli { global, command }) = parsed else {
        settings::check()?;
        // The profile says how the failure is written. What is wrong with the file is not what this command line is about.
        let (profile, local) = report::typed_profile();
        config::load(profile.as_deref(), local).ok();
        return Ok(());
    };
    let checked = settings::check();
    let loaded = if checked.is_ok() { config::load(global.profile.as_deref(), global.local) } else { Ok(()) };
    match command {
        Command::Doctor(_) => Ok(()),
        Command::Config(_) => checked,
        _ => checked.and(loaded),
    }
}

/// The topic of `byok help TOPIC`. Help of a command is clap's.
fn asked_topic(arguments: &[OsString]) -> Option<&str> {
    match arguments {
        [help, topic] if help == "help" => topic.to_str(),
        _ => None,
    }
}

/// Whether the version is all that is asked for. It is answered without the tree of all commands, which takes most of the time.
fn is_version(arguments: &[OsString]) -> bool {
    matches!(arguments, [one] if one == "--version" || one == "-V")
}

/// What was typed. Only the command that it names is described first; errors are those of the whole command line.
fn matches(arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let alone = commands::parser_of(arguments).and_then(|alone| alone.try_get_matches().ok());
    alone.map_or_else(|| commands::parser().try_get_matches(), Ok)
}

/// The help, if it is asked for. It shows one form of each argument, so it needs that tree of the commands only.
fn help(arguments: &[OsString]) -> Option<clap::Error> {
    let asks = |it: &OsString| it == "--help" || it == "-h";
    let asked = arguments.first().is_some_and(|it| it == "help") || arguments.iter().any(asks);
    if !asked {
        return None;
    }
    // The program ends when the help is written, so freeing the description would only take time.
    let command = Box::leak(Box::new(commands::command_of(arguments)));
    command.try_get_matches_from_mut(std::env::args_os()).err().filter(|error| !error.use_stderr())
}

/// The command line. `--json` and another `--output` contradict each other, unless a variable says the output.
fn parsed(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let mut cli = Cli::from_arg_matches(matches)?;
    if commands::dry_run::is_given(matches) {
        dry_run::begin();
    }
    if let Some(names) = commands::columns::given(matches) {
        columns::choose(names);
    }
    cli.global.about = About::of(matches);
    cli.global.output_typed = matches.value_source("output") == Some(ValueSource::CommandLine);
    if cli.global.json && cli.global.output_typed && cli.global.output != Some(output::Format::Json) {
        let message = "the options '--json' and '--output' contradict each other";
        return Err(commands::command().error(ErrorKind::ArgumentConflict, message));
    }
    Ok(cli)
}

/// Help, or the error of a command line, with the form of the arguments that is shown.
fn as_shown(error: clap::Error) -> clap::Error {
    match commands::command().try_get_matches() {
        Err(shown) if shown.kind() == error.kind() => shown,
        _ => error,
    }
}

/// The runtime. It ends the process if there are too few file descriptors for it, so they are counted first.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    const DESCRIPTORS: u64 = 16;
    let cannot = || Failure::new(exit::FAILURE, "runtime", "byok cannot start");
    if let Some(limit) = most_open_files().filter(|limit| *limit < DESCRIPTORS) {
        let message = format!("this process may open only {limit} files, and byok needs {DESCRIPTORS}");
        return Err(Failure::new(exit::FAILURE, "few_files", message).hint(RAISE_FILES).into());
    }
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| {
        let hint = of_os(&error, None, "report it: this is unexpected");
        anyhow::Error::new(error).context(cannot().hint(hint))
    })
}

/// Refuses a key in an argument. It would be visible in the process list, and could be stored as a name. Arguments
/// after the `--` of `run` belong to another program.
fn no_key_in_arguments(runs: bool) -> anyhow::Result<()> {
    let ours = std::env::args_os().skip(1).enumerate();
    for (at, argument) in ours.take_while(|(_, argument)| !runs || argument != "--") {
        if mask::holds_key(&argument.to_string_lossy()) {
            return Err(input::key_as_argument(Some(at + 1)).into());
        }
    }
    Ok(())
}

/// Refuses columns where there are none.
fn columns_fit(format: output::Format) -> anyhow::Result<()> {
    let has_none = matches!(format, output::Format::Json | output::Format::Jsonl);
    if has_none && columns::chosen().is_some() {
        let message = "--columns is for table, csv and plain; JSON always has every field";
        return Err(Failure::usage("no_column", message).hint("give -o csv, -o plain or -o table").into());
    }
    Ok(())
}

async fn run(cli: Cli, format: output::Format, core_limit: CoreLimit) -> anyhow::Result<u8> {
    columns_fit(format)?;
    readers::demand(cli.global.strict || settings::switch("BYOK_STRICT"));
    if cli.global.quiet {
        output::be_quiet();
    }
    if cli.global.verbose {
        output::be_verbose();
        output::detail(config::in_words);
    }
    if cli.global.no_progress {
        progress::leave_out();
    }
    let mut context = Context::new(cli.global, format, core_limit);
    let outcome = tokio::select! {
        biased;
        outcome = commands::dispatch(cli.command, &mut context) => outcome,
        failure = input::ended() => Err(failure.into()),
    };
    if let Some(read) = input::discard_late_lines() {
        output::warn(&input::discarded(read));
    }
    match outcome {
        Ok(code) => Ok(code),
        Err(error) => {
            let error = context.explained(error).await;
            Err(context.placed(error))
        }
    }
}
