//! The providers that the keys are used at: each refuses the keys of an organization for a while and then takes them again. What
//! the servers reported is compared with what they met.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use byok::{Holder, KeyId, Observed, Resolver};

use crate::platform::Platform;

/// So many times a provider changes what it answers.
const PHASES: u32 = 4;
/// Every second request is reported.
const PART: u64 = 2;

/// What was met with one key.
#[derive(Default)]
struct Met {
    uses: u64,
    /// Since it last worked.
    failures: u64,
    first_failure: Option<Instant>,
}

pub(crate) struct Providers {
    begun: Instant,
    phase: Duration,
    requests: AtomicU64,
    met: Mutex<HashMap<KeyId, Met>>,
}

/// What the database has of one key.
struct Row {
    key: String,
    uses: u64,
    failures: u64,
    /// How many milliseconds ago the first failure was; -1 if the latest use worked.
    since: i64,
    active: bool,
    told: bool,
}

impl Row {
    fn read(line: &str) -> Self {
        let mut parts = line.split(' ').map(str::to_owned);
        let mut next = || parts.next().unwrap();
        Self {
            key: format!("{} {}", next(), next()),
            uses: next().parse().unwrap(),
            failures: next().parse().unwrap(),
            since: next().parse().unwrap(),
            active: next() == "active",
            told: next() == "t",
        }
    }
}

/// The keys that the database has reports of. What becomes of the reports about a tenant that was purged is another test's.
const ROWS: &str = "select concat_ws(' ', coalesce(nullif(r.org, ''), '-'), r.version, r.uses, r.failures,
        coalesce(round(extract(epoch from clock_timestamp() - r.failing_since) * 1000), -1), k.state, r.told)
    from byok.key_report r join byok.provider_key k using (org, provider, version) where r.org not like 'churn%'";

/// The events of these keys, oldest first.
const EVENTS: &str = "select concat_ws(' ', coalesce(nullif(org, ''), '-'), version, kind) from byok.event
    where kind in ('key.failing', 'key.recovered') and org not like 'churn%' order by seq";

fn name(key: &KeyId) -> String {
    format!("{} {}", if key.holder == Holder::Platform { "-" } else { key.holder.as_str() }, key.version)
}

impl Providers {
    pub(crate) fn new(length: Duration) -> Self {
        let (begun, phase) = (Instant::now(), length / PHASES);
        Self { begun, phase, requests: AtomicU64::new(0), met: Mutex::default() }
    }

    /// How often a server writes what it met.
    pub(crate) fn interval(length: Duration) -> Duration {
        length / 30
    }

    /// What a provider answers now. `None` around each change: servers know the time of what others met only about.
    fn answer(&self, holder: &Holder) -> Option<Observed> {
        let elapsed = self.begun.elapsed().as_millis();
        let (phase, within) = (elapsed / self.phase.as_millis(), elapsed % self.phase.as_millis() * 100);
        if !(30..80).contains(&(within / self.phase.as_millis())) {
            return None;
        }
        let number: u128 =
            holder.as_str().trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or(1);
        let refused = !number.is_multiple_of(4) && (phase + number).is_multiple_of(2);
        Some(if refused { Observed::Rejected } else { Observed::Ok })
    }

    /// A request with this key, and the report of it.
    pub(crate) fn ask(&self, resolver: &Resolver, key: &KeyId) {
        if !self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(PART) {
            return;
        }
        let Some(answer) = self.answer(&key.holder) else { return };
        let mut all = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let met = all.entry(key.clone()).or_default();
        met.uses += 1;
        if answer == Observed::Ok {
            (met.failures, met.first_failure) = (0, None);
        } else {
            met.failures += 1;
            met.first_failure.get_or_insert_with(Instant::now);
        }
        resolver.report(key.clone(), answer);
    }

    /// Every use was counted once, and each key has been failing since it began to. Returns how many uses, keys and events there are.
    pub(crate) async fn add_up(&self, platform: &Platform) -> String {
        let asked = Instant::now();
        let rows: Vec<Row> = platform.root(ROWS).await.iter().map(|line| Row::read(line)).collect();
        let answered = asked.elapsed();
        let events = platform.root(EVENTS).await;
        Self::alternate(&rows, &events);
        format!("{}, {} times a key began to fail or to work again", self.compare(&rows, asked, answered), events.len())
    }

    /// The rows were asked for at this time, and were there so much later: each has the age that it had in between.
    fn compare(&self, rows: &[Row], asked: Instant, answered: Duration) -> String {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let lasting = met.iter().filter(|(key, _)| !key.holder.as_str().starts_with("churn"));
        let mut met: HashMap<String, &Met> = lasting.map(|(key, met)| (name(key), met)).collect();
        let (keys, uses) = (met.len(), met.values().map(|met| met.uses).sum::<u64>());
        let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap();
        let (near, answered) = (milliseconds(self.phase) / 4, milliseconds(answered));
        for row in rows {
            let met = met.remove(&row.key).unwrap_or_else(|| panic!("nobody used {}", row.key));
            assert_eq!((row.uses, row.failures), (met.uses, met.failures), "uses and failures of {}", row.key);
            let since = met.first_failure.map(|at| milliseconds(asked.duration_since(at)));
            assert_eq!(row.since >= 0, since.is_some(), "{}", row.key);
            let is_near = |since: i64| (1 - near..near + answered).contains(&(row.since - since));
            assert!(since.is_none_or(is_near), "{}: {since:?} {}", row.key, row.since);
        }
        assert!(met.is_empty(), "reports that are not there: {:?}", met.keys());
        format!("{uses} reported uses of {keys} versions of keys")
    }

    /// Of each key it is told in turn that it fails and that it works again, up to what is so at the end.
    fn alternate(rows: &[Row], events: &[String]) {
        let mut failing: HashMap<String, bool> = HashMap::new();
        for event in events {
            let (key, kind) = event.rsplit_once(' ').unwrap();
            let fails = kind == "key.failing";
            assert_ne!(failing.insert(key.to_owned(), fails).unwrap_or(false), fails, "{key}: {kind} twice");
        }
        for row in rows {
            let told = failing.get(&row.key).copied().unwrap_or(false);
            assert_eq!(told, row.told, "{}", row.key);
            assert!(!row.active || told == (row.since >= 0), "{}: told {told}", row.key);
        }
    }
}
