//! The deadline of a call, and the pauses before it is tried again.

use std::time::Duration;

use tokio::time::Instant;

use super::link::{ANSWER, Limit};

/// The first pause before another attempt. Each further pause is twice as long.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The end of a call. A call without a deadline is not tried again, and each of its steps has a limit of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a call that begins now. `None` without patience.
    pub(crate) fn after(patience: Duration) -> Self {
        // A patience that the clock cannot count has no end.
        Self(if patience.is_zero() { None } else { Instant::now().checked_add(patience) })
    }

    /// The remaining time.
    pub(super) fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Whether there is one.
    pub(crate) fn exists(self) -> bool {
        self.0.is_some()
    }

    /// The later one of two. None is the latest.
    pub(crate) fn later(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(one, two)| one.max(two)))
    }

    /// Waits for a future until the deadline and this much longer. `None` if it did not end.
    pub(crate) async fn wait<T>(self, future: impl Future<Output = T>, grace: Duration) -> Option<T> {
        match self.0 {
            Some(end) => tokio::time::timeout_at(end + grace, future).await.ok(),
            None => Some(future.await),
        }
    }

    /// The limit for the statements of this call.
    pub(super) fn limit(self) -> Limit {
        self.0.map_or(Limit::Each(ANSWER), Limit::Until)
    }
}

/// The pauses of one call. They get longer, and are random, so that two callers do not collide again.
#[derive(Debug)]
pub(crate) struct Pause {
    deadline: Deadline,
    next: Duration,
}

impl Pause {
    pub(crate) fn new(deadline: Deadline) -> Self {
        Self { deadline, next: SHORTEST_PAUSE }
    }

    /// Waits. Returns false at once if the deadline would come first.
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

/// A random time between half of the given time and all of it.
pub(super) fn jittered(time: Duration) -> Duration {
    let mut random = [0; 2];
    // Without random bytes the pauses are only less spread.
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
