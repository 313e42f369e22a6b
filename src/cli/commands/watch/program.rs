//! A program that gets each event on its standard input.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use byok::system::process::{ending_signal, in_own_group, kill_group, wait_for_end};

use crate::cli::session::inherited;

/// How long the end of a killed program is waited for. The system delays it while the program waits for a disk.
const KILLED: Duration = Duration::from_secs(1);

/// A program that is started for each event.
pub(super) struct Program {
    pub(super) file: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) time: Duration,
}

impl Program {
    /// Runs it, without a shell, without byok's settings, and at most for its time. What it writes to standard output is dropped.
    /// If this is dropped, the program is killed with all that it started.
    pub(super) async fn run(self: Arc<Self>, line: String) -> Result<(), String> {
        let (time, group) = (self.time, Group::default());
        let same = group.0.clone();
        let mut running = tokio::task::spawn_blocking(move || self.run_in(&same, line));
        let Ok(ended) = tokio::time::timeout(time, &mut running).await else {
            drop(group);
            tokio::time::timeout(KILLED, running).await.ok();
            return Err("timeout".into());
        };
        let status = ended.map_err(io::Error::other).flatten().map_err(|_| "not_started".to_owned())?;
        match (status.code(), ending_signal(status)) {
            (Some(0), _) => Ok(()),
            (Some(code), _) => Err(format!("exit_{code}")),
            (None, signal) => Err(format!("signal_{}", signal.unwrap_or_default())),
        }
    }

    fn run_in(&self, group: &Mutex<State>, line: String) -> io::Result<ExitStatus> {
        let mut command = Command::new(&self.file);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
        in_own_group(&mut command);
        inherited::without_access(&mut command);
        let mut child = start(&mut command, group)?;
        if let Some(mut pipe) = child.stdin.take() {
            // A program need not read it.
            std::thread::spawn(move || pipe.write_all(line.as_bytes()));
        }
        // Not reaped yet, so that nothing else has its number when it is killed.
        let ended = wait_for_end(&child);
        *locked(group) = State::Over;
        ended?;
        child.wait()
    }
}

/// Starts it, unless it was given up before.
fn start(command: &mut Command, group: &Mutex<State>) -> io::Result<Child> {
    let mut state = locked(group);
    if matches!(*state, State::Over) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let child = command.spawn()?;
    *state = State::Runs(child.id());
    Ok(child)
}

fn locked(group: &Mutex<State>) -> MutexGuard<'_, State> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program and all that it started.
#[derive(Default)]
enum State {
    #[default]
    NotStarted,
    Runs(u32),
    /// It has ended, or was given up.
    Over,
}

#[derive(Default)]
struct Group(Arc<Mutex<State>>);

impl Drop for Group {
    fn drop(&mut self) {
        if let State::Runs(group) = std::mem::replace(&mut *locked(&self.0), State::Over) {
            kill_group(group);
        }
    }
}
