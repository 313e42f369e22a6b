//! The file that keeps the master keys, while they change: one process at a time, and at no moment without the key in use.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use byok::crypto::{MasterKey, MasterKeys};
use byok::exit;

use crate::cli::failure::Failure;
use crate::cli::master;
use crate::cli::settings::KeySource;

/// Where a new master key is written.
pub(super) enum KeyFile {
    /// To the file that keeps the one in use, as another line.
    Own(PathBuf),
    /// To a file of its own: what keeps the one in use cannot be written.
    Beside(PathBuf),
    /// Nowhere: what keeps the one in use cannot be written, and no other place was named.
    Nowhere(String),
}

impl KeyFile {
    pub(super) fn of(source: &KeySource, beside: Option<PathBuf>) -> Self {
        match (source, beside) {
            (_, Some(path)) => Self::Beside(path),
            (KeySource::File(path, name), None) if !name.starts_with("CREDENTIALS_DIRECTORY") => {
                Self::Own(path.clone())
            }
            _ => Self::Nowhere(master::place(source)),
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Own(path) | Self::Beside(path) => Some(path),
            Self::Nowhere(_) => None,
        }
    }

    /// Keeps other processes of this machine from changing it, until the guard is dropped. The directory is locked: the
    /// file itself is replaced.
    pub(super) fn lock(&self) -> Result<Option<File>, Failure> {
        let Some(path) = self.path() else { return Ok(None) };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error: std::io::Error| {
            Failure::new(exit::NOT_AUTHORIZED, "no_master_key", format!("{}: {error}", parent.display()))
        };
        let directory = File::open(parent).map_err(failed)?;
        directory.lock().map_err(failed)?;
        Ok(Some(directory))
    }

    /// Adds what the file holds beyond what was loaded before; somebody else may have been faster.
    pub(super) fn reload(&self, keys: &mut MasterKeys) -> Result<(), Failure> {
        let Some(path) = self.path() else { return Ok(()) };
        let source = KeySource::File(path.to_owned(), "--new-key-file");
        let Some(text) = master::load(&source)? else { return Ok(()) };
        for key in text.into_keys() {
            keys.add(key).map_err(|error| {
                Failure::new(exit::NOT_AUTHORIZED, "no_master_key", format!("{}: {error}", path.display()))
            })?;
        }
        Ok(())
    }

    /// Writes a new key down, so that it is on the disk.
    pub(super) fn add(&self, keys: &MasterKeys, new: &MasterKey) -> Result<(), Failure> {
        match self {
            Self::Own(path) => master::replace(path, &keys.iter().chain([new]).collect::<Vec<_>>()),
            Self::Beside(path) => master::write_new(path, &[new]),
            Self::Nowhere(place) => Err(Failure::usage(
                "no_place",
                format!("the master key comes from {place}, where a new one cannot be written"),
            )
            .hint("name a file for the new one: --new-key-file PATH; afterwards put it where the old one is")),
        }
    }

    /// Takes a key away again that nothing knows of.
    pub(super) fn take_back(&self, keys: &MasterKeys, epoch: u32) -> Result<(), Failure> {
        match self {
            Self::Own(path) if keys.iter().any(|key| key.epoch() != epoch) => {
                master::replace(path, &keys.iter().filter(|key| key.epoch() != epoch).collect::<Vec<_>>())
            }
            Self::Beside(path) => {
                fs::remove_file(path).ok();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Leaves the key in use alone in the file; each other one goes to a file of its own beside it. Says where.
    pub(super) fn set_aside(&self, keys: &MasterKeys, active: u32) -> Result<Vec<PathBuf>, Failure> {
        let (Self::Own(path), Some(kept)) = (self, keys.of_epoch(active)) else { return Ok(Vec::new()) };
        let mut aside = Vec::new();
        for key in keys.iter().filter(|key| key.epoch() < active) {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".epoch-{}", key.epoch()));
            let name = PathBuf::from(name);
            master::replace(&name, &[key])?;
            aside.push(name);
        }
        if !aside.is_empty() {
            master::replace(path, &[kept])?;
        }
        Ok(aside)
    }
}
