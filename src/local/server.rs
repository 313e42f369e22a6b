//! Creates, starts, finds and stops the private server.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Instant;

use super::process::Room;
use super::process::{PATIENCE, PAUSE, SETTINGS, initdb, live_pid, remove_stale_locks};
use super::programs::{self, Programs};
use super::{LocalDir, LocalError, NAME, guarded, process, socket};
use crate::lock::Lock;
use crate::system::FileFacts as _;
use crate::system::process::{interrupt, works_in};

/// The name of a cluster while it is being created. A process number follows.
const MAKING: &str = "byok-making.";

/// How the server was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was running already.
    Running,
    /// It was started.
    Started,
    /// It was created and started.
    Created,
}

/// A running server.
pub struct Ensured {
    /// How it was obtained.
    pub outcome: Outcome,
    /// Its connection string.
    pub url: String,
}

/// The result of a reset.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The new path of the master key, if there was one.
    pub master_key: Option<PathBuf>,
}

/// The state of the private server.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether there is data.
    pub created: bool,
    /// Whether the server answers.
    pub running: bool,
    /// Its process.
    pub pid: Option<i32>,
    /// The major version that created the data.
    pub version: Option<u32>,
    /// The directory of the socket.
    pub socket_dir: PathBuf,
    /// The account that it runs under.
    pub account: String,
    /// Bytes on disk.
    pub bytes: u64,
}

impl LocalDir {
    /// Makes sure that the private server runs. Usually this only asks a running one.
    pub fn ensure(&self) -> Result<Ensured, LocalError> {
        let socket_dir = self.socket_dir()?;
        let url = self.url()?;
        if socket::answers(&socket_dir)? {
            return Ok(Ensured { outcome: Outcome::Running, url });
        }
        self.check_ours()?;
        let lock = self.lock()?;
        if socket::answers(&socket_dir)? {
            return Ok(Ensured { outcome: Outcome::Running, url });
        }
        self.check_ours()?;
        process::check_files()?;
        self.end_without_socket(&socket_dir)?;
        self.sweep();
        let mut outcome = Outcome::Started;
        let version = self.version()?;
        let programs = programs::find(version, self.programs.as_deref())?;
        if version.is_none() {
            self.create(&programs, &lock).map_err(|error| process::or_no_space(error, &self.root))?;
            outcome = Outcome::Created;
        }
        socket::create(&socket_dir, &self.account)?;
        remove_stale_locks(&self.account, &self.data(), &socket_dir)?;
        self.start(&programs, &socket_dir).map_err(|error| process::or_no_space(error, &self.root))?;
        Ok(Ensured { outcome, url })
    }

    fn start(&self, programs: &Programs, socket_dir: &Path) -> Result<(), LocalError> {
        let log = self.log_file();
        let spawn = || process::spawn(programs, &self.account, &self.data(), socket_dir, &log);
        process::start(spawn, socket_dir, &log, &self.account)
    }

    /// Creates a cluster under another name and renames it. So a killed `initdb` leaves nothing that looks like a
    /// finished cluster.
    fn create(&self, programs: &Programs, lock: &Lock) -> Result<(), LocalError> {
        let making = self.root.join(format!("{MAKING}{}", std::process::id()));
        // A killed process may have had the same number and left its files.
        fs::remove_dir_all(&making).ok();
        self.account.create_dir(&making)?;
        // An `initdb` that outlives its killed caller keeps the lock, because it inherited the descriptor. So nobody
        // starts beside it.
        let input = lock.file().try_clone().map_err(LocalError::io(&self.root))?;
        let made = initdb(programs, &self.account, &making, input.into()).and_then(|()| {
            let line = |name: &&str| format!("byok \"{name}\" {NAME}\n");
            let identities: Vec<String> = self.account.callers().iter().map(line).collect();
            self.account.write(&making.join("pg_ident.conf"), &identities.concat())?;
            self.account.write(&making.join("pg_hba.conf"), &format!("local all {NAME} peer map=byok\n"))?;
            self.account.append(&making.join("postgresql.conf"), SETTINGS)?;
            fs::rename(&making, self.data()).map_err(LocalError::io(&self.data()))
        });
        if made.is_err() {
            fs::remove_dir_all(&making).ok();
        }
        made
    }

