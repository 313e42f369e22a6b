//! Consumers: an event is delivered at least once, in the order of its key, by one process.

use std::fs;

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::script::{KEEPS, LATER, Script, begun, pending, until_dead};
use super::{Running, emit, numbers};
use crate::cluster::Pooler;
use crate::harness::{World, block_on, socket_dir};

#[test]
fn a_program_gets_each_event_once_on_its_standard_input_and_none_of_byoks_settings() {
    let (world, admin) = begun();
    let script = Script::new(
        "cat >> {file}; env >&2; echo noise; test -z \"$(env | grep -E '^(BYOK_|DATABASE_URL|PGPASSWORD)')\"",
    );
    for number in 1..=3 {
        emit(&world, "key.failing", "acme", number);
    }
    let run = script.once(&admin, &[]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(numbers(&script.written()), [1, 2, 3]);
    let first: Value = serde_json::from_str(script.written().lines().next().unwrap()).unwrap();
    let line: Value =
        serde_json::from_str(admin.ok(&["watch", "--once", "-o", "jsonl"]).lines().next().unwrap()).unwrap();
    assert_eq!(first, line, "a program gets the line that `watch` writes");
    assert_eq!((&first["kind"], &first["org"], &first["seq"]), (&json!("key.failing"), &json!("acme"), &json!(1)));
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [1, 2, 3], "once");
    // The setting does the same as the argument.
    emit(&world, "key.failing", "acme", 4);
    let set = admin.clone().env("BYOK_EVENT_COMMAND", &script.path().display().to_string());
    set.ok(&["watch", "--consumer", "pager", "--once"]);
    assert_eq!(numbers(&script.written()), [1, 2, 3, 4]);
    let here = set.run(&["watch", "--once", "-o", "jsonl"]);
    assert_eq!(numbers(&here.out), [1, 2, 3, 4]);
    assert!(here.err.contains("only with --consumer"), "{}", here.err);
    assert_eq!(numbers(&script.written()), [1, 2, 3, 4], "without a consumer no program is started");
}

#[test]
fn an_event_whose_delivery_was_not_recorded_before_a_kill_is_delivered_again() {
    let (world, admin) = begun();
    emit(&world, "key.failing", "acme", 1);
    // It takes the event, and then its parent is killed before it can record that.
    let killer = Script::new("cat >> {file}; kill -9 $PPID");
    assert_eq!(killer.once(&admin, &[]).code, -1);
    assert_eq!(numbers(&killer.written()), [1]);
    emit(&world, "key.failing", "acme", 2);
    let script = Script::new(KEEPS);
    let busy = script.once(&admin, &["-o", "json"]);
    assert!(busy.code == 5 && busy.err.contains("consumer_busy"), "{busy:?}");
    world.root(LATER);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [1, 2]);
    assert_eq!(pending(&admin), (0, 0));
}

#[test]
fn a_delivery_that_fails_holds_up_its_key_and_no_other_one_and_is_tried_again() {
    let (world, admin) = begun();
    for (number, org) in [(1, "acme"), (2, "acme"), (3, "bolt"), (4, "acme"), (5, "bolt")] {
        emit(&world, "key.failing", org, number);
    }
    let fails = Script::new("tee -a {file} | grep -qv acme");
    let run = fails.once(&admin, &[]);
    assert!(run.code == 8 && run.err.contains("exit_1") && run.err.contains("tried again at"), "{run:?}");
    let mut told = numbers(&fails.written());
    told.sort_unstable();
    assert_eq!(told, [1, 3, 5]);
    let failures = admin.json(&["event", "failures", "pager"]).1;
    let items = failures["items"].as_array().unwrap();
    let seen = items.iter().map(|it| (&it["state"], &it["failure"], &it["tries"], &it["event"]["org"]));
    assert_eq!(seen.collect::<Vec<_>>(), [(&json!("waiting"), &json!("exit_1"), &json!(1), &json!("acme"))]);
    // The time of the next try may be there already.
    world.root("update byok.delivery set next_at = now() + interval '1 hour' where state = 'waiting'");
    let script = Script::new(KEEPS);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(script.written(), "", "it is not tried again before its time");
    world.root(LATER);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [1, 2, 4]);
}

