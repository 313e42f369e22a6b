//! A consumer that is told of every event, by processes that are ended and killed one after the other.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::clients::Load;
use crate::platform::Platform;

/// So many processes deliver, one after the other.
const TURNS: u32 = 6;
/// After which of them the process is killed. Whoever comes next waits for its time.
const KILLED: u32 = 5;

pub(crate) struct Watcher {
    platform: Arc<Platform>,
    thread: JoinHandle<()>,
}

/// Starts a process. What it writes is added to the file.
fn start(platform: &Platform, more: &[&str]) -> Child {
    let file = OpenOptions::new().create(true).append(true).open(platform.file("events.jsonl")).unwrap();
    let errors = File::create(platform.file("watch.err")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_byok"))
        .args(["watch", "--consumer", "endurance", "--since", "2020-01-01", "--timeout", "1", "-o", "jsonl"])
        .args(more)
        .env_clear()
        .env("BYOK_DATABASE_URL", platform.url())
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn()
        .unwrap()
}

impl Watcher {
    pub(crate) fn start(platform: &Arc<Platform>, load: &Arc<Load>, length: Duration) -> Self {
        let (its, load) = (platform.clone(), load.clone());
        let thread = std::thread::spawn(move || {
            for turn in 1..=TURNS {
                let (begun, mut child) = (Instant::now(), start(&its, &[]));
                while begun.elapsed() < length / TURNS && !load.over.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(20));
                    // It does not begin while the database is away.
                    if let Some(status) = child.try_wait().unwrap() {
                        assert_eq!(
                            status.code(),
                            Some(7),
                            "{}",
                            std::fs::read_to_string(its.file("watch.err")).unwrap()
                        );
                        child = start(&its, &[]);
                    }
                }
                let signal = if turn == KILLED { Signal::KILL } else { Signal::TERM };
                kill_process(Pid::from_child(&child), signal).unwrap();
                child.wait().unwrap();
            }
        });
        Self { platform: platform.clone(), thread }
    }

    /// Every event was told at least once, and those of a key in their order. Returns how many there are, and how often they were told.
    pub(crate) async fn told_all(self) -> String {
        let thread = self.thread;
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.unwrap();
        // Time passes for the process that was killed.
        self.platform.root("update byok.consumer set held_until = null").await;
        let status = start(&self.platform, &["--once"]).wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", std::fs::read_to_string(self.platform.file("watch.err")).unwrap());
        let text = std::fs::read_to_string(self.platform.file("events.jsonl")).unwrap();
        let (mut told, mut last) = (BTreeSet::new(), HashMap::new());
        for line in text.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let seq = event["seq"].as_i64().unwrap();
            if told.insert(seq) {
                let before = last.insert(format!("{} {}", event["org"], event["provider"]), seq);
                assert!(before.is_none_or(|before| before < seq), "after {before:?}: {line}");
            }
        }
        let written = self.platform.root("select seq::text from byok.event order by seq").await;
        let written: BTreeSet<i64> = written.iter().map(|seq| seq.parse().unwrap()).collect();
        let missed: Vec<&i64> = written.difference(&told).collect();
        assert!(missed.is_empty(), "events that nobody was told of: {missed:?}");
        format!("{} events, told {} times", told.len(), text.lines().count())
    }
}
