//! The signals that end a command, for commands that have something to do before.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use byok::exit;
use byok::system::signal::{Kind, Signal, is_ignored, listen};

/// The signals that end a command, with their exit codes.
pub(crate) struct Signals(Vec<(Signal, u8)>);

/// All of them.
const ALL: [(Kind, u8); 4] = [
    (Kind::Interrupt, exit::INTERRUPTED),
    (Kind::Terminate, exit::TERMINATED),
    (Kind::Hangup, exit::HANGUP),
    (Kind::Quit, exit::QUIT),
];

impl Signals {
    /// Listens for all of them. From now on, the system does not end this process.
    pub(crate) fn listen() -> io::Result<Self> {
        Self::of(&ALL)
    }

    /// Listens for those that this process was not told to ignore, as `nohup` and a shell without job control tell it.
    pub(crate) fn heeded() -> io::Result<Self> {
        Self::of(&ALL.into_iter().filter(|(kind, _)| !is_ignored(*kind)).collect::<Vec<_>>())
    }

    fn of(kinds: &[(Kind, u8)]) -> io::Result<Self> {
        kinds.iter().map(|(kind, code)| Ok((listen(*kind)?, *code))).collect::<io::Result<_>>().map(Self)
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
