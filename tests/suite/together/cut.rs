//! A batch that is cut off at any point, by the network, the server, or the end of this process: each request is charged once or
//! not at all, also where it is asked for again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::{Charge, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{Request, at_once, openai, seen};
use crate::cluster::Cluster;
use crate::cutting_proxy::{Cut, Wiretap};
use crate::harness::{block_on, openai_key, parse, sql};

const MANY: usize = 64;
const SERVED: &str = "Some((true";

/// A server with an organization that has its own key and one that has not.
fn cluster() -> Cluster {
    let cluster = Cluster::start();
    let admin = cluster.byok();
    for org in ["acme", "bolt"] {
        admin.ok(&["enable", org, "--owner", "byok"]);
        admin.ok(&["credits", "grant", "100", "--org", org]);
    }
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "step", "--platform-part", "0.000003", "--provider-part", "0"]);
    cluster
}

/// A resolver with one connection that has asked for many before, so that a batch is one message.
async fn resolver(url: &str, master: &str, patience: Duration) -> Arc<Resolver> {
    let builder = Resolver::builder(parse(url)).master_key(MasterKey::parse(master).unwrap());
    let resolver = Arc::new(builder.connections(1).patience(patience).open().await.unwrap());
    let before =
        requests("before").into_iter().take(2).map(|request| Request { charge: Charge::nothing().unwrap(), ..request });
    for round in [before.clone().collect(), before.collect()] {
        at_once(&resolver, round).await;
    }
    resolver
}

fn requests(name: &str) -> Vec<Request> {
    let one = |number: usize| Request {
        org: ["acme", "bolt"][number % 2].parse().unwrap(),
        provider: openai(),
        charge: Charge::now("step".parse().unwrap(), 1).unwrap().request(format!("{name}-{number}").parse().unwrap()),
    };
    (0..MANY).map(one).collect()
}

/// How often each request is charged, without what was undone.
fn charged(cluster: &Cluster, name: &str) -> BTreeMap<String, i64> {
    let statement = format!(
        "select request || ' ' || sum(case kind when 'charge' then 1 else -1 end) from byok.ledger
         where kind in ('charge', 'undo') and request like '{name}-%' group by org, request"
    );
    let lines = sql(&cluster.url, &statement).unwrap();
    lines.iter().map(|line| line.split_once(' ').unwrap()).map(|(id, n)| (id.to_owned(), n.parse().unwrap())).collect()
}

/// How many are charged in the end, which are expected to be so many.
async fn paid(cluster: &Cluster, name: &str, expected: usize) -> usize {
    let mut paid = 0;
    for _ in 0..3000 {
        paid = charged(cluster, name).values().map(|times| usize::try_from(*times).unwrap()).sum();
        if paid == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    paid
}

/// All of them are charged once, and nothing else is wrong.
fn each_once(cluster: &Cluster, name: &str) {
    let found = charged(cluster, name);
    assert!(found.len() == MANY && found.values().all(|times| *times == 1), "{name}: {found:?}");
    cluster.byok().ok(&["credits", "reconcile"]);
}

/// Asks again with the same ids, as their callers do.
fn ask_again(cluster: &Cluster, name: &str) {
    let said = block_on(async {
        let master = cluster.master.to_text();
        let resolver = resolver(&cluster.url, master.expose(), Duration::from_secs(30)).await;
        at_once(&resolver, requests(name)).await
    });
    assert!(said.iter().all(|said| said.contains("Some((")), "{name}: {said:#?}");
    each_once(cluster, name);
}

#[test]
fn where_the_connection_of_many_is_cut_each_is_charged_once() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let master = cluster.master.to_text();
    for (name, cut) in [("a", Cut::Before(0)), ("b", Cut::After(0)), ("c", Cut::Before(2)), ("d", Cut::After(1))] {
        let said = block_on(async {
            let resolver = resolver(&tap.url("byok", "postgres"), master.expose(), Duration::from_secs(30)).await;
            tap.cut(Some(cut));
            // Some begin later, and are asked for by another message.
            let (one, two) = tokio::join!(at_once(&resolver, requests(name)), async {
                let mut later = Vec::new();
                for request in requests(&format!("{name}-later")).iter().take(3) {
                    later.push(seen(request.ask(&resolver).await));
                }
                later
            });
            one.into_iter().chain(two).collect::<Vec<_>>()
        });
        assert!(!tap.is_whole(), "{cut:?}: never cut");
        // Without the first answer it is not known whether it was this call that charged.
        assert!(said.iter().all(|said| said.contains("Some((")), "{cut:?}: {said:#?}");
        tap.cut(None);
        let later = charged(&cluster, &format!("{name}-later"));
        assert!(later.len() == 3 && later.values().all(|times| *times == 1), "{later:?}");
        sql(&cluster.url, &format!("alter table byok.ledger disable trigger user; update byok.ledger set request = 'x' || request where request like '{name}-later%'")).unwrap();
        each_once(&cluster, name);
    }
}

