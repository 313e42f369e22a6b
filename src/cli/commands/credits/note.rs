//! The reason that a posting is kept with.

use anyhow::bail;
use clap::Args;

use crate::cli::terminal::failure::Failure;

const LONGEST: usize = 500;

#[derive(Args)]
pub(crate) struct NoteArg {
    /// A note for the history
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl NoteArg {
    pub(crate) fn text(&self) -> anyhow::Result<Option<&str>> {
        let note = self.note.as_deref();
        if note.is_some_and(|note| note.chars().count() > LONGEST) {
            bail!(Failure::usage("bad_note", format!("a note has at most {LONGEST} characters")));
        }
        Ok(note)
    }
}
