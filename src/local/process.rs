//! The processes of a server: `initdb` and `postgres`, and what they leave when they are killed.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::account::{self, Account};
use super::programs::Programs;
use super::{LocalError, NAME, guarded, socket};
use crate::system::process::{in_own_group, most_open_files, works_in};
use crate::system::{disk, file};

/// The longest time for a start, which includes recovery after a crash.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two checks whether a process is ready or has ended.
pub(super) const PAUSE: Duration = Duration::from_millis(3);

/// Settings: little memory, durable, and no statements or parameters in the log.
pub(super) const SETTINGS: &str = "
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 50
shared_buffers = 16MB
max_wal_size = 128MB
log_timezone = 'UTC'
timezone = 'UTC'
log_statement = 'none'
log_min_error_statement = 'panic'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
";

pub(super) fn initdb(programs: &Programs, account: &Account, data: &Path, input: Stdio) -> Result<(), LocalError> {
    let options = ["-U", NAME, "-A", "peer", "--locale=C", "-E", "UTF8", "--no-instructions", "-D"];
    let mut command = account.command(&programs.initdb());
    command.args(options).arg(data).stdin(input);
    let (status, said) = account::finish(command, "")?;
    if status.success() { Ok(()) } else { Err(LocalError::Program { program: "initdb", said: last_words(&said) }) }
}

pub(super) fn spawn(
    programs: &Programs,
    account: &Account,
    data: &Path,
    socket_dir: &Path,
    log: &Path,
) -> Result<Child, LocalError> {
    let output = file::append(log).map_err(LocalError::io(log))?;
    let errors = output.try_clone().map_err(LocalError::io(log))?;
    let mut command = account.command(&programs.postgres());
    serve(&mut command, data, socket_dir);
    command.stdout(output).stderr(errors);
    begin(command)
}

/// Each line that a server writes begins with its process and its SQLSTATE. They are read when a start fails.
const PREFIX: &str = "log_line_prefix=%m [%p] %e ";

fn serve(command: &mut Command, data: &Path, socket_dir: &Path) {
    command.arg("-D").arg(data).arg("-k").arg(socket_dir).args(["-c", PREFIX]);
}

/// The same, with a log in a directory of the account, which the account itself opens.
#[cfg(feature = "test-server")]
pub(super) fn spawn_as_owner(
    programs: &Programs,
    account: &Account,
    data: &Path,
    socket_dir: &Path,
    log: &Path,
) -> Result<Child, LocalError> {
    let mut command = account.command(Path::new("/bin/sh"));
    command.args(["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh"]).arg(log).arg(programs.postgres());
    serve(&mut command, data, socket_dir);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    begin(command)
}

fn begin(mut command: Command) -> Result<Child, LocalError> {
    // Ctrl-C at the command line must not stop the server.
    in_own_group(&mut command);
    command.stdin(Stdio::null());
    let spawned = command.spawn();
    spawned.map_err(LocalError::spawn(Path::new(command.get_program())))
}

/// Starts a server and waits until it answers. Shortly after a crash, processes of the old server may still be ending. If
/// another caller was killed, the server that it started may still be starting.
pub(super) fn start(
    spawn: impl Fn() -> Result<Child, LocalError>,
    socket_dir: &Path,
    log: &Path,
    account: &Account,
) -> Result<(), LocalError> {
    let begun = Instant::now();
    loop {
        match wait(&mut spawn()?, socket_dir, log, account) {
            Err(LocalError::InUse(_)) if begun.elapsed() < Duration::from_secs(10) => sleep(20 * PAUSE),
            other => return other,
        }
    }
}

fn wait(server: &mut Child, socket_dir: &Path, log: &Path, account: &Account) -> Result<(), LocalError> {
    let begun = Instant::now();
    loop {
        if socket::answers(socket_dir)? {
            return Ok(());
        }
        if matches!(server.try_wait(), Ok(Some(_))) {
            let said = guarded::read_end(log, account)?;
            let words = last_words(&said);
            let used = in_use(&said, server.id());
            let program = "postgres";
            return Err(if used { LocalError::InUse(words) } else { LocalError::Program { program, said: words } });
        }
        if begun.elapsed() > PATIENCE {
            return Err(LocalError::Silent(PATIENCE.as_secs()));
        }
        sleep(PAUSE);
    }
}

