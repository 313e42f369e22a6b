//! Checks of this machine: settings, terminal, completion script, private server.

use std::fs;
use std::path::{Path, PathBuf};

use byok::local::{self, LocalDir, LocalError};
use byok::setting;
use clap::ValueEnum as _;

use crate::cli::commands::doctor::check::{Check, Names};
use crate::cli::completion::shell::Shell;
use crate::cli::config;
use crate::cli::session::Context;
use crate::cli::session::settings::{self, Target};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input;
use crate::cli::terminal::named::{Named, file, named};
use crate::cli::warning::By;

/// BYOK_ variables that are empty, unknown, or hold a key where none belongs.
pub(super) fn variables() -> Check {
    const ID: &str = "settings.variables";
    let faults = settings::faults();
    if faults.is_empty() {
        return Check::ok(ID, "every BYOK_ variable can be used");
    }
    let words = |failure: &Failure| match failure.hint.as_deref().filter(|hint| hint.starts_with("did you mean")) {
        Some(hint) => format!("{}; {hint}", failure.message),
        None => failure.message.clone(),
    };
    let reasons: Vec<String> = faults.iter().map(|(_, failure)| words(failure)).collect();
    let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
    Check::fail(ID, reasons.join("; ")).fix(By::You, format!("unset {}", names.join(" ")))
}

/// The configuration file and its profile.
pub(super) fn configuration(context: &Context, names: &Names) -> Check {
    const ID: &str = "settings.file";
    match config::load(context.options().profile.as_deref(), context.options().local) {
        Ok(()) => Check::ok(ID, "the configuration file can be used, or there is none"),
        Err(error) => Check::failed(ID, &Failure::of(&error), names),
    }
}

/// Whether a key can be asked for.
pub(super) fn prompt(context: &Context) -> Check {
    const ID: &str = "terminal.prompt";
    match input::can_prompt(context.no_input()) {
        Ok(()) => Check::ok(ID, "byok can ask for a key here, hidden"),
        // Standard input is a terminal, but not that of this session.
        Err(input::NO_TERMINAL) => {
            Check::warn(ID, "standard input is a terminal, but this session cannot open it (/dev/tty)")
                .fix(By::You, "byok key set PROVIDER --org ORG --from-file FILE")
        }
        Err(why) => Check::skipped(
            ID,
            format!("byok does not ask here, because {why}: give --stdin, --from-file or --from-env"),
        ),
    }
}

/// The completion script of the user's shell.
pub(super) fn completion(context: &Context) -> Check {
    const ID: &str = "shell.completion";
    let named = setting::bytes("SHELL").map(PathBuf::from);
    let name = named.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let shell = name.and_then(|name| Shell::from_str(&name, true).ok());
    let Some(shell) = shell else {
        return Check::skipped(ID, "SHELL does not name a shell that byok has a script for");
    };
    let places = Places::of(shell);
    let Some(found) = places.scripts.iter().find(|path| path.is_file()) else {
        return match places.loaded_by() {
            Some(path) => Check::ok(ID, named![file(path), " loads it"]),
            None if input::can_prompt(context.no_input()).is_err() => {
                Check::skipped(ID, format!("no script of {shell} was found, and nobody types here"))
            }
            None => missing(ID, shell, &places),
        };
    };
    if fs::read_to_string(found).is_ok_and(|text| text == shell.script()) {
        return Check::ok(ID, named![file(found), " is that of this program"]);
    }
    Check::warn(ID, named![file(found), " is that of another version of byok"]).fix(By::You, written(shell, found))
}

fn missing(id: &'static str, shell: Shell, places: &Places) -> Check {
    let check = Check::warn(id, format!("no completion script of {shell} was found"));
    match places.scripts.first() {
        Some(path) => {
            let dir = path.parent().unwrap_or(path);
            check.fix(By::You, named!["mkdir -p ", file(dir).in_shell(), " && ", written(shell, path)])
        }
        None => check.fix(By::You, format!("byok completions {shell}")),
    }
}

/// The command that writes a script to its place.
fn written(shell: Shell, path: &Path) -> Named {
    named![format!("byok completions {shell} > "), file(path).in_shell()]
}

/// Where the script of a shell may be: the user's own place first.
struct Places {
    scripts: Vec<PathBuf>,
    /// Files that may load it.
    startup: Vec<PathBuf>,
}

