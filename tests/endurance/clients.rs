//! The clients: each answer that they get is noted in the journal.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use byok::error::ConnectionError;
use byok::{
    AcquireError, Acquired, Charge, Credits, OrgId, ProviderId, Reports, RequestId, Resolver, Source, UndoReason,
};

use crate::journal::{Journal, Told};
use crate::meter::Meter;
use crate::platform::{PLATFORM_END, end_of};
use crate::providers::Providers;
use crate::seeded_random::Chance;

/// The pause of a client between two things, at most.
const PAUSE: u64 = 200;
/// So many clients have the resolver with one connection.
const FEW: u64 = 8;
/// How long a client asks again where nobody answers.
const INSISTENCE: Duration = Duration::from_secs(120);
/// The charges that an admin may refund.
const RECENT: usize = 500;

/// What all clients share.
pub(crate) struct Load {
    pub(crate) resolvers: Vec<Arc<Resolver>>,
    pub(crate) orgs: Vec<OrgId>,
    pub(crate) journal: Journal,
    pub(crate) meter: Meter,
    pub(crate) providers: Providers,
    pub(crate) over: AtomicBool,
    pub(crate) recent: Mutex<VecDeque<(OrgId, RequestId)>>,
}

impl Load {
    /// Every server writes what it met, also if the database was away.
    pub(crate) async fn all_is_written(&self) {
        let begun = Instant::now();
        for resolver in &self.resolvers {
            loop {
                let Reports { waiting, lost, .. } = resolver.flush_reports().await;
                assert_eq!(lost, 0, "reports were given up");
                if waiting == 0 {
                    break;
                }
                assert!(begun.elapsed() < INSISTENCE, "{waiting} keys wait to be written");
            }
        }
    }
}

