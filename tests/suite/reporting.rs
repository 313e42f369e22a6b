//! Reports of a server that uses the library: counted in memory, written in the background, never in the way of a request.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::name::Holder;
use byok::{Charge, KeyId, Observed, Reports, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::cluster::Cluster;
use crate::credits::world;
use crate::cutting_proxy::{Cut, Wiretap};
use crate::harness::{World, block_on, master_text, openai_key, parse, sql};

/// A resolver as a server has it: a login with that role and no other.
async fn resolver(world: &World) -> Resolver {
    opened(&world.url(&world.server()), master_text()).await
}

async fn opened(url: &str, master: &str) -> Resolver {
    Resolver::builder(parse(url)).master_key(MasterKey::parse(master).unwrap()).connections(1).open().await.unwrap()
}

fn key(holder: &str, provider: &str, version: u32) -> KeyId {
    KeyId { holder: Holder::of_row(holder).unwrap(), provider: provider.parse().unwrap(), version }
}

const ROWS: &str = "select concat_ws(' ', coalesce(nullif(org, ''), '-'), provider, version, outcome, uses, failures)
    from byok.key_report order by org, provider, version";

/// Waits until a row says this.
async fn until(url: &str, row: &str) {
    for _ in 0..3000 {
        if sql(url, ROWS).unwrap().iter().any(|found| found == row) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{row}: {:?}", sql(url, ROWS));
}

fn told(reports: Reports) -> (usize, u64) {
    (reports.waiting, reports.lost)
}

#[test]
fn every_use_is_counted_and_a_key_is_written_at_once_and_then_once_a_minute() {
    let (world, ..) = world();
    let url = world.url("byok");
    block_on(async {
        let resolver = resolver(&world).await;
        let nothing = Charge::nothing().unwrap();
        let acquire = async |org: &str| {
            resolver.acquire(&org.parse().unwrap(), &"openai".parse().unwrap(), &nothing).await.unwrap()
        };
        let own = acquire("acme").await;
        resolver.report(&own, Observed::Ok);
        until(&url, "acme openai 1 ok 1 0").await;
        for _ in 0..1000 {
            resolver.report(&own.key, Observed::Ok);
        }
        // When that of another key is written, that of the first one still waits for its minute.
        let shared = acquire("bolt").await;
        resolver.report(shared.key.id(), Observed::Unreachable);
        until(&url, "- openai 1 unreachable 1 1").await;
        assert_eq!(sql(&url, ROWS).unwrap(), ["- openai 1 unreachable 1 1", "acme openai 1 ok 1 0"]);
        // The second one may be written before its answer is here.
        assert!(resolver.reports().waiting > 0);
        assert_eq!(told(resolver.flush_reports().await), (0, 0));
        assert_eq!(sql(&url, ROWS).unwrap(), ["- openai 1 unreachable 1 1", "acme openai 1 ok 1001 0"]);
    });
}

#[test]
fn a_key_that_begins_to_fail_is_written_before_its_minute_is_over() {
    let (world, ..) = world();
    let url = world.url("byok");
    block_on(async {
        let resolver = resolver(&world).await;
        let acme = key("acme", "openai", 1);
        resolver.report(acme.clone(), Observed::Ok);
        until(&url, "acme openai 1 ok 1 0").await;
        resolver.report(acme.clone(), Observed::Ok);
        resolver.report(acme.clone(), Observed::Rejected);
        resolver.report(acme, Observed::NoCredit);
        until(&url, "acme openai 1 no_credit 4 2").await;
    });
}

#[test]
fn two_servers_that_report_the_same_key_are_counted_together() {
    let (world, ..) = world();
    let url = world.url("byok");
    block_on(async {
        let (one, two) = (resolver(&world).await, resolver(&world).await);
        let acme = || key("acme", "openai", 1);
        for _ in 0..3 {
            one.report(acme(), Observed::Rejected);
        }
        one.flush_reports().await;
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 rejected 3 3"]);
        // Times are estimates, so what comes after this was observed after it.
        two.report(acme(), Observed::Ok);
        two.report(acme(), Observed::RateLimited);
        two.flush_reports().await;
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 rate_limited 5 1"]);
        one.report(acme(), Observed::Ok);
        one.flush_reports().await;
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 ok 6 0"]);
    });
}

#[test]
fn a_report_of_the_key_before_a_rotation_stays_with_that_key() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let url = world.url("byok");
    block_on(async {
        let resolver = resolver(&world).await;
        let resolve = async || resolver.resolve(&"acme".parse().unwrap(), &"openai".parse().unwrap()).await.unwrap();
        let before = resolve().await;
        owner.clone().input(openai_key("2222")).ok(&["key", "rotate", "openai", "--org", "acme", "--stdin"]);
        resolver.report(&resolve().await, Observed::Ok);
        resolver.report(&before, Observed::Rejected);
        resolver.flush_reports().await;
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 rejected 1 1", "acme openai 2 ok 1 0"]);
        // A key that was never there does not hold up the others.
        resolver.report(key("nobody", "openai", 1), Observed::Ok);
        resolver.report(&before, Observed::Rejected);
        assert_eq!(told(resolver.flush_reports().await), (0, 0));
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 rejected 2 2", "acme openai 2 ok 1 0"]);
    });
}

#[test]
fn a_resolver_that_is_closed_or_dropped_writes_what_is_left() {
    let (world, ..) = world();
    let url = world.url("byok");
    block_on(async {
        let closed = resolver(&world).await;
        closed.report(key("acme", "openai", 1), Observed::Ok);
        assert_eq!(told(closed.close().await), (0, 0));
        assert_eq!(sql(&url, ROWS).unwrap(), ["acme openai 1 ok 1 0"]);
        let dropped = resolver(&world).await;
        dropped.report(key("acme", "openai", 1), Observed::Ok);
        dropped.flush_reports().await;
        // Its minute is not over, so it would wait.
        dropped.report(key("acme", "openai", 1), Observed::Ok);
        drop(dropped);
        until(&url, "acme openai 1 ok 3 0").await;
    });
}

#[test]
fn a_report_is_made_from_any_thread_and_survives_the_runtime_that_was_to_write_it() {
    let (world, ..) = world();
    let url = world.url("byok");
    let resolver = block_on(async {
        let resolver = resolver(&world).await;
        resolver.report(key("acme", "openai", 1), Observed::Ok);
        resolver
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| resolver.report(key("acme", "openai", 1), Observed::Ok)));
        }
    });
    assert_eq!(told(resolver.reports()), (1, 0));
    block_on(async {
        resolver.report(key("acme", "openai", 1), Observed::Ok);
        until(&url, "acme openai 1 ok 402 0").await;
    });
}

