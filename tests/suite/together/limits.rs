//! Limits that requests meet while they wait or are asked for together: turns, deadlines, servers that refuse, ends of their
//! processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use byok::error::ConnectionError;
use byok::{Charge, Error, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::task::JoinHandle;

use super::{Request, at_once, builder, openai, seen, world};
use crate::harness::{World, block_on};

fn step(org: &str, request: &str) -> Request {
    let charge = Charge::now("step".parse().unwrap(), 1).unwrap().request(request.parse().unwrap());
    Request { org: org.parse().unwrap(), provider: openai(), charge }
}

/// Begins to ask; the request waits in the line when this returns.
async fn begin(resolver: &Arc<Resolver>, request: Request) -> JoinHandle<Result<(), Error>> {
    let resolver = resolver.clone();
    let asking = tokio::spawn(async move { request.ask(&resolver).await.map(drop).map_err(Error::from) });
    tokio::task::yield_now().await;
    asking
}

fn charged(world: &World, more: &str) -> Vec<String> {
    world.root(&format!(
        "select concat_ws(' ', org, request) from byok.ledger where kind = 'charge' {more} order by org, request"
    ))
}

#[test]
fn one_organization_with_ten_thousand_waiting_requests_does_not_keep_another_waiting() {
    let (world, login) = world();
    block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).waiting(20_000).open().await.unwrap());
        let done = Arc::new(AtomicUsize::new(0));
        let lease = resolver.database().await.unwrap();
        let mut busy = Vec::new();
        for _ in 0..10_000 {
            let (resolver, done) = (resolver.clone(), done.clone());
            busy.push(tokio::spawn(async move {
                resolver.resolve(&"acme".parse().unwrap(), &openai()).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }));
        }
        tokio::task::yield_now().await;
        let other = begin(&resolver, step("bolt", "other")).await;
        let third = tokio::spawn({
            let resolver = resolver.clone();
            async move { resolver.resolve(&"poor".parse().unwrap(), &openai()).await.map(drop) }
        });
        drop(lease);
        other.await.unwrap().unwrap();
        third.await.unwrap().unwrap();
        // Each needs a data key first: the organization's, or the platform's.
        let before = done.load(Ordering::Relaxed);
        assert!(before <= 8 * 64, "{before} of the busy organization came first");
        for one in busy {
            one.abort();
        }
    });
}

#[test]
fn a_request_whose_time_is_over_while_it_waits_was_not_sent() {
    let (world, login) = world();
    block_on(async {
        let patience = Duration::from_secs(60);
        let resolver = Arc::new(builder(&world, &login).connections(1).patience(patience).open().await.unwrap());
        let lease = resolver.database().await.unwrap();
        let late = [begin(&resolver, step("acme", "late-1")).await, begin(&resolver, step("bolt", "late-2")).await];
        // They wait for nothing but their time, and the clock jumps there.
        tokio::time::pause();
        for one in late {
            let outcome = one.await.unwrap();
            assert!(matches!(outcome, Err(Error::Connection(ConnectionError::Unavailable(_)))), "{outcome:?}");
        }
        tokio::time::resume();
        drop(lease);
        step("bolt", "after").ask(&resolver).await.unwrap();
    });
    assert_eq!(charged(&world, ""), ["bolt after"]);
}

#[test]
fn two_organizations_may_use_the_same_request_id_at_once() {
    let (world, login) = world();
    let said = block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        at_once(&resolver, vec![step("acme", "same"), step("bolt", "same"), step("acme", "same"), step("poor", "same")])
            .await
    });
    let fresh: Vec<bool> = said.iter().map(|said| said.contains("Some((true")).collect();
    assert_eq!(fresh, [true, true, false, true], "{said:#?}");
    assert_eq!(charged(&world, ""), ["acme same", "bolt same", "poor same"]);
}

#[test]
fn holds_that_have_expired_pay_for_requests_that_are_asked_for_together() {
    let (world, login) = world();
    let said = block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        // Two of the twelve micro-credits are left.
        let hold = Charge::hold("step".parse().unwrap(), 2, Duration::from_secs(600)).unwrap();
        resolver.acquire(&"poor".parse().unwrap(), &openai(), &hold).await.unwrap();
        // As if the clock had jumped.
        world.root("update byok.hold set expires_at = now() - interval '1 hour'");
        at_once(&resolver, vec![step("poor", "a"), step("bolt", "b"), step("poor", "c"), step("poor", "d")]).await
    });
    let served: Vec<bool> = said.iter().map(|said| said.contains("Some((true")).collect();
    assert_eq!(served, [true, true, true, false], "{said:#?}");
    assert!(said[3].contains("NotEnoughCredits"), "{said:#?}");
    world.byok("byok").ok(&["credits", "reconcile"]);
}

#[test]
fn where_the_balance_of_one_is_locked_the_others_are_served_after_the_server_has_cancelled_the_statement() {
    let (world, login) = world();
    block_on(async {
        let patience = Duration::from_secs(10);
        let resolver = Arc::new(builder(&world, &login).connections(1).patience(patience).open().await.unwrap());
        for org in ["acme", "bolt"] {
            resolver.resolve(&org.parse().unwrap(), &openai()).await.unwrap();
        }
        let mut holder = PgConnection::connect(&world.url("byok")).await.unwrap();
        holder.execute("begin; select 1 from byok.balance where org = 'acme' for update").await.unwrap();
        let lease = resolver.database().await.unwrap();
        let (held, other) =
            (begin(&resolver, step("acme", "held")).await, begin(&resolver, step("bolt", "other")).await);
        drop(lease);
        let waits =
            format!("select pid::text from pg_stat_activity where usename = '{login}' and wait_event_type = 'Lock'");
        let pid = loop {
            if let Some(pid) = world.root(&waits).pop() {
                break pid;
            }
            tokio::task::yield_now().await;
        };
        world.root(&format!("select pg_cancel_backend({pid})::text"));
        // Asked for alone, each waits for its own balance only. One of them may come first and wait.
        let outcome = held.await.unwrap();
        assert!(matches!(outcome, Err(Error::Connection(_))), "{outcome:?}");
        holder.execute("rollback").await.unwrap();
        drop(other.await.unwrap());
        let again = at_once(&resolver, vec![step("acme", "held"), step("bolt", "other")]).await;
        assert!(again.iter().all(|said| said.contains("Some((")), "{again:#?}");
    });
    assert_eq!(charged(&world, ""), ["acme held", "bolt other"]);
}

