//! `completions` and `man`. They use no file, network or database.

use std::path::{Path, PathBuf};

use clap::Args;

use byok::exit;

use crate::cli::completion::shell::Shell;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::output;

/// Print a completion script for your shell
#[derive(Args)]
#[command(after_help = "Example:\n  byok completions bash > ~/.local/share/bash-completion/completions/byok")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write the pages of all commands to a directory
#[derive(Args)]
#[command(after_help = "Examples:\n  byok man | man -l -\n  byok man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write the pages of all commands to this directory
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub(crate) fn run(self) -> u8 {
        output::print(self.shell.script())
    }
}

impl Man {
    pub(crate) fn run(self, command: clap::Command) -> anyhow::Result<u8> {
        let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
        let mut command = command.disable_help_subcommand(true);
        command.build();
        if let Some(dir) = self.dir {
            let written = std::fs::create_dir_all(&dir).and_then(|()| write_pages(command, &dir));
            written.map_err(|error| {
                cannot_write("to ", &dir, &error, "name a directory where you can write: byok man --dir DIRECTORY")
            })?;
            output::say(&format!("the manual pages are in {}", output::path(&dir)));
            return Ok(exit::OK);
        }
        let mut text = Vec::new();
        page(command).render(&mut text).map_err(failed)?;
        Ok(output::print(&String::from_utf8_lossy(&text)))
    }
}

/// Writes the page of a command, and those of all commands below it.
fn write_pages(command: clap::Command, dir: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write_pages(below.clone(), dir)?;
    }
    page(command).generate_to(dir).map(drop)
}

/// The page of a command. Its footer names the program, because clap_mangen would name the last word of the command.
fn page(command: clap::Command) -> clap_mangen::Man {
    clap_mangen::Man::new(command).source(concat!("byok ", env!("CARGO_PKG_VERSION")))
}