impl Places {
    fn of(shell: Shell) -> Self {
        let home = setting::directory("HOME").ok().flatten();
        let data = setting::data_dir().ok().flatten();
        let config = setting::config_dir().ok().flatten();
        let below = |dir: &Option<PathBuf>, path: &str| dir.as_ref().map(|dir| dir.join(path));
        let system = |path: &str| Some(PathBuf::from(path));
        let (scripts, startup) = match shell {
            Shell::Bash => (
                vec![
                    below(&data, "bash-completion/completions/byok"),
                    system("/usr/local/share/bash-completion/completions/byok"),
                    system("/usr/share/bash-completion/completions/byok"),
                    system("/etc/bash_completion.d/byok"),
                ],
                vec![below(&home, ".bashrc"), below(&home, ".bash_completion"), below(&home, ".bash_profile")],
            ),
            Shell::Zsh => (
                vec![
                    below(&data, "zsh/site-functions/_byok"),
                    below(&home, ".zfunc/_byok"),
                    system("/usr/local/share/zsh/site-functions/_byok"),
                    system("/usr/share/zsh/vendor-completions/_byok"),
                    system("/usr/share/zsh/site-functions/_byok"),
                ],
                vec![below(&home, ".zshrc")],
            ),
            Shell::Fish => (
                vec![
                    below(&config, "fish/completions/byok.fish"),
                    system("/usr/share/fish/vendor_completions.d/byok.fish"),
                ],
                vec![below(&config, "fish/config.fish")],
            ),
            _ => (Vec::new(), Vec::new()),
        };
        let known = |paths: Vec<Option<PathBuf>>| paths.into_iter().flatten().collect();
        Self { scripts: known(scripts), startup: known(startup) }
    }

    /// The file that runs byok for it when a shell starts.
    fn loaded_by(&self) -> Option<&PathBuf> {
        let loads = |line: &str| {
            line.contains("byok")
                && (line.contains("complet") || line.contains("COMPLETE"))
                && !line.trim_start().starts_with('#')
        };
        self.startup.iter().find(|path| fs::read_to_string(path).is_ok_and(|text| text.lines().any(loads)))
    }
}

/// The programs of the private server. Starts nothing.
pub(super) fn server(target: &Target, names: &Names) -> Check {
    const ID: &str = "local.server";
    let Target::Private(dir) = target else { return Check::skipped(ID, CONFIGURED) };
    match dir.programs() {
        Ok((place, version)) => Check::ok(ID, named![format!("PostgreSQL {version} is in "), file(&place)]),
        Err(error) => {
            let failure = Failure::from(&error);
            let check = Check::failed(ID, &failure, names);
            match (&error, local::install_command()) {
                (LocalError::NoPrograms(Some(_)), _) => check.fix(By::You, "unset BYOK_PG_BIN"),
                (LocalError::NoPrograms(None), Some(command)) => check.fix(By::You, command.join(" ")),
                _ => check,
            }
        }
    }
}

pub(super) const CONFIGURED: &str = "a database is configured, so there is no private server";

/// Less than this is soon full, in MiB.
const LITTLE: u64 = 512;

/// The disk of the private server.
pub(super) fn disk(target: &Target, names: &Names) -> Check {
    const ID: &str = "local.disk";
    let Target::Private(dir) = target else { return Check::skipped(ID, CONFIGURED) };
    let room = match dir.room() {
        Ok(room) => room,
        Err(error) => return Check::failed(ID, &Failure::from(&error), names),
    };
    let files = room.files.map(|files| format!(", room for {files} files")).unwrap_or_default();
    let said = named![format!("{} MiB are free{files} in ", room.free), file(dir.path())];
    if room.is_short() {
        Check::fail(ID, said.and(": too little for the server to start")).fix(By::You, moved(dir))
    } else if room.free < LITTLE {
        Check::warn(ID, said).fix(By::You, moved(dir))
    } else {
        Check::ok(ID, said)
    }
}

/// How the private server gets another disk.
fn moved(dir: &LocalDir) -> Named {
    let place = file(dir.path()).in_shell();
    named!["byok local down && mv ", place, " OTHER_DIRECTORY && export BYOK_LOCAL_DIR=OTHER_DIRECTORY"]
}