/// One request.
#[derive(Clone)]
struct Asked {
    org: OrgId,
    provider: ProviderId,
    charge: Charge,
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

/// A client's own part of the load.
struct Client {
    load: Arc<Load>,
    resolver: Arc<Resolver>,
    chance: Chance,
    number: u64,
    count: u64,
}

/// One client, until the load is over.
pub(crate) async fn client(load: Arc<Load>, number: u64) {
    let resolver = load.resolvers[if number < FEW { 2 } else { usize::from(number.is_multiple_of(2)) }].clone();
    let chance = Chance(0x9E37_79B9_7F4A_7C15 ^ (number + 1).wrapping_mul(0xD134_2543_DE82_EF95));
    let mut client = Client { load, resolver, chance, number, count: 0 };
    while !client.load.over.load(Ordering::Relaxed) {
        Box::pin(client.act()).await;
        let pause = client.chance.roll(PAUSE);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

impl Client {
    async fn act(&mut self) {
        match self.chance.roll(100) {
            0..30 => self.resolve().await,
            30..55 => self.charge().await,
            55..68 => self.hold().await,
            68..73 => self.undo().await,
            73..84 => self.give_up().await,
            84..89 => Box::pin(self.repeat()).await,
            89..94 => self.ask_in_vain().await,
            94..99 => {
                let mut asked = self.asked("step");
                asked.charge = asked.charge.recorded_as("endurance");
                self.insist(&asked).await.ok();
            }
            _ => self.burst().await,
        }
    }

    /// An organization: every fourth time the busy one.
    fn org(&mut self) -> OrgId {
        let at = if self.chance.roll(4) == 0 { 0 } else { self.chance.below(self.load.orgs.len()) };
        self.load.orgs[at].clone()
    }

    fn request(&mut self, org: &OrgId) -> RequestId {
        self.count += 1;
        let kind = if org.as_str().starts_with("churn") { "churn" } else { "r" };
        format!("{kind}-{}-{}", self.number, self.count).parse().unwrap()
    }

    fn asked(&mut self, operation: &str) -> Asked {
        let org = self.org();
        let units = i64::try_from(self.chance.roll(5)).unwrap() + 1;
        let charge = Charge::now(operation.parse().unwrap(), units).unwrap().request(self.request(&org));
        Asked { org, provider: openai(), charge }
    }

    /// A request of an organization that is never purged: what was given up there would not be undone.
    fn lasting(&mut self) -> Asked {
        loop {
            let asked = self.asked("step");
            if !asked.org.as_str().starts_with("churn") {
                return asked;
            }
        }
    }

    async fn resolve(&mut self) {
        let org = self.org();
        let begun = Instant::now();
        match self.resolver.resolve(&org, &openai()).await {
            Ok(key) => {
                self.load.meter.times.add(begun.elapsed());
                belongs(&org, key.source, key.credential.get("api_key").unwrap().expose());
                self.load.providers.ask(&self.resolver, &key.id());
            }
            Err(error) => self.load.meter.failed(org.as_str(), &error),
        }
    }

    async fn charge(&mut self) {
        let operation = if self.chance.roll(10) == 0 { "free" } else { "step" };
        let asked = self.asked(operation);
        if self.insist(&asked).await.is_ok() && self.chance.roll(4) == 0 {
            let mut recent = self.load.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.push_back((asked.org, asked.charge.request_id().clone()));
            if recent.len() > RECENT {
                recent.pop_front();
            }
        }
    }

    /// Asks until there is an answer that says what was done, and notes it.
    async fn insist(&self, asked: &Asked) -> Result<Acquired, AcquireError> {
        let outcome = insist(&self.load, &self.resolver, asked).await;
        note(&self.load, asked, &outcome);
        outcome
    }

    /// Reserves, and settles, releases, or does nothing any more.
    async fn hold(&mut self) {
        let mut asked = self.asked("step");
        let seconds = self.chance.roll(3) + 1;
        let units = i64::try_from(self.chance.roll(5)).unwrap() + 1;
        asked.charge = Charge::hold("step".parse().unwrap(), units, Duration::from_secs(seconds))
            .unwrap()
            .request(asked.charge.request_id().clone());
        if self.insist(&asked).await.is_err() {
            return;
        }
        let used = i64::try_from(self.chance.roll(7)).unwrap();
        let end = self.chance.roll(10);
        let begun = Instant::now();
        loop {
            let request = asked.charge.request_id();
            let outcome = match end {
                0..6 => self.resolver.settle(&asked.org, request, Some(used)).await,
                6..8 => self.resolver.release(&asked.org, request).await,
                _ => return,
            };
            match outcome {
                Ok(moved) => {
                    let cost = if end < 6 { Told::Costs(moved.posting.total().micro()) } else { Told::Nothing };
                    return self.load.journal.note(request, cost);
                }
                Err(error) => {
                    let again = error.may_pass() && begun.elapsed() < INSISTENCE;
                    self.load.meter.failed(asked.org.as_str(), &error);
                    if !again {
                        return;
                    }
                }
            }
        }
    }

    async fn undo(&mut self) {
        let asked = self.asked("step");
        let Ok(acquired) = self.insist(&asked).await else { return };
        let begun = Instant::now();
        loop {
            match self.resolver.undo(&asked.org, &acquired, UndoReason::NotStarted).await {
                Ok(_) => return self.load.journal.note(asked.charge.request_id(), Told::Nothing),
                Err(error) => {
                    let again = error.may_pass() && begun.elapsed() < INSISTENCE;
                    self.load.meter.failed(asked.org.as_str(), &error);
                    if !again {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for a short time only. Some ask again with the same id, as a client of the client does.
    async fn give_up(&mut self) {
        let asked = self.lasting();
        let patience = Duration::from_micros(self.chance.roll(12_000));
        self.load.journal.note(asked.charge.request_id(), Told::Nothing);
        match tokio::time::timeout(patience, self.resolver.acquire(&asked.org, &asked.provider, &asked.charge)).await {
            Ok(Err(error)) if error.may_pass() => {
                self.load.meter.failed(asked.org.as_str(), &error);
                self.load.journal.note(asked.charge.request_id(), Told::Unknown);
                self.insist(&asked).await.ok();
            }
            Ok(outcome) => note(&self.load, &asked, &outcome),
            Err(_) => {
                self.load.meter.given_up.fetch_add(1, Ordering::Relaxed);
                if self.chance.roll(3) == 0 {
                    let outcome = insist(&self.load, &self.resolver, &asked).await;
                    note(&self.load, &asked, &outcome);
                }
            }
        }
    }

    /// Asks twice with the same id, at once or one after the other.
    async fn repeat(&mut self) {
        if self.chance.roll(2) == 0 {
            let asked = self.asked("step");
            let other = self.load.resolvers[self.chance.below(self.load.resolvers.len())].clone();
            let (one, two) =
                tokio::join!(insist(&self.load, &self.resolver, &asked), insist(&self.load, &other, &asked));
            let told = if one.is_ok() { one } else { two };
            note(&self.load, &asked, &told);
            return;
        }
        // What was charged to a tenant that was purged since then would be charged again.
        let asked = self.lasting();
        if self.insist(&asked).await.is_ok() {
            let again = insist(&self.load, &self.resolver, &asked).await;
            assert!(!again.is_ok_and(|got| got.charge.is_some_and(|charge| charge.fresh)), "charged again");
        }
    }

    /// What is refused, or mostly.
    async fn ask_in_vain(&mut self) {
        let mut asked = self.asked("step");
        let request = asked.charge.request_id().clone();
        let of =
            |operation: &str, units| Charge::now(operation.parse().unwrap(), units).unwrap().request(request.clone());
        match self.chance.roll(6) {
            0 => asked.charge = of("nothing", 1),
            1 | 2 => asked.charge = of("step", self.chance.of(&[0, 900_000_000_000])),
            3 => asked.org = "poor".parse().unwrap(),
            4 => asked.org = "torn".parse().unwrap(),
            _ => asked.provider = "sarvam".parse().unwrap(),
        }
        self.insist(&asked).await.ok();
    }

    /// Many at once. Some are given up together.
    async fn burst(&mut self) {
        let mut tasks = Vec::new();
        let given_up = self.chance.roll(4) == 0;
        for _ in 0..self.chance.roll(80) + 20 {
            let (asked, load, resolver) = (self.lasting(), self.load.clone(), self.resolver.clone());
            load.journal.note(asked.charge.request_id(), Told::Nothing);
            tasks.push(tokio::spawn(async move {
                let outcome = insist(&load, &resolver, &asked).await;
                note(&load, &asked, &outcome);
            }));
        }
        if given_up {
            tokio::time::sleep(Duration::from_micros(self.chance.roll(5000))).await;
            for task in tasks.iter().step_by(2) {
                task.abort();
            }
        }
        for task in tasks {
            task.await.ok();
        }
    }
}

/// Fails if an organization got the key of another one.
fn belongs(org: &OrgId, source: Source, key: &str) {
    let end = if source == Source::Platform { PLATFORM_END.to_owned() } else { end_of(org.as_str()) };
    assert!(key.ends_with(&end), "a {source:?} key for {org} that is another's");
}

/// Asks with the same id until there is an answer that says what was done.
async fn insist(load: &Load, resolver: &Resolver, asked: &Asked) -> Result<Acquired, AcquireError> {
    let first = Instant::now();
    loop {
        let begun = Instant::now();
        match resolver.acquire(&asked.org, &asked.provider, &asked.charge).await {
            Ok(acquired) => {
                load.meter.times.add(begun.elapsed());
                belongs(&asked.org, acquired.key.source, acquired.key.credential.get("api_key").unwrap().expose());
                load.providers.ask(resolver, &acquired.key.id());
                return Ok(acquired);
            }
            Err(error) if error.may_pass() && first.elapsed() < INSISTENCE => {
                load.meter.failed(asked.org.as_str(), &error);
                if matches!(error, AcquireError::Connection(ConnectionError::Lost(_))) {
                    load.journal.note(asked.charge.request_id(), Told::Unknown);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Notes what an answer says about a request.
fn note(load: &Load, asked: &Asked, outcome: &Result<Acquired, AcquireError>) {
    let told = match outcome {
        Ok(acquired) => {
            let cost = acquired.charge.map(|charge| charge.platform_part + charge.provider_part);
            Told::Costs(cost.map_or(0, Credits::micro))
        }
        // It was charged before, for a key that nobody got.
        Err(AcquireError::Connection(ConnectionError::Lost(_)) | AcquireError::OtherKeyServes(_)) => Told::Unknown,
        Err(_) => Told::Nothing,
    };
    if let Err(error) = outcome {
        load.meter.failed(asked.org.as_str(), error);
    }
    load.journal.note(asked.charge.request_id(), told);
}