#[test]
fn what_failed_too_often_is_listed_and_lets_the_next_event_of_its_key_pass() {
    let (world, admin) = begun();
    for number in 1..=2 {
        emit(&world, "key.failing", "acme", number);
    }
    let fails = Script::new("exit 7");
    assert_eq!(fails.once(&admin, &[]).code, 8);
    let waits = "select extract(epoch from next_at - at)::integer::text from byok.delivery where state = 'waiting'";
    for seconds in ["5", "15", "45"] {
        assert_eq!(world.root(waits), [seconds]);
        world.root(LATER);
        fails.once(&admin, &[]);
    }
    world.root("update byok.delivery set tries = 15 where state = 'waiting'");
    world.root(LATER);
    let run = Script::new("grep -q '\"number\":2'").once(&admin, &[]);
    assert!(run.err.contains("counts as failed after 16 tries"), "{run:?}");
    assert_eq!(pending(&admin), (0, 1));
    assert_eq!(admin.json(&["event", "failures", "pager"]).1["items"][0]["state"], "failed");
    admin.fails(3, &["event", "failures", "nobody"]);
    admin.fails(3, &["event", "retry", "nobody"]);
    let (_, retried) = admin.json(&["event", "retry", "pager"]);
    assert_eq!((&retried["result"], &retried["item"]["events"]), (&json!("retried"), &json!(1)));
    let script = Script::new(KEEPS);
    world.root(LATER);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [1]);
    assert_eq!(admin.json(&["event", "retry", "pager"]).1["result"], "unchanged");
}

#[test]
fn a_program_that_hangs_is_ended_with_all_that_it_started_and_one_that_floods_is_not_read() {
    let (world, admin) = begun();
    emit(&world, "key.failing", "acme", 1);
    let hangs = Script::new("sleep 3600 & echo $! > {file}; wait");
    let run = hangs.once(&admin, &["--timeout", "1"]);
    assert!(run.code == 8 && run.err.contains("timeout"), "{run:?}");
    until_dead(&hangs.written());
    world.root(LATER);
    assert_eq!(Script::new("head -c 100000000 /dev/zero").once(&admin, &[]).code, 0);
    emit(&world, "key.failing", "acme", 2);
    assert!(Script::new("kill -TERM $$").once(&admin, &[]).err.contains("signal_15"));
}

#[test]
fn of_two_processes_one_delivers_and_the_other_takes_over_when_it_is_gone() {
    let (world, admin) = begun();
    let watch = ["watch", "--consumer", "pager", "-o", "jsonl"];
    emit(&world, "key.failing", "acme", 1);
    world.root(LATER);
    let mut first = Running::start(&admin, &watch);
    assert_eq!(first.number(), 1);
    let mut second = Running::start(&admin, &watch);
    second.says("this one waits until it ends");
    for number in 2..=3 {
        emit(&world, "key.failing", "acme", number);
        assert_eq!(first.number(), i64::from(number));
    }
    drop(first);
    world.root(LATER);
    emit(&world, "key.failing", "acme", 4);
    // The last one was written, but may not have been recorded before the kill. What was recorded is not told again.
    let next = second.number();
    assert!(next == 4 || next == 3 && second.number() == 4, "{next}");
    // It is written before it is recorded.
    while pending(&admin).0 > 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Whoever was late finds that out, and waits.
    world.root("update byok.consumer set holder = 'another', held_until = now() + interval '1 hour'");
    second.says("another process delivers to pager now");
    world.root(LATER);
    emit(&world, "key.failing", "acme", 5);
    // As above: the record of the fourth one may have come too late.
    let next = second.number();
    assert!(next == 5 || next == 4 && second.number() == 5, "{next}");
}

#[test]
fn an_event_that_is_committed_late_is_delivered_to_a_consumer_that_is_further() {
    let (world, admin) = begun();
    let script = Script::new(KEEPS);
    block_on(async {
        let mut late = PgConnection::connect(&world.url("byok")).await.unwrap();
        let event = "begin; select byok.emit_event('key.failing', 'acme', 'openai', 1, '{\"number\": 1}')";
        late.execute(sqlx::raw_sql(event)).await.unwrap();
        for number in 2..=3 {
            emit(&world, "key.failing", "acme", number);
            assert_eq!(script.once(&admin, &[]).code, 0);
        }
        assert_eq!(numbers(&script.written()), [2, 3]);
        late.execute("commit").await.unwrap();
    });
    for _ in 0..2 {
        assert_eq!(script.once(&admin, &[]).code, 0);
    }
    assert_eq!(numbers(&script.written()), [2, 3, 1]);
    // A database that was restored elsewhere begins with low numbers of transactions again.
    world.root("update byok.consumer set floor_xid = '9000000000000'");
    emit(&world, "key.failing", "acme", 4);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [2, 3, 1, 4]);
}

