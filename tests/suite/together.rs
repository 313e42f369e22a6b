//! Requests that are asked for together: each has the answer that it has alone, and a request that was given up costs nothing.

mod crossing;
mod cut;
mod limits;
mod neighbours;
mod poison;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::error::{ConnectionError, CreditError};
use byok::name::{OrgId, ProviderId};
use byok::{AcquireError, Acquired, Charge, Error, Resolver, ResolverBuilder};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::task::JoinHandle;

use crate::harness::{World, block_on, master_text, openai_key, parse};

/// An organization with its own key, two with the platform's, one whose key does not open, and one that nobody knows.
const ORGS: [&str; 5] = ["acme", "bolt", "poor", "torn", "ghost"];
/// With a price, with the price 0, with another price for OpenAI, and without a price.
const OPERATIONS: [&str; 4] = ["step", "free", "odd", "nothing"];

fn world() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    for org in ["poor", "torn"] {
        admin.ok(&["enable", org, "--owner", &ada]);
    }
    for org in ["acme", "torn"] {
        owner.clone().input(openai_key(org)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "step", "--platform-part", "0.000003", "--provider-part", "0.000002"]);
    admin.ok(&["credits", "rates", "set", "free", "--platform-part", "0", "--provider-part", "0"]);
    admin.ok(&["credits", "rates", "set", "odd", "--platform-part", "9", "--provider-part", "9"]);
    admin.ok(&[
        "credits",
        "rates",
        "set",
        "odd",
        "--provider",
        "openai",
        "--platform-part",
        "0.000001",
        "--provider-part",
        "0",
    ]);
    for (org, amount) in [("acme", "0.0001"), ("bolt", "0.0001"), ("poor", "0.000012"), ("torn", "1")] {
        admin.ok(&["credits", "grant", amount, "--org", org]);
    }
    let torn = "update byok.provider_key set encrypted = set_byte(encrypted, 60, get_byte(encrypted, 60) # 1)
                where org = 'torn' and state = 'active'";
    world.root("alter table byok.provider_key disable trigger all");
    world.root(torn);
    let login = world.server();
    (world, login)
}

