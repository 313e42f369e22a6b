//! Many clients at once, and what must be true afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use byok::admin::crypto::MasterKey;
use byok::admin::{Database, DatabaseUrl, HistoryPage, Pool};
use byok::error::ConnectionError;
use byok::{Error, Resolver};

use super::batches::request;
use super::model::{Act, Model, Op, Outcome};
use super::{agrees, org, outcome, perform};
use crate::cluster::Cluster;
use crate::harness::{block_on, sql};
use crate::seeded_random::Chance;

fn amount(chance: &mut Chance, most: u64) -> i64 {
    i64::try_from(chance.roll(most)).unwrap() + 1
}

/// The next thing that a client does, mostly with ids of its own that it used before.
fn next_op(chance: &mut Chance, client: usize) -> Op {
    let request = |chance: &mut Chance| format!("c{client}-{}", chance.roll(14));
    let id = request(chance);
    let act = match chance.roll(20) {
        0..3 => Act::Grant(amount(chance, 200)),
        3..8 => Act::Charge(amount(chance, 8)),
        8..13 => Act::Hold(amount(chance, 8)),
        13..16 => Act::Settle(amount(chance, 10)),
        16..17 => Act::Release,
        _ => {
            let part = (chance.roll(2) == 0).then(|| amount(chance, 30));
            Act::Refund(request(chance), part)
        }
    };
    // An id belongs to one organization here: the other's are other ids.
    let shared = client.is_multiple_of(2);
    Op { shared, request: id, act }
}

/// What one client saw.
struct Told {
    /// What its answers say that it moved.
    model: Model,
    /// The requests that it shared with another client: charged or not.
    pairs: Vec<(Op, Outcome)>,
    /// Refused when asked again, while the first try was perhaps still under way: only the ledger knows.
    uncertain: Vec<Op>,
    repeats: usize,
}

/// How the clients of a storm ask.
#[derive(Clone)]
struct Way {
    pool: Arc<Pool>,
    /// What puts their charges and holds together; else each of them has a connection.
    resolver: Option<Arc<Resolver>>,
}

impl Way {
    async fn perform(&self, op: &Op) -> Result<Outcome, Error> {
        if let Some(resolver) = self.together(op) {
            return outcome(request(op).ask(resolver).await);
        }
        let mut lease = self.pool.lease().await?;
        perform(&mut lease, op).await
    }

    fn together(&self, op: &Op) -> Option<&Resolver> {
        self.resolver.as_deref().filter(|_| matches!(op.act, Act::Charge(_) | Act::Hold(_)))
    }
}

/// One client: its operations one after the other, each asked until it is answered.
async fn client(way: Way, number: usize, count: usize, progress: Arc<Progress>) -> Told {
    let mut chance =
        Chance(0x9E37_79B9_7F4A_7C15 ^ u64::try_from(number + 1).unwrap().wrapping_mul(0xD134_2543_DE82_EF95));
    let model = Model::new(number.is_multiple_of(2), true);
    let mut told = Told { model, pairs: Vec::new(), uncertain: Vec::new(), repeats: 0 };
    for step in 0..count {
        let op = next_op(&mut chance, number);
        progress.done.fetch_add(1, Ordering::Relaxed);
        let about = |op: &Op, id: &str| op.request == id || matches!(&op.act, Act::Refund(of, _) if of == id);
        if told.uncertain.iter().any(|before| about(&op, &before.request)) {
            continue;
        }
        let (outcome, again) = insist(&way, &mut chance, &op).await;
        told.repeats += usize::from(again);
        match outcome {
            Outcome::NotEnough if again => told.uncertain.push(op.clone()),
            Outcome::NotEnough => {}
            _ => {
                let wanted = told.model.apply(&op);
                let answered_before = again && wanted == Outcome::Moved && outcome == Outcome::Unchanged;
                assert!(outcome == wanted || answered_before, "{op:?}: {outcome:?}, and {wanted:?} was expected");
            }
        }
        if step % 5 == 0 {
            // The same request from two clients at once.
            let op = Op { request: format!("pair-{}-{step}", number / 4), act: Act::Charge(1), ..op };
            let outcome = insist(&way, &mut chance, &op).await.0;
            told.pairs.push((op, outcome));
        }
    }
    told
}

/// Asks until there is an answer; whether it had to be asked again. Sometimes it gives up in the middle, as a client that is
/// killed does.
async fn insist(way: &Way, chance: &mut Chance, op: &Op) -> (Outcome, bool) {
    let mut again = false;
    for _ in 0..1000 {
        // What a resolver was asked for and is given up is undone.
        let gives_up = chance.roll(12) == 0 && way.together(op).is_none();
        let patience = if gives_up { Duration::from_micros(chance.roll(3000)) } else { Duration::from_secs(60) };
        match tokio::time::timeout(patience, way.perform(op)).await {
            Ok(Ok(outcome)) => return (outcome, again),
            Ok(Err(Error::Connection(ConnectionError::Unavailable(_) | ConnectionError::Lost(_)))) | Err(_) => {
                again = true;
            }
            Ok(Err(error)) => panic!("{op:?}: {error}"),
        }
    }
    panic!("{op:?} is never answered");
}

