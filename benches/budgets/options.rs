//! The command line of this program.

use std::path::PathBuf;

use super::{Outcome, SUBJECTS};

pub(crate) const HELP: &str = "Measures every budget of byok beside its reference.

cargo bench --bench budgets -- [OPTIONS] [SUBJECT...]

Subjects: request, hot, reports, latency, scale, python, keys, import, commands, list, fleet. Without one, all are measured.

  --json FILE   Also write the figures as JSON. Rows of other subjects that are already in the file stay, if they are
                of the same machine
  --disk DIR    Where the figures with a real disk are measured (default: /var/tmp)
  --quick       Fewer and shorter rounds, and nothing with a million organizations
  --smoke       Sizes that prove only that this program works: the figures mean nothing
  --page        Measure nothing: write docs/performance.md from docs/performance.json
  --check       Measure nothing: fail if docs/performance.md is not what --page would write";

/// What was asked for.
pub(crate) enum Task {
    Help,
    Measure(Options),
    Page { from: PathBuf, to: PathBuf, check: bool },
}

#[derive(Clone)]
pub(crate) struct Options {
    subjects: Vec<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) disk: PathBuf,
    pub(crate) smoke: bool,
    pub(crate) sizes: Sizes,
}

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// How often both sides take turns.
    pub(crate) rounds: usize,
    /// How long one side runs in one round.
    pub(crate) seconds: f64,
    /// The organizations of a small platform.
    pub(crate) orgs: usize,
    /// Those of a large one; none are made with `--quick`.
    pub(crate) many: Option<usize>,
    /// Organizations whose data keys get another master key.
    pub(crate) rotated: usize,
    /// Keys of one organization that are sealed anew.
    pub(crate) resealed: usize,
    /// Records of the audit log.
    pub(crate) records: usize,
    /// Keys that are tested at a provider.
    pub(crate) tested: usize,
    /// How often a command is started in one round.
    pub(crate) runs: usize,
}

const FULL: Sizes = Sizes {
    rounds: 7,
    seconds: 2.0,
    orgs: 1_000,
    many: Some(1_000_000),
    rotated: 100_000,
    resealed: 5_000,
    records: 20_000,
    tested: 500,
    runs: 20,
};
const QUICK: Sizes = Sizes { rounds: 3, seconds: 1.0, many: None, rotated: 20_000, resealed: 1_000, ..FULL };
const SMOKE: Sizes = Sizes {
    rounds: 1,
    seconds: 0.05,
    orgs: 20,
    many: Some(200),
    rotated: 200,
    resealed: 20,
    records: 50,
    tested: 5,
    runs: 1,
};

impl Options {
    /// Reads the arguments, of which `cargo bench` adds one of its own.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Outcome<Task> {
        let mut options = Self {
            subjects: Vec::new(),
            json: None,
            disk: PathBuf::from(if cfg!(target_os = "linux") { "/var/tmp" } else { "/tmp" }),
            smoke: false,
            sizes: FULL,
        };
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let page = |check| {
            let (from, to) = (root.join("docs/performance.json"), root.join("docs/performance.md"));
            Ok(Task::Page { from, to, check })
        };
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--help" | "-h" => return Ok(Task::Help),
                "--page" => return page(false),
                "--check" => return page(true),
                "--json" => options.json = Some(value()?.into()),
                "--disk" => options.disk = value()?.into(),
                "--quick" => options.sizes = QUICK,
                "--smoke" => (options.sizes, options.smoke) = (SMOKE, true),
                name if SUBJECTS.iter().any(|(known, ..)| *known == name) => options.subjects.push(name.to_owned()),
                other => return Err(format!("{other} is not known; --help lists the options and subjects").into()),
            }
        }
        Ok(Task::Measure(options))
    }

    pub(crate) fn wants(&self, subject: &str) -> bool {
        self.subjects.is_empty() || self.subjects.iter().any(|name| name == subject)
    }
}
