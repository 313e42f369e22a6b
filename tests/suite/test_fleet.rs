//! Tests of hundreds of stored keys: order, limits, progress and interruption.

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use byok::admin::Database;
use byok::admin::crypto::MasterKeys;
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::name::{Holder, OrgId, ProviderId};
use byok::secret::{Credential, Hint, SecretText};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::harness::{CANARY, World, block_on, master_text, on_stage, openai_key, parse};
use crate::pty::Terminal;
use crate::simulated_providers::{Received, Reply, Stage};

/// As many organizations with a key each; every tenth key is refused by its provider.
fn fleet(count: usize) -> World {
    let world = World::new();
    let insert = "insert into byok.org (org, enabled) select 'org-' || lpad(n::text, 4, '0'), true
                  from generate_series(0, COUNT - 1) n;
                  insert into byok.member (org, login_oid, login, role)
                  select o.org, r.oid, r.rolname, 'owner' from byok.org o, pg_roles r where o.org <> '' and r.rolname = 'byok'";
    world.root(&insert.replace("COUNT", &count.to_string()));
    block_on(async {
        let mut database = Database::open(&parse(&world.url("byok"))).await.unwrap();
        let keys = Keys::Master(MasterKeys::parse(master_text()).unwrap());
        let provider: ProviderId = "openai".parse().unwrap();
        for at in 0..count {
            let holder = Holder::Organization(format!("org-{at:04}").parse::<OrgId>().unwrap());
            let end = if at % 10 == 9 { format!("bad{at:04}") } else { format!("good{at:04}") };
            let secret = SecretText::new(openai_key(&end));
            let hint = Hint::of(&secret);
            let credential = Credential::single("api_key", secret);
            let submission = Submission {
                holder: &holder,
                provider: &provider,
                credential: &credential,
                settings: "{}",
                hint: &hint,
                expires_at: None,
                existing: Existing::Any,
                keep: sealing::KEEP_PREVIOUS,
            };
            sealing::store_untested(&mut database, &keys, &submission).await.unwrap();
        }
    });
    world
}

fn number(request: &Received) -> usize {
    let key = request.header("authorization").unwrap();
    key[key.len() - 4..].parse().unwrap()
}

fn verdict(request: &Received) -> Reply {
    let bad = request.header("authorization").unwrap().contains("bad");
    if bad {
        Reply::json(401, &json!({"error": {"code": "invalid_api_key"}}))
    } else {
        Reply::json(200, &json!({"data": []}))
    }
}

#[test]
fn five_hundred_keys_are_tested_sixteen_at_once_and_come_out_in_order() {
    let world = fleet(500);
    // The first of every sixteen is the slowest, so that results come in out of turn.
    let stage = Stage::open(|request| {
        let wait = if number(request).is_multiple_of(16) { 60 } else { 5 };
        verdict(request).after(Duration::from_millis(wait))
    });
    let run = on_stage(&stage, world.byok("byok")).run(&["test-key", "--all-orgs", "-o", "jsonl"]);
    assert_eq!(run.code, 8, "450 are verified and 50 rejected: {}", run.err);
    let rows: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let orgs: Vec<&str> = rows.iter().map(|row| row["org"].as_str().unwrap()).collect();
    assert_eq!(orgs, (0..500).map(|at| format!("org-{at:04}")).collect::<Vec<_>>());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row["verdict"], if at % 10 == 9 { "rejected" } else { "verified" }, "{row}");
    }
    assert!(run.err.contains("tested: 50 rejected, 450 verified"), "{}", run.err);
    assert!(!run.err.contains('\r') && !run.err.contains("keys  "), "no progress in a pipe: {}", run.err);
    let most = stage.most_at_once();
    assert!((2..=16).contains(&most), "{most} at once");
    assert_eq!(stage.hosts_that_saw(CANARY), ["api.openai.com"]);
    assert_eq!(world.root("select count(*)::text from byok.key_test"), ["500"]);
    assert_eq!(world.root("select count(*)::text from byok.audit where action = 'key.open'"), ["500"]);

    // A provider that is named narrows it. Where nothing was tested, nothing is well.
    let narrowed = on_stage(&stage, world.byok("byok")).run(&["test-key", "sarvam", "--all-orgs"]);
    assert_eq!((narrowed.code, &*narrowed.out), (3, ""));
}

#[test]
fn a_terminal_shows_how_far_it_is_and_a_table_at_the_end() {
    let world = fleet(30);
    // Nobody is answered before the terminal shows it.
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let stage = Stage::open(move |request| {
        let _ = wait.lock().unwrap().recv();
        verdict(request)
    });
    let owner = on_stage(&stage, world.byok("byok")).env("TERM", "xterm");
    let arguments = ["test-key", "--all-orgs", "--concurrency", "4", "--timeout", "120"];
    let mut terminal = Terminal::run(&owner, &arguments);
    terminal.expect("/30 keys");
    drop(go);
    let (code, seen) = terminal.end();
    assert!(code == 8 && seen.contains("/30 keys") && seen.contains("tested: 3 rejected, 27 verified"), "{seen}");
    assert_eq!(seen.matches("VERDICT").count(), 1, "{seen}");
    assert!(stage.most_at_once() <= 4);
    let (_, seen) = Terminal::run(&owner, &[&arguments[..], &["--quiet"]].concat()).end();
    assert!(!seen.contains("/30 keys"), "{seen}");
}

