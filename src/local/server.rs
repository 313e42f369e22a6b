//! Creates, starts, finds and stops the private server.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::process::{PATIENCE, PAUSE, SETTINGS, in_the_way, initdb, live_pid, remove_stale_locks, spawn, wait};
use super::programs::{self, Programs};
use super::{LocalDir, LocalError, NAME, guarded, socket};
use crate::lock::Lock;

/// What a cluster is called while it is made; a process number follows.
const MAKING: &str = "byok-making.";

/// What it took to have a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Running,
    /// It was started.
    Started,
    /// It was made and started.
    Created,
}

/// A server that answers.
pub struct Ensured {
    /// What it took.
    pub outcome: Outcome,
    /// Its connection string.
    pub url: String,
}

/// What a removal left.
#[derive(Clone, Debug)]
pub struct Removed {
    /// Where the master key is now, where there was one.
    pub master_key: Option<PathBuf>,
}

/// What there is.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether there is data.
    pub created: bool,
    /// Whether the server answers.
    pub running: bool,
    /// Its process.
    pub pid: Option<i32>,
    /// The major version that made the data.
    pub version: Option<u32>,
    /// Where the socket is.
    pub socket_dir: PathBuf,
    /// The account that it runs under.
    pub account: String,
    /// Bytes on disk.
    pub bytes: u64,
}

impl LocalDir {
    /// Makes sure that the private server runs. Asking a running one is all that this usually does.
    pub fn ensure(&self) -> Result<Ensured, LocalError> {
        let socket_dir = self.socket_dir()?;
        let url = self.url()?;
        if socket::answers(&socket_dir) {
            return Ok(Ensured { outcome: Outcome::Running, url });
        }
        self.check_ours()?;
        let lock = self.lock()?;
        if socket::answers(&socket_dir) {
            return Ok(Ensured { outcome: Outcome::Running, url });
        }
        self.check_ours()?;
        self.sweep();
        let mut outcome = Outcome::Started;
        let version = self.version()?;
        let programs = programs::find(version)?;
        if version.is_none() {
            self.create(&programs, &lock)?;
            outcome = Outcome::Created;
        }
        socket::create(&socket_dir, &self.account)?;
        remove_stale_locks(&self.account, &self.data(), &socket_dir)?;
        self.start(&programs, &socket_dir)?;
        Ok(Ensured { outcome, url })
    }

    /// Starts it. Straight after a crash the old server's processes may still be on their way out, and the server that a
    /// killed caller started may be on its way up.
    fn start(&self, programs: &Programs, socket_dir: &Path) -> Result<(), LocalError> {
        let begun = Instant::now();
        loop {
            let mut server = spawn(programs, &self.account, &self.data(), socket_dir, &self.log_file())?;
            match wait(&mut server, socket_dir, &self.log_file(), &self.account) {
                Err(LocalError::Program { said, .. })
                    if in_the_way(&said) && begun.elapsed() < Duration::from_secs(10) =>
                {
                    sleep(20 * PAUSE);
                }
                other => return other,
            }
        }
    }

    /// A cluster is made beside its place and renamed, so that a killed `initdb` leaves nothing that looks like one.
    fn create(&self, programs: &Programs, lock: &Lock) -> Result<(), LocalError> {
        let making = self.root.join(format!("{MAKING}{}", std::process::id()));
        // What a killed process of the same number left.
        fs::remove_dir_all(&making).ok();
        self.account.create_dir(&making)?;
        // An `initdb` that outlives its killed caller goes on holding the lock through its input, so nobody starts beside it.
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

    /// Removes what killed creations left; the lock says that none is under way.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(MAKING));
            let ours = number.is_some_and(|number| number.parse::<u32>().is_ok())
                && entry.metadata().is_ok_and(|facts| {
                    facts.is_dir() && facts.uid() == self.account.uid && facts.mode() & 0o777 == 0o700
                });
            if ours {
                fs::remove_dir_all(entry.path()).ok();
            }
        }
    }

    /// A cluster that byok made: nobody else's says whom it lets in under this name. It came to its place as a whole.
    fn is_ours(&self) -> Result<bool, LocalError> {
        let identities = guarded::read(&self.data().join("pg_ident.conf"), &self.account)?.unwrap_or_default();
        Ok(self.version()?.is_some() && identities.lines().any(|line| line.starts_with("byok \"")))
    }

    /// The major version that made the data.
    fn version(&self) -> Result<Option<u32>, LocalError> {
        let text = guarded::read(&self.data().join("PG_VERSION"), &self.account)?;
        Ok(text.and_then(|text| text.trim().parse().ok()))
    }

    /// The process that serves the data.
    fn live_pid(&self) -> Result<Option<i32>, LocalError> {
        live_pid(&self.data(), &self.account)
    }

    /// Makes sure that nothing of somebody else is in the place of the data.
    fn check_ours(&self) -> Result<(), LocalError> {
        let data = self.data();
        let absent =
            fs::symlink_metadata(&data).is_err() || fs::read_dir(&data).is_ok_and(|mut all| all.next().is_none());
        if absent || self.is_ours()? { Ok(()) } else { Err(LocalError::NotOurs(data)) }
    }

    /// Stops the server: false when none was running.
    pub fn stop(&self) -> Result<bool, LocalError> {
        // Whose it is, before anything in it is believed.
        self.socket_dir()?;
        let Some(pid) = self.live_pid()? else {
            return Ok(false);
        };
        if !self.is_ours()? {
            return Ok(false);
        }
        let Some(process) = Pid::from_raw(pid) else {
            return Ok(false);
        };
        kill_process(process, Signal::INT).map_err(|error| LocalError::io(&self.data())(error.into()))?;
        let begun = Instant::now();
        while test_kill_process(process).is_ok() && self.live_pid()? == Some(pid) {
            if begun.elapsed() > PATIENCE {
                return Err(LocalError::DoesNotStop(pid));
            }
            sleep(PAUSE);
        }
        Ok(true)
    }

    /// What there is now; starts nothing.
    pub fn status(&self) -> Result<Status, LocalError> {
        let socket_dir = self.socket_dir()?;
        let version = if self.is_ours()? { self.version()? } else { None };
        Ok(Status {
            created: version.is_some(),
            running: socket::answers(&socket_dir),
            pid: self.live_pid()?,
            version,
            socket_dir,
            account: self.account.name.clone(),
            bytes: size(&self.data()),
        })
    }

    /// Stops the server and deletes its data: none where there is no data, and an error where it is not byok's. The master key
    /// is set aside, never deleted.
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
        // Also where it had to be elsewhere; one that is not empty is not only ours.
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
