//! Time limits of a server's database calls, and failures of the database: read-only after a failover, contention,
//! silence.

use std::sync::Arc;
use std::time::{Duration, Instant};

use byok::admin::crypto::MasterKey;
use byok::error::ConnectionError;
use byok::name::{OrgId, ProviderId};
use byok::{AcquireError, Charge, Resolver, ResolverBuilder};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::cluster::Cluster;
use crate::credits::world;
use crate::cutting_proxy::Wiretap;
use crate::harness::{World, block_on, master_text, parse};

fn acme() -> OrgId {
    "acme".parse().unwrap()
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

fn interview(request: &str) -> Charge {
    Charge::now("interview".parse().unwrap(), 1).unwrap().request(request.parse().unwrap())
}

/// A login of a server of the platform, and a resolver for it.
fn server(world: &World) -> (String, ResolverBuilder) {
    let login = world.server();
    let builder = Resolver::builder(parse(&world.url(&login))).master_key(MasterKey::parse(master_text()).unwrap());
    (login, builder)
}

fn sessions(world: &World, login: &str) -> Vec<String> {
    world.root(&format!("select pid::text from pg_stat_activity where usename = '{login}' order by pid"))
}

/// The sessions as soon as they are so. A session ends a moment after its connection.
fn once(world: &World, login: &str, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let now = sessions(world, login);
        if wanted(&now) {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "sessions that stay: {now:?}");
        std::thread::yield_now();
    }
}

/// The clock is held once nobody answers any more, and jumps to the next time that somebody waits for: what passes on it is
/// what was waited for, however fast the machine is.
#[test]
fn a_call_behind_a_proxy_that_falls_silent_ends_with_its_patience_also_while_it_connects() {
    let cluster = Cluster::start();
    cluster.byok().ok(&["enable", "acme"]);
    let tap = Wiretap::before(cluster.server.socket_dir());
    let url = parse(&tap.url("byok", "postgres"));
    let patience = Duration::from_secs(60);
    block_on(async {
        let builder = Resolver::builder(url).master_key(MasterKey::parse(cluster.master.to_text().expose()).unwrap());
        let resolver = builder.patience(patience).open().await.unwrap();
        tap.fall_silent();
        tokio::time::pause();
        for on in ["the connection that is there", "a new connection"] {
            let (org, provider, nothing) = (acme(), openai(), Charge::nothing().unwrap());
            let begun = tokio::time::Instant::now();
            let error = resolver.acquire(&org, &provider, &nothing).await.err().expect("nobody answers");
            let waited = begun.elapsed();
            assert!(
                matches!(error, AcquireError::Connection(ConnectionError::Lost(_) | ConnectionError::Unavailable(_))),
                "{on}: {error}"
            );
            assert!(waited <= patience + Duration::from_millis(10), "{on}: {waited:?}");
        }
    });
}

#[test]
fn a_connection_to_a_server_that_writes_no_more_is_replaced_and_the_request_served() {
    let (world, ..) = world();
    let (login, builder) = server(&world);
    // What a session that was opened before a failover has with a primary that is a standby now.
    world.root(&format!("alter role {login} set default_transaction_read_only = on"));
    block_on(async {
        let resolver = builder.open().await.unwrap();
        let before = sessions(&world, &login);
        world.root(&format!("alter role {login} reset default_transaction_read_only"));
        resolver.acquire(&acme(), &openai(), &interview("after")).await.unwrap();
        once(&world, &login, |sessions| sessions.iter().all(|pid| !before.contains(pid)));
    });
    assert_eq!(world.root("select count(*)::text from byok.ledger where request = 'after'"), ["1"]);
}

#[test]
fn where_every_server_is_read_only_the_error_says_so() {
    let (world, ..) = world();
    let (login, builder) = server(&world);
    world.root(&format!("alter role {login} set default_transaction_read_only = on"));
    block_on(async {
        let resolver = builder.patience(Duration::ZERO).open().await.unwrap();
        let error = resolver.acquire(&acme(), &openai(), &interview("never")).await.err().expect("read-only");
        assert!(error.to_string().contains("read-only"), "{error}");
    });
}

#[test]
fn a_retry_after_contention_pauses() {
    let (world, ..) = world();
    let (_, builder) = server(&world);
    world.root("create sequence public.tries");
    world.root("grant usage on sequence public.tries to byok_definer");
    // A trigger of the test's own, in the way of every charge; a sequence counts what was rolled back as well.
    world.root(
        "create function public.contend() returns trigger language plpgsql as $$ begin
           perform nextval('public.tries'); raise exception 'again' using errcode = '40001'; end $$",
    );
    world.root("create trigger contend before insert on byok.ledger for each row execute function public.contend()");
    let patience = Duration::from_secs(3);
    block_on(async {
        let resolver = builder.patience(patience).open().await.unwrap();
        let error = resolver.acquire(&acme(), &openai(), &interview("contended")).await.err().expect("contention");
        assert!(matches!(error, AcquireError::Connection(ConnectionError::Contended)), "{error}");
    });
    let tries: u32 = world.root("select last_value::text from public.tries")[0].parse().unwrap();
    assert!((2..=20).contains(&tries), "{tries} tries within {patience:?}");
}

#[test]
fn a_statement_that_is_cancelled_costs_no_connection() {
    let (world, ..) = world();
    let (login, builder) = server(&world);
    block_on(async {
        let resolver = Arc::new(builder.connections(2).open().await.unwrap());
        let mut holder = PgConnection::connect(&world.url("byok")).await.unwrap();
        let hold = "begin; select 1 from byok.balance where org = 'acme' for update";
        let waiting = format!(
            "select pid::text from pg_stat_activity where usename = '{login}' and wait_event_type = 'Lock' order by pid"
        );
        let ask = |charge: Charge| {
            let resolver = resolver.clone();
            tokio::spawn(async move { resolver.acquire(&acme(), &openai(), &charge).await.map(drop) })
        };
        // Two at once make the second connection. One that is recorded is asked for alone, and waits for no other call.
        holder.execute(sqlx::raw_sql(hold)).await.unwrap();
        let both = [ask(interview("r1")), ask(interview("r2").recorded_as("beside"))];
        while world.root(&waiting).len() < 2 {
            tokio::task::yield_now().await;
        }
        holder.execute(sqlx::raw_sql("commit")).await.unwrap();
        for one in both {
            one.await.unwrap().unwrap();
        }
        let before = sessions(&world, &login);
        assert_eq!(before.len(), 2);
        holder.execute(sqlx::raw_sql(hold)).await.unwrap();
        let cancelled = ask(interview("r3"));
        while world.root(&waiting).is_empty() {
            tokio::task::yield_now().await;
        }
        let pid = world.root(&waiting).remove(0);
        world.root(&format!("select pg_cancel_backend({pid})::text"));
        holder.execute(sqlx::raw_sql("commit")).await.unwrap();
        cancelled.await.unwrap().unwrap();
        assert_eq!(sessions(&world, &login), before);
    });
    assert_eq!(world.root("select count(*)::text from byok.ledger where request = 'r3'"), ["1"]);
}

#[test]
fn a_connection_is_used_no_longer_than_its_lifetime() {
    let (world, ..) = world();
    let (login, builder) = server(&world);
    block_on(async {
        let resolver = builder.connections(1).lifetime(Duration::ZERO).open().await.unwrap();
        let before = sessions(&world, &login);
        resolver.resolve(&acme(), &openai()).await.unwrap();
        let after = once(&world, &login, |sessions| sessions.len() == 1);
        assert!(after.iter().all(|pid| !before.contains(pid)), "{before:?}, {after:?}");
    });
}
