//! The files and directories that a path may go on with.

use std::path::{Path, PathBuf};

use directories::BaseDirs;

use crate::cli::completion::candidate::Candidate;

/// How many entries of a directory are offered.
const MOST: usize = 1000;

/// What begins with this. A directory ends with `/`.
pub(super) fn below(typed: &str) -> Vec<Candidate> {
    let (dir, name) = typed.split_at(typed.rfind('/').map_or(0, |at| at + 1));
    let entries = std::fs::read_dir(place(dir)).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path().is_dir())));
    let shown = named.filter(|(entry, _)| {
        let hidden = entry.starts_with('.') && !name.starts_with('.');
        entry.starts_with(name) && !hidden && !entry.contains(char::is_control)
    });
    let offered = shown.map(|(entry, is_dir)| {
        let end = if is_dir { "/" } else { "" };
        Candidate { whole: !is_dir, ..Candidate::new(format!("{dir}{entry}{end}")) }
    });
    offered.take(MOST).collect()
}

/// The directory as the shell would open it.
fn place(dir: &str) -> PathBuf {
    match (dir.strip_prefix("~/"), BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ if dir.is_empty() => PathBuf::from("."),
        _ => Path::new(dir).to_owned(),
    }
}
