//! The private PostgreSQL that serves where no database is configured, and under the tests.
//!
//! A directory of the user's own with data, socket, log and master key; a server that nobody else can reach, started when
//! a command needs it and left running. As root the server runs under an unprivileged account, because PostgreSQL refuses
//! root. Everything here is safe against two callers at once and against being killed in the middle.

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
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

pub use error::LocalError;
pub use packages::install_command;
#[cfg(feature = "test-server")]
pub use programs::programs_dir;
pub use server::{Ensured, Outcome, Removed, Status};
#[cfg(feature = "test-server")]
pub use throwaway::{ThrowAway, ThrowAwayOptions};

use crate::lock::Lock;
use account::Account;

use crate::setting;

/// The database role that owns everything in a private server, and the database in it.
pub const NAME: &str = "byok";

/// The directory of a private PostgreSQL.
#[derive(Clone, Debug)]
pub struct LocalDir {
    root: PathBuf,
    account: Account,
    say: fn(&str),
}

impl LocalDir {
    /// The directory that was asked for, else the user's own, else for root `/var/lib/byok`.
    pub fn resolve(wanted: Option<&Path>) -> Result<Self, LocalError> {
        let account = Account::of_server()?;
        let root = match wanted {
            Some(path) => std::path::absolute(path).map_err(LocalError::io(path))?,
            None if account.drops() => PathBuf::from("/var/lib/byok"),
            None => user_data()?.join("byok/local"),
        };
        Ok(Self { root, account, say: |_| () })
    }

    /// The same, and this hears whom it waits for.
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

    /// Where the server writes what it has to say.
    pub fn log_file(&self) -> PathBuf {
        self.root.join("log")
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The connection string of the private database.
    pub fn url(&self) -> Result<String, LocalError> {
        let socket = self.socket_dir()?;
        // Whatever libpq's variables say, it is this one.
        Ok(format!("postgres://{NAME}@localhost:5432/{NAME}?host={}", percent(&socket.to_string_lossy())))
    }

    /// Whether the server answers. A directory of somebody else is an error, and nobody is asked there.
    pub fn is_running(&self) -> Result<bool, LocalError> {
        Ok(socket::answers(&self.socket_dir()?))
    }

    /// Waits until nobody else is setting it up, and keeps it so until the guard is dropped.
    pub fn lock(&self) -> Result<Lock, LocalError> {
        self.check_root()?;
        self.create_root()?;
        self.check_root()?;
        Ok(Lock::take(&self.root.join("lock"), self.say)?)
    }

    /// Whoever can change what is in it decides which server answers there, and where root writes: the caller alone can. What
    /// belongs to the server's account is one level below.
    fn check_root(&self) -> Result<(), LocalError> {
        self.account.check_above(&self.root)?;
        let facts = match fs::metadata(&self.root) {
            Ok(facts) => facts,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(LocalError::io(&self.root)(error)),
        };
        if facts.uid() != rustix::process::geteuid().as_raw() {
            return Err(LocalError::Foreign(self.root.clone()));
        }
        if facts.mode() & 0o022 != 0 {
            return Err(LocalError::Exposed(self.root.clone()));
        }
        Ok(())
    }

    /// Renames a master key aside, so that nothing can overwrite it; where there is none, nothing happens.
    pub fn set_master_key_aside(&self) -> Result<Option<PathBuf>, LocalError> {
        let file = self.master_key_file();
        if !file.exists() {
            return Ok(None);
        }
        let names = (1..u32::MAX).map(|number| self.root.join(format!("master.key.{number}.bak")));
        let Some(aside) = names.into_iter().find(|path| !path.exists()) else {
            return Ok(None);
        };
        fs::rename(&file, &aside).map_err(LocalError::io(&file))?;
        Ok(Some(aside))
    }

    fn create_root(&self) -> Result<(), LocalError> {
        if self.root.is_dir() {
            return self.account.check_reach(&self.root);
        }
        fs::create_dir_all(&self.root).map_err(LocalError::io(&self.root))?;
        // Root's directory is entered by the server's account as well; what must be closed is closed one level below.
        let mode = if self.account.drops() { 0o755 } else { 0o700 };
        fs::set_permissions(&self.root, fs::Permissions::from_mode(mode)).map_err(LocalError::io(&self.root))?;
        self.account.check_reach(&self.root)
    }

    /// Where the server's socket is, once it is sure that whoever listens there is the caller's own server.
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
