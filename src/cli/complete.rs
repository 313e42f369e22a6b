//! `completions` and `man`: generated from the commands themselves, without touching anything.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use byok::exit;

use super::failure::Failure;
use super::out;

/// Print a completion script for your shell
#[derive(Args)]
#[command(after_help = "Example:\n  byok completions bash > ~/.local/share/bash-completion/completions/byok")]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

/// Print the manual page, or write one for every command
#[derive(Args)]
#[command(after_help = "Examples:\n  byok man | man -l -\n  byok man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// A directory for the pages of all commands
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub(crate) fn run(self) -> u8 {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "byok", &mut script);
        out::print(&String::from_utf8_lossy(&script))
    }
}

impl Man {
    pub(crate) fn run(self) -> Result<u8, Failure> {
        let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
        if let Some(dir) = self.dir {
            std::fs::create_dir_all(&dir).map_err(failed)?;
            clap_mangen::generate_to(super::command(), &dir).map_err(failed)?;
            return Ok(exit::OK);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(super::command()).render(&mut page).map_err(failed)?;
        Ok(out::print(&String::from_utf8_lossy(&page)))
    }
}
