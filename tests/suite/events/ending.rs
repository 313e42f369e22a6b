//! The end of a delivery: after a signal, without a reader, and while the database is away.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::script::{KEEPS, Script, begun, pending, until_dead};
use super::{Running, emit, emit_at, numbers};
use crate::cluster::Cluster;
use crate::cutting_proxy::{Cut, Wiretap};
use crate::harness::{Byok, without_a_reader};

const WATCH: [&str; 5] = ["watch", "--consumer", "pager", "-o", "jsonl"];

impl Running {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code, when it has ended.
    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn to_program(script: &Script, admin: &Byok) -> Running {
    let path = script.path().display().to_string();
    Running::start(admin, &["watch", "--consumer", "pager", "--timeout", "600", "--", &path])
}

/// Waits until the script has written this.
fn until_written(script: &Script, text: &str) {
    for _ in 0..3000 {
        if script.written().contains(text) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{text}: {}", script.written());
}

#[test]
fn a_signal_frees_the_consumer_at_once_and_is_the_exit_code() {
    let (world, admin) = begun();
    for (number, (signal, code)) in (1..).zip([(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)]) {
        let mut first = Running::start(&admin, &WATCH);
        emit(&world, "key.failing", "acme", number);
        assert_eq!(first.number(), i64::from(number));
        first.signal(signal);
        assert_eq!(first.code(), Some(code));
        assert_eq!(first.err.by_ref().map(Result::unwrap).collect::<Vec<_>>(), [""; 0]);
        assert_eq!(world.root("select coalesce(holder, 'nobody') from byok.consumer"), ["nobody"]);
        // It is told again if the signal came before that it was told had been recorded.
        let next = numbers(&admin.ok(&["watch", "--consumer", "pager", "--once", "-o", "jsonl"]));
        assert!(next.is_empty() || next == [i64::from(number)], "{next:?}");
    }
}

#[test]
fn one_that_only_waits_is_ended_by_a_signal_and_takes_nothing_from_the_one_that_delivers() {
    let (world, admin) = begun();
    let mut first = Running::start(&admin, &WATCH);
    emit(&world, "key.failing", "acme", 1);
    assert_eq!(first.number(), 1);
    let mut second = Running::start(&admin, &WATCH);
    second.says("this one waits until it ends");
    second.signal(Signal::TERM);
    assert_eq!(second.code(), Some(143));
    emit(&world, "key.failing", "acme", 2);
    assert_eq!(first.number(), 2);
    assert!(admin.run(&[&WATCH[..], &["--once"]].concat()).err.contains("another process delivers"));
}

#[test]
fn a_delivery_that_is_under_way_ends_after_a_signal_and_is_recorded() {
    let (world, admin) = begun();
    let script = Script::new("echo begun > {file}; until test -e {file}.go; do sleep 0.02; done; cat >> {file}");
    let mut watch = to_program(&script, &admin);
    for number in 1..=2 {
        emit(&world, "key.failing", "acme", number);
    }
    until_written(&script, "begun");
    watch.signal(Signal::TERM);
    // It goes on when the signal has been noticed.
    std::thread::sleep(Duration::from_secs(1));
    fs::write(format!("{}.go", script.file()), "").unwrap();
    assert_eq!(watch.code(), Some(143));
    assert!(script.written().contains("\"number\":1"), "{}", script.written());
    assert_eq!(pending(&admin), (1, 0), "what had not begun is not begun any more");
    let next = Script::new(KEEPS);
    assert_eq!(next.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&next.written()), [2]);
}

#[test]
fn a_delivery_that_does_not_end_is_cut_with_all_that_it_started_and_delivered_again() {
    let (world, admin) = begun();
    emit(&world, "key.failing", "acme", 1);
    let hangs = Script::new("sleep 3600 & echo $! > {file}.new; mv {file}.new {file}; wait");
    let mut watch = to_program(&hangs, &admin);
    until_written(&hangs, "\n");
    watch.signal(Signal::TERM);
    watch.says("deliveries that were cut: 1");
    assert_eq!(watch.code(), Some(143));
    until_dead(&hangs.written());
    assert_eq!(world.root("select count(*)::text from byok.delivery"), ["0"], "it is no failure");
    let script = Script::new(KEEPS);
    assert_eq!(script.once(&admin, &[]).code, 0, "another process begins at once");
    assert_eq!(numbers(&script.written()), [1]);
}

#[test]
fn a_second_signal_does_not_wait_for_a_webhook_that_hangs() {
    let (world, admin) = begun();
    emit(&world, "key.failing", "acme", 1);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let with_secret = admin.clone().env("BYOK_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let mut watch =
        Running::start(&with_secret, &["watch", "--consumer", "pager", "--timeout", "600", "--webhook", &url]);
    let _asked = silent.accept().unwrap();
    watch.signal(Signal::INT);
    // A second one that comes at once counts as the first one.
    std::thread::sleep(Duration::from_millis(1100));
    watch.signal(Signal::INT);
    assert_eq!(watch.code(), Some(130));
    assert_eq!(pending(&admin), (1, 0));
    let script = Script::new(KEEPS);
    assert_eq!(script.once(&admin, &[]).code, 0);
    assert_eq!(numbers(&script.written()), [1]);
}

#[test]
fn a_signal_that_is_ignored_does_not_end_it() {
    let (world, admin) = begun();
    let mut command = Command::new("sh");
    let line = format!("trap '' HUP; exec {} {}", env!("CARGO_BIN_EXE_byok"), WATCH.join(" "));
    command
        .args(["-c", &line])
        .env_clear()
        .envs(admin.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut watch = Running::of(command);
    emit(&world, "key.failing", "acme", 1);
    assert_eq!(watch.number(), 1);
    watch.signal(Signal::HUP);
    emit(&world, "key.failing", "acme", 2);
    assert_eq!(watch.number(), 2);
    watch.signal(Signal::TERM);
    assert_eq!(watch.code(), Some(143));
}

#[test]
fn one_whose_reader_has_gone_ends_without_an_event() {
    let (world, admin) = begun();
    for line in [&WATCH[..], &["watch", "-o", "jsonl"]] {
        assert_eq!(admin.unread(line).0, Some(0), "{line:?}");
    }
    assert_eq!(world.root("select coalesce(holder, 'nobody') from byok.consumer"), ["nobody"]);
}

#[test]
fn without_a_reader_of_its_messages_it_goes_on() {
    let (world, admin) = begun();
    let script = Script::new("grep -v acme >> {file}");
    let path = script.path().display().to_string();
    let mut command = admin.command(&["watch", "--consumer", "pager", "--", &path]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(without_a_reader()).spawn().unwrap();
    for (number, org) in [(1, "acme"), (2, "bolt")] {
        emit(&world, "key.failing", org, number);
    }
    until_written(&script, "\"number\":2");
    emit(&world, "key.failing", "bolt", 3);
    until_written(&script, "\"number\":3");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(pending(&admin), (1, 0), "the one that failed");
}

/// A server behind a proxy, and a consumer that has begun.
fn behind_a_proxy() -> (Cluster, Wiretap, Byok) {
    let cluster = Cluster::with(&["synchronous_commit = on"]);
    let tap = Wiretap::before(cluster.server.socket_dir());
    let admin = cluster.byok();
    admin.ok(&["watch", "--consumer", "pager", "--once"]);
    let watching = admin.clone().env("BYOK_DATABASE_URL", &tap.url("byok", "postgres"));
    (cluster, tap, watching)
}

#[test]
fn a_signal_ends_it_while_the_database_is_away_and_says_until_when_others_wait() {
    let (cluster, tap, watching) = behind_a_proxy();
    let mut watch = Running::start(&watching, &WATCH);
    emit_at(&cluster.url, "key.failing", "acme", 1);
    assert_eq!(watch.number(), 1);
    tap.cut_for_good(Cut::Before(0));
    watch.says("byok goes on when the database answers");
    watch.signal(Signal::TERM);
    watch.says("another process delivers to it in at most 25 seconds");
    assert_eq!(watch.code(), Some(143));
    // And while nothing answers and nothing is closed.
    let tap = Wiretap::before(cluster.server.socket_dir());
    let watching = watching.env("BYOK_DATABASE_URL", &tap.url("byok", "postgres"));
    let mut watch =
        Running::start(&watching, &["watch", "--consumer", "other", "--since", "2020-01-01", "-o", "jsonl"]);
    assert_eq!(watch.number(), 1);
    tap.fall_silent();
    watch.signal(Signal::TERM);
    watch.says("another process delivers to it in at most 25 seconds");
    assert_eq!(watch.code(), Some(143));
}

#[test]
fn a_delivery_whose_record_is_lost_with_the_connection_is_recorded_over_another_one() {
    let (cluster, tap, watching) = behind_a_proxy();
    let script = Script::new(KEEPS);
    let mut watch = to_program(&script, &watching);
    emit_at(&cluster.url, "key.failing", "acme", 0);
    until_written(&script, "\"number\":0");
    for number in 1..=6 {
        // Each time at another message.
        tap.cut(Some(if number % 2 == 0 { Cut::After(number) } else { Cut::Before(number) }));
        emit_at(&cluster.url, "key.failing", "acme", i32::try_from(number).unwrap());
        until_written(&script, &format!("\"number\":{number}"));
    }
    tap.cut(None);
    watch.signal(Signal::TERM);
    assert_eq!(watch.code(), Some(143));
    let mut told = numbers(&script.written());
    assert!(told.is_sorted(), "{told:?}");
    told.dedup();
    assert_eq!(told, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(pending(&cluster.byok()), (0, 0));
}
