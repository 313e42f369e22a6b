//! The ledger compared with a model in memory: step by step, with many clients at once, through a pooler, and while the
//! server is killed.

mod batches;
mod model;
mod storm;

use std::sync::Arc;

use byok::admin::{
    Database, EnableResult, GrantResult, MoveResult, Moved, NewCharge, NewGrant, NewRefund, NewTenant, Pooler as Mode,
    PurgeResult,
};
use byok::credits::{Credits, Operation, RequestId};
use byok::error::{ChangeError, CreditError};
use byok::name::{OrgId, ProviderId};
use byok::{AcquireError, Acquired, Error};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::cluster::{Cluster, Pooler};
use crate::harness::{Byok, World, block_on, openai_key, parse};
use model::{Act, Model, Op, Outcome};
use storm::{Crowd, storm};

const OWN: &str = "acme";
const SHARED: &str = "bolt";

fn org(shared: bool) -> OrgId {
    if shared { SHARED } else { OWN }.parse().unwrap()
}

/// An organization with a key of its own and one without, and a price in odd micro-credits.
fn prepare(admin: &Byok, login: &str) {
    for org in [OWN, SHARED] {
        admin.ok(&["enable", org, "--owner", login]);
    }
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", OWN, "--stdin"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let price = ["--platform-part", "0.000007", "--provider-part", "0.000005"];
    admin.ok(&[&["credits", "rates", "set", "step"][..], &price].concat());
}

/// Does it, and says how it came out; an error is one that may go away.
async fn perform(database: &mut Database, op: &Op) -> Result<Outcome, Error> {
    let (org, request): (OrgId, RequestId) = (org(op.shared), op.request.parse().unwrap());
    let (provider, operation): (ProviderId, Operation) = ("openai".parse().unwrap(), "step".parse().unwrap());
    let charge =
        |units, seconds| NewCharge { provider: &provider, operation: &operation, units, request: &request, seconds };
    let done = |moved: Moved| moved.result == MoveResult::Unchanged;
    let result = match &op.act {
        Act::Grant(amount) => {
            let amount = Credits::from_micro(*amount);
            database
                .grant(&org, NewGrant { request: &request, amount, note: None, make_org: false })
                .await
                .map(|granted| granted.result == GrantResult::Unchanged)
        }
        Act::Charge(units) => database.charge(&org, charge(*units, None)).await.map(done),
        Act::Hold(units) => database.charge(&org, charge(*units, Some(3600))).await.map(done),
        Act::Settle(units) => database.settle(&org, &request, Some(*units)).await.map(done),
        Act::Release => database.release(&org, &request).await.map(done),
        Act::Refund(of, amount) => {
            let of = of.parse().unwrap();
            database
                .refund(
                    &org,
                    NewRefund { of: &of, request: &request, amount: amount.map(Credits::from_micro), note: None },
                )
                .await
                .map(done)
        }
        Act::Close => database.purge(&org).await.map(|purged| purged.result == PurgeResult::Unchanged),
        Act::Reuse => {
            let tenant = NewTenant { reuse: true, ..NewTenant::default() };
            database.enable_for(&org, tenant).await.map(|result| result == EnableResult::Unchanged)
        }
    };
    told(result)
}

/// The same of a request of a server.
fn outcome(result: Result<Acquired, AcquireError>) -> Result<Outcome, Error> {
    told(result.map(|acquired| acquired.charge.is_some_and(|charge| !charge.fresh)).map_err(Error::from))
}

/// What came out; true is that nothing was to be done.
fn told(result: Result<bool, Error>) -> Result<Outcome, Error> {
    match result {
        Ok(true) => Ok(Outcome::Unchanged),
        Ok(false) => Ok(Outcome::Moved),
        Err(Error::Credit(CreditError::NotEnoughCredits { .. })) => Ok(Outcome::NotEnough),
        Err(Error::Credit(CreditError::RequestReused(_))) => Ok(Outcome::Reused),
        Err(Error::Credit(CreditError::ChargeLost { .. })) => Ok(Outcome::Lost),
        Err(Error::Credit(CreditError::NoSuchRequest(_))) => Ok(Outcome::NoSuch),
        Err(Error::Credit(CreditError::AccountClosed(_))) => Ok(Outcome::Closed),
        Err(Error::Change(ChangeError::Purged(_))) => Ok(Outcome::Purged),
        Err(Error::Credit(CreditError::HoldEnded(_))) => Ok(Outcome::Ended),
        Err(Error::Credit(CreditError::MoreThanCharged(_))) => Ok(Outcome::TooMuch),
        Err(error) => Err(error),
    }
}