#[test]
fn where_nobody_answers_any_more_all_are_told_that_it_is_not_known_and_may_ask_again() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let master = cluster.master.to_text();
    for (name, cut, there) in [("a", Cut::Before(0), 0), ("b", Cut::After(0), MANY)] {
        let said = block_on(async {
            let resolver = resolver(&tap.url("byok", "postgres"), master.expose(), Duration::from_secs(5)).await;
            tap.cut_for_good(cut);
            at_once(&resolver, requests(name)).await
        });
        tap.cut(None);
        assert!(said.iter().all(|said| said.contains("Lost(")), "{cut:?}: {said:#?}");
        assert_eq!(charged(&cluster, name).len(), there, "{cut:?}");
        ask_again(&cluster, name);
    }
}

#[test]
fn what_is_given_up_while_the_connection_of_many_is_cut_is_not_charged() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let master = cluster.master.to_text();
    for (name, cut) in [("a", Cut::Before(0)), ("b", Cut::After(0))] {
        block_on(async {
            let resolver = resolver(&tap.url("byok", "postgres"), master.expose(), Duration::from_secs(30)).await;
            tap.cut(Some(cut));
            let lease = resolver.database().await.unwrap();
            let mut asking = Vec::new();
            for request in requests(name) {
                let resolver = resolver.clone();
                asking.push(tokio::spawn(async move { seen(request.ask(&resolver).await) }));
                tokio::task::yield_now().await;
            }
            drop(lease);
            while tap.is_whole() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            for given_up in asking.iter().skip(1).step_by(2) {
                given_up.abort();
            }
            let mut served = 0;
            for one in asking {
                served += usize::from(one.await.is_ok_and(|said| said.contains("Some((")));
            }
            assert!((MANY / 2..=MANY).contains(&served), "{served}");
            // What was given up is undone in the background.
            assert_eq!(paid(&cluster, name, served).await, served, "{cut:?}");
        });
        tap.cut(None);
        cluster.byok().ok(&["credits", "reconcile"]);
    }
}

#[test]
fn a_charge_whose_answer_was_lost_is_undone_where_another_key_serves_by_then_or_none() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let master = cluster.master.to_text();
    let removals: [&[&str]; 2] =
        [&["key", "remove", "openai", "--org", "acme", "--yes"], &["platform-key", "remove", "openai", "--yes"]];
    for (name, removal, refused) in [("a", removals[0], "OtherKeyServes"), ("b", removals[1], "Denied")] {
        block_on(async {
            let resolver = resolver(&tap.url("byok", "postgres"), master.expose(), Duration::from_secs(30)).await;
            tap.cut_for_good(Cut::After(0));
            let asking = tokio::spawn(async move { (at_once(&resolver, requests(name)).await, resolver) });
            assert_eq!(paid(&cluster, name, MANY).await, MANY);
            cluster.byok().ok(removal);
            tap.cut(None);
            let (said, _resolver) = asking.await.unwrap();
            let served = said.iter().filter(|said| said.contains("Some((")).count();
            let others = said.iter().filter(|said| said.contains(refused)).count();
            assert_eq!((served, others), if name == "a" { (MANY / 2, MANY / 2) } else { (0, MANY) }, "{said:#?}");
            assert_eq!(paid(&cluster, name, served).await, served, "{removal:?}");
        });
        cluster.byok().ok(&["credits", "reconcile"]);
    }
}

/// A session that holds the balance of an organization, so that a batch waits in the middle.
async fn holding(cluster: &Cluster) -> PgConnection {
    let mut holder = PgConnection::connect(&cluster.url).await.unwrap();
    holder.execute("begin; select 1 from byok.balance where org = 'bolt' for update").await.unwrap();
    holder
}