#[test]
fn a_new_consumer_begins_now_or_where_it_was_told_and_gets_only_what_it_asks_for() {
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok");
    for (number, org) in [(1, "acme"), (2, "bolt")] {
        emit(&world, "key.failing", org, number);
    }
    let seen = |more: &[&str]| numbers(&admin.ok(&[&["watch", "--once", "-o", "jsonl", "--consumer"], more].concat()));
    assert_eq!(seen(&["now"]), [0; 0]);
    assert_eq!(seen(&["old", "--since", "2020-01-01"]), [1, 2]);
    assert_eq!(seen(&["old", "--since", "2020-01-01"]), [0; 0], "it goes on where it was");
    emit(&world, "balance.low", "acme", 3);
    emit(&world, "key.failing", "acme", 4);
    assert_eq!(seen(&["now", "--kind", "balance"]), [3]);
    assert_eq!(seen(&["now"]), [0; 0], "what it did not want is left out for good");
    assert_eq!(seen(&["old", "--org", "bolt"]), [0; 0]);
    assert_eq!(admin.json(&["event", "forget", "old"]).1["result"], "forgotten");
    assert_eq!(admin.json(&["event", "forget", "old"]).1["result"], "unchanged");
    assert_eq!(seen(&["old", "--since", "2020-01-01"]), [1, 2, 3, 4]);
    admin.fails(2, &["watch", "--consumer", "old", "--since", "4", "--once"]);
    admin.fails(2, &["watch", "--once", "--", "true"]);
    admin.fails(2, &["watch", "--once", "--consumer", "old", "--", "no-such-program"]);
}

#[test]
fn an_auditor_has_consumers_of_its_own_and_an_owner_has_none() {
    let (world, ada, _) = World::with_owners();
    let (eve, eva) = (world.login("eve"), world.login("eva"));
    for login in [&eve, &eva] {
        world.grant("auditor", login);
    }
    let once = ["watch", "--consumer", "pager", "--once"];
    world.byok(&eve).ok(&once);
    world.byok(&eva).fails(4, &once);
    world.byok(&eva).fails(4, &["event", "forget", "pager"]);
    world.byok(&ada).fails(4, &["watch", "--consumer", "mine", "--once"]);
    world.byok(&ada).fails(4, &["event", "consumers"]);
    assert_eq!(world.byok(&eva).json(&["event", "consumers"]).1["items"], json!([]));
    assert_eq!(world.byok("byok").json(&["event", "consumers"]).1["items"][0]["created_by"], eve.as_str());
}

#[test]
fn a_consumer_is_told_through_a_pooler_too() {
    let (world, ..) = World::with_owners();
    let Some(pooler) = Pooler::before(socket_dir(), &["byok"]) else { return };
    let database = world.root("select current_database()::text").remove(0);
    let admin = world.byok("byok").env("BYOK_DATABASE_URL", &pooler.url("byok", &database));
    let mut told = Running::start(&admin, &["watch", "--consumer", "pager", "--since", "2020-01-01", "-o", "jsonl"]);
    for number in 1..=2 {
        emit(&world, "key.failing", "acme", number);
        assert_eq!(told.number(), i64::from(number));
    }
}

#[test]
fn old_events_are_erased_unless_a_consumer_was_not_told_of_them() {
    let (world, admin) = begun();
    for number in 1..=3 {
        emit(&world, "key.failing", "acme", number);
    }
    assert_eq!(
        numbers(&admin.ok(&["watch", "--consumer", "other", "--since", "2020-01-01", "--once", "-o", "jsonl"])),
        [1, 2, 3]
    );
    let age =
        |days: u32| world.root(&format!("update byok.event set at = now() - interval '{days} days' where seq < 3"));
    let left = || numbers(&admin.ok(&["watch", "--once", "-o", "jsonl"]));
    age(31);
    admin.ok(&["tidy"]);
    assert_eq!(left(), [1, 2, 3], "pager was not told of them");
    admin.ok(&["watch", "--consumer", "pager", "--once"]);
    let said = admin.run(&["tidy"]).err;
    assert!(said.contains("erased 2 old events"), "{said}");
    assert_eq!(left(), [3]);
    emit(&world, "key.failing", "acme", 4);
    world.root("update byok.event set at = now() - interval '91 days'");
    admin.ok(&["tidy"]);
    assert_eq!(left(), [0; 0], "nobody waits for ever");
    assert_eq!(world.root("select count(*)::text from byok.delivery"), ["0"]);
}

#[test]
fn an_event_that_is_erased_while_it_is_delivered_does_not_end_the_watch() {
    for outcome in [0, 1] {
        let (world, admin) = begun();
        for number in 1..=2 {
            emit(&world, "key.failing", "acme", number);
        }
        let wait = "while test ! -e {file}.erased; do sleep 0.01; done";
        let script = Script::new(&format!("cat >> {{file}}; {wait}; exit {outcome}"));
        std::thread::scope(|scope| {
            let watch = scope.spawn(|| script.once(&admin, &[]));
            while script.written().is_empty() && !watch.is_finished() {
                std::thread::yield_now();
            }
            world.root("update byok.event set at = now() - interval '91 days' where seq = 1");
            admin.ok(&["tidy"]);
            fs::write(format!("{}.erased", script.file()), "").unwrap();
            let run = watch.join().unwrap();
            assert!(!run.err.contains("error"), "{run:?}");
            assert_eq!(numbers(&script.written()), [1, 2], "{run:?}");
        });
    }
}