/// What is done, with request ids from a small set, so that they meet again.
fn act() -> impl Strategy<Value = Act> {
    let request = (0..12_u8).prop_map(|number| format!("r{number}"));
    prop_oneof![
        2 => (1..300_i64).prop_map(Act::Grant),
        4 => (1..9_i64).prop_map(Act::Charge),
        4 => (1..9_i64).prop_map(Act::Hold),
        4 => (0..12_i64).prop_map(Act::Settle),
        2 => Just(Act::Release),
        1 => Just(Act::Close),
        2 => Just(Act::Reuse),
        6 => (request, proptest::option::of(1..40_i64)).prop_map(|(of, amount)| Act::Refund(of, amount)),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Do(Op),
    /// The date of that hold passes.
    Expire(bool, String),
}

fn steps(act: impl Strategy<Value = Act>) -> impl Strategy<Value = Vec<Step>> {
    let request = || (0..12_u8).prop_map(|number| format!("r{number}"));
    let step = prop_oneof![
        12 => (any::<bool>(), request(), act).prop_map(|(shared, request, act)| Step::Do(Op { shared, request, act })),
        1 => (any::<bool>(), request()).prop_map(|(shared, request)| Step::Expire(shared, request)),
    ];
    proptest::collection::vec(step, 20..90)
}

#[test]
fn step_by_step_the_ledger_does_what_the_model_does() {
    walks(24, steps(act()), |world, steps| block_on(walk(world, steps)));
}

/// Walks through random steps, each time from a fresh ledger.
fn walks(
    cases: u32,
    steps: impl Strategy<Value = Vec<Step>>,
    walk: impl Fn(&World, &[Step]) -> Result<(), TestCaseError>,
) {
    let world = World::new();
    prepare(&world.byok("byok"), "byok");
    world.root(
        "create table public.kept as table byok.provider_key; create table public.kept_data as table byok.data_key",
    );
    let world = std::cell::RefCell::new(world);
    let runner = &mut TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&steps, |steps| {
        let world = world.borrow();
        // Only a superuser can, with the guard off.
        world.root(
            "alter table byok.ledger disable trigger ledger_append_only; truncate byok.ledger, byok.hold, byok.balance",
        );
        world.root("alter table byok.ledger enable trigger ledger_append_only");
        world.root(NOT_PURGED);
        walk(&world, &steps)
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// Takes back every purge, with what it erased.
const NOT_PURGED: &str = "
    update byok.org set enabled = true, tenancy = 1, purged_at = null;
    update byok.data_key d set state = k.state, wrapped = k.wrapped, master_epoch = k.master_epoch, check_value = k.check_value
    from public.kept_data k where k.org = d.org and k.epoch = d.epoch;
    update byok.provider_key d set state = k.state, encrypted = k.encrypted, hint = k.hint, settings = k.settings,
        fingerprint = k.fingerprint
    from public.kept k where k.org = d.org and k.provider = d.provider and k.version = d.version";

async fn walk(world: &World, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut database = Database::open(&parse(&world.url("byok"))).await.unwrap();
    let mut models = [Model::new(false, false), Model::new(true, false)];
    for step in steps {
        one(world, &mut database, &mut models, step).await?;
        balances_agree(&mut database, &models).await?;
    }
    agrees(&mut database, &models).await;
    Ok(())
}

/// One step by itself.
async fn one(
    world: &World,
    database: &mut Database,
    models: &mut [Model; 2],
    step: &Step,
) -> Result<(), TestCaseError> {
    match step {
        Step::Do(op) => {
            let outcome = perform(database, op).await.unwrap();
            prop_assert_eq!(outcome, models[usize::from(op.shared)].apply(op), "{:?}", op);
        }
        Step::Expire(shared, request) => {
            let expired = format!(
                "update byok.hold set expires_at = now() - interval '1 second' where org = '{}' and request = '{request}'",
                org(*shared)
            );
            execute(&world.url("byok"), &expired).await;
            models[usize::from(*shared)].expire(request);
        }
    }
    Ok(())
}

async fn balances_agree(database: &mut Database, models: &[Model; 2]) -> Result<(), TestCaseError> {
    for model in models {
        let balance = database.balance(&org(model.shared)).await.unwrap();
        let wanted = (model.available + model.stale(), model.held - model.stale());
        prop_assert_eq!((balance.available, balance.held), wanted);
    }
    Ok(())
}

async fn execute(url: &str, statement: &str) {
    use sqlx::{Connection as _, Executor as _};
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    connection.execute(sqlx::raw_sql(statement)).await.unwrap();
}

/// Balances, sums and lines of the ledger are those of the models, and nothing is found.
async fn agrees(database: &mut Database, models: &[Model]) {
    assert!(database.findings(None).await.unwrap().is_empty(), "{:?}", database.findings(None).await);
    for model in models {
        let org = org(model.shared);
        let totals = database.totals(Some(&org)).await.unwrap();
        let kept = (totals.available, totals.held, totals.issued, totals.platform_part, totals.provider_part);
        assert_eq!(kept, (model.available, model.held, model.issued, model.platform, model.provider), "{org}");
        assert_eq!(totals.total, 0);
    }
}

#[test]
fn thirty_two_clients_that_are_killed_and_ask_again_lose_nothing_and_gain_nothing() {
    let cluster = Cluster::start();
    prepare(&cluster.byok(), "byok");
    storm((&cluster, &parse(&cluster.url)), Crowd { clients: 32, count: 40, together: None }, async |progress| {
        for percent in [10, 20, 30, 40, 50, 60, 70, 80] {
            progress.reaches(percent).await;
            let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                        where application_name like 'byok/%' and random() < 0.2";
            execute(&cluster.url, kill).await;
        }
    });
    let reconciled = cluster.byok().json(&["credits", "reconcile"]);
    assert_eq!((reconciled.0, &reconciled.1["item"]["total"]), (0, &serde_json::json!("0")));
}

#[test]
fn the_same_holds_through_pgbouncer_in_transaction_mode() {
    let cluster = Cluster::start();
    let Some(pooler) = Pooler::before(cluster.server.socket_dir(), &["byok"]) else { return };
    prepare(&cluster.byok(), "byok");
    let url = parse(&pooler.url("byok", "postgres")).behind(Mode::Transaction);
    storm((&cluster, &url), Crowd { clients: 32, count: 25, together: None }, async |progress| {
        for percent in [20, 40, 60] {
            progress.reaches(percent).await;
            execute(
                &cluster.url,
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'byok/%'",
            )
            .await;
        }
    });
    // The program itself works through it as well, many at once.
    let byok =
        cluster.byok().env("BYOK_DATABASE_URL", &pooler.url("byok", "postgres")).env("BYOK_POOLER", "transaction");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let ask = |at: usize| {
            let org = if at.is_multiple_of(2) { OWN } else { SHARED };
            let (code, document) = byok.json(&["resolve", "openai", "--org", org, "--verify"]);
            (code, document["item"]["source"].as_str().map(str::to_owned), org)
        };
        let tasks: Vec<_> = (0..24).map(|at| scope.spawn(move || ask(at))).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    for (code, source, org) in answers {
        let wanted = if org == OWN { "organization" } else { "platform" };
        assert_eq!((code, source.as_deref()), (0, Some(wanted)), "{org}: another client's answer");
    }
}

#[test]
fn a_server_that_is_killed_in_the_middle_keeps_every_answer_that_it_gave() {
    let cluster = Arc::new(Cluster::start());
    prepare(&cluster.byok(), "byok");
    storm((&cluster, &parse(&cluster.url)), Crowd { clients: 32, count: 30, together: None }, async |progress| {
        for percent in [30, 60] {
            progress.reaches(percent).await;
            let cluster = cluster.clone();
            tokio::task::spawn_blocking(move || cluster.restart()).await.unwrap();
        }
    });
}