fn builder(world: &World, login: &str) -> ResolverBuilder {
    let builder = Resolver::builder(parse(&world.url(login))).master_key(MasterKey::parse(master_text()).unwrap());
    builder.patience(Duration::from_secs(60))
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

/// One request of a server.
#[derive(Clone, Debug)]
struct Asked {
    org: usize,
    operation: Option<usize>,
    units: i64,
    request: u8,
    held: bool,
}

impl Asked {
    fn request(&self) -> Request {
        let charge = match (self.operation.map(|at| OPERATIONS[at].parse().unwrap()), self.held) {
            (None, _) => Charge::nothing(),
            (Some(operation), false) => Charge::now(operation, self.units),
            (Some(operation), true) => Charge::hold(operation, self.units, Duration::from_secs(600)),
        };
        let charge = charge.unwrap().request(format!("r{}", self.request).parse().unwrap());
        Request { org: ORGS[self.org].parse().unwrap(), provider: openai(), charge }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let operation = prop_oneof![1 => Just(None), 6 => (0..OPERATIONS.len()).prop_map(Some)];
    let units = prop_oneof![8 => 1..4_i64, 1 => Just(0_i64), 1 => Just(2_000_000_000_000)];
    (0..ORGS.len(), operation, units, 0..24_u8, prop::bool::weighted(0.2))
        .prop_map(|(org, operation, units, request, held)| Asked { org, operation, units, request, held })
}

/// What a caller sees, without what differs from run to run.
fn seen(outcome: Result<Acquired, AcquireError>) -> String {
    match outcome {
        Ok(acquired) => {
            let charge = acquired.charge.map(|charge| {
                (
                    charge.fresh,
                    charge.platform_part.to_string(),
                    charge.provider_part.to_string(),
                    charge.held.to_string(),
                )
            });
            format!("{:?} {} {charge:?}", acquired.key.source, acquired.key.version)
        }
        Err(error) => format!("{:?}", Error::from(error)),
    }
}

/// The ledger and the balances, without times and numbers. The order of organizations does not matter.
fn books(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut books: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let lines = "select concat_ws(' ', org, kind, request, available, held, platform_part, provider_part, key_version)
                 from byok.ledger where kind <> 'grant' order by org, request, kind";
    let balances = "select concat_ws(' ', org, 'has', available, held) from byok.balance order by 1";
    let holds = "select concat_ws(' ', org, 'holds', request, amount) from byok.hold order by 1";
    for line in [lines, balances, holds].iter().flat_map(|statement| world.root(statement)) {
        let org = line.split(' ').next().unwrap_or_default().to_owned();
        books.entry(org).or_default().push(line);
    }
    for lines in books.values_mut() {
        lines.sort();
    }
    books
}

/// Takes back what the requests changed. Those whose ids begin with `old-` were there before.
fn begin_again(world: &World) {
    world.root("alter table byok.ledger disable trigger user");
    world.root(
        "delete from byok.ledger where kind not in ('grant', 'close') and (request not like 'old-%' or tenancy > 1);
         delete from byok.hold;
         delete from byok.answered_again where request not like 'old-%';
         update byok.balance b set held = 0, available = (select sum(l.available) from byok.ledger l where l.org = b.org);
         delete from byok.org where org = 'ghost'; select ''",
    );
}

/// Asks for all of them at once: the only connection is taken until all of them wait.
async fn begin_at_once(resolver: &Arc<Resolver>, requests: Vec<Request>) -> Vec<JoinHandle<String>> {
    let lease = resolver.database().await.unwrap();
    let mut waiting = Vec::new();
    for request in requests {
        let resolver = resolver.clone();
        waiting.push(tokio::spawn(async move { seen(request.ask(&resolver).await) }));
        tokio::task::yield_now().await;
    }
    drop(lease);
    waiting
}

/// The same, and waits for all outcomes.
async fn at_once(resolver: &Arc<Resolver>, requests: Vec<Request>) -> Vec<String> {
    let mut outcomes = Vec::new();
    for one in begin_at_once(resolver, requests).await {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

/// What a server is asked for.
#[derive(Clone, Debug)]
struct Request {
    org: OrgId,
    provider: ProviderId,
    charge: Charge,
}

impl Request {
    async fn ask(&self, resolver: &Resolver) -> Result<Acquired, AcquireError> {
        resolver.acquire(&self.org, &self.provider, &self.charge).await
    }
}

#[test]
fn requests_together_have_the_outcomes_of_the_same_requests_one_after_another() {
    let (world, login) = world();
    for together in [1, 2, 7, 64] {
        let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&prop::collection::vec(asked(), 1..40), |requests| {
                let (alone, after_alone) = block_on(async {
                    let resolver = builder(&world, &login).connections(1).open().await.unwrap();
                    let mut outcomes = Vec::new();
                    for request in &requests {
                        outcomes.push(seen(request.request().ask(&resolver).await));
                    }
                    (outcomes, books(&world))
                });
                begin_again(&world);
                let all = block_on(async {
                    let resolver = builder(&world, &login).connections(1).together(together).open().await.unwrap();
                    let resolver = Arc::new(resolver);
                    // The data keys are known, as on a server that has run for a while.
                    for org in ORGS {
                        resolver.resolve(&org.parse().unwrap(), &openai()).await.ok();
                    }
                    at_once(&resolver, requests.iter().map(Asked::request).collect()).await
                });
                let after_all = books(&world);
                begin_again(&world);
                prop_assert_eq!(all, alone);
                prop_assert_eq!(after_all, after_alone);
                Ok(())
            })
            .unwrap();
    }
}

/// One at least has been sent when all of these are given up: it waits for the balance.
async fn given_up_after_it_was_sent(world: &World, login: &str, resolver: &Arc<Resolver>) {
    let mut holder = PgConnection::connect(&world.url("byok")).await.unwrap();
    let hold = "begin; select 1 from byok.balance where org = 'bolt' for update";
    holder.execute(sqlx::raw_sql(hold)).await.unwrap();
    let ask = |_| {
        let (resolver, charge) = (resolver.clone(), Charge::now("step".parse().unwrap(), 1).unwrap());
        tokio::spawn(async move { resolver.acquire(&"bolt".parse().unwrap(), &openai(), &charge).await.map(drop) })
    };
    let asking: Vec<_> = (0..4).map(ask).collect();
    let waits =
        format!("select pid::text from pg_stat_activity where usename = '{login}' and wait_event_type = 'Lock'");
    while world.root(&waits).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for one in asking {
        one.abort();
        assert!(one.await.is_err_and(|error| error.is_cancelled()), "the balance is held");
    }
    holder.execute(sqlx::raw_sql("commit")).await.unwrap();
}

#[test]
fn a_request_that_was_given_up_costs_nothing_and_one_that_was_answered_is_charged_once() {
    let (world, login) = world();
    world.byok("byok").ok(&["credits", "grant", "1000", "--org", "bolt"]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let delivered = runtime.block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(2).open().await.unwrap());
        let step = || Charge::now("step".parse().unwrap(), 1).unwrap();
        let begun = std::time::Instant::now();
        resolver.acquire(&"bolt".parse().unwrap(), &openai(), &step()).await.unwrap();
        let usual = begun.elapsed();
        let mut asking = Vec::new();
        for number in 0..400_u32 {
            let (resolver, charge) = (resolver.clone(), step());
            asking.push(tokio::spawn(async move {
                let org = "bolt".parse().unwrap();
                let patience = usual * (number % 40) / 10;
                tokio::time::timeout(patience, resolver.acquire(&org, &openai(), &charge))
                    .await
                    .is_ok_and(|got| got.is_ok())
            }));
        }
        let mut delivered = 1_i64;
        for one in asking {
            delivered += i64::from(one.await.unwrap());
        }
        given_up_after_it_was_sent(&world, &login, &resolver).await;
        // Undoing goes on in the background; the last one is over when the books agree.
        for _ in 0..600 {
            let paid = world
                .root("select (-sum(available))::bigint::text from byok.ledger where org = 'bolt' and kind <> 'grant'");
            if paid == [(delivered * 5).to_string()] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        delivered
    });
    let paid =
        world.root("select (-sum(available))::bigint::text from byok.ledger where org = 'bolt' and kind <> 'grant'");
    assert_eq!(paid, [(delivered * 5).to_string()], "{delivered} keys were delivered");
    let kinds = world.root("select kind from byok.ledger where org = 'bolt' and kind <> 'grant' group by 1 order by 1");
    assert_eq!(kinds, ["charge", "undo"], "some were given up before they were sent, and some after");
}

#[test]
fn a_request_that_is_given_up_while_it_waits_is_not_sent() {
    let (world, login) = world();
    block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        let lease = resolver.database().await.unwrap();
        let charge = Charge::now("step".parse().unwrap(), 1).unwrap();
        let org = "bolt".parse().unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(1), resolver.acquire(&org, &openai(), &charge)).await;
        assert!(waited.is_err());
        drop(lease);
        // It would have been sent before this one.
        resolver.acquire(&org, &openai(), &Charge::now("free".parse().unwrap(), 1).unwrap()).await.unwrap();
    });
    assert_eq!(world.root("select operation from byok.ledger where operation is not null"), ["free"]);
}

