//! A model of the ledger in memory: the effect of every posting, in a few lines of arithmetic.

use std::collections::{HashMap, HashSet};

/// Micro-credits for each unit.
pub(crate) const PLATFORM: i64 = 7;
pub(crate) const PROVIDER: i64 = 5;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Grant(i64),
    Charge(i64),
    Hold(i64),
    /// Of the hold with the operation's own request id.
    Settle(i64),
    Release,
    Refund(String, Option<i64>),
    /// The organization is purged.
    Close,
    /// Its id is given to a new tenant.
    Reuse,
}

#[derive(Clone, Debug)]
pub(crate) struct Op {
    /// Whether it is the organization without a key of its own.
    pub(crate) shared: bool,
    pub(crate) request: String,
    pub(crate) act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Moved,
    Unchanged,
    NotEnough,
    Reused,
    NoSuch,
    Ended,
    TooMuch,
    Lost,
    /// The organization was purged.
    Purged,
    /// The request is of an earlier tenant.
    Closed,
}

#[derive(Clone, Debug)]
struct Entry {
    act: Act,
    units: i64,
    platform: i64,
    provider: i64,
    refunded: i64,
    reserved: i64,
    expired: bool,
    end: Option<Act>,
}

impl Entry {
    /// Whether it was charged or reserved once, and is not any more.
    fn lost(&self) -> bool {
        let given_back = self.refunded > 0 && self.refunded == self.platform + self.provider;
        match (&self.act, &self.end) {
            (Act::Hold(_), Some(Act::Settle(0))) => true,
            (Act::Charge(_), _) | (Act::Hold(_), Some(Act::Settle(_))) => given_back,
            (Act::Hold(_), Some(_)) => true,
            (Act::Hold(_), None) => self.expired,
            _ => false,
        }
    }
}

/// One organization.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) shared: bool,
    /// Whether more can be spent than there is: a part of a whole that is checked elsewhere.
    pub(crate) unlimited: bool,
    pub(crate) available: i64,
    pub(crate) held: i64,
    pub(crate) platform: i64,
    pub(crate) provider: i64,
    pub(crate) issued: i64,
    entries: HashMap<String, Entry>,
    /// How many tenants it had before. The first purge erased its key.
    closed: u32,
    /// The requests of earlier tenants.
    earlier: HashSet<String>,
    purged: bool,
}

impl Model {
    pub(crate) fn new(shared: bool, unlimited: bool) -> Self {
        Self { shared, unlimited, ..Self::default() }
    }

    fn parts(&self, units: i64) -> (i64, i64) {
        (PLATFORM * units, if self.shared || self.closed > 0 { PROVIDER * units } else { 0 })
    }

    /// Holds that are past their date and not yet written off.
    pub(crate) fn stale(&self) -> i64 {
        self.entries.values().filter(|entry| entry.expired).map(|entry| entry.reserved).sum()
    }

    /// Takes from what is available, from stale holds too where that suffices.
    fn take(&mut self, amount: i64) -> bool {
        if self.unlimited || self.available >= amount {
            self.available -= amount;
            return true;
        }
        if self.available + self.stale() < amount {
            return false;
        }
        for entry in self.entries.values_mut().filter(|entry| entry.expired) {
            self.available += entry.reserved;
            self.held -= entry.reserved;
            entry.reserved = 0;
        }
        self.available -= amount;
        true
    }

    /// The date of a hold passes.
    pub(crate) fn expire(&mut self, request: &str) {
        if let Some(entry) = self.entries.get_mut(request)
            && matches!(entry.act, Act::Hold(_))
            && entry.end.is_none()
        {
            entry.expired = true;
        }
    }

    pub(crate) fn apply(&mut self, op: &Op) -> Outcome {
        match &op.act {
            Act::Close => self.close(),
            Act::Reuse => self.reuse(),
            Act::Settle(units) => self.settle(&op.request, *units),
            Act::Release => self.release(&op.request),
            Act::Grant(_) | Act::Charge(_) | Act::Hold(_) if self.purged => Outcome::Purged,
            _ => match self.entries.get(&op.request) {
                Some(entry) if entry.act == op.act && entry.lost() => Outcome::Lost,
                Some(entry) if entry.act == op.act => Outcome::Unchanged,
                Some(_) => Outcome::Reused,
                None => self.open(op),
            },
        }
    }

