//! `watch` without a consumer, and `event list`: who reads what, in which order, and through which failures.

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{Running, emit, emit_at, numbers};
use crate::cluster::Cluster;
use crate::harness::{World, block_on, sql};

const ALL: [&str; 5] = ["watch", "--since", "2020-01-01", "-o", "jsonl"];
const ONCE: [&str; 4] = ["watch", "--once", "-o", "jsonl"];

/// An event of the first organization, of the second, and of the platform.
fn three() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    for (number, org) in [(1, "acme"), (2, "bolt"), (3, "")] {
        emit(&world, "key.failing", org, number);
    }
    (world, ada, bob)
}

#[test]
fn an_admin_sees_all_events_a_member_those_of_the_own_organization_and_a_stranger_none() {
    let (world, ada, bob) = three();
    let (auditor, viewer) = (world.login("eve"), world.login("vic"));
    world.grant("auditor", &auditor);
    world.byok("byok").ok(&["member", "add", &viewer, "--org", "bolt", "--role", "viewer"]);
    for (login, seen) in [
        ("byok", vec![1, 2, 3]),
        (auditor.as_str(), vec![1, 2, 3]),
        (ada.as_str(), vec![1]),
        (bob.as_str(), vec![2]),
        (viewer.as_str(), vec![2]),
    ] {
        let byok = world.byok(login);
        assert_eq!(numbers(&byok.ok(&ONCE)), seen, "{login}");
        let mut newest = numbers(&byok.ok(&["event", "list", "-o", "jsonl"]));
        newest.reverse();
        assert_eq!(newest, seen, "{login}");
    }
    world.byok(&ada).fails(4, &["watch", "--once", "--org", "bolt"]);
    world.byok(&world.login("nobody")).fails(4, &["watch", "--once"]);
    world.byok("byok").fails(3, &["event", "list", "--org", "nowhere"]);
}

#[test]
fn an_owner_who_was_removed_sees_nothing_more_and_neither_does_the_next_tenant() {
    let (world, ada, bob) = three();
    let admin = world.byok("byok");
    let mut watching = Running::start(&world.byok(&ada), &ALL);
    assert_eq!(watching.number(), 1);
    admin.ok(&["member", "remove", &ada, "--org", "acme"]);
    emit(&world, "key.failing", "acme", 4);
    assert_eq!(watching.child.wait().unwrap().code(), Some(4));
    assert!(watching.out.next().is_none());
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    admin.ok(&["enable", "acme", "--reuse", "--owner", &bob]);
    emit(&world, "key.failing", "acme", 5);
    assert_eq!(numbers(&world.byok(&bob).ok(&ONCE)), [2, 5]);
}

#[test]
fn kinds_times_and_numbers_choose_events() {
    let (world, ..) = three();
    emit(&world, "balance.low", "acme", 4);
    world.root("update byok.event set at = '2030-01-01' where seq > 2");
    let admin = world.byok("byok");
    let seen = |more: &[&str]| numbers(&admin.ok(&[&ONCE[..], more].concat()));
    assert_eq!(seen(&["--kind", "balance.low"]), [4]);
    assert_eq!(seen(&["--kind", "key", "--org", "acme"]), [1]);
    assert_eq!(seen(&["--kind", "key.failing", "--kind", "balance"]), [1, 2, 3, 4]);
    assert_eq!(seen(&["--since", "2029-01-01"]), [3, 4]);
    assert_eq!(seen(&["--since", "3"]), [4]);
    let said = admin.fails(2, &["watch", "--once", "--kind", "key.failin"]);
    assert!(said.contains("did you mean key.failing"), "{said}");
    admin.fails(2, &["watch", "--once", "--since", "soon"]);
    let limited = admin.json(&["event", "list", "--limit", "2"]).1;
    assert_eq!((limited["items"].as_array().unwrap().len(), &limited["next_cursor"]), (2, &"3".into()));
    let line = admin.ok(&["event", "list", "--kind", "balance.low", "-o", "plain"]);
    assert_eq!(
        line.trim_end().split('\t').skip(2).collect::<Vec<_>>(),
        ["balance.low", "acme", "openai", "1", "", "number=4"]
    );
}