/// A server of its own, with an organization's key and the platform's.
fn cluster() -> Cluster {
    let cluster = Cluster::start();
    let admin = cluster.byok();
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    for provider in ["gemini", "openai"] {
        let (line, input) = (["key", "set", provider, "--org", "acme", "--stdin"], "cAnArYcAnArY".repeat(4));
        admin.clone().input(if provider == "openai" { openai_key("xK7q") } else { input }).ok(&line);
    }
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    cluster
}

#[test]
fn while_the_database_is_away_a_report_waits_for_nothing_and_is_written_afterwards() {
    let cluster = cluster();
    block_on(async {
        let resolver = opened(&cluster.url, cluster.master.to_text().expose()).await;
        let acme = key("acme", "openai", 1);
        resolver.report(acme.clone(), Observed::Ok);
        resolver.flush_reports().await;
        cluster.server.kill();
        // This thread runs the only task that could write. It does not get its turn before all of them are counted.
        for _ in 0..100_000 {
            resolver.report(acme.clone(), Observed::Rejected);
        }
        assert_eq!(told(resolver.reports()), (1, 0));
        // The age of a report is told when it is sent, and is so much too small as sending it takes.
        std::thread::sleep(Duration::from_secs(2));
        cluster.server.start_again().unwrap();
        until(&cluster.url, "acme openai 1 rejected 100001 100000").await;
        let before = "select (failing_since < pg_postmaster_start_time())::text from byok.key_report";
        assert_eq!(
            sql(&cluster.url, before).unwrap(),
            ["true"],
            "it fails since the first report, not since it was written"
        );
    });
}

