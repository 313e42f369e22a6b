//! Hands over a secret that byok makes, once: it is shown at the terminal, or written to a new file that only this user
//! can read.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use byok::exit;
use byok::secret::SecretText;
use byok::system;

use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::{file, output};

/// The destination of a secret that byok makes.
#[derive(Args, Clone)]
pub(crate) struct HandoverArgs {
    /// Write the secret to a new file that only you can read (default: show it once at the terminal)
    #[arg(long, value_name = "PATH")]
    to_file: Option<PathBuf>,
}

/// Something that was handed over, for the words that say what to do with it.
pub(crate) struct Thing {
    /// What it is.
    pub(crate) named: String,
    /// The variable that its new owner sets.
    pub(crate) setting: String,
}

/// The destination of a secret, reserved before anything is changed. A new file is removed again if the change was
/// certainly not made.
pub(crate) struct Handover {
    file: Option<(PathBuf, File)>,
    /// Whether the file is kept: its secret may be in use, or the file existed before.
    stays: bool,
}

/// What to do where the file cannot be written.
const ANOTHER_FILE: &str = "name a new file in a directory where you can write: --to-file PATH";

/// The longest secret that is read back, in bytes.
const LONGEST: u64 = 8192;

impl HandoverArgs {
    pub(crate) fn file(path: PathBuf) -> Self {
        Self { to_file: Some(path) }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.to_file.is_some()
    }

    /// What is handed over: the file, or else what was shown. Whoever gets it sets this variable, or the one for a file.
    pub(crate) fn thing(&self, shown: &str, variable: &str) -> Thing {
        match &self.to_file {
            Some(path) => Thing { named: output::path(path), setting: format!("{variable}_FILE") },
            None => Thing { named: shown.to_owned(), setting: variable.to_owned() },
        }
    }

    /// Makes the file, or checks that there is a terminal.
    pub(crate) fn reserve(&self, what: &str) -> anyhow::Result<Handover> {
        let Some(path) = &self.to_file else {
            if output::is_terminal() {
                return Ok(Handover { file: None, stays: false });
            }
            let message = format!("cannot show {what}: standard output is not a terminal");
            bail!(Failure::usage("no_place", message).hint("give --to-file PATH"));
        };
        if dry_run::is_on() {
            return vacant(path).map(|()| Handover { file: None, stays: false });
        }
        match system::file::create(path) {
            Ok(file) => Ok(Handover { file: Some((path.clone(), file)), stays: false }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match own(path) {
                // The file is empty: a killed command left it, or `mktemp` created it.
                Some(file) if file.metadata().is_ok_and(|facts| facts.len() == 0) => {
                    Ok(Handover { file: Some((path.clone(), file)), stays: true })
                }
                _ => Err(exists(path).into()),
            },
            Err(error) => {
                let failure = cannot_write("", path, &error, ANOTHER_FILE);
                Err(Failure { message: format!("{}; nothing was changed", failure.message), ..failure }.into())
            }
        }
    }

    /// Reserves the destination, and reads what an earlier attempt left in the file.
    pub(crate) fn resume(&self, what: &str) -> anyhow::Result<(Handover, Option<SecretText>)> {
        let found = self.to_file.as_ref().and_then(|path| Some((path, own(path)?)));
        let Some((path, file)) = found.filter(|(_, file)| file.metadata().is_ok_and(|facts| facts.len() > 0)) else {
            return Ok((self.reserve(what)?, None));
        };
        let mut text = String::new();
        (&file).take(LONGEST).read_to_string(&mut text).map_err(|_| exists(path))?;
        let text = SecretText::new(text.trim_end().to_owned());
        Ok((Handover { file: Some((path.clone(), file)), stays: true }, Some(text)))
    }

    /// The failure when the file already exists.
    pub(crate) fn in_the_way(&self) -> Failure {
        self.to_file.as_deref().map_or_else(|| Failure::usage("no_place", "no file was named"), exists)
    }
}

fn exists(path: &Path) -> Failure {
    let message = format!("{} already exists; nothing was changed", output::path(path));
    Failure::new(exit::CONFLICT, "exists", message).hint("name a new file, or remove this one")
}

/// Checks that a new file can be made, or that an empty one is there, and makes none.
fn vacant(path: &Path) -> anyhow::Result<()> {
    if path.symlink_metadata().is_ok() {
        let empty = own(path).is_some_and(|file| file.metadata().is_ok_and(|facts| facts.len() == 0));
        return if empty { Ok(()) } else { Err(exists(path).into()) };
    }
    Ok(file::may_create(path).map_err(|error| {
        let failure = cannot_write("", path, &error, ANOTHER_FILE);
        Failure { message: format!("{}; nothing was changed", failure.message), ..failure }
    })?)
}

/// Opens an existing file that belongs to this user and that others cannot read.
fn own(path: &Path) -> Option<File> {
    system::file::open_own(path, File::options().read(true).write(true)).ok()
}

impl Handover {
    /// Writes the secret to its file, and waits until it is on disk.
    pub(crate) fn prepare(&mut self, text: &SecretText) -> anyhow::Result<()> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(text.expose().as_bytes()).and_then(|()| file.write_all(b"\n"));
        Ok(written.and_then(|()| file.sync_all()).map_err(|error| {
            // A file that existed before is empty again, so that the same command can be repeated.
            file.set_len(0).ok();
            cannot_write("", path, &error, ANOTHER_FILE)
        })?)
    }

    /// Keeps a secret that may be in use, because the database's answer was lost. Returns where it is, in words.
    pub(crate) fn keep(self, text: &SecretText) -> String {
        self.hand_over(text).map_or_else(|| "shown above".into(), |file| format!("kept in {file}"))
    }

    /// Hands the secret over. Returns where it is, in words.
    pub(crate) fn give(self, text: &SecretText) -> String {
        let shown = if dry_run::is_on() { "not handed over" } else { "shown above; it is not shown again" };
        self.hand_over(text).map_or_else(|| shown.into(), |file| format!("in {file}"))
    }

    /// Leaves the secret in its file and returns the path, or shows it.
    fn hand_over(mut self, text: &SecretText) -> Option<String> {
        self.stays = true;
        if dry_run::is_on() {
            return None;
        }
        let file = self.file.as_ref().map(|(path, _)| output::path(path));
        if file.is_none() {
            output::print(&format!("{}\n", text.expose()));
        }
        file
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        if let Some((path, _)) = self.file.take().filter(|_| !self.stays) {
            fs::remove_file(path).ok();
        }
    }
}
