//! What was observed with keys and is not written yet, in memory that is limited.
//!
//! A key is written when it is first observed, and then once in an interval as long as it is used. A key that begins to fail does
//! not wait for that, at most once in an interval.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::observed::{KeyId, Observed};

/// The observations of all keys.
pub(super) struct Tallies {
    keys: HashMap<KeyId, Entry>,
    /// The keys that are written next.
    ready: VecDeque<KeyId>,
    /// The keys that were written, and when each may be written again. The first one comes first.
    resting: VecDeque<(Instant, KeyId)>,
    interval: Duration,
    /// The largest number of keys.
    limit: usize,
    lost: u64,
}

struct Entry {
    tally: Option<Tally>,
    ready: bool,
    /// When it may be written again, if it was written.
    rests_until: Option<Instant>,
    /// When it was last made ready because it began to fail.
    hurried: Option<Instant>,
    failing: bool,
}

/// What was observed with one key since it was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) outcome: Observed,
    pub(super) uses: u64,
    pub(super) ok: Option<Instant>,
    /// The failures since then: when the first was, when the last was, and how many.
    pub(super) failed: Option<Failed>,
}

/// Failures that no use that worked came between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) first: Instant,
    pub(super) last: Instant,
    pub(super) count: u64,
}

impl Tally {
    fn of(observed: Observed, now: Instant) -> Self {
        let mut tally = Self { outcome: observed, uses: 0, ok: None, failed: None };
        tally.add(observed, now);
        tally
    }

    fn add(&mut self, observed: Observed, now: Instant) {
        self.outcome = observed;
        self.uses += 1;
        if observed.is_ok() {
            self.ok = Some(now);
            self.failed = None;
            return;
        }
        let failed = self.failed.get_or_insert(Failed { first: now, last: now, count: 0 });
        failed.last = now;
        failed.count += 1;
    }
}

impl Tallies {
    pub(super) fn new(interval: Duration, limit: usize) -> Self {
        let (keys, ready, resting) = (HashMap::new(), VecDeque::new(), VecDeque::new());
        Self { keys, ready, resting, interval, limit, lost: 0 }
    }

    /// Counts what was met with a key. Returns whether a key is ready now, and none was before.
    pub(super) fn observe(&mut self, key: KeyId, observed: Observed, now: Instant) -> bool {
        let failing = !observed.is_ok();
        let none_was = self.ready.is_empty();
        let Some(entry) = self.keys.get_mut(&key) else {
            if self.keys.len() >= self.limit {
                self.lost += 1;
                return false;
            }
            let tally = Some(Tally::of(observed, now));
            self.keys.insert(key.clone(), Entry { tally, ready: true, rests_until: None, hurried: None, failing });
            self.ready.push_back(key);
            return none_was;
        };
        match &mut entry.tally {
            Some(tally) => tally.add(observed, now),
            None => entry.tally = Some(Tally::of(observed, now)),
        }
        let begins = failing && !entry.failing;
        entry.failing = failing;
        if !begins || entry.ready || entry.hurried.is_some_and(|at| now.duration_since(at) < self.interval) {
            return false;
        }
        entry.hurried = Some(now);
        entry.ready = true;
        self.ready.push_back(key);
        none_was
    }

    /// Takes what is due, at most so many keys. A key that was not observed for an interval is forgotten.
    pub(super) fn take(&mut self, now: Instant, most: usize) -> Vec<(KeyId, Tally)> {
        while self.resting.front().is_some_and(|(at, _)| *at <= now)
            && let Some((at, key)) = self.resting.pop_front()
        {
            let Some(entry) = self.keys.get_mut(&key) else { continue };
            // It was written again in between.
            if entry.rests_until != Some(at) {
                continue;
            }
            if entry.tally.is_none() {
                self.keys.remove(&key);
            } else if !entry.ready {
                entry.ready = true;
                self.ready.push_back(key);
            }
        }
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(key) = self.ready.pop_front()
        {
            let Some(entry) = self.keys.get_mut(&key) else { continue };
            entry.ready = false;
            let until = now + self.interval;
            entry.rests_until = Some(until);
            self.resting.push_back((until, key.clone()));
            taken.extend(entry.tally.take().map(|tally| (key, tally)));
        }
        taken
    }

    /// Makes every key ready of which something is not written.
    pub(super) fn hurry(&mut self) {
        for (key, entry) in &mut self.keys {
            if entry.tally.is_some() && !entry.ready {
                entry.ready = true;
                self.ready.push_back(key.clone());
            }
        }
    }

