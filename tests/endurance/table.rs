//! The figures of the load, over time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clients::Load;
use crate::meter::Counted;
use crate::platform::Platform;

/// The rows of the last table.
const ROWS: u32 = 15;
/// Each row of the last table is so many lines while it runs.
const LINES: u32 = 4;

pub(crate) struct Table {
    pub(crate) length: Duration,
    shown: bool,
    /// When the last line ended.
    last: Duration,
    lines: Vec<Line>,
    notes: Vec<String>,
}

/// What was counted between two lines.
#[derive(Clone, Default)]
struct Line {
    until: Duration,
    time: Duration,
    counted: Counted,
    given_up: u64,
    errors: BTreeMap<String, u64>,
    /// Memory of this process in KiB.
    memory: u64,
    sessions: usize,
    /// Memory of the server's processes in KiB, without what they share: of the largest one, and of all.
    backend: u64,
    backends: u64,
}

/// A field of a process's status, in KiB. 0 where the system has no such file.
fn status(process: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

fn mib(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}

impl Line {
    fn merged(lines: &[Self]) -> Self {
        let mut all = lines.last().cloned().unwrap_or_default();
        (all.time, all.counted, all.given_up, all.errors) = Default::default();
        for line in lines {
            all.time += line.time;
            all.counted.add(&line.counted);
            all.given_up += line.given_up;
            all.sessions = all.sessions.max(line.sessions);
            for (kind, count) in &line.errors {
                *all.errors.entry(kind.clone()).or_default() += count;
            }
        }
        all
    }

    fn cells(&self) -> [String; 9] {
        let rate = u128::from(self.counted.count()) * 1000 / self.time.as_millis().max(1);
        [
            self.until.as_secs().to_string(),
            rate.to_string(),
            millis(self.counted.thousandths(500)),
            millis(self.counted.thousandths(990)),
            millis(self.counted.longest),
            self.given_up.to_string(),
            self.lost().to_string(),
            mib(self.memory),
            format!("{} / {} / {}", self.sessions, mib(self.backend), mib(self.backends)),
        ]
    }

    /// The failures of connections.
    fn lost(&self) -> u64 {
        self.errors.iter().filter(|(kind, _)| kind.starts_with("Connection")).map(|(_, count)| count).sum()
    }
}

const HEAD: [&str; 9] = [
    "until, s",
    "answers/s",
    "p50, ms",
    "p99, ms",
    "longest, ms",
    "given up",
    "connection errors",
    "this process, MiB",
    "sessions / largest / all, MiB",
];

impl Table {
    pub(crate) fn new(length: Duration, shown: bool) -> Self {
        let this = Self { length, shown, last: Duration::ZERO, lines: Vec::new(), notes: Vec::new() };
        this.print(&HEAD.join(" | "));
        this
    }

    fn print(&self, text: &str) {
        if self.shown {
            // Past the test harness, which would keep it until the end.
            std::io::stdout().write_all(format!("{text}\n").as_bytes()).unwrap();
        }
    }

    /// Says what happens now.
    pub(crate) fn note(&mut self, text: &str) {
        self.print(text);
        self.notes.push(text.to_owned());
    }

    pub(crate) fn is_due(&self, now: Duration) -> bool {
        now >= self.last + self.length / (ROWS * LINES)
    }

    /// Ends a line.
    pub(crate) async fn add(&mut self, now: Duration, load: &Arc<Load>, platform: &Arc<Platform>) {
        let sessions = platform.sessions().await;
        let each = sessions.iter().map(|pid| status(&pid.to_string(), "RssAnon"));
        let line = Line {
            until: now,
            time: now.saturating_sub(self.last),
            counted: load.meter.times.take(),
            given_up: load.meter.given_up.swap(0, Ordering::Relaxed),
            errors: load.meter.take_errors(),
            memory: status("self", "VmRSS"),
            sessions: sessions.len(),
            backend: each.clone().max().unwrap_or(0),
            backends: each.sum(),
        };
        let mut text = line.cells().join(" | ");
        for (kind, count) in &line.errors {
            write!(text, " | {count} {kind}").unwrap();
        }
        self.print(&text);
        self.last = now;
        self.lines.push(line);
    }

    /// The last table.
    pub(crate) fn print_all(&self, end: &str) {
        self.print(&format!("\n| {} |\n|{}", HEAD.join(" | "), "---|".repeat(HEAD.len())));
        for lines in self.lines.chunks(LINES as usize) {
            self.print(&format!("| {} |", Line::merged(lines).cells().join(" | ")));
        }
        let all = Line::merged(&self.lines);
        self.print(&format!("| all: {} |\n", all.cells().join(" | ")));
        for (kind, count) in &all.errors {
            self.print(&format!("{count} × {kind}"));
        }
        for note in &self.notes {
            self.print(note);
        }
        self.print(end);
    }

    /// The memory at the end is about that of the first quarter, and there are not more connections than allowed.
    pub(crate) fn is_flat(&self) {
        let quarter = self.lines.len() / 4;
        let most = |lines: &[Line], what: fn(&Line) -> u64| lines.iter().map(what).max().unwrap_or(0);
        let (early, late) = (&self.lines[..quarter], &self.lines[self.lines.len() - quarter..]);
        let flat = |name: &str, what: fn(&Line) -> u64| {
            let (before, after) = (most(early, what), most(late, what));
            assert!(after <= before + before / 4 + 4096, "{name} grew from {before} to {after} KiB");
        };
        flat("this process", |line| line.memory);
        flat("the largest backend", |line| line.backend);
        let sessions = self.lines.iter().map(|line| line.sessions).max().unwrap_or(0);
        assert!(sessions <= 30, "{sessions} sessions");
    }
}