    /// Removes the remains of killed creations. The lock shows that none is running.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(MAKING));
            let ours = number.is_some_and(|number| number.parse::<u32>().is_ok())
                && entry.metadata().is_ok_and(|facts| {
                    facts.is_dir() && facts.owner() == self.account.uid && facts.mode() & 0o777 == 0o700
                });
            if ours {
                fs::remove_dir_all(entry.path()).ok();
            }
        }
    }

    /// Whether byok created the cluster. Only then its access rules are known. The rename shows that it is complete.
    fn is_ours(&self) -> Result<bool, LocalError> {
        let identities = guarded::read(&self.data().join("pg_ident.conf"), &self.account)?.unwrap_or_default();
        Ok(self.version()?.is_some() && identities.lines().any(|line| line.starts_with("byok \"")))
    }

    /// The major version that created the data.
    fn version(&self) -> Result<Option<u32>, LocalError> {
        let text = guarded::read(&self.data().join("PG_VERSION"), &self.account)?;
        Ok(text.and_then(|text| text.trim().parse().ok()))
    }

    /// The server's process.
    fn live_pid(&self) -> Result<Option<i32>, LocalError> {
        live_pid(&self.data(), &self.account)
    }

    /// Makes sure that the data directory does not belong to anybody else.
    fn check_ours(&self) -> Result<(), LocalError> {
        let data = self.data();
        let absent =
            fs::symlink_metadata(&data).is_err() || fs::read_dir(&data).is_ok_and(|mut all| all.next().is_none());
        if absent || self.is_ours()? { Ok(()) } else { Err(LocalError::NotOurs(data)) }
    }

    /// Stops the server. Returns false if it was not running.
    pub fn stop(&self) -> Result<bool, LocalError> {
        // The owner is checked before any file in it is believed.
        self.socket_dir()?;
        let Some(pid) = self.live_pid()? else {
            return Ok(false);
        };
        if !self.is_ours()? {
            return Ok(false);
        }
        self.end(pid)?;
        Ok(true)
    }

    /// Ends the server, and waits until its process is gone. It removes its own files shortly before.
    fn end(&self, pid: i32) -> Result<(), LocalError> {
        interrupt(pid).map_err(LocalError::io(&self.data()))?;
        let begun = Instant::now();
        while works_in(pid, &self.data()) {
            if begun.elapsed() > PATIENCE {
                return Err(LocalError::DoesNotStop(pid));
            }
            sleep(PAUSE);
        }
        Ok(())
    }

    /// Ends a running server whose socket somebody removed. Nobody can connect to it, and it does not make a new one.
    fn end_without_socket(&self, socket_dir: &Path) -> Result<(), LocalError> {
        match self.live_pid()? {
            Some(pid) if !socket::exists(socket_dir) && process::is_ready(&self.data(), &self.account)? => {
                self.end(pid)
            }
            _ => Ok(()),
        }
    }

    /// The state now. Starts nothing.
    pub fn status(&self) -> Result<Status, LocalError> {
        let socket_dir = self.socket_dir()?;
        let version = if self.is_ours()? { self.version()? } else { None };
        Ok(Status {
            created: version.is_some(),
            running: socket::answers(&socket_dir)?,
            pid: self.live_pid()?,
            version,
            socket_dir,
            account: self.account.name.clone(),
            bytes: size(&self.data()),
        })
    }

    /// The directory and the major version of the server programs that a start would use. Starts nothing.
    pub fn programs(&self) -> Result<(PathBuf, u32), LocalError> {
        let version = if self.is_ours()? { self.version()? } else { None };
        programs::find(version, self.programs.as_deref()).map(|found| (found.dir, found.major))
    }

    /// The room on the disk of the private server, or of the directory where it would be created.
    pub fn room(&self) -> Result<Room, LocalError> {
        process::room(self.root.ancestors().find(|path| path.is_dir()).unwrap_or(&self.root))
    }

    /// Stops the server and deletes its data. `None` if there is no data. It is an error if byok did not create the
    /// data. The master key is renamed, never deleted.
    pub fn remove(&self) -> Result<Option<Removed>, LocalError> {
        self.socket_dir()?;
        self.check_ours()?;
        if !self.is_ours()? {
            return Ok(None);
        }
        let _lock = self.lock()?;
        if !self.is_ours()? {
            return Ok(None);
        }
        self.stop()?;
        self.sweep();
        let aside = self.set_master_key_aside()?;
        let (data, log) = (self.data(), self.log_file());
        fs::remove_dir_all(&data).map_err(LocalError::io(&data))?;
        fs::remove_file(&log).ok();
        // The socket directory may be elsewhere. It is only removed if it is empty.
        fs::remove_dir(self.socket_dir()?).ok();
        Ok(Some(Removed { master_key: aside }))
    }
}

fn size(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(facts) if facts.is_dir() => size(&entry.path()),
            Ok(facts) => facts.len(),
            Err(_) => 0,
        })
        .sum()
}
