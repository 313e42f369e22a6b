//! The signals that end a command, for commands that have something to do before.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

use byok::exit;

/// The signals that end a command, with their exit codes.
pub(crate) struct Signals(Vec<(Signal, u8)>);

/// All of them.
const ALL: [(SignalKind, u8); 4] = [
    (SignalKind::interrupt(), exit::INTERRUPTED),
    (SignalKind::terminate(), exit::TERMINATED),
    (SignalKind::hangup(), exit::HANGUP),
    (SignalKind::quit(), exit::QUIT),
];

impl Signals {
    /// Listens for all of them. From now on, the system does not end this process.
    pub(crate) fn listen() -> io::Result<Self> {
        Self::of(&ALL)
    }

    /// Listens for those that this process was not told to ignore, as `nohup` and a shell without job control tell it.
    pub(crate) fn heeded() -> io::Result<Self> {
        let ignored = ignored();
        let heeded = |(kind, _): &&(SignalKind, u8)| ignored & 1 << (kind.as_raw_value() - 1) == 0;
        Self::of(&ALL.iter().filter(heeded).copied().collect::<Vec<_>>())
    }

    fn of(kinds: &[(SignalKind, u8)]) -> io::Result<Self> {
        kinds.iter().map(|(kind, code)| Ok((signal(*kind)?, *code))).collect::<io::Result<_>>().map(Self)
    }

    /// Waits for one of them. Returns its exit code.
    pub(crate) async fn next(&mut self) -> u8 {
        poll_fn(|context| {
            let came =
                self.0.iter_mut().find_map(|(signal, code)| signal.poll_recv(context).is_ready().then_some(*code));
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that this process ignores, as a set of bits. Only Linux says it; elsewhere none counts as ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}