const BATCH_WAITS: &str =
    "select pid::text from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'byok/%'";

async fn until_it_waits(cluster: &Cluster) -> String {
    loop {
        if let Some(pid) = sql(&cluster.url, BATCH_WAITS).unwrap().pop() {
            return pid;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn where_the_session_or_the_server_dies_in_the_middle_of_many_each_is_charged_once() {
    let cluster = cluster();
    for name in ["session", "server"] {
        block_on(async {
            let master = cluster.master.to_text();
            let resolver = resolver(&cluster.url, master.expose(), Duration::from_secs(30)).await;
            let holder = holding(&cluster).await;
            let asking = tokio::spawn(async move { at_once(&resolver, requests(name)).await });
            let pid = until_it_waits(&cluster).await;
            if name == "session" {
                sql(&cluster.url, &format!("select pg_terminate_backend({pid})::text")).unwrap();
                drop(holder);
            } else {
                cluster.restart();
            }
            let said = asking.await.unwrap();
            assert!(said.iter().all(|said| said.contains(SERVED)), "{name}: {said:#?}");
        });
        each_once(&cluster, name);
    }
}

/// The other process: it asks for many at once, and never ends by itself.
#[test]
#[ignore = "a process that another test starts and kills"]
fn a_server_that_is_killed() {
    let (Ok(url), Ok(master), Ok(name)) =
        (std::env::var("CHILD_URL"), std::env::var("CHILD_MASTER"), std::env::var("CHILD_NAME"))
    else {
        return;
    };
    block_on(async {
        let resolver = resolver(&url, &master, Duration::from_secs(600)).await;
        std::io::stdout().write_all(b"ready\n").unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        at_once(&resolver, requests(&name)).await;
        std::io::stdout().write_all(b"answered\n").unwrap();
        std::future::pending::<()>().await;
    });
}

struct Killed {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Killed {
    fn start(url: &str, cluster: &Cluster, name: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "together::cut::a_server_that_is_killed", "--ignored", "--nocapture"])
            .env("CHILD_URL", url)
            .env("CHILD_MASTER", cluster.master.to_text().expose())
            .env("CHILD_NAME", name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut this = Self { child, lines };
        this.says("ready");
        this
    }

    fn says(&mut self, word: &str) {
        assert!(self.lines.any(|line| line.is_ok_and(|line| line.ends_with(word))), "it never says {word}");
    }

    fn asks(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"ask\n").unwrap();
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Waits until no session of a server is left: what it sent may still come to its end.
fn until_alone(cluster: &Cluster) {
    let sessions = "select pid::text from pg_stat_activity where application_name like 'byok/%'";
    while !sql(&cluster.url, sessions).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_server_that_is_killed_at_any_stage_of_many_leaves_each_charged_once_or_not_at_all() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let through = tap.url("byok", "postgres");

    let mut child = Killed::start(&through, &cluster, "unsent");
    tap.cut_for_good(Cut::Before(0));
    child.asks();
    while tap.is_whole() {
        std::thread::yield_now();
    }
    child.kill();
    until_alone(&cluster);
    assert_eq!(charged(&cluster, "unsent").len(), 0);
    ask_again(&cluster, "unsent");

    tap.cut(None);
    let mut child = Killed::start(&cluster.url, &cluster, "flying");
    block_on(async {
        let mut holder = holding(&cluster).await;
        child.asks();
        until_it_waits(&cluster).await;
        child.kill();
        holder.execute("commit").await.unwrap();
    });
    until_alone(&cluster);
    let found = charged(&cluster, "flying").len();
    assert!(found == 0 || found == MANY, "{found} of {MANY}");
    ask_again(&cluster, "flying");

    let mut child = Killed::start(&through, &cluster, "unanswered");
    tap.cut_for_good(Cut::After(0));
    child.asks();
    while charged(&cluster, "unanswered").len() < MANY {
        std::thread::yield_now();
    }
    child.kill();
    ask_again(&cluster, "unanswered");

    let mut child = Killed::start(&cluster.url, &cluster, "answered");
    child.asks();
    child.says("answered");
    child.kill();
    ask_again(&cluster, "answered");
}
