//! Errors of the private server.

use std::io;
use std::path::{Path, PathBuf};

use crate::lock::LockError;
use crate::setting::SettingError;
use crate::system::fault::Fault;

/// An error of the private server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// No server programs were found.
    #[error("no PostgreSQL server programs of version 15 or newer were found{}", .0.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    NoPrograms(Option<PathBuf>),
    /// A variable has a value that cannot be used.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Server programs were found and do not run.
    #[error("the PostgreSQL server programs in {} do not run: {said}", path.display())]
    BrokenPrograms {
        /// Their directory.
        path: PathBuf,
        /// Their output.
        said: String,
    },
    /// The data belongs to another major version.
    #[error("PostgreSQL {wanted} created the private database, and its server programs were not found{}", named.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    OtherVersion {
        /// The version that created it.
        wanted: u32,
        /// The directory that `BYOK_PG_BIN` names.
        named: Option<PathBuf>,
    },
    /// There is no home directory, and no other directory was named.
    #[error("there is no home directory for the private database")]
    NoHome,
    /// The user is root, and there is no account for the server.
    #[error("PostgreSQL does not run as root, and none of these accounts exists: {0}")]
    NoAccount(String),
    /// The accounts of the system cannot be looked up.
    #[error("cannot look up the account of the server: {0}")]
    Accounts(io::Error),
    /// The server's account cannot enter the directory.
    #[error("the account {account}, under which the server runs, cannot enter {}", path.display())]
    Closed {
        /// The directory that it cannot enter.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// The directory belongs to another user.
    #[error("{} belongs to another user", .0.display())]
    Foreign(PathBuf),
    /// The directory has data that byok did not create.
    #[error("byok did not create the data in {}", .0.display())]
    NotOurs(PathBuf),
    /// Other users can write to the directory.
    #[error("other users can write to {}", .0.display())]
    Exposed(PathBuf),
    /// Another process sets up the server, or the lock cannot be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot start {}: {source}", program.display())]
    Spawn {
        /// Which.
        program: PathBuf,
        /// What.
        source: io::Error,
    },
    /// This process may open too few files for a server.
    #[error("this process may open only {limit} files, and a PostgreSQL server needs {needed}")]
    FewFiles {
        /// The limit.
        limit: u64,
        /// What a server needs.
        needed: u64,
    },
    /// initdb or the server failed, and the file system is nearly full.
    #[error("{failure}; the file system of {} is nearly full: {free} MiB{} are left", path.display(), files.map(|files| format!(" and {files} files")).unwrap_or_default())]
    NoSpace {
        /// The file system, by a path in it.
        path: PathBuf,
        /// The free space in MiB.
        free: u64,
        /// How many files it can still have, if it has a limit.
        files: Option<u64>,
        /// What failed.
        failure: Box<LocalError>,
    },
    /// initdb or the server failed.
    #[error("{program} failed: {said}")]
    Program {
        /// Which.
        program: &'static str,
        /// The end of its output.
        said: String,
    },
    /// Processes of the server before are still there.
    #[error("another process still uses the files of the private server: {0}")]
    InUse(String),
    /// The server runs and does not answer.
    #[error("the private server did not answer within {0} seconds")]
    Silent(u64),
    /// The process of the server does not end.
    #[error("the private server (process {0}) does not stop")]
    DoesNotStop(i32),
}

impl LocalError {
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn spawn(program: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Spawn { program: program.to_owned(), source }
    }
}

/// Whether the error says nothing about the file or program that it was met with.
pub(super) fn is_shortage(error: &io::Error) -> bool {
    Fault::of(error).is_some_and(Fault::is_shortage)
}