/// Whether this process ended because another one holds the lock file, the socket or the shared memory of the server
/// (`lock_file_exists`).
fn in_use(said: &str, process: u32) -> bool {
    let mark = format!(" [{process}] F0001 ");
    said.lines().any(|line| line.contains(&mark))
}

fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let telling = lines.iter().rfind(|line| line.contains("FATAL") || line.contains("error:"));
    telling.or(lines.last()).map_or_else(|| "it said nothing".into(), |line| (*line).to_owned())
}

/// The process in `postmaster.pid`, if it really is the server of this directory.
pub(super) fn live_pid(data: &Path, account: &Account) -> Result<Option<i32>, LocalError> {
    let text = guarded::read(&data.join("postmaster.pid"), account)?.unwrap_or_default();
    let number: Option<i32> = text.lines().next().and_then(|line| line.trim().parse().ok());
    // Numbers below 2 would stand for a process group, or for all processes. After a reboot, the number in an old file may
    // belong to any process.
    Ok(number.filter(|pid| *pid > 1).filter(|pid| works_in(*pid, data)))
}

/// Whether the server of this directory has finished its start. PostgreSQL writes this into the eighth line.
pub(super) fn is_ready(data: &Path, account: &Account) -> Result<bool, LocalError> {
    let text = guarded::read(&data.join("postmaster.pid"), account)?.unwrap_or_default();
    Ok(text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// A server needs this many open files. It does not start with much less.
const FILES: u64 = 128;

/// Makes sure that a server that this process starts may open enough files.
pub(super) fn check_files() -> Result<(), LocalError> {
    let limit = most_open_files().unwrap_or(u64::MAX);
    if limit < FILES { Err(LocalError::FewFiles { limit, needed: FILES }) } else { Ok(()) }
}

/// A new cluster needs about 40 MiB and 1,000 files. A start needs a new segment of the write-ahead log.
const SPACE: u64 = 64;
const NAMES: u64 = 1_200;

/// If a program failed and the file system is nearly full, that is the cause. The messages of programs are not parsed.
pub(super) fn or_no_space(error: LocalError, path: &Path) -> LocalError {
    let says_nothing = match &error {
        LocalError::Program { .. } => true,
        LocalError::Io { source, .. } => source.raw_os_error().is_none(),
        _ => false,
    };
    match says_nothing.then(|| room(path).ok()).flatten() {
        Some(room) if room.is_short() => {
            LocalError::NoSpace { path: path.to_owned(), free: room.free, files: room.files, failure: Box::new(error) }
        }
        _ => error,
    }
}

/// What is free on a file system.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Free space in MiB.
    pub free: u64,
    /// How many more files it can have, if it has a limit.
    pub files: Option<u64>,
}

impl Room {
    /// Whether it is too little for a private server to be created or started.
    pub fn is_short(self) -> bool {
        self.free < SPACE || self.files.is_some_and(|files| files < NAMES)
    }
}

pub(super) fn room(path: &Path) -> Result<Room, LocalError> {
    let disk::Free { bytes, files } = disk::free(path).map_err(LocalError::io(path))?;
    Ok(Room { free: bytes >> 20, files })
}

/// Removes the files that a killed server left, if the process of that number is not the server of this directory.
pub(super) fn remove_stale_locks(account: &Account, data: &Path, socket_dir: &Path) -> Result<(), LocalError> {
    if live_pid(data, account)?.is_some() {
        return Ok(());
    }
    for file in [data.join("postmaster.pid"), socket_dir.join(".s.PGSQL.5432.lock")] {
        if fs::symlink_metadata(&file).is_ok() {
            account.remove(&file)?;
        }
    }
    Ok(())
}