#[test]
fn ctrl_c_keeps_what_was_tested_and_shows_it() {
    let world = fleet(60);
    let (told, heard) = std::sync::mpsc::channel();
    // The first forty are answered, then everybody waits.
    let stage = Stage::open(move |request| {
        if number(request) >= 40 {
            let _ = told.send(());
            return Reply::silence();
        }
        verdict(request)
    });
    let mut command = on_stage(&stage, world.byok("byok")).command(&[
        "test-key",
        "--all-orgs",
        "-o",
        "jsonl",
        "--concurrency",
        "8",
        "--timeout",
        "120",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Eight wait for an answer that never comes, so all forty before them have theirs.
    (0..8).for_each(|_| heard.recv().unwrap());
    let kept = || world.root("select count(*)::text from byok.key_test")[0].clone();
    while kept() != "40" {
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert_eq!(out.lines().count(), 40);
    assert!(err.contains("stored so far: 4 rejected, 36 verified"), "{err}");
    assert_eq!(kept(), "40");
}

#[test]
fn no_key_is_tested_once_nobody_reads() {
    let world = fleet(20);
    let stage = Stage::open(verdict);
    let line = ["test-key", "--all-orgs", "-o", "jsonl", "--concurrency", "1"];
    let (code, said) = on_stage(&stage, world.byok("byok")).unread(&line);
    assert_eq!(code, Some(8), "the others were not tested");
    assert!(said.contains("tested: 1 verified"), "{said}");
    assert_eq!((stage.received().len(), world.root("select count(*)::text from byok.key_test")), (1, vec!["1".into()]));
}

#[test]
fn a_key_that_was_replaced_or_removed_before_its_turn_is_tested_as_it_is_then() {
    let world = fleet(4);
    let ((told, heard), (go, wait)) = (channel(), channel::<()>());
    let (told, wait) = (Mutex::new(told), Mutex::new(wait));
    let stage = Stage::open(move |request| {
        if number(request) == 0 {
            let _ = told.lock().unwrap().send(());
            let _ = wait.lock().unwrap().recv();
        }
        verdict(request)
    });
    let mut command = on_stage(&stage, world.byok("byok")).command(&[
        "test-key",
        "--all-orgs",
        "-o",
        "jsonl",
        "--concurrency",
        "1",
        "--timeout",
        "120",
    ]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    heard.recv().unwrap();
    // All are in the list already, and the first is being tested.
    let owner = world.byok("byok");
    let set = |org: &str| {
        owner.clone().input(openai_key("0101")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    };
    set("org-0001");
    for org in ["org-0002", "org-0003"] {
        owner.ok(&["key", "remove", "openai", "--org", org, "--yes"]);
    }
    set("org-0003");
    go.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<_> = rows.iter().map(|row| (row["verdict"].as_str().unwrap(), row["version"].as_i64())).collect();
    let wanted = [("verified", Some(1)), ("verified", Some(2)), ("removed", Some(1)), ("verified", Some(2))];
    assert_eq!((output.status.code(), found), (Some(0), wanted.to_vec()), "{err}");
    assert!(rows[2]["message"].as_str().unwrap().contains("removed in the meantime"), "{}", rows[2]);
    assert!(err.contains("tested: 1 removed, 3 verified"), "{err}");
}

#[test]
fn a_single_key_that_was_removed_before_its_test_is_not_there() {
    let world = fleet(1);
    let stage = Stage::open(verdict);
    let url = world.url("byok");
    // Whoever opens a key waits here, and whoever lists keys does not.
    block_on(async {
        let mut other = PgConnection::connect(&url).await.unwrap();
        other.execute("begin; lock table byok.data_key in access exclusive mode").await.unwrap();
        let mut command = on_stage(&stage, world.byok("byok")).command(&["test-key", "openai", "--org", "org-0000"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let waits = "select count(*)::text from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        while world.root(waits) != ["1"] {
            std::thread::yield_now();
        }
        other.execute("select byok_api.key_remove('org-0000', 'openai', 1)").await.unwrap();
        other.execute("commit").await.unwrap();
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(3) && out.contains("removed in the meantime"), "{output:?}");
    });
    assert_eq!(stage.received().len(), 0);
}

#[test]
fn a_key_that_does_not_open_is_a_row_of_its_own_and_stops_nobody() {
    let world = fleet(3);
    let stage = Stage::open(verdict);
    world.root(
        "update byok.provider_key k set encrypted = (select o.encrypted from byok.provider_key o where o.org = 'org-0000')
         where k.org = 'org-0001'",
    );
    let (code, document) = on_stage(&stage, world.byok("byok")).json(&["test-key", "--all-orgs"]);
    let verdicts: Vec<_> = document["items"].as_array().unwrap().iter().map(|row| row["verdict"].clone()).collect();
    assert_eq!((code, verdicts), (8, vec![json!("verified"), json!("unreadable"), json!("verified")]));
    let (code, _) = on_stage(&stage, world.byok("byok")).json(&["test-key", "openai", "--org", "org-0001"]);
    assert_eq!(code, 9);
    assert_eq!(stage.received().len(), 2);
}

#[test]
fn an_admin_who_may_not_open_keys_is_told_what_it_takes() {
    let world = fleet(1);
    let stage = Stage::open(verdict);
    let admin = world.login("root");
    world.grant("admin", &admin);
    let byok = on_stage(&stage, world.byok(&admin));
    let said = byok.fails(4, &["test-key", "--all-orgs"]);
    assert!(said.contains(&format!("byok role grant resolver {admin}")), "{said}");
    world.grant("resolver", &admin);
    byok.ok(&["test-key", "--all-orgs"]);
}
