//! Reads files in a directory that the account of the server can change.
//!
//! That account could replace any of them by a pipe, a device, a link or an endless file. No link is followed, nothing
//! is waited for, and nothing is read without a limit.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::LocalError;
use super::account::Account;

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
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(|_| not_ours())?;
    let file = match File::options().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        // A link, a socket, or a file that somebody closed.
        Err(error) if [Errno::LOOP, Errno::NXIO, Errno::ACCESS].iter().any(|code| is(&error, *code)) => {
            return Err(not_ours());
        }
        Err(error) => return Err(LocalError::io(path)(error)),
    };
    let facts = file.metadata().map_err(LocalError::io(path))?;
    let owned = facts.uid() == account.uid || facts.uid() == 0;
    if facts.is_file() && owned { Ok(Some((file, facts.len()))) } else { Err(not_ours()) }
}

fn is(error: &io::Error, code: Errno) -> bool {
    error.raw_os_error() == Some(code.raw_os_error())
}

/// The reported length of a file may be wrong.
fn text(file: File, path: &Path) -> Result<String, LocalError> {
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(LocalError::io(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
