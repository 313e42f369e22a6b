//! The same with requests that a resolver asks for together.

use std::sync::Arc;
use std::time::Duration;

use byok::admin::Database;
use byok::admin::crypto::MasterKey;
use byok::name::OrgId;
use byok::{AcquireError, Acquired, Charge, Resolver};
use proptest::prelude::*;

use super::model::{Act, Model, Op};
use super::storm::{Crowd, storm};
use super::{Step, agrees, balances_agree, execute, one, org, outcome, prepare, steps, walks};
use crate::cluster::{Cluster, Pooler};
use crate::harness::{World, block_on, master_text, parse};

/// A charge or a hold, as a server asks for it.
pub(super) struct Asked {
    org: OrgId,
    charge: Charge,
}

pub(super) fn request(op: &Op) -> Asked {
    let step = "step".parse().unwrap();
    let charge = match op.act {
        Act::Charge(units) => Charge::now(step, units),
        Act::Hold(units) => Charge::hold(step, units, Duration::from_secs(3600)),
        _ => panic!("not a request of a server: {op:?}"),
    };
    Asked { org: org(op.shared), charge: charge.unwrap().request(op.request.parse().unwrap()) }
}

impl Asked {
    pub(super) async fn ask(&self, resolver: &Resolver) -> Result<Acquired, AcquireError> {
        resolver.acquire(&self.org, &"openai".parse().unwrap(), &self.charge).await
    }
}

/// Mostly requests of servers, one after the other.
fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (1..9_i64).prop_map(Act::Charge),
        6 => (1..9_i64).prop_map(Act::Hold),
        3 => (1..300_i64).prop_map(Act::Grant),
        1 => (0..12_i64).prop_map(Act::Settle),
        1 => Just(Act::Release),
        1 => (0..12_u8).prop_map(|number| Act::Refund(format!("r{number}"), None)),
    ]
}

/// Asks for all of them at once. What comes out is what the model says of them in their order.
async fn at_once(resolver: &Arc<Resolver>, batch: &mut Vec<Op>, models: &mut [Model; 2]) -> Result<(), TestCaseError> {
    let lease = resolver.database().await.unwrap();
    let mut waiting = Vec::new();
    for op in batch.iter() {
        let (resolver, asked) = (resolver.clone(), request(op));
        waiting.push(tokio::spawn(async move { outcome(asked.ask(&resolver).await) }));
        tokio::task::yield_now().await;
    }
    drop(lease);
    for (op, asked) in batch.drain(..).zip(waiting) {
        let outcome = asked.await.unwrap().unwrap();
        prop_assert_eq!(outcome, models[usize::from(op.shared)].apply(&op), "{:?}", op);
    }
    Ok(())
}

/// Takes the steps in their order; requests of servers that follow each other are asked for at once.
async fn walk(world: &World, steps: &[Step], together: usize) -> Result<(), TestCaseError> {
    let url = parse(&world.url("byok"));
    let mut database = Database::open(&url).await.unwrap();
    let builder = Resolver::builder(url).master_key(MasterKey::parse(master_text()).unwrap());
    let resolver = Arc::new(builder.connections(1).together(together).open().await.unwrap());
    // A request that fetches a data key first may be overtaken, and the model takes the requests in their order.
    for shared in [false, true] {
        resolver.resolve(&org(shared), &"openai".parse().unwrap()).await.unwrap();
    }
    let mut models = [Model::new(false, false), Model::new(true, false)];
    let mut batch: Vec<Op> = Vec::new();
    for step in steps {
        match step {
            Step::Do(op) if matches!(op.act, Act::Charge(_) | Act::Hold(_)) => batch.push(op.clone()),
            step => {
                at_once(&resolver, &mut batch, &mut models).await?;
                one(world, &mut database, &mut models, step).await?;
            }
        }
        if batch.is_empty() {
            balances_agree(&mut database, &models).await?;
        }
    }
    at_once(&resolver, &mut batch, &mut models).await?;
    agrees(&mut database, &models).await;
    Ok(())
}

#[test]
fn requests_together_do_what_the_model_does_one_after_another() {
    for together in [1, 2, 7, 64] {
        walks(4, steps(act()), |world, steps| block_on(walk(world, steps, together)));
    }
}

/// Ends sessions at random.
const KILL: &str = "select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name like 'byok/%' and random() < 0.3";

#[test]
fn clients_whose_requests_are_put_together_lose_nothing_and_gain_nothing_while_sessions_are_killed() {
    for together in [1, 2, 7, 64] {
        let cluster = Cluster::start();
        prepare(&cluster.byok(), "byok");
        let crowd = Crowd { clients: 32, count: 8, together: Some(together) };
        storm((&cluster, &parse(&cluster.url)), crowd, async |progress| {
            for percent in [10, 25, 40, 55, 70] {
                progress.reaches(percent).await;
                execute(&cluster.url, KILL).await;
            }
        });
    }
}

#[test]
fn the_same_holds_through_pgbouncer_and_while_the_server_is_killed() {
    let cluster = Arc::new(Cluster::start());
    prepare(&cluster.byok(), "byok");
    let pooler = Pooler::before(cluster.server.socket_dir(), &["byok"]);
    if let Some(pooler) = &pooler {
        let url = parse(&pooler.url("byok", "postgres")).behind(byok::Pooler::Transaction);
        let crowd = Crowd { clients: 32, count: 12, together: Some(64) };
        storm((&cluster, &url), crowd, async |progress| {
            for percent in [25, 50] {
                progress.reaches(percent).await;
                execute(&cluster.url, KILL).await;
            }
        });
    }
    drop(pooler);
    let cluster = Arc::new(Cluster::start());
    prepare(&cluster.byok(), "byok");
    let crowd = Crowd { clients: 32, count: 20, together: Some(64) };
    storm((&cluster, &parse(&cluster.url)), crowd, async |progress| {
        for percent in [30, 60] {
            progress.reaches(percent).await;
            let cluster = cluster.clone();
            tokio::task::spawn_blocking(move || cluster.restart()).await.unwrap();
        }
    });
}
