//! Deliveries side by side: of different keys at once, of one key one after the other.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::script::{KEEPS, LATER, Script, begun, pending};
use super::{Running, emit, numbers};
use crate::harness::{Byok, World, block_on};

/// Events of four organizations: each has a key that fails and recovers, and a balance.
fn mixed(world: &World) {
    let statements: Vec<String> = (0..6)
        .flat_map(|round| (0..4).map(move |org| (round, org)))
        .map(|(round, org)| {
            format!(
                "select byok.emit_event('key.failing', 'org{org}', 'openai', 1, '{{\"number\": {round}}}')::text;
                 select byok.emit_event('balance.low', 'org{org}', null, null, '{{\"number\": {round}}}')::text;"
            )
        })
        .collect();
    world.root(&statements.concat());
}

/// Whose events are told in order.
fn line(event: &Value) -> String {
    format!("{} {}", event["org"], event["provider"])
}

/// The numbers of the events of each key and of each balance, in the order in which they were told.
fn orders(text: &str) -> HashMap<String, Vec<i64>> {
    let mut orders: HashMap<String, Vec<i64>> = HashMap::new();
    for event in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        orders.entry(line(&event)).or_default().push(event["detail"]["number"].as_i64().unwrap());
    }
    orders
}

fn in_order(text: &str) {
    let orders = orders(text);
    assert_eq!(orders.len(), 8, "{orders:?}");
    for (line, numbers) in orders {
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5], "{line}");
    }
}

/// It takes its time, and tells how many of all and of its own key run beside it.
const WATCHFUL: &str = r#"
line=$(cat)
key=$(echo "$line" | sed 's/.*"org":"\([a-z0-9]*\)".*"provider":\([a-z"]*\).*/\1\2/' | tr -d '"')
mkdir "{file}.key.$key" || echo "beside its own: $key" >> {file}.odd
touch "{file}.run.$$"
ls {file}.run.* | wc -l >> {file}.most
sleep 0.0$(($$ % 9))
echo "$line" >> {file}
rm "{file}.run.$$"
rmdir "{file}.key.$key"
"#;

fn most(script: &Script) -> usize {
    let counts = fs::read_to_string(format!("{}.most", script.file())).unwrap();
    counts.lines().map(|count| count.trim().parse().unwrap()).max().unwrap()
}

fn nothing_odd(script: &Script) {
    assert_eq!(fs::read_to_string(format!("{}.odd", script.file())).unwrap_or_default(), "");
}

#[test]
fn events_of_a_key_and_of_a_balance_are_told_in_their_order_and_never_two_at_once() {
    let (world, admin) = begun();
    mixed(&world);
    let script = Script::new(WATCHFUL);
    let run = script.once(&admin, &["--concurrency", "3"]);
    assert_eq!(run.code, 0, "{run:?}");
    in_order(&script.written());
    nothing_odd(&script);
    assert!((2..=3).contains(&most(&script)), "{}", most(&script));
    assert_eq!(pending(&admin), (0, 0));
}

#[test]
fn with_one_at_once_all_are_told_one_after_the_other() {
    let (world, admin) = begun();
    mixed(&world);
    let script = Script::new(WATCHFUL);
    assert_eq!(script.once(&admin, &["--concurrency", "1"]).code, 0);
    in_order(&script.written());
    assert_eq!(most(&script), 1);
    admin.fails(2, &["watch", "--consumer", "pager", "--once", "--concurrency", "0"]);
    admin.fails(2, &["watch", "--consumer", "pager", "--once", "--concurrency", "65"]);
    admin.fails(2, &["watch", "--once", "--concurrency", "2"]);
}

