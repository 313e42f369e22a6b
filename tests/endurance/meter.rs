//! Counts answers, errors and times.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Times in microseconds, in buckets of at most 1.6 % of their value.
pub(crate) struct Times {
    buckets: Vec<AtomicU64>,
    longest: AtomicU64,
}

/// Each power of two has so many buckets, as a power of two.
const FINE: u32 = 6;
const BUCKETS: usize = 64 << FINE;

impl Default for Times {
    fn default() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), longest: AtomicU64::new(0) }
    }
}

impl Times {
    pub(crate) fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros)].fetch_add(1, Ordering::Relaxed);
        self.longest.fetch_max(micros, Ordering::Relaxed);
    }

    /// Takes out what was counted.
    pub(crate) fn take(&self) -> Counted {
        let mut counts: Vec<u64> = self.buckets.iter().map(|count| count.swap(0, Ordering::Relaxed)).collect();
        // The memory of this process is measured.
        counts.truncate(counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1));
        counts.shrink_to_fit();
        Counted { counts, longest: self.longest.swap(0, Ordering::Relaxed) }
    }
}

fn bucket(micros: u64) -> usize {
    let exponent = micros.checked_ilog2().unwrap_or(0).saturating_sub(FINE);
    usize::try_from((u64::from(exponent) << FINE) + (micros >> exponent)).unwrap().min(BUCKETS - 1)
}

/// The shortest time of a bucket, in microseconds.
fn shortest(bucket: usize) -> u64 {
    let (exponent, rest) = ((bucket >> FINE).saturating_sub(1), bucket);
    u64::try_from(rest - (exponent << FINE)).unwrap() << exponent
}

/// Times that were counted.
#[derive(Clone, Default)]
pub(crate) struct Counted {
    counts: Vec<u64>,
    pub(crate) longest: u64,
}

impl Counted {
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The time in microseconds that so many thousandths of them did not exceed.
    pub(crate) fn thousandths(&self, share: u64) -> u64 {
        let wanted = (self.count() * share).div_ceil(1000);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return shortest(at);
            }
        }
        0
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.counts.resize(BUCKETS, 0);
        for (mine, its) in self.counts.iter_mut().zip(&other.counts) {
            *mine += its;
        }
        self.longest = self.longest.max(other.longest);
    }
}

#[derive(Default)]
pub(crate) struct Meter {
    /// How long answered requests took.
    pub(crate) times: Times,
    pub(crate) given_up: AtomicU64,
    errors: Mutex<BTreeMap<String, u64>>,
    /// Examples of errors that must not come.
    unexpected: Mutex<Vec<String>>,
}

/// What the load asks for although it is refused, and what restarts bring. Errors of admins have their area in front.
const EXPECTED: [&str; 14] = [
    "AccountClosed",
    "ChargeLost",
    "Connection",
    "Denied",
    "HoldEnded",
    "MoreThanCharged",
    "NoRate",
    "NoSuchRequest",
    "NotEnoughCredits",
    "OtherKeyServes",
    "OutOfRange",
    "Purged",
    "RequestReused",
    "TooLateToUndo",
];

impl Meter {
    /// Counts an error by its kind.
    pub(crate) fn failed(&self, who: &str, error: &impl Debug) {
        let text = format!("{error:?}");
        let kind: String = text.split(['(', ' ', '{']).take(2).collect::<Vec<_>>().join(" ");
        let kind = ["Credit ", "Change "].iter().find_map(|area| kind.strip_prefix(area)).unwrap_or(&kind).trim();
        let kind = kind.split(['"', ',', ')']).next().unwrap_or_default().trim();
        let right = match kind {
            "Key Unreadable" => who == "torn",
            // Two admins change the same key, or one disables the organization.
            "Changed" | "NotEnabled" => who == "admin",
            _ => EXPECTED.iter().any(|known| kind.starts_with(known)),
        };
        let mut unexpected = self.unexpected.lock().unwrap_or_else(PoisonError::into_inner);
        if !right && unexpected.len() < 20 {
            unexpected.push(format!("{who}: {text}"));
        }
        drop(unexpected);
        *self.errors.lock().unwrap_or_else(PoisonError::into_inner).entry(kind.to_owned()).or_default() += 1;
    }

    /// Takes out the errors that were counted.
    pub(crate) fn take_errors(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.errors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn only_expected_errors(&self) {
        let unexpected = self.unexpected.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(unexpected.is_empty(), "{unexpected:#?}");
    }
}

#[test]
fn a_time_is_in_a_bucket_that_begins_close_before_it() {
    for micros in (0..200).chain([1_000, 65_535, 65_536, 1_234_567, 60_000_000]) {
        let begins = shortest(bucket(micros));
        assert!(begins <= micros && micros - begins <= micros / 60, "{micros}: {begins}");
    }
}