/// How far a storm is.
pub(super) struct Progress {
    done: AtomicUsize,
    all: usize,
}

impl Progress {
    /// When so many of a hundred operations are answered.
    pub(super) async fn reaches(&self, percent: usize) {
        let begun = Instant::now();
        while self.done.load(Ordering::Relaxed) * 100 < self.all * percent {
            // A client that failed answers nothing more; its failure is what is to be seen.
            if begun.elapsed() > Duration::from_secs(60) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Waits until nothing is under way: a request whose client went away may still come to its end.
async fn quiet(cluster: &Cluster) {
    let busy = "select pid::text from pg_stat_activity where application_name like 'byok/%' and state <> 'idle'";
    while !sql(&cluster.url, busy).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// How many clients there are, how often each asks, and how many requests are asked for together.
#[derive(Clone, Copy)]
pub(super) struct Crowd {
    pub(super) clients: usize,
    pub(super) count: usize,
    pub(super) together: Option<usize>,
}

async fn way(cluster: &Cluster, url: &DatabaseUrl, crowd: Crowd) -> Way {
    let patience = Duration::from_secs(30);
    let pool = Arc::new(Pool::new(url.clone(), crowd.clients, patience).unwrap());
    let Some(together) = crowd.together else { return Way { pool, resolver: None } };
    let master = MasterKey::parse(cluster.master.to_text().expose()).unwrap();
    let builder = Resolver::builder(url.clone()).master_key(master).connections(2).patience(patience);
    Way { pool, resolver: Some(Arc::new(builder.together(together).open().await.unwrap())) }
}

/// Many clients at once, while something disturbs them; then everything must add up.
pub(super) fn storm((cluster, url): (&Cluster, &DatabaseUrl), crowd: Crowd, disturb: impl AsyncFnOnce(&Progress)) {
    let Crowd { clients, count, together } = crowd;
    block_on(async {
        let way = way(cluster, url, crowd).await;
        let progress = Arc::new(Progress { done: AtomicUsize::new(0), all: clients * count });
        let start = |number| tokio::spawn(client(way.clone(), number, count, progress.clone()));
        let tasks: Vec<_> = (0..clients).map(start).collect();
        disturb(&progress).await;
        let mut told = Vec::new();
        for task in tasks {
            told.push(task.await.unwrap());
        }
        let repeats = told.iter().map(|told| told.repeats).sum::<usize>();
        assert!(together.is_some() || repeats > clients / 2, "hardly anything was disturbed: {repeats} repeats");
        quiet(cluster).await;
        let mut lease = way.pool.lease().await.unwrap();
        add_up(&mut lease, told, clients * count).await;
    });
}

/// The ledger is what all answers together say.
async fn add_up(database: &mut Database, told: Vec<Told>, asked: usize) {
    let mut models = [Model::new(false, true), Model::new(true, true)];
    let mut lines = 0;
    let mut pairs = std::collections::BTreeMap::new();
    for mut told in told {
        for op in &told.uncertain {
            if posted(database, op).await {
                told.model.apply(op);
            }
        }
        models[usize::from(told.model.shared)].add(&told.model);
        lines += told.model.requests().map(|(_, lines)| lines).sum::<usize>();
        for (op, outcome) in told.pairs {
            *pairs.entry((op.shared, op.request)).or_insert(false) |= outcome != Outcome::NotEnough;
        }
    }
    // Two clients asked for each of these; they were told the same, and it was charged once.
    for ((shared, request), charged) in pairs {
        let op = Op { shared, request, act: Act::Charge(1) };
        let there = posted(database, &op).await;
        assert!(there || !charged, "{op:?} was charged for, and is not there");
        if there {
            let mut once = Model::new(shared, true);
            once.apply(&op);
            models[usize::from(shared)].add(&once);
            lines += 1;
        }
    }
    agrees(database, &models).await;
    let postings = database.totals(None).await.unwrap().postings;
    assert_eq!(usize::try_from(postings).unwrap(), lines, "a line is missing, or there twice");
    assert!(models.iter().all(|model| model.available >= 0 && model.held >= 0), "never negative");
    assert!(
        lines > asked / 5 && models.iter().all(|model| model.platform > 0),
        "hardly anything happened: {lines} lines"
    );
}

/// Whether the ledger has that operation; nothing is under way any more.
async fn posted(database: &mut Database, op: &Op) -> bool {
    let request = op.request.parse().unwrap();
    let page = HistoryPage { request: Some(&request), limit: 10, ..HistoryPage::default() };
    let kind = if matches!(op.act, Act::Settle(_)) { "settle" } else { "" };
    let lines = database.history(&org(op.shared), page).await.unwrap();
    lines.iter().any(|line| line.of_request.is_none() && (line.kind.as_str() == kind || kind.is_empty()))
}
