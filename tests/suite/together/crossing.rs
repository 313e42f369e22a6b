//! Requests together beside everything else that moves credits and keys, each in an order of its own: nothing waits in a circle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Unreadable};
use byok::admin::{Database, NewGrant, NewRefund, NewTenant};
use byok::credits::Credits;
use byok::error::ConnectionError;
use byok::name::{Holder, OrgId};
use byok::{Charge, Error, Resolver, UndoReason};

use super::{Request, openai};
use crate::cluster::Cluster;
use crate::harness::{block_on, openai_key, parse, sql};
use crate::seeded_random::Chance;

const ORGS: usize = 6;
/// So many requests are asked for, by two servers.
const REQUESTS: usize = 1_500;

fn org(number: usize) -> OrgId {
    format!("org{number}").parse().unwrap()
}

struct Crossing {
    cluster: Cluster,
    over: AtomicBool,
    /// What others have done.
    done: AtomicUsize,
}

impl Crossing {
    fn new() -> Arc<Self> {
        let cluster = Cluster::with(&["synchronous_commit = on", "deadlock_timeout = '100ms'"]);
        let admin = cluster.byok();
        for number in 0..ORGS {
            let org = format!("org{number}");
            admin.ok(&["enable", &org, "--owner", "byok"]);
            admin.ok(&["credits", "grant", "1", "--org", &org]);
            if number.is_multiple_of(2) {
                admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", &org, "--stdin"]);
            }
        }
        admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
        for (operation, part) in [("step", "0.000003"), ("free", "0")] {
            admin.ok(&["credits", "rates", "set", operation, "--platform-part", part, "--provider-part", "0"]);
        }
        Arc::new(Self { cluster, over: AtomicBool::new(false), done: AtomicUsize::new(0) })
    }

    fn master(&self) -> MasterKey {
        MasterKey::parse(self.cluster.master.to_text().expose()).unwrap()
    }

    /// Does something until the requests are answered, backwards through the organizations.
    fn beside(self: &Arc<Self>, seed: u64, work: Work) -> std::thread::JoinHandle<()> {
        let this = self.clone();
        std::thread::spawn(move || {
            block_on(async {
                let mut database = Database::open(&parse(&this.cluster.url)).await.unwrap();
                let mut chance = Chance(seed * 0x9E37_79B9);
                let mut count = 0;
                while !this.over.load(Ordering::Relaxed) {
                    count += 1;
                    // Two that change the same thing at once are told so. A circle stands in the log of the server.
                    match this.step(&mut database, work, (count, chance.below(ORGS))).await {
                        Ok(())
                        | Err(Error::Credit(_) | Error::Change(_) | Error::Connection(ConnectionError::Contended)) => {}
                        Err(error) => panic!("{work:?}: {error:?}"),
                    }
                    this.done.fetch_add(1, Ordering::Relaxed);
                }
            });
        })
    }

