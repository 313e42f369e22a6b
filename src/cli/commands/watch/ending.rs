//! Signals that end a delivery: what is under way may end, and the consumer is free for another process.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use byok::exit;

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::signals::Signals;

/// How long deliveries that are under way may go on after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// A supervisor may send the same signal to the process and to its group. What comes so soon after the first one is no wish to hurry.
const SAME: Duration = Duration::from_secs(1);

/// Whether a signal asked this process to end.
#[derive(Clone)]
pub(super) struct Ending(Option<watch::Receiver<Asked>>);

#[derive(Clone, Copy, Default)]
struct Asked {
    /// The exit code of the first signal.
    code: Option<u8>,
    /// Whether there was another one.
    again: bool,
}

impl Ending {
    /// A signal ends the process at once, as the system does it.
    pub(super) fn at_once() -> Self {
        Self(None)
    }

    /// From now on, signals are noted here.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let failed = |error: std::io::Error| Failure::new(exit::FAILURE, "signals", error.to_string());
        let mut signals = Signals::heeded().map_err(failed)?;
        let (tell, told) = watch::channel(Asked::default());
        tokio::spawn(async move {
            let code = Some(signals.next().await);
            tell.send_replace(Asked { code, again: false });
            let first = Instant::now();
            while first.elapsed() < SAME {
                signals.next().await;
            }
            tell.send_replace(Asked { code, again: true });
        });
        Ok(Self(Some(told)))
    }

    /// The exit code of the signal that came.
    pub(super) fn code(&self) -> Option<u8> {
        self.0.as_ref().and_then(|told| told.borrow().code)
    }

    /// Waits for a signal.
    pub(super) async fn begun(&self) {
        self.until(|asked| asked.code.is_some()).await;
    }

    /// Waits until nothing may go on any more: some seconds after the first signal, or at the second one.
    pub(super) async fn overdue(&self) {
        self.begun().await;
        tokio::time::timeout(GRACE, self.until(|asked| asked.again)).await.ok();
    }

    /// Waits for so long, or for a signal.
    pub(super) async fn pause(&self, time: Duration) {
        tokio::time::timeout(time, self.begun()).await.ok();
    }

    async fn until(&self, reached: impl Fn(&Asked) -> bool) {
        let Some(told) = &self.0 else { return std::future::pending().await };
        if told.clone().wait_for(|asked| reached(asked)).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
