//! Signals that this process waits for.

use std::fs;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

pub use tokio::signal::unix::Signal;

/// A kind of signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ctrl-C.
    Interrupt,
    /// What asks a process to end.
    Terminate,
    /// The terminal is gone.
    Hangup,
    /// Ctrl-\.
    Quit,
    /// The process goes on after it was stopped.
    Continue,
}

/// Listens for signals of this kind. From now on, they have no other effect.
pub fn listen(kind: Kind) -> io::Result<Signal> {
    signal(of(kind))
}

/// Whether this process was told to ignore these signals, as `nohup` and a shell without job control tell it. Only Linux says
/// it; elsewhere the answer is no.
pub fn is_ignored(kind: Kind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default();
    ignored & 1 << (of(kind).as_raw_value() - 1) != 0
}

fn of(kind: Kind) -> SignalKind {
    match kind {
        Kind::Interrupt => SignalKind::interrupt(),
        Kind::Terminate => SignalKind::terminate(),
        Kind::Hangup => SignalKind::hangup(),
        Kind::Quit => SignalKind::quit(),
        Kind::Continue => SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()),
    }
}
