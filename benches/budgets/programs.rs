//! The client programs of the server under test. A distribution may have a script of this name in PATH that first looks for
//! the version to run, and takes longer than the program itself.

use std::path::PathBuf;

use byok::local::programs_dir;

use super::Outcome;

pub(crate) fn client(name: &str) -> Outcome<PathBuf> {
    let dir = programs_dir()?;
    let linked = dir.join("postgres").canonicalize().ok().and_then(|server| Some(server.parent()?.join(name)));
    let found = [Some(dir.join(name)), linked].into_iter().flatten().find(|program| program.exists());
    found.ok_or_else(|| format!("there is no {name} beside the server programs in {}", dir.display()).into())
}

/// A program of PATH, with its directory. Without one, a process would be started in a slower way than those that have one.
pub(crate) fn in_path(name: &str) -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file());
    found.ok_or_else(|| format!("there is no {name} in PATH").into())
}
