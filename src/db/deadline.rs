//! When a call has to end, and how long it pauses before it tries again.

use std::time::Duration;

use tokio::time::Instant;

use super::link::{ANSWER, Limit};

/// The first pause before a call is tried again; each one after that is twice as long.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The end of a call. A call without one is not tried again, and each of its steps has a limit of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Of a call that begins now; none when there is no patience.
    pub(crate) fn after(patience: Duration) -> Self {
        // A patience beyond what the clock can count is none that ends.
        Self(if patience.is_zero() { None } else { Instant::now().checked_add(patience) })
    }

    /// How long is left.
    pub(super) fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// What holds for the statements of this call.
    pub(super) fn limit(self) -> Limit {
        self.0.map_or(Limit::Each(ANSWER), Limit::Until)
    }
}

/// The pauses of one call: longer each time, and never the same for two callers that were in each other's way.
#[derive(Debug)]
pub(crate) struct Pause {
    deadline: Deadline,
    next: Duration,
}

impl Pause {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self { deadline, next: SHORTEST_PAUSE }
    }

    /// Waits; false at once when the deadline comes first.
    pub(crate) async fn wait(&mut self) -> bool {
        let pause = jittered(self.next);
        if self.deadline.left().is_none_or(|left| left <= pause) {
            return false;
        }
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(pause).await;
        true
    }
}

/// Between half of a time and the whole of it.
pub(super) fn jittered(time: Duration) -> Duration {
    let mut random = [0; 2];
    // Without random bytes nothing here is wrong, only less spread.
    getrandom::fill(&mut random).ok();
    time / 2 + time / 2 * u32::from(u16::from_ne_bytes(random)) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_between_half_of_it_and_the_whole() {
        let whole = Duration::from_secs(60);
        for _ in 0..1000 {
            assert!((whole / 2..=whole).contains(&jittered(whole)));
        }
        assert_eq!(jittered(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn without_patience_nothing_is_tried_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async { assert!(!Pause::new(Deadline::after(Duration::ZERO)).wait().await) });
    }
}