/// Waits until these events were written, in this order.
fn until(script: &Script, wanted: &[i64]) {
    for _ in 0..3000 {
        if numbers(&script.written()) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{wanted:?}: {}", script.written());
}

#[test]
fn a_program_that_is_slow_for_one_key_holds_up_no_other_one() {
    let (world, admin) = begun();
    let script = Script::new(
        r#"line=$(cat); case "$line" in *acme*) until test -e {file}.go; do sleep 0.02; done;; esac; echo "$line" >> {file}"#,
    );
    let path = script.path().display().to_string();
    let _watch = Running::start(&admin, &["watch", "--consumer", "pager", "--timeout", "600", "--", &path]);
    for (number, org) in [(1, "acme"), (2, "acme"), (3, "bolt"), (4, "bolt"), (5, "bolt")] {
        emit(&world, "key.failing", org, number);
    }
    let until = |wanted: &[i64]| until(&script, wanted);
    until(&[3, 4, 5]);
    emit(&world, "key.failing", "bolt", 6);
    until(&[3, 4, 5, 6]);
    fs::write(format!("{}.go", script.file()), "").unwrap();
    until(&[3, 4, 5, 6, 1, 2]);
}

#[test]
fn what_is_committed_late_waits_for_the_event_of_its_key_that_is_under_way() {
    let (world, admin) = begun();
    let script = Script::new(
        r#"line=$(cat); echo "$line" >> {file}; case "$line" in *acme*) until test -e {file}.go; do sleep 0.02; done;; esac"#,
    );
    let path = script.path().display().to_string();
    let _watch = Running::start(&admin, &["watch", "--consumer", "pager", "--timeout", "600", "--", &path]);
    block_on(async {
        let mut late = PgConnection::connect(&world.url("byok")).await.unwrap();
        let event = "begin; select byok.emit_event('key.failing', 'acme', 'openai', 1, '{\"number\": 1}')";
        late.execute(sqlx::raw_sql(event)).await.unwrap();
        emit(&world, "key.failing", "acme", 2);
        until(&script, &[2]);
        late.execute("commit").await.unwrap();
    });
    for number in 3..=4 {
        // When the second one is told, it was asked after the commit.
        emit(&world, "key.failing", "bolt", number);
        until(&script, &(2..=i64::from(number)).collect::<Vec<_>>());
    }
    fs::write(format!("{}.go", script.file()), "").unwrap();
    until(&script, &[2, 3, 4, 1]);
}

/// A receiver that holds its answers back until it is told to go on. It tells of each event.
fn patient() -> (String, Receiver<(Value, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut text, mut part) = (Vec::new(), [0; 4096]);
            while !text.ends_with(b"}") {
                let count = stream.read(&mut part).unwrap();
                text.extend(&part[..count]);
            }
            let text = String::from_utf8(text).unwrap();
            let body = text.split_once("\r\n\r\n").unwrap().1;
            if tell.send((serde_json::from_str(body).unwrap(), stream)).is_err() {
                return;
            }
        }
    });
    (url, told)
}

fn posting(admin: &Byok, url: &str) -> Running {
    let admin = admin.clone().env("BYOK_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Running::start(&admin, &["watch", "--consumer", "pager", "--webhook", url])
}

#[test]
fn a_webhook_gets_events_of_eight_keys_at_once_and_the_next_one_of_a_key_after_its_answer() {
    let (world, admin) = begun();
    for round in 0..2 {
        for org in 0..10 {
            emit(&world, "key.failing", &format!("org{org}"), round);
        }
    }
    let (url, told) = patient();
    let _watch = posting(&admin, &url);
    let mut held: Vec<(Value, TcpStream)> = (0..8).map(|_| told.recv().unwrap()).collect();
    let mut answered = Vec::new();
    while answered.len() < 20 {
        let mut lines: Vec<String> = held.iter().map(|(event, _)| line(event)).collect();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), held.len(), "two events of one key at once");
        assert!(held.len() <= 8);
        let (event, mut stream) = held.remove(0);
        stream.write_all(b"HTTP/1.1 204 ok\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
        answered.push((event["detail"]["number"].as_i64().unwrap(), line(&event)));
        if answered.len() + held.len() < 20 {
            held.push(told.recv().unwrap());
        }
    }
    for org in 0..10 {
        let of: Vec<i64> = answered
            .iter()
            .filter(|(_, line)| line.contains(&format!("org{org}\"")))
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(of, [0, 1], "org{org}");
    }
}

#[test]
fn what_fails_for_one_key_is_tried_again_while_others_are_told() {
    let (world, admin) = begun();
    mixed(&world);
    let fails = Script::new(r#"tee -a {file} | grep -qv '"org":"org0"'"#);
    assert_eq!(fails.once(&admin, &[]).code, 8);
    let told = orders(&fails.written());
    // Each may be tried again while the others are told.
    for line in ["\"org0\" \"openai\"", "\"org0\" null"] {
        assert!(told[line].iter().all(|number| *number == 0), "{line}: {:?}", told[line]);
    }
    for org in 1..4 {
        assert_eq!(told[&format!("\"org{org}\" \"openai\"")], [0, 1, 2, 3, 4, 5]);
    }
    world.root(LATER);
    let script = Script::new(KEEPS);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(orders(&script.written()).values().map(Vec::len).sum::<usize>(), 12);
}
