//! Lock files. Only one process of one user can hold a lock, other users cannot take it, and a long wait is reported.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::system::fault::Fault;
use crate::system::{FileFacts as _, file, process};

/// A wait is reported after this time.
const SAID: Duration = Duration::from_secs(1);
/// The longest wait. It is long, because the holder may wait for a server that recovers from a crash.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(10);

/// A lock that is held until it is dropped, or until the process ends.
#[derive(Debug)]
pub struct Lock(File);

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The file could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// The lock file is a link, is not a regular file, or belongs to another user.
    #[error("the lock file {} is not a regular file that belongs to you", .0.display())]
    Foreign(PathBuf),
    /// Everybody can write to the directory, and could replace the lock file.
    #[error("everybody can write to {}, so byok does not use a lock file there", .0.display())]
    Exposed(PathBuf),
    /// Another process did not release it.
    #[error("{holder} has held the lock {} for more than {seconds} seconds", path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The process, if the system names it.
        holder: String,
        /// The time that was waited.
        seconds: u64,
    },
}

/// How long a lock is waited for.
#[derive(Clone, Copy)]
struct Wait {
    /// Until the holder is named.
    said: Duration,
    /// In all.
    patience: Duration,
}

impl Lock {
    /// Takes the lock. The file is created if it does not exist. If this waits, `say` gets one message that names the
    /// holder.
    pub fn take(path: &Path, say: impl FnMut(&str)) -> Result<Self, LockError> {
        Self::take_within(path, Wait { said: SAID, patience: PATIENCE }, say)
    }

    fn take_within(path: &Path, Wait { said, patience }: Wait, mut say: impl FnMut(&str)) -> Result<Self, LockError> {
        let begun = Instant::now();
        let mut silent = true;
        loop {
            let file = open(path)?;
            match file.try_lock() {
                // During the wait, the file may have been replaced.
                Ok(()) if is_there(&file, path) => return Ok(Self(file)),
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(LockError::Io { path: path.to_owned(), source }),
            }
            if begun.elapsed() >= patience {
                let (path, seconds) = (path.to_owned(), patience.as_secs());
                return Err(LockError::Held { path, holder: holder(&file), seconds });
            }
            if silent && begun.elapsed() >= said {
                silent = false;
                say(&format!("waiting for {}, which holds the lock {}", holder(&file), path.display()));
            }
            sleep(PAUSE);
        }
    }

    /// The open file. A child process that inherits it keeps the lock.
    pub fn file(&self) -> &File {
        &self.0
    }
}

/// Opens the file and closes it to other users, because everybody who can open a file can lock it.
fn open(path: &Path) -> Result<File, LockError> {
    let failed = |source| LockError::Io { path: path.to_owned(), source };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let facts = fs::metadata(parent).map_err(failed)?;
    // In a sticky directory such as /tmp, nobody can rename a file of another user.
    if facts.everybody_may_write() && !facts.is_sticky() {
        return Err(LockError::Exposed(parent.to_owned()));
    }
    let opened = file::open_no_link(path, File::options().read(true).append(true).create(true));
    let open = opened.map_err(|error| match Fault::of(&error) {
        Some(Fault::Link) => LockError::Foreign(path.to_owned()),
        _ => failed(error),
    })?;
    let facts = open.metadata().map_err(failed)?;
    if !facts.is_file() || !facts.is_ours() {
        return Err(LockError::Foreign(path.to_owned()));
    }
    if !facts.is_private() {
        file::close_to_others(&open).map_err(failed)?;
    }
    Ok(open)
}

fn is_there(file: &File, path: &Path) -> bool {
    let place = |facts: fs::Metadata| facts.identity();
    file.metadata().map(place).ok() == fs::symlink_metadata(path).map(place).ok()
}

/// The holder of the lock, if the system names it.
fn holder(file: &File) -> String {
    let Some(holder) = file::lock_holder(file) else { return "another process".to_owned() };
    match process::program(holder) {
        Some(name) => format!("process {holder} ({name})"),
        None => format!("a child of process {holder}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const BRIEF: Wait = Wait { said: Duration::from_millis(20), patience: Duration::from_millis(200) };

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        (dir, path)
    }

    #[test]
    fn only_one_process_holds_a_lock_and_a_waiting_one_names_it_and_fails_in_the_end() {
        let (_dir, path) = place();
        let mut said = Vec::new();
        let held = Lock::take(&path, |words| said.push(words.to_owned())).expect("a lock");
        assert_eq!(said, Vec::<String>::new());
        let error = Lock::take_within(&path, BRIEF, |words| said.push(words.to_owned())).expect_err("it is held");
        assert!(matches!(error, LockError::Held { .. }), "{error}");
        assert_eq!(said.len(), 1);
        if Path::new("/proc/locks").exists() {
            assert!(said[0].contains(&format!("process {} (", std::process::id())), "{said:?}");
        }
        drop(held);
        Lock::take_within(&path, BRIEF, |_| ()).expect("it is free");
    }

    #[test]
    fn no_other_user_can_open_the_lock_file_even_if_everybody_could_before() {
        let (_dir, path) = place();
        fs::write(&path, "").expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("its mode");
        let _held = Lock::take(&path, |_| ()).expect("a lock");
        assert!(fs::metadata(&path).expect("its facts").is_private());
    }

    #[test]
    fn a_link_a_pipe_and_a_directory_that_everybody_can_write_to_are_refused() {
        let (dir, path) = place();
        let target = dir.path().join("target");
        std::os::unix::fs::symlink(&target, &path).expect("a link");
        assert!(matches!(Lock::take(&path, |_| ()), Err(LockError::Foreign(_))));
        assert!(!target.exists(), "the link is not followed");
        fs::remove_file(&path).expect("the link");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
        assert!(matches!(Lock::take(&path, |_| ()), Err(LockError::Foreign(_))));
        fs::remove_file(&path).expect("the pipe");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).expect("its mode");
        assert!(matches!(Lock::take(&path, |_| ()), Err(LockError::Exposed(_))));
        fs::set_permissions(dir.path(), Permissions::from_mode(0o1777)).expect("its mode");
        Lock::take(&path, |_| ()).expect("a sticky directory");
    }

    #[test]
    fn a_file_that_was_replaced_during_the_wait_is_not_the_lock() {
        let (dir, path) = place();
        let held = Lock::take(&path, |_| ()).expect("a lock");
        let other = dir.path().join("other");
        fs::write(&other, "").expect("a file");
        fs::rename(&other, &path).expect("another in its place");
        let _new = Lock::take_within(&path, BRIEF, |_| ()).expect("the file that is there");
        assert!(!is_there(held.file(), &path));
    }
}