#[test]
fn more_requests_than_may_wait_are_refused_at_once() {
    let (world, login) = world();
    block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).waiting(2).open().await.unwrap());
        let lease = resolver.database().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let resolver = resolver.clone();
                tokio::spawn(async move { resolver.resolve(&"bolt".parse().unwrap(), &openai()).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        let refused = resolver.resolve(&"acme".parse().unwrap(), &openai()).await.map(drop);
        assert!(matches!(refused, Err(AcquireError::Connection(ConnectionError::Overloaded(2)))), "{refused:?}");
        drop(lease);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
    });
}

#[test]
fn servers_that_ask_for_the_same_organizations_in_any_order_never_wait_for_each_other_in_vain() {
    let (world, login) = world();
    for org in ["bolt", "acme", "poor"] {
        world.byok("byok").ok(&["credits", "grant", "1000", "--org", org]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let failures = runtime.block_on(async {
        let mut asking = Vec::new();
        for server in 0..3_usize {
            let resolver = Arc::new(builder(&world, &login).connections(3).together(7).open().await.unwrap());
            for number in 0..150_usize {
                let resolver = resolver.clone();
                asking.push(tokio::spawn(async move {
                    // Two servers race for the same request id now and then.
                    let request = format!("r{}", number * 3 + if number % 5 == 0 { 0 } else { server });
                    let charge = Charge::now("step".parse().unwrap(), 1).unwrap().request(request.parse().unwrap());
                    let org = ["bolt", "acme", "poor"][(number * (server + 1)) % 3].parse().unwrap();
                    resolver.acquire(&org, &openai(), &charge).await.map(drop)
                }));
            }
        }
        let mut failures = Vec::new();
        for one in asking {
            if let Err(error) = one.await.unwrap() {
                failures.push(format!("{error:?}"));
            }
        }
        failures
    });
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(world.root("select deadlocks::text from pg_stat_database where datname = current_database()"), ["0"]);
    let wrong = "select org from byok.balance b where available <> (select sum(l.available) from byok.ledger l where l.org = b.org)";
    assert_eq!(world.root(wrong), Vec::<String>::new());
}

#[test]
fn a_request_that_costs_too_much_fails_alone() {
    let (world, login) = world();
    block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        let ask = |org: &'static str, units| {
            let resolver = resolver.clone();
            tokio::spawn(async move {
                let charge = Charge::now("step".parse().unwrap(), units).unwrap();
                resolver.acquire(&org.parse().unwrap(), &openai(), &charge).await.map_err(Error::from)
            })
        };
        let lease = resolver.database().await.unwrap();
        let (first, second, third, other) = (ask("poor", 2), ask("poor", 1), ask("poor", 0), ask("bolt", 1));
        tokio::task::yield_now().await;
        drop(lease);
        assert!(first.await.unwrap().is_ok() && other.await.unwrap().is_ok());
        assert!(matches!(second.await.unwrap(), Err(Error::Credit(CreditError::NotEnoughCredits { .. }))));
        assert!(matches!(third.await.unwrap(), Err(Error::Credit(CreditError::OutOfRange))));
    });
}