#[test]
fn a_report_whose_answer_was_lost_is_sent_again_and_counts_once() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    block_on(async {
        let resolver = opened(&tap.url("byok", "postgres"), cluster.master.to_text().expose()).await;
        let mut uses = 0;
        let mut report = || {
            uses += 1;
            resolver.report(key("acme", "openai", 1), Observed::Ok);
            format!("acme openai 1 ok {uses} 0")
        };
        let row = report();
        resolver.flush_reports().await;
        until(&cluster.url, &row).await;
        for cut in [Cut::Before(0), Cut::After(0), Cut::Before(1), Cut::After(1)] {
            tap.cut(Some(cut));
            let first = report();
            resolver.flush_reports().await;
            // A cut that comes later hits the next one.
            let second = report();
            resolver.flush_reports().await;
            until(&cluster.url, &second).await;
            assert!(!tap.is_whole(), "{cut:?}: never cut after {first}");
            assert_eq!(told(resolver.flush_reports().await), (0, 0), "{cut:?}");
            assert_eq!(sql(&cluster.url, ROWS).unwrap(), [second], "{cut:?}");
        }
    });
}

/// The other process: it reports three keys, and never ends by itself.
#[test]
#[ignore = "a process that another test starts and kills"]
fn a_server_that_is_killed_while_it_reports() {
    let (Ok(url), Ok(master)) = (std::env::var("CHILD_URL"), std::env::var("CHILD_MASTER")) else { return };
    block_on(async {
        let resolver = opened(&url, &master).await;
        std::io::stdout().write_all(b"ready\n").unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        for name in [("acme", "gemini"), ("acme", "openai"), ("", "openai")] {
            resolver.report(key(name.0, name.1, 1), Observed::Ok);
        }
        resolver.flush_reports().await;
        std::future::pending::<()>().await;
    });
}

#[test]
fn a_server_that_is_killed_while_it_reports_leaves_all_of_it_or_nothing() {
    let cluster = cluster();
    let (url, master) = (cluster.url.clone(), cluster.master.to_text());
    block_on(async {
        let resolver = opened(&url, master.expose()).await;
        for name in [("acme", "gemini"), ("acme", "openai"), ("", "openai")] {
            resolver.report(key(name.0, name.1, 1), Observed::Ok);
        }
        resolver.close().await;
        for place in [("", "openai"), ("acme", "gemini"), ("acme", "openai")] {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "reporting::a_server_that_is_killed_while_it_reports", "--ignored", "--nocapture"])
                .env("CHILD_URL", &url)
                .env("CHILD_MASTER", master.expose())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            assert!(lines.any(|line| line.is_ok_and(|line| line.ends_with("ready"))));
            let before = uses(&url);
            // It waits in the middle of its report.
            let mut holder = PgConnection::connect(&url).await.unwrap();
            let (org, provider) = place;
            let lock = format!(
                "begin; select 1 from byok.key_report where org = '{org}' and provider = '{provider}' for update"
            );
            holder.execute(sqlx::raw_sql(&lock)).await.unwrap();
            child.stdin.as_mut().unwrap().write_all(b"report\n").unwrap();
            let waits = "select pid::text from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'byok/%'";
            while sql(&url, waits).unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            holder.execute("rollback").await.unwrap();
            let alive = "select pid::text from pg_stat_activity where application_name like 'byok/%'";
            while !sql(&url, alive).unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let after = uses(&url);
            let more: Vec<u64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            assert!(more == [0, 0, 0] || more == [1, 1, 1], "{place:?}: {more:?}");
        }
    });
}

fn uses(url: &str) -> Vec<u64> {
    let rows = sql(url, "select uses::text from byok.key_report order by org, provider").unwrap();
    rows.iter().map(|uses| uses.parse().unwrap()).collect()
}