#[test]
fn where_every_server_is_read_only_requests_together_say_so_too() {
    let (world, login) = world();
    world.root(&format!("alter role {login} set default_transaction_read_only = on"));
    let said = block_on(async {
        // Without patience nothing is asked again. All three begin before the task that asks for them.
        let resolver = builder(&world, &login).connections(3).patience(Duration::ZERO).open().await.unwrap();
        for org in ["acme", "bolt"] {
            resolver.resolve(&org.parse().unwrap(), &openai()).await.unwrap();
        }
        let [a, b, c] = [step("acme", "a"), step("bolt", "b"), step("bolt", "c")];
        let (a, b, c) = tokio::join!(a.ask(&resolver), b.ask(&resolver), c.ask(&resolver));
        [a, b, c].map(seen)
    });
    assert!(said.iter().all(|said| said.contains("ReadOnly")), "{said:#?}");
    assert_eq!(charged(&world, ""), Vec::<String>::new());
}

#[test]
fn a_resolver_that_is_dropped_while_requests_wait_sends_none_of_them_and_closes_its_connections() {
    let (world, login) = world();
    block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        let lease = resolver.database().await.unwrap();
        let mut waiting = Vec::new();
        for number in 0..10 {
            waiting.push(begin(&resolver, step("bolt", &format!("r{number}"))).await);
        }
        drop(resolver);
        for one in waiting {
            one.abort();
            assert!(one.await.is_err());
        }
        drop(lease);
        let sessions = format!("select pid::text from pg_stat_activity where usename = '{login}'");
        while !world.root(&sessions).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(charged(&world, ""), Vec::<String>::new());
}

/// As in a server with a runtime for each thread: one of them ends.
#[test]
fn requests_of_one_runtime_do_not_wait_for_a_runtime_that_has_ended() {
    let (world, login) = world();
    let first = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let resolver = first.block_on(async { Arc::new(builder(&world, &login).connections(1).open().await.unwrap()) });
    // A task of the first runtime is to ask, and does not come to it.
    first.block_on(async {
        let lease = resolver.database().await.unwrap();
        drop(begin(&resolver, step("bolt", "first")).await);
        drop(lease);
    });
    let (said, other) = std::sync::mpsc::channel();
    let asking = {
        let resolver = resolver.clone();
        std::thread::spawn(move || {
            block_on(async {
                let mut request = Box::pin(async { seen(step("bolt", "second").ask(&resolver).await) });
                std::future::poll_fn(|context| {
                    let polled = request.as_mut().poll(context);
                    assert!(polled.is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
                said.send(()).unwrap();
                request.await
            })
        })
    };
    other.recv().unwrap();
    drop(first);
    let said = asking.join().unwrap();
    assert!(said.contains("Some((true"), "{said}");
}

#[test]
fn a_runtime_that_ends_in_the_middle_leaves_requests_that_may_be_asked_again() {
    let (world, login) = world();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut holder = block_on(async {
        let mut holder = PgConnection::connect(&world.url("byok")).await.unwrap();
        holder.execute("begin; select 1 from byok.balance where org = 'bolt' for update").await.unwrap();
        holder
    });
    runtime.block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        let lease = resolver.database().await.unwrap();
        for request in ["a", "b", "c"] {
            drop(begin(&resolver, step("bolt", request)).await);
        }
        drop(lease);
        let waits =
            format!("select pid::text from pg_stat_activity where usename = '{login}' and wait_event_type = 'Lock'");
        while world.root(&waits).is_empty() {
            tokio::task::yield_now().await;
        }
    });
    drop(runtime);
    world.root("select pg_terminate_backend(pid)::text from pg_stat_activity where state = 'idle in transaction' and datname = current_database()");
    block_on(async { holder.execute("select 1").await.err() });
    let said = block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).open().await.unwrap());
        at_once(&resolver, ["a", "b", "c"].map(|request| step("bolt", request)).to_vec()).await
    });
    assert!(said.iter().all(|said| said.contains("Some((")), "{said:#?}");
    assert_eq!(charged(&world, ""), ["bolt a", "bolt b", "bolt c"]);
}

#[test]
fn too_many_at_once_are_told_so_and_the_others_are_served() {
    let (world, login) = world();
    let said = block_on(async {
        let resolver = Arc::new(builder(&world, &login).connections(1).waiting(20).together(7).open().await.unwrap());
        at_once(&resolver, (0..50).map(|number| step("bolt", &format!("r{number}"))).collect()).await
    });
    let refused = said.iter().filter(|said| said.contains("Overloaded")).count();
    let served = said.iter().filter(|said| said.contains("Some((true")).count();
    assert!(served >= 20 && served + refused == 50, "{served}, {refused}: {said:#?}");
    assert_eq!(charged(&world, "").len(), served);
}
