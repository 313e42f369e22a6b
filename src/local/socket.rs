//! The server's socket: where it is, and whether a server answers there.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::LocalError;
use super::account::Account;
use super::error::is_shortage;
use crate::system::FileFacts as _;
use crate::system::socket::{LONGEST_PATH, connect};

const NAME: &str = ".s.PGSQL.5432";
/// The time limit for each step of a server's first answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The directory of the socket. If the own path is too long or not UTF-8, it is a short one below /tmp.
pub(super) fn directory(root: &Path, account: &Account) -> Result<PathBuf, LocalError> {
    let own = root.join("run");
    if own.join(NAME).as_os_str().len() <= LONGEST_PATH && own.to_str().is_some() {
        check_owner(&own, account)?;
        return Ok(own);
    }
    // FNV-1a. The hash is only a name. The owner of the directory is checked.
    let hash = root
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let short = PathBuf::from(format!("/tmp/byok-{}-{hash:016x}", account.uid));
    check_owner(&short, account)?;
    Ok(short)
}

pub(super) fn create(directory: &Path, account: &Account) -> Result<(), LocalError> {
    if fs::symlink_metadata(directory).is_err() {
        account.create_dir(directory)?;
    }
    check_owner(directory, account)
}

/// Checks a directory in /tmp, where anybody can create it. One of another user, or one that is open to others, is not
/// used.
fn check_owner(directory: &Path, account: &Account) -> Result<(), LocalError> {
    let Ok(facts) = fs::symlink_metadata(directory) else {
        return Ok(());
    };
    let ours = facts.is_dir() && facts.owner() == account.uid && facts.is_private();
    if ours { Ok(()) } else { Err(LocalError::Foreign(directory.to_owned())) }
}

/// Whether a server answers. Shortly after a crash, a connection is accepted and then reset.
pub(super) fn answers(directory: &Path) -> Result<bool, LocalError> {
    let path = directory.join(NAME);
    match connect(&path, PATIENCE) {
        Ok(stream) => Ok(ask(stream).is_ok_and(|answer| answer)),
        Err(error) if is_shortage(&error) => Err(LocalError::io(&path)(error)),
        Err(_) => Ok(false),
    }
}

/// Whether the socket is there.
pub(super) fn exists(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join(NAME)).is_ok()
}

fn ask(mut stream: impl Read + Write) -> io::Result<bool> {
    let body = b"\x00\x03\x00\x00user\0byok\0database\0postgres\0\0";
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(body)?;
    let mut answer = [0; 64];
    let read = stream.read(&mut answer)?;
    let starting = answer[..read].windows(5).any(|code| code == b"57P03");
    Ok(read > 0 && !starting)
}
