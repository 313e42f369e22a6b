//! Secrets that this tool makes and hands over once: to a terminal, or to a new file that only its owner can read.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;

use byok::exit;
use byok::secret::SecretText;

use super::failure::Failure;
use super::out;

/// Where a secret that is made here goes.
#[derive(Args)]
pub(crate) struct HandoverArgs {
    /// Write it to a new file that only you can read; else it is shown at the terminal, once
    #[arg(long, value_name = "PATH")]
    to_file: Option<PathBuf>,
}

/// A place for a secret, made sure of before anything is changed. What was not handed over leaves nothing behind.
pub(crate) struct Handover {
    file: Option<(PathBuf, File)>,
    done: bool,
}

impl HandoverArgs {
    pub(crate) fn is_given(&self) -> bool {
        self.to_file.is_some()
    }

    /// Makes the file, or makes sure of the terminal.
    pub(crate) fn reserve(&self, what: &str) -> Result<Handover, Failure> {
        let Some(path) = &self.to_file else {
            if out::is_terminal() {
                return Ok(Handover { file: None, done: false });
            }
            let message = format!("{what} is shown at a terminal or written to a file, and this is neither");
            return Err(Failure::usage("no_place", message).hint("give --to-file PATH"));
        };
        let opened = File::options().write(true).create_new(true).mode(0o600).open(path);
        let file = opened.map_err(|error| {
            let (code, word) = match error.kind() {
                std::io::ErrorKind::AlreadyExists => (exit::CONFLICT, "exists"),
                _ => (exit::USAGE, "cannot_write"),
            };
            Failure::new(code, word, format!("cannot make {}: {error}; nothing was changed", out::path(path)))
        })?;
        Ok(Handover { file: Some((path.clone(), file)), done: false })
    }
}

impl Handover {
    /// Puts the secret into its file, so that it is on the disk before anybody is told that it counts.
    pub(crate) fn prepare(&mut self, text: &SecretText) -> Result<(), Failure> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(text.expose().as_bytes()).and_then(|()| file.write_all(b"\n"));
        written.and_then(|()| file.sync_all()).map_err(|error| {
            Failure::new(exit::FAILURE, "cannot_write", format!("cannot write {}: {error}", out::path(path)))
        })
    }

    /// Hands it over; in words where it is.
    pub(crate) fn give(mut self, text: &SecretText) -> String {
        self.done = true;
        if let Some((path, _)) = &self.file {
            return format!("in {}", out::path(path));
        }
        out::print(&format!("{}\n", text.expose()));
        "shown above, this once".into()
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        if let Some((path, _)) = self.file.take().filter(|_| !self.done) {
            fs::remove_file(path).ok();
        }
    }
}
