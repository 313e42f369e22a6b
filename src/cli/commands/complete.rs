//! `completions` and `man`: generated from the commands themselves, without touching anything.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use byok::exit;

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

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

/// The scripts that are in the repository, as they are generated: a shell that starts with them should not wait.
pub(super) const KEPT: [(Shell, &str, &str); 3] = [
    (Shell::Bash, "byok.bash", include_str!("../../../completions/byok.bash")),
    (Shell::Zsh, "_byok", include_str!("../../../completions/_byok")),
    (Shell::Fish, "byok.fish", include_str!("../../../completions/byok.fish")),
];

impl Completions {
    pub(crate) fn run(self, command: clap::Command) -> u8 {
        match KEPT.iter().find(|(shell, ..)| *shell == self.shell) {
            Some((_, _, script)) => output::print(script),
            None => output::print(&generated(self.shell, command)),
        }
    }
}

pub(super) fn generated(shell: Shell, mut command: clap::Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "byok", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

impl Man {
    pub(crate) fn run(self, command: clap::Command) -> anyhow::Result<u8> {
        let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
        if let Some(dir) = self.dir {
            std::fs::create_dir_all(&dir).map_err(failed)?;
            clap_mangen::generate_to(command, &dir).map_err(failed)?;
            return Ok(exit::OK);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
        Ok(output::print(&String::from_utf8_lossy(&page)))
    }
}
