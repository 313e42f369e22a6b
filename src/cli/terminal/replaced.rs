//! Writes files that others must not read, and replaces them at once: whoever reads one sees the old or the new content, also
//! after a crash.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use byok::system::{FileFacts as _, account, file};

/// What becomes of a group that can read the file that is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// It goes on reading it.
    Keeps,
    /// Only the owner can read the new file.
    Loses,
}

/// Writes a new file, and waits until it is on disk. A file that was not written whole is removed.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = file::create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_directory(path));
    written.inspect_err(|_| {
        fs::remove_file(path).ok();
    })
}

/// Replaces a file, or creates it. The caller holds its lock.
pub(crate) fn replace(path: &Path, bytes: &[u8], group: Group) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // A killed process may have left it.
    fs::remove_file(&beside).ok();
    write_new(&beside, bytes)?;
    let put = || {
        if let Ok(facts) = fs::metadata(path)
            && group == Group::Keeps
            && facts.mode() & 0o040 != 0
        {
            account::give_to_group(&beside, facts.group())?;
            file::set_mode(&beside, facts.mode() & 0o640)?;
        }
        fs::rename(&beside, path)
    };
    put().inspect_err(|_| {
        fs::remove_file(&beside).ok();
    })?;
    sync_directory(path)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    file::sync_directory(parent)
}

/// The path without symbolic links. If the file does not exist, only its directory is resolved.
pub(crate) fn real(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    let parent = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    match (parent.map(fs::canonicalize), path.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}
