//! `completions` and `man`: generated from the commands themselves, without touching anything.

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

/// Print the manual page
#[derive(Args)]
#[command(after_help = "Example:\n  byok man | man -l -")]
pub(crate) struct Man {}

impl Completions {
    pub(crate) fn run(self) -> u8 {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command(), "byok", &mut script);
        out::print(&String::from_utf8_lossy(&script))
    }
}

/// The manual page of `byok` itself; those of the verbs are their `--help`.
pub(crate) fn man() -> Result<u8, Failure> {
    let mut page = Vec::new();
    let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
    let manual = clap_mangen::Man::new(super::command());
    manual.render(&mut page).map_err(failed)?;
    Ok(out::print(&String::from_utf8_lossy(&page)))
}