    fn open(&mut self, op: &Op) -> Outcome {
        let (mut platform, mut provider, mut reserved, mut units) = (0, 0, 0, 0);
        match &op.act {
            Act::Grant(amount) => {
                self.available += amount;
                self.issued -= amount;
            }
            Act::Charge(count) => {
                (platform, provider) = self.parts(*count);
                units = *count;
                if !self.take(platform + provider) {
                    return Outcome::NotEnough;
                }
            }
            Act::Hold(count) => {
                let (one, other) = self.parts(*count);
                (reserved, units) = (one + other, *count);
                if !self.take(reserved) {
                    return Outcome::NotEnough;
                }
                self.held += reserved;
            }
            Act::Refund(of, amount) => match self.give_back(of, *amount) {
                Ok((one, other)) => (platform, provider) = (-one, -other),
                Err(outcome) => return outcome,
            },
            Act::Settle(_) | Act::Release | Act::Close | Act::Reuse => unreachable!("they open nothing"),
        }
        self.platform += platform;
        self.provider += provider;
        let entry =
            Entry { act: op.act.clone(), units, platform, provider, refunded: 0, reserved, expired: false, end: None };
        self.entries.insert(op.request.clone(), entry);
        Outcome::Moved
    }

    fn give_back(&mut self, of: &str, amount: Option<i64>) -> Result<(i64, i64), Outcome> {
        let charged = |entry: &Entry| matches!(entry.act, Act::Charge(_)) || matches!(entry.end, Some(Act::Settle(_)));
        let none = self.none(of);
        let entry = self.entries.get_mut(of).filter(|entry| charged(entry)).ok_or(none)?;
        let total = entry.platform + entry.provider;
        let after = entry.refunded + amount.unwrap_or(total - entry.refunded);
        if after > total || after == entry.refunded {
            return Err(Outcome::TooMuch);
        }
        let share = |sum: i64| if total == 0 { 0 } else { sum * entry.provider / total };
        let provider = share(after) - share(entry.refunded);
        let platform = after - entry.refunded - provider;
        entry.refunded = after;
        self.available += platform + provider;
        Ok((platform, provider))
    }

    fn settle(&mut self, request: &str, units: i64) -> Outcome {
        let Some(entry) = self.entries.get(request).filter(|entry| matches!(entry.act, Act::Hold(_))).cloned() else {
            return self.none(request);
        };
        match &entry.end {
            Some(Act::Settle(before)) if *before == units => return Outcome::Unchanged,
            Some(_) => return Outcome::Ended,
            None => {}
        }
        let (platform, provider) = self.parts(units);
        // Its own hold is not stale any more: it is what this settles.
        let before = self.clone();
        if let Some(own) = self.entries.get_mut(request) {
            own.reserved = 0;
        }
        if !self.take(platform + provider - entry.reserved) {
            *self = before;
            return Outcome::NotEnough;
        }
        self.held -= entry.reserved;
        self.platform += platform;
        self.provider += provider;
        let ended = Entry { end: Some(Act::Settle(units)), platform, provider, reserved: 0, expired: false, ..entry };
        self.entries.insert(request.to_owned(), ended);
        Outcome::Moved
    }

    fn release(&mut self, request: &str) -> Outcome {
        let none = self.none(request);
        let Some(entry) = self.entries.get_mut(request).filter(|entry| matches!(entry.act, Act::Hold(_))) else {
            return none;
        };
        match &entry.end {
            Some(Act::Settle(_)) => return Outcome::Ended,
            Some(_) => return Outcome::Unchanged,
            // Its date passed, and somebody wrote it off.
            None if entry.expired && entry.reserved == 0 && entry.units > 0 => return Outcome::Unchanged,
            None => {}
        }
        entry.end = Some(Act::Release);
        entry.expired = false;
        let reserved = std::mem::take(&mut entry.reserved);
        self.available += reserved;
        self.held -= reserved;
        Outcome::Moved
    }

    /// What is said of a request that has no charge or hold.
    fn none(&self, request: &str) -> Outcome {
        if self.earlier.contains(request) { Outcome::Closed } else { Outcome::NoSuch }
    }

    /// Everything that is left goes back to where grants come from, and every request id is forgotten.
    fn close(&mut self) -> Outcome {
        if std::mem::replace(&mut self.purged, true) {
            return Outcome::Unchanged;
        }
        self.issued += self.available + self.held;
        self.available = 0;
        self.held = 0;
        self.closed += 1;
        self.earlier.extend(self.entries.drain().map(|(request, _)| request));
        Outcome::Moved
    }

    fn reuse(&mut self) -> Outcome {
        if std::mem::replace(&mut self.purged, false) { Outcome::Moved } else { Outcome::Unchanged }
    }

    /// What another one moved, moved here.
    pub(crate) fn add(&mut self, other: &Self) {
        self.available += other.available;
        self.held += other.held;
        self.issued += other.issued;
        self.platform += other.platform;
        self.provider += other.provider;
    }

    /// Every request id that was used, with how many lines the ledger has of it at least.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&str, usize)> {
        self.entries.iter().map(|(request, entry)| (request.as_str(), 1 + usize::from(entry.end.is_some())))
    }
}
