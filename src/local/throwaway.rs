//! A server for tests and benchmarks. It is fast, lets every login in on its own socket, and is deleted with its owner.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::account::Account;
use super::programs::{self, Programs};
use super::{LocalError, process, socket};
use crate::system::process::{all_in, in_own_group, kill, runs};

/// Options of a throw-away server.
#[derive(Clone, Debug, Default)]
pub struct ThrowAwayOptions {
    /// Lines of `postgresql.conf`.
    pub settings: Vec<String>,
    /// A port on 127.0.0.1 that asks for passwords, beside the socket that does not.
    pub port: Option<u16>,
}

/// A running server. It is stopped and deleted when this is dropped, or when its owner ends in any way.
pub struct ThrowAway {
    dir: PathBuf,
    watchdog: Child,
}

/// Settings without durability, which tests do not need.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
timezone = 'UTC'
log_timezone = 'UTC'
";

impl ThrowAway {
    /// Creates and starts a server, in memory if there is a memory file system.
    pub fn start(options: &ThrowAwayOptions) -> Result<Self, LocalError> {
        let memory = Path::new("/dev/shm");
        let there = fs::metadata(memory).is_ok_and(|facts| facts.is_dir());
        Self::start_in(&if there { memory.to_owned() } else { std::env::temp_dir() }, options)
    }

    /// Creates and starts a server below this directory, for example on a disk that is to be measured.
    pub fn start_in(parent: &Path, options: &ThrowAwayOptions) -> Result<Self, LocalError> {
        let account = Account::of_server()?;
        let programs = programs::find(None, None)?;
        let dir = new_dir(parent, &account)?;
        let data = dir.join("data");
        let this = Self { watchdog: watch(&account, &dir)?, dir };
        account.create_dir(&data)?;
        process::initdb(&programs, &account, &data, Stdio::null())?;
        account.write(&data.join("pg_hba.conf"), "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")?;
        let port = options.port.map(|port| format!("listen_addresses = '127.0.0.1'\nport = {port}\n"));
        let settings = format!("{SETTINGS}{}{}\n", port.unwrap_or_default(), options.settings.join("\n"));
        account.append(&data.join("postgresql.conf"), &settings)?;
        // With a port of its own it also has a socket of another name, which its user waits for.
        match options.port {
            Some(_) => drop(this.spawn(&programs, &account)?),
            None => this.wait_for_start(&programs, &account)?,
        }
        Ok(this)
    }

    /// The connection string of a login and a database.
    pub fn url(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@localhost/{database}?host={}", super::percent(&self.dir.to_string_lossy()))
    }

    /// What the server wrote.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Its data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The directory of its socket.
    pub fn socket_dir(&self) -> &Path {
        &self.dir
    }
}

impl ThrowAway {
    /// Kills every process of the server at once, as a power cut would. A process that was just started and stayed could wait for
    /// ever for one that was killed.
    pub fn kill(&self) {
        let data = self.data_dir();
        let server = Account::of_server().ok().and_then(|account| process::live_pid(&data, &account).ok().flatten());
        let begun = Instant::now();
        loop {
            // Where nothing lists the others, they notice the end of the server themselves.
            let left: Vec<i32> = server.into_iter().chain(all_in(&data)).filter(|process| runs(*process)).collect();
            if left.is_empty() || begun.elapsed() > Duration::from_secs(10) {
                return;
            }
            for process in left {
                kill(process.unsigned_abs());
            }
            sleep(process::PAUSE);
        }
    }

    /// Starts it again on the same data. It recovers what was committed.
    pub fn start_again(&self) -> Result<(), LocalError> {
        let programs = programs::find(None, None)?;
        let account = Account::of_server()?;
        process::remove_stale_locks(&account, &self.data_dir(), &self.dir)?;
        self.wait_for_start(&programs, &account)
    }

    fn wait_for_start(&self, programs: &Programs, account: &Account) -> Result<(), LocalError> {
        process::start(|| self.spawn(programs, account), &self.dir, &self.log_file(), account)
    }

    fn spawn(&self, programs: &Programs, account: &Account) -> Result<Child, LocalError> {
        process::spawn_as_owner(programs, account, &self.data_dir(), &self.dir, &self.log_file())
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        // The watchdog notices that its input has ended, and does the rest.
        drop(self.watchdog.stdin.take());
        let begun = Instant::now();
        while matches!(self.watchdog.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(60) {
            sleep(process::PAUSE);
        }
        // Another process of the same account may have stopped it.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        // The account may not be allowed to remove the directory itself.
        fs::remove_dir(&self.dir).ok();
    }
}

fn new_dir(parent: &Path, account: &Account) -> Result<PathBuf, LocalError> {
    let mut random = [0; 6];
    getrandom::fill(&mut random).map_err(|_| LocalError::NoHome)?;
    let dir = parent.join(format!("byok-test-{}", data_encoding::HEXLOWER.encode(&random)));
    account.create_dir(&dir)?;
    socket::create(&dir, account)?;
    Ok(dir)
}

/// A shell that waits until a pipe ends which only this process holds, and then stops the server and deletes its
/// directory. It runs as the account of the server, because a file in that directory tells it which process to stop.
fn watch(account: &Account, dir: &Path) -> Result<Child, LocalError> {
    let script = r#"read -r dir; while read -r _; do :; done
        read -r pid <"$dir/data/postmaster.pid" && kill -QUIT "$pid"
        for try in 1 2 3 4 5 6 7 8 9; do kill -0 "$pid" || break; sleep 0.05; done
        rm -rf "$dir""#;
    let mut command = account.command(Path::new("/bin/sh"));
    in_own_group(&mut command);
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(LocalError::spawn(Path::new("sh")))?;
    if let Some(input) = child.stdin.as_mut() {
        writeln!(input, "{}", dir.display()).map_err(LocalError::io(dir))?;
    }
    Ok(child)
}
