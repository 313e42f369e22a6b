//! Measures every budget of `byok` beside its reference, and prints a table: `cargo bench --bench budgets`.
//!
//! A budget is a ratio wherever there is something to compare with. Both sides run in turns on the same server in the same
//! run, so a slow moment of the machine meets both. `cargo bench --bench budgets -- --help` lists the options.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its figures are what it is for")]

mod bench;
mod commands;
mod fleet;
mod hot;
mod import;
mod keys;
mod lab;
mod latency;
mod list;
mod machine;
mod options;
mod page;
mod pgbench;
mod programs;
mod python;
mod report;
mod reports;
mod request;
mod row;
mod scale;
mod store;
mod table;

use std::process::ExitCode;

use bench::Bench;
use options::{Options, Task};

/// What this program fails with.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A subject: its name on the command line, its title, and how its rows are measured.
pub(crate) type Subject = (&'static str, &'static str, fn(&Bench) -> Outcome<Vec<row::Row>>);

/// In the order of the page.
pub(crate) const SUBJECTS: &[Subject] = &[
    ("request", "Requests", request::rows),
    ("hot", "One busy organization", hot::rows),
    ("reports", "Reports of what production met", reports::rows),
    ("latency", "A request that comes alone", latency::rows),
    ("scale", "Many organizations", scale::rows),
    ("python", "Beside what people write", python::rows),
    ("keys", "Master keys, data keys and the audit log", keys::rows),
    ("import", "Many keys from a list", import::rows),
    ("commands", "Whole commands", commands::rows),
    ("list", "A long list", list::rows),
    ("fleet", "Tests of all keys", fleet::rows),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("budgets: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    match Options::read(std::env::args().skip(1))? {
        Task::Help => println!("{}", options::HELP),
        Task::Page { from, to, check } => page::write(&from, &to, check)?,
        Task::Measure(options) => measure(options)?,
    }
    Ok(())
}

fn measure(options: Options) -> Outcome<()> {
    let bench = Bench::new(options)?;
    let mut report = report::Report::begin(&bench.options)?;
    for (name, title, rows) in SUBJECTS.iter().filter(|(name, ..)| bench.options.wants(name)) {
        eprintln!("{title} …");
        report.put(name, rows(&bench)?);
        // A later subject may fail, or be interrupted.
        if let Some(file) = &bench.options.json {
            report.merge_into(file)?;
        }
    }
    print!("{}", table::text(&report));
    Ok(())
}
