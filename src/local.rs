//! The private PostgreSQL server, which is used if no database is configured, and by the tests.
//!
//! A directory of the user has its data, socket, log and master key. Nobody else can connect to the server. A command
//! starts it when it needs it, and it keeps running. As root, the server runs under an unprivileged account, because
//! PostgreSQL refuses root. Two callers may use this at the same time, and a killed caller does no harm.

mod account;
mod error;
mod guarded;
mod packages;
mod process;
mod programs;
mod server;
mod socket;
#[cfg(feature = "test-server")]
mod throwaway;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use error::LocalError;
pub use packages::install_command;
pub use process::Room;
#[cfg(feature = "test-server")]
pub use programs::programs_dir;
pub use server::{Ensured, Outcome, Removed, Status};
#[cfg(feature = "test-server")]
pub use throwaway::{ThrowAway, ThrowAwayOptions};

use crate::lock::Lock;
use account::Account;

use crate::setting;
use crate::system::{FileFacts as _, file};

/// The database role that owns everything in a private server, and the database in it.
pub const NAME: &str = "byok";

/// The directory of a private PostgreSQL.
#[derive(Clone, Debug)]
pub struct LocalDir {
    root: PathBuf,
    account: Account,
    programs: Option<PathBuf>,
    say: fn(&str),
}

impl LocalDir {
    /// The directory that BYOK_LOCAL_DIR names, or else one in the user's data directory. For root it is
    /// `/var/lib/byok`.
    pub fn resolve(wanted: Option<&Path>) -> Result<Self, LocalError> {
        Self::resolve_as(wanted, None)
    }

    /// The same. If byok runs as root and `BYOK_LOCAL_USER` names no account, the server runs under this one.
    pub fn resolve_as(wanted: Option<&Path>, user: Option<&str>) -> Result<Self, LocalError> {
        let account = Account::of_server_or(user)?;
        let root = match wanted {
            Some(path) => std::path::absolute(path).map_err(LocalError::io(path))?,
            None if account.drops() => PathBuf::from("/var/lib/byok"),
            None => user_data()?.join("byok/local"),
        };
        Ok(Self { root, account, programs: None, say: |_| () })
    }

    /// The same, with the directory of the server programs if `BYOK_PG_BIN` names none.
    #[must_use]
    pub fn with_programs(self, programs: Option<PathBuf>) -> Self {
        Self { programs, ..self }
    }

    /// The same, with a function that is told about waits.
    #[must_use]
    pub fn saying(self, say: fn(&str)) -> Self {
        Self { say, ..self }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Where its master key is kept.
    pub fn master_key_file(&self) -> PathBuf {
        self.root.join("master.key")
    }

    /// The server's log.
    pub fn log_file(&self) -> PathBuf {
        self.root.join("log")
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The connection string of the private database.
    pub fn url(&self) -> Result<String, LocalError> {
        let socket = self.socket_dir()?;
        // Everything is in the URL, so variables of libpq have no effect.
        Ok(format!("postgres://{NAME}@localhost:5432/{NAME}?host={}", percent(&socket.to_string_lossy())))
    }

    /// Whether the server answers. A directory of another user is an error, and its server is not asked.
    pub fn is_running(&self) -> Result<bool, LocalError> {
        socket::answers(&self.socket_dir()?)
    }

    /// Takes the lock of the directory, so that nobody else sets the server up until the guard is dropped.
    pub fn lock(&self) -> Result<Lock, LocalError> {
        self.check_root()?;
        self.create_root()?;
        self.check_root()?;
        Ok(Lock::take(&self.root.join("lock"), self.say)?)
    }

    /// Makes sure that only the caller can change the directory. Whoever can change it decides which server answers
    /// there, and where root writes. What belongs to the server's account is one level below.
    fn check_root(&self) -> Result<(), LocalError> {
        self.account.check_above(&self.root)?;
        let facts = match fs::metadata(&self.root) {
            Ok(facts) => facts,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(LocalError::io(&self.root)(error)),
        };
        if !facts.is_ours() {
            return Err(LocalError::Foreign(self.root.clone()));
        }
        if facts.others_may_write() {
            return Err(LocalError::Exposed(self.root.clone()));
        }
        Ok(())
    }

    /// Renames the master key, so that nothing can overwrite it. Does nothing if there is none.
    pub fn set_master_key_aside(&self) -> Result<Option<PathBuf>, LocalError> {
        let key = self.master_key_file();
        if !key.exists() {
            return Ok(None);
        }
        let names = (1..u32::MAX).map(|number| self.root.join(format!("master.key.{number}.bak")));
        let Some(aside) = names.into_iter().find(|path| !path.exists()) else {
            return Ok(None);
        };
        fs::rename(&key, &aside).map_err(LocalError::io(&key))?;
        Ok(Some(aside))
    }

    fn create_root(&self) -> Result<(), LocalError> {
        if self.root.is_dir() {
            return self.account.check_reach(&self.root);
        }
        // The server's account must enter root's directory and those above, whatever the umask is. Anything that must be
        // private is one level below.
        let mode = if self.account.drops() { 0o755 } else { 0o700 };
        let missing: Vec<&Path> = self.root.ancestors().take_while(|path| !path.is_dir()).collect();
        for path in missing.into_iter().rev() {
            match fs::create_dir(path) {
                Ok(()) => {}
                // Another command has created it.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => continue,
                Err(error) => return Err(LocalError::io(path)(error)),
            }
            file::set_mode(path, mode).map_err(LocalError::io(path))?;
        }
        self.account.check_reach(&self.root)
    }

    /// The directory of the server's socket, after a check that its server is the caller's own.
    fn socket_dir(&self) -> Result<PathBuf, LocalError> {
        self.check_root()?;
        socket::directory(&self.root, &self.account)
    }
}

fn user_data() -> Result<PathBuf, LocalError> {
    if setting::directory("HOME")?.is_none() && setting::xdg("XDG_DATA_HOME")?.is_none() {
        return Err(LocalError::NoHome);
    }
    setting::data_dir()?.ok_or(LocalError::NoHome)
}

fn percent(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