    /// When a key is due next. `None` if none is known.
    pub(super) fn next(&self, now: Instant) -> Option<Due> {
        match self.resting.front() {
            _ if !self.ready.is_empty() => Some(Due::Now),
            Some((at, _)) if *at > now => Some(Due::At(*at)),
            Some(_) => Some(Due::Now),
            None => None,
        }
    }

    /// The number of keys of which something is not written.
    pub(super) fn waiting(&self) -> usize {
        self.keys.values().filter(|entry| entry.tally.is_some()).count()
    }

    /// The number of observations that were given up.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// These are given up.
    pub(super) fn lose(&mut self, uses: u64) {
        self.lost += uses;
    }
}

/// When a key is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Holder;

    const MINUTE: Duration = Duration::from_secs(60);

    fn key(number: u32) -> KeyId {
        KeyId { holder: Holder::Platform, provider: "openai".parse().expect("a name"), version: number }
    }

    fn second(begin: Instant, number: u64) -> Instant {
        begin + Duration::from_secs(number)
    }

    #[test]
    fn a_key_is_written_once_a_minute_and_every_use_counts() {
        let begin = Instant::now();
        let mut tallies = Tallies::new(MINUTE, 10);
        let (mut writes, mut uses) = (0, 0);
        for number in 0..600 {
            for _ in 0..100 {
                tallies.observe(key(1), Observed::Ok, second(begin, number));
            }
            for (_, tally) in tallies.take(second(begin, number), 10) {
                writes += 1;
                uses += tally.uses;
                assert_eq!((tally.ok, tally.failed), (Some(second(begin, number)), None));
            }
        }
        tallies.hurry();
        uses += tallies.take(second(begin, 600), 10).iter().map(|(_, tally)| tally.uses).sum::<u64>();
        assert_eq!((writes, uses), (10, 60_000));
    }

    #[test]
    fn a_key_that_begins_to_fail_does_not_wait_but_one_that_wavers_does() {
        let begin = Instant::now();
        let mut tallies = Tallies::new(MINUTE, 10);
        assert!(tallies.observe(key(1), Observed::Ok, begin), "the first one wakes");
        assert_eq!(tallies.take(begin, 10).len(), 1);
        assert!(!tallies.observe(key(1), Observed::Ok, second(begin, 5)));
        assert!(tallies.observe(key(1), Observed::Rejected, second(begin, 6)));
        assert!(!tallies.observe(key(1), Observed::Unreachable, second(begin, 7)));
        let taken = tallies.take(second(begin, 8), 10);
        let failed = Failed { first: second(begin, 6), last: second(begin, 7), count: 2 };
        let tally = Tally { outcome: Observed::Unreachable, uses: 3, ok: Some(second(begin, 5)), failed: Some(failed) };
        assert_eq!(taken, [(key(1), tally)]);
        for number in 9..60 {
            tallies.observe(key(1), Observed::Ok, second(begin, number));
            tallies.observe(key(1), Observed::RateLimited, second(begin, number));
            assert!(tallies.take(second(begin, number), 10).is_empty(), "second {number}");
        }
        // The minute of the first write is over, and not that of the second.
        assert!(tallies.take(second(begin, 61), 10).is_empty());
        let taken = tallies.take(second(begin, 68), 10);
        assert_eq!(taken.iter().map(|(_, tally)| tally.uses).collect::<Vec<_>>(), [102]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_not_counted_is_told() {
        let begin = Instant::now();
        let mut tallies = Tallies::new(MINUTE, 3);
        for number in 1..=5 {
            tallies.observe(key(number), Observed::Ok, begin);
            tallies.observe(key(number), Observed::Ok, begin);
        }
        assert_eq!((tallies.waiting(), tallies.lost()), (3, 4));
        assert_eq!((tallies.take(begin, 2).len(), tallies.waiting()), (2, 1));
        assert_eq!(
            (tallies.take(begin, 2).len(), tallies.waiting(), tallies.next(begin)),
            (1, 0, Some(Due::At(begin + MINUTE)))
        );
        // After an interval without a use, a key leaves its place to others.
        assert!(tallies.take(begin + MINUTE, 10).is_empty());
        assert_eq!((tallies.next(begin + MINUTE), tallies.keys.len(), tallies.resting.len()), (None, 0, 0));
        assert!(tallies.observe(key(4), Observed::Ok, begin + MINUTE));
    }
}
