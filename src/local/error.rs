//! What can go wrong with a private server, and the next thing to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::lock::LockError;
use crate::setting::SettingError;

/// An error of the private server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// No server programs.
    #[error("no PostgreSQL server programs of version 15 or newer were found{}", .0.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    NoPrograms(Option<PathBuf>),
    /// A variable that cannot be used.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The data belongs to another major version.
    #[error("the private database was made by PostgreSQL {wanted}, whose server programs were not found")]
    OtherVersion {
        /// The version that made it.
        wanted: u32,
    },
    /// Neither HOME nor a directory to use.
    #[error("there is no home directory for the private database")]
    NoHome,
    /// Root, and no account to drop to.
    #[error("PostgreSQL does not run as root, and none of these accounts exists: {0}")]
    NoAccount(String),
    /// The system could not say which accounts there are.
    #[error("cannot look up the account of the server: {0}")]
    Accounts(io::Error),
    /// The server's account cannot get to the directory.
    #[error("the account {account}, under which the server runs, cannot enter {}", path.display())]
    Closed {
        /// The directory in the way.
        path: PathBuf,
        /// The account.
        account: String,
    },
    /// The directory belongs to somebody else.
    #[error("{} belongs to another user", .0.display())]
    Foreign(PathBuf),
    /// Data that byok did not make.
    #[error("what is in {} was not made by byok", .0.display())]
    NotOurs(PathBuf),
    /// Others can change what is in the directory.
    #[error("others can change what is in {}", .0.display())]
    Exposed(PathBuf),
    /// Another process is setting it up, or the lock cannot be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Something about a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
    /// initdb or the server gave up.
    #[error("{program} failed: {said}")]
    Program {
        /// Which.
        program: &'static str,
        /// Its last words.
        said: String,
    },
    /// It runs and does not answer.
    #[error("the private server did not answer within {0} seconds")]
    Silent(u64),
    /// A process of that number is there, and is not the server.
    #[error("the private server (process {0}) does not stop")]
    DoesNotStop(i32),
}

impl LocalError {
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::NoPrograms(_) => match super::packages::install_command() {
                Some(command) => format!(
                    "{}   (--install-postgres runs it; or name a database in BYOK_DATABASE_URL)",
                    command.join(" ")
                ),
                None => "install PostgreSQL 15 or newer, or name a database in BYOK_DATABASE_URL".into(),
            },
            Self::Setting(error) => error.hint(),
            Self::OtherVersion { wanted } => format!("install PostgreSQL {wanted}, or begin anew: byok local reset"),
            Self::NoHome => "set HOME, or BYOK_LOCAL_DIR to a directory for it, or BYOK_DATABASE_URL".into(),
            Self::NoAccount(_) | Self::Accounts(_) => "set BYOK_LOCAL_USER to an unprivileged account".into(),
            Self::Closed { .. } => "set BYOK_LOCAL_DIR to a directory that it can enter, such as /var/lib/byok".into(),
            Self::Exposed(path) => format!("close it to others: chmod go-w {}", path.display()),
            Self::Lock(LockError::Held { .. }) => "see what that process waits for, then try again".into(),
            Self::NotOurs(_) | Self::Foreign(_) | Self::Io { .. } | Self::Lock(_) => {
                "set BYOK_LOCAL_DIR to a directory of your own".into()
            }
            Self::Program { .. } | Self::Silent(_) => "see its log: byok local status".into(),
            Self::DoesNotStop(_) => "try again in a moment".into(),
        }
    }
}
