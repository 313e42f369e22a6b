//! Changes the file of the master keys. One process at a time changes it, and it always contains the key in use.

use std::fs;
use std::path::{Path, PathBuf};

use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::exit;
use byok::lock::{Lock, LockError};
use byok::system::FileFacts as _;
use byok::system::disk::is_read_only;

use crate::cli::session::settings::SecretSource;
use crate::cli::session::{keys, sources};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::{cannot_write, of_lock};
use crate::cli::terminal::output;
use crate::cli::terminal::replaced::real;

/// What to do where the directory of a key file cannot be used.
const ELSEWHERE: &str = "name a file in a directory where only you can write: --new-key-file PATH";

/// Where a new master key is written.
pub(super) enum KeyFile {
    /// To the file of the key in use, as another line.
    Own(PathBuf),
    /// To a file of its own, because the source of the key in use cannot be written.
    Beside(PathBuf),
    /// Nowhere: the source of the key in use cannot be written, and no other file was named.
    Nowhere(String),
}

impl KeyFile {
    /// The file of a key source. Symbolic links are followed, so that the link stays and there is one lock for the file.
    pub(super) fn of(source: &SecretSource, beside: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = beside {
            return Ok(Self::Beside(real(path)));
        }
        match source {
            SecretSource::File(path, name) if !name.starts_with("CREDENTIALS_DIRECTORY") => {
                let real = real(path);
                match fs::symlink_metadata(&real) {
                    Ok(facts) if facts.is_file() && facts.names() > 1 => Err(second_name(&real).into()),
                    Ok(facts) if facts.is_file() && !is_read_only(&real) => Ok(Self::Own(real)),
                    // A read-only mount, a pipe, or an open file that was deleted.
                    _ => Ok(Self::Nowhere(sources::place(source))),
                }
            }
            _ => Ok(Self::Nowhere(sources::place(source))),
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Own(path) | Self::Beside(path) => Some(path),
            Self::Nowhere(_) => None,
        }
    }

    /// Locks the file against other processes of this machine, until the guard is dropped. The lock is a file of its own, because the
    /// key file is replaced, and because everybody who can read a directory can lock it.
    pub(super) fn lock(&self) -> anyhow::Result<Option<Lock>> {
        let Some(path) = self.path() else { return Ok(None) };
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let taken = Lock::take(Path::new(&beside), output::notice);
        Ok(taken.map(Some).map_err(|error| match error {
            LockError::Held { .. } => {
                Failure::new(exit::UNAVAILABLE, "locked", error.to_string()).hint(of_lock(&error, ELSEWHERE))
            }
            LockError::Io { path, source } => cannot_write("the lock file ", &path, &source, ELSEWHERE),
            _ => {
                Failure::new(exit::NOT_AUTHORIZED, "no_master_key", error.to_string()).hint(of_lock(&error, ELSEWHERE))
            }
        })?)
    }

    /// The keys that the file contains now.
    fn held(&self) -> anyhow::Result<Option<MasterKeys>> {
        let Some(path) = self.path() else { return Ok(None) };
        keys::load(&SecretSource::File(path.to_owned(), "--new-key-file"))
    }

    /// Adds keys that another process has written to the file since it was loaded.
    pub(super) fn reload(&self, keys: &mut MasterKeys) -> anyhow::Result<()> {
        for key in self.held()?.map(MasterKeys::into_keys).unwrap_or_default() {
            keys.add(key).map_err(|error| Failure::new(exit::NOT_AUTHORIZED, "no_master_key", error.to_string()))?;
        }
        Ok(())
    }

    /// Writes a new key to the file, and waits until it is on disk.
    pub(super) fn add(&self, keys: &MasterKeys, new: &MasterKey) -> anyhow::Result<()> {
        match self {
            Self::Own(path) => keys::replace(path, &keys.iter().chain([new]).collect::<Vec<_>>()),
            Self::Beside(path) => keys::write_new(path, &[new]),
            Self::Nowhere(place) => Err(Failure::usage(
                "no_place",
                format!("the master key comes from {place}, where a new one cannot be written"),
            )
            .hint("name a file for the new one: --new-key-file PATH; afterwards put it where the old one is")
            .into()),
        }
    }

    /// Removes a key that the database does not know. The caller holds the lock. The file is read again, because another process may
    /// have added keys.
    pub(super) fn take_back(&self, epoch: u32) -> anyhow::Result<()> {
        let Some(held) = self.held()? else { return Ok(()) };
        let left: Vec<&MasterKey> = held.iter().filter(|key| key.epoch() != epoch).collect();
        match self {
            Self::Own(path) if !left.is_empty() => keys::replace(path, &left),
            Self::Beside(path) if left.is_empty() => {
                fs::remove_file(path).ok();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the file contains keys older than the one in use.
    pub(super) fn holds_older(&self, active: u32) -> anyhow::Result<bool> {
        let own = matches!(self, Self::Own(_));
        Ok(own && self.held()?.is_some_and(|held| held.iter().any(|key| key.epoch() < active)))
    }

    /// Moves each key that is older than the one in use to a file of its own. Returns their paths.
    pub(super) fn set_aside(&self, active: u32) -> anyhow::Result<Vec<PathBuf>> {
        let (Self::Own(path), Some(held)) = (self, self.held()?) else { return Ok(Vec::new()) };
        let (old, kept): (Vec<&MasterKey>, Vec<&MasterKey>) = held.iter().partition(|key| key.epoch() < active);
        if old.is_empty() || kept.is_empty() {
            return Ok(Vec::new());
        }
        let mut aside = Vec::new();
        for key in old {
            let name = aside_name(path, key);
            keys::replace(&name, &[key])?;
            aside.push(name);
        }
        keys::replace(path, &kept)?;
        Ok(aside)
    }
}

/// The failure for a hard link. The file is replaced, so the other name would keep the old key.
fn second_name(path: &Path) -> Failure {
    let message = format!("{} has another name too, which would keep the old master key", output::path(path));
    Failure::usage("second_name", message)
        .hint("remove the other name (find it: find DIRECTORY -samefile PATH), or make it a symbolic link")
}

/// `master.key.epoch-1`. The fingerprint is added if that file has another key, such as one of an earlier database.
fn aside_name(path: &Path, key: &MasterKey) -> PathBuf {
    let named = |end: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let plain = named(format!(".epoch-{}", key.epoch()));
    let held = keys::load(&SecretSource::File(plain.clone(), "default"));
    let free = match &held {
        Ok(held) => held.as_ref().is_none_or(|held| held.names() == [(key.epoch(), key.check_value())]),
        Err(_) => false,
    };
    if free { plain } else { named(format!(".epoch-{}.{}", key.epoch(), key.check_value())) }
}
