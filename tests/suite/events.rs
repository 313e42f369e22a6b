//! Events: what is written when, who reads it, and how it is delivered.

mod beside;
mod canaries;
mod deliver;
mod ending;
mod follow;
mod kinds;
mod script;
mod webhook;

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::harness::{Byok, CANARY, World, sql};

/// Writes an event as the functions of the database do.
fn emit(world: &World, kind: &str, org: &str, number: i32) {
    emit_at(&world.url("byok"), kind, org, number);
}

fn emit_at(url: &str, kind: &str, org: &str, number: i32) {
    let call = format!("select byok.emit_event('{kind}', '{org}', 'openai', 1, '{{\"number\": {number}}}')::text");
    sql(url, &call).unwrap();
}

/// What happened to whom, and more, of every event.
fn written(world: &World) -> Vec<String> {
    let events = world.root("select kind || ' ' || org || ' ' || detail from byok.event order by seq");
    assert!(!world.root("select e::text from byok.event e").concat().contains(CANARY));
    events
}

/// How many events there are of a kind.
fn count(world: &World, kind: &str) -> usize {
    written(world).iter().filter(|event| event.starts_with(kind)).count()
}

/// The numbers in the details of events that a command wrote, one JSON object a line.
fn numbers(text: &str) -> Vec<i64> {
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["detail"]["number"].as_i64().unwrap())
        .collect()
}

/// A command that goes on, until this is dropped.
struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Running {
    fn start(byok: &Byok, arguments: &[&str]) -> Self {
        Self::of(byok.command(arguments))
    }

    fn of(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let err = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, out, err }
    }

    /// The next event that it writes.
    fn event(&mut self) -> Value {
        let line = self.out.next().expect("an event").unwrap();
        assert!(!line.contains(CANARY));
        serde_json::from_str(&line).unwrap()
    }

    /// The number in the next event.
    fn number(&mut self) -> i64 {
        self.event()["detail"]["number"].as_i64().unwrap()
    }

    /// The next message that has this text in it.
    fn says(&mut self, text: &str) -> String {
        self.err.by_ref().map(Result::unwrap).find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