    async fn step(&self, database: &mut Database, work: Work, (count, at): (u32, usize)) -> Result<(), Error> {
        let (org, holder) = (org(at), Holder::Organization(org(at)));
        let id = |name: &str| format!("{name}-{count}").parse().unwrap();
        match work {
            Work::Grant => {
                let (request, amount) = (id("grant"), Credits::from_micro(50));
                let grant = NewGrant { request: &request, amount, note: None, make_org: false };
                database.grant(&org, grant).await.map(drop)
            }
            Work::Refund => {
                let (of, request) = (format!("charge-{}", count * 3).parse().unwrap(), id("refund"));
                database
                    .refund(&org, NewRefund { of: &of, request: &request, amount: None, note: None })
                    .await
                    .map(drop)
            }
            Work::Expire => database.expire_holds(None).await.map(drop),
            Work::DataKey => {
                let masters = MasterKeys::new(self.master(), Vec::new()).unwrap();
                sealing::rotate_data_key(database, &masters, &holder, Unreadable::Refuse).await.map(drop)
            }
            Work::Disable => {
                database.disable(&org).await?;
                database.enable(&org).await.map(drop)
            }
            Work::Purge => {
                let org = self::org(ORGS - 1 - at % 2);
                database.purge(&org).await?;
                database.enable_for(&org, NewTenant { reuse: true, ..NewTenant::default() }).await?;
                let (request, amount) = (id("again"), Credits::from_micro(5_000));
                database
                    .grant(&org, NewGrant { request: &request, amount, note: None, make_org: false })
                    .await
                    .map(drop)
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Grant,
    Refund,
    Expire,
    DataKey,
    Disable,
    Purge,
}

/// One request, and sometimes what follows it; also the same id from two servers.
async fn one(resolver: Arc<Resolver>, number: usize, mut chance: Chance) {
    let org = org(chance.below(ORGS));
    let (operation, units) =
        (if chance.roll(5) == 0 { "free" } else { "step" }, i64::try_from(chance.roll(3)).unwrap());
    let hold = chance.roll(3) == 0;
    let charge = if hold {
        Charge::hold(operation.parse().unwrap(), units + 1, Duration::from_secs(1))
    } else {
        Charge::now(operation.parse().unwrap(), units + 1)
    };
    let id = format!("{}-{number}", if hold { "hold" } else { "charge" }).parse().unwrap();
    let request = Request { org: org.clone(), provider: openai(), charge: charge.unwrap().request(id) };
    let Ok(acquired) = request.ask(&resolver).await else { return };
    let id = request.charge.request_id();
    if hold {
        // A second part of the program gives it up at the same time.
        let undo = async {
            if number.is_multiple_of(3) {
                resolver.undo(&org, &acquired, UndoReason::GivenUp).await.ok();
            }
        };
        tokio::join!(async { resolver.settle(&org, id, Some(units)).await.ok() }, undo);
    } else if number.is_multiple_of(4) {
        resolver.undo(&org, &acquired, UndoReason::GivenUp).await.ok();
    }
}

#[test]
fn beside_everything_that_locks_in_another_order_nothing_waits_in_a_circle() {
    let crossing = Crossing::new();
    let works = [Work::Grant, Work::Refund, Work::Expire, Work::DataKey, Work::Disable, Work::Purge];
    let others: Vec<_> = (1..).zip(works).map(|(seed, work)| crossing.beside(seed, work)).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut asking = Vec::new();
        let mut resolvers = Vec::new();
        for together in [7, 64] {
            let builder = Resolver::builder(parse(&crossing.cluster.url)).master_key(crossing.master());
            resolvers.push(Arc::new(builder.connections(3).together(together).open().await.unwrap()));
        }
        for number in 0..REQUESTS {
            // Every tenth id is asked for by both.
            for resolver in &resolvers[usize::from(!number.is_multiple_of(10))..] {
                let seed = u64::try_from(number + 1).unwrap().wrapping_mul(0xD134_2543_DE82_EF95);
                asking.push(tokio::spawn(one(resolver.clone(), number, Chance(seed))));
            }
            if number % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        for one in asking {
            one.await.unwrap();
        }
    });
    crossing.over.store(true, Ordering::Relaxed);
    for other in others {
        other.join().unwrap();
    }
    let log = std::fs::read_to_string(crossing.cluster.server.log_file()).unwrap();
    let circles: Vec<&str> = log.lines().filter(|line| line.contains(" 40P01 ")).collect();
    assert!(circles.is_empty(), "{} of them: {:#?}\n{}", circles.len(), circles.first(), about_the_first(&log));
    let done = crossing.done.load(Ordering::Relaxed);
    assert!(done > 20, "hardly anything was done beside: {done}");
    crossing.cluster.byok().ok(&["credits", "reconcile"]);
    let twice = "select request from byok.ledger where kind in ('charge', 'hold') group by org, tenancy, request having count(*) > 1";
    assert_eq!(sql(&crossing.cluster.url, twice), Ok(vec![]));
}

/// What the server wrote about the first circle.
fn about_the_first(log: &str) -> String {
    let lines = log.lines().skip_while(|line| !line.contains(" 40P01 ")).take(30);
    lines.collect::<Vec<_>>().join("\n")
}
