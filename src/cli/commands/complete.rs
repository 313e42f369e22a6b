//! `completions`. It uses no file, network or database.

use clap::Args;

use crate::cli::completion::shell::Shell;
use crate::cli::terminal::output;

/// Print a completion script for your shell
#[derive(Args)]
#[command(after_help = "Example:\n  byok completions bash > ~/.local/share/bash-completion/completions/byok")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> u8 {
        output::print(self.shell.script())
    }
}