#[test]
fn it_begins_now_unless_it_was_told_otherwise() {
    let (world, ..) = three();
    let mut watching = Running::start(&world.byok("byok"), &["watch", "-o", "json", "--verbose"]);
    // It has read what there was when it asks for events the second time.
    for _ in 0..2 {
        watching.says("event_follow");
    }
    emit(&world, "key.failing", "acme", 9);
    assert_eq!(watching.number(), 9);
}

#[test]
fn an_event_that_is_committed_late_is_not_passed_over() {
    let (world, ..) = World::with_owners();
    let mut watching = Running::start(&world.byok("byok"), &ALL);
    block_on(async {
        let mut late = PgConnection::connect(&world.url("byok")).await.unwrap();
        let mut later = PgConnection::connect(&world.url("byok")).await.unwrap();
        for (connection, number) in [(&mut late, 1), (&mut later, 2)] {
            let event = format!(
                "begin; select byok.emit_event('key.failing', 'acme', 'openai', 1, '{{\"number\": {number}}}')"
            );
            connection.execute(sqlx::raw_sql(&event)).await.unwrap();
        }
        emit(&world, "key.failing", "acme", 3);
        assert_eq!(watching.number(), 3, "an open transaction holds nothing up");
        later.execute("commit").await.unwrap();
        assert_eq!(watching.number(), 2);
        emit(&world, "key.failing", "acme", 4);
        assert_eq!(watching.number(), 4);
        late.execute("commit").await.unwrap();
        assert_eq!(watching.number(), 1);
    });
    emit(&world, "key.failing", "acme", 5);
    assert_eq!(watching.number(), 5, "nothing was written twice");
}

#[test]
fn a_server_that_is_killed_and_comes_back_loses_no_event() {
    let cluster = Cluster::start();
    let byok = cluster.byok();
    byok.ok(&["enable", "acme"]);
    emit_at(&cluster.url, "key.failing", "acme", 1);
    let mut plain = Running::start(&byok, &ALL);
    let mut told = Running::start(&byok, &[&ALL[..], &["--consumer", "pager"]].concat());
    for watching in [&mut plain, &mut told] {
        assert_eq!(watching.number(), 1);
    }
    cluster.server.kill();
    for watching in [&mut plain, &mut told] {
        watching.says("byok goes on when the database answers");
    }
    cluster.server.start_again().unwrap();
    emit_at(&cluster.url, "key.failing", "acme", 2);
    for watching in [&mut plain, &mut told] {
        assert_eq!(watching.number(), 2);
        watching.says("the database answers again");
    }
}

#[test]
fn a_reader_that_goes_ends_it_without_a_failure() {
    let (world, ..) = three();
    let (code, said) = world.byok("byok").unread(&ALL);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn an_owner_that_leaves_a_transaction_open_holds_nobodys_events_up() {
    let (world, ada, _) = three();
    block_on(async {
        let mut open = PgConnection::connect(&world.url(&ada)).await.unwrap();
        let calls = "begin; select * from byok_api.event_scan(1209600, 9); select * from byok_api.event_tide();
                     select * from byok_api.event_list(null, null, null, null, null, 9)";
        open.execute(sqlx::raw_sql(calls)).await.unwrap();
        let admin = world.byok("byok");
        assert_eq!(numbers(&admin.ok(&ONCE)), [1, 2, 3]);
        assert_eq!(numbers(&admin.ok(&["watch", "--consumer", "all", "--once", "-o", "jsonl"])), [0; 0]);
        admin.ok(&["tidy"]);
    });
    assert_eq!(
        sql(&world.url(&ada), "select byok.emit_event('key.failing', 'acme', 'openai', 1, '{}')"),
        Err("42501".into())
    );
}
