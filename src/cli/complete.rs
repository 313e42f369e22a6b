//! `completions` and `man`: generated from the commands themselves, without touching anything.

use clap::Args;
use clap_complete::Shell;

use byok::exit;

use super::failure::Failure;
use super::out;
use super::session::Context;

/// Print a completion script for your shell
#[derive(Args)]
#[command(after_help = "Example:\n  byok completions bash > ~/.local/share/bash-completion/completions/byok")]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

/// Print the manual page
#[derive(Args)]
#[command(after_help = "Example:\n  byok man | man -l -")]
pub(crate) struct Man {}

impl Completions {
    pub(crate) fn run(self, _context: &mut Context) -> Result<u8, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "byok", &mut script);
        Ok(out::print(&String::from_utf8_lossy(&script)))
    }
}

impl Man {
    pub(crate) fn run(self, _context: &mut Context) -> Result<u8, Failure> {
        let mut page = Vec::new();
        let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
        clap_mangen::Man::new(super::command())
            .render(&mut page)
            .map_err(failed)?;
        Ok(out::print(&String::from_utf8_lossy(&page)))
    }
}
