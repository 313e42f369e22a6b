//! Has the events of end dates written, now and then.

use std::time::{Duration, Instant};

use super::lasting::Lasting;

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// How many at once.
const PAGE: i32 = 500;

pub(super) struct Scan {
    near: Duration,
    next: Instant,
}

impl Scan {
    pub(super) fn new(near: Duration) -> Self {
        Self { near, next: Instant::now() }
    }

    /// Looks for end dates, if the last time was long ago.
    pub(super) async fn run(&mut self, lasting: &mut Lasting<'_>) -> byok::Result<()> {
        if Instant::now() < self.next {
            return Ok(());
        }
        loop {
            let near = self.near;
            let found = lasting.ask(async |database| database.scan_end_dates(near, PAGE).await).await?;
            if found < PAGE {
                self.next = Instant::now() + EVERY;
                return Ok(());
            }
        }
    }
}
