//! Reads files in a directory that the account of the server can change.
//!
//! That account could replace any of them by a pipe, a device, a link or an endless file. No link is followed, nothing
//! is waited for, and nothing is read without a limit.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::LocalError;
use super::account::Account;
use crate::system::account::ROOT;
use crate::system::fault::Fault;
use crate::system::{FileFacts as _, file};

/// Larger than any of these files except the log.
const LONGEST: u64 = 64 * 1024;

/// The text of a file. `None` if it does not exist. It is an error if it is not a regular file of the account or of
/// root, or if it is too long.
pub(super) fn read(path: &Path, account: &Account) -> Result<Option<String>, LocalError> {
    match open(path, account)? {
        Some((_, length)) if length > LONGEST => Err(LocalError::NotOurs(path.to_owned())),
        Some((file, _)) => text(file, path).map(Some),
        None => Ok(None),
    }
}

/// The end of a file of any length. Empty if it does not exist.
pub(super) fn read_end(path: &Path, account: &Account) -> Result<String, LocalError> {
    let Some((mut file, length)) = open(path, account)? else { return Ok(String::new()) };
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST))).map_err(LocalError::io(path))?;
    text(file, path)
}

/// The file and its length.
fn open(path: &Path, account: &Account) -> Result<Option<(File, u64)>, LocalError> {
    let not_ours = || LocalError::NotOurs(path.to_owned());
    let file = match file::open_no_link(path, File::options().read(true)) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => {
            // A link, a socket, or a file that somebody closed.
            return Err(match Fault::of(&error) {
                Some(Fault::Link | Fault::NoDevice | Fault::Closed) => not_ours(),
                _ => LocalError::io(path)(error),
            });
        }
    };
    let facts = file.metadata().map_err(LocalError::io(path))?;
    let owned = [account.uid, ROOT].contains(&facts.owner());
    if facts.is_file() && owned { Ok(Some((file, facts.len()))) } else { Err(not_ours()) }
}

/// The reported length of a file may be wrong.
fn text(file: File, path: &Path) -> Result<String, LocalError> {
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(LocalError::io(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
