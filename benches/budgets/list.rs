//! `key list --all-orgs`: when its first row is there, and how much memory it needs at most.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::bench::Bench;
use super::lab::Lab;
use super::row::{Budget, Row, Unit, rate};
use super::{Outcome, commands};

/// The formats, and how many lines stand above the first row.
const FORMATS: [(&str, usize); 2] = [("jsonl", 0), ("table", 1)];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let what = "byok key list --all-orgs";
    let Some(lab) = bench.large()? else {
        return Ok(vec![Row::not_run(what, Unit::Mebibytes, "--quick leaves it out")]);
    };
    let program = commands::program(bench)?;
    let mut rows = Vec::new();
    for (format, above) in FORMATS {
        let mut runs = Vec::new();
        for _ in 0..bench.options.sizes.rounds.min(3) {
            runs.push(listed(&program, lab, format, above)?);
        }
        let of = |figure: fn(&Listed) -> f64| runs.iter().map(figure).collect::<Vec<_>>();
        let (what, size) = (format!("{what} -o {format}"), format!("{} keys", lab.size));
        let first = Row::alone(format!("{what}, first row"), Unit::Milliseconds, &of(|run| run.first))?;
        rows.push(first.size(&size).budget(Budget::AtMost { bound: 200.0 }));
        let name = format!("{what}, largest memory");
        rows.push(if runs.iter().any(|run| run.memory.is_none()) {
            Row::not_run(name, Unit::Mebibytes, "this system has no /proc/PID/status")
        } else {
            let memory = Row::alone(name, Unit::Mebibytes, &of(|run| run.memory.unwrap_or(f64::INFINITY)))?;
            memory.size(&size).budget(Budget::AtMost { bound: 64.0 })
        });
        rows.push(Row::alone(format!("{what}, rows"), Unit::PerSecond, &of(|run| run.rows))?.size(size));
    }
    Ok(rows)
}

struct Listed {
    /// Milliseconds until the first row.
    first: f64,
    /// Mebibytes.
    memory: Option<f64>,
    /// Rows a second.
    rows: f64,
}

fn listed(program: &std::path::Path, lab: &Lab, format: &str, above: usize) -> Outcome<Listed> {
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(["key", "list", "--all-orgs", "-o", format])
        .env("BYOK_DATABASE_URL", lab.url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
    let mut line = String::new();
    for _ in 0..=above {
        line.clear();
        output.read_line(&mut line)?;
    }
    let first = begun.elapsed().as_secs_f64() * 1e3;
    // The program cannot end before the last block of its output is read, so its greatest use is seen before that.
    let (mut rows, mut memory, mut block) = (1, None, vec![0; 1 << 16]);
    loop {
        memory = greatest(child.id()).or(memory);
        let length = output.read(&mut block)?;
        rows += block[..length].split(|byte| *byte == b'\n').count() - 1;
        if length == 0 {
            break;
        }
    }
    let rate = rate(rows, begun.elapsed());
    let status = child.wait()?;
    // The organizations without a key have no row.
    if !status.success() || rows != lab.size {
        return Err(format!("key list ended with {status} after {rows} of {} rows", lab.size).into());
    }
    Ok(Listed { first, memory, rows: rate })
}

/// The largest resident memory of a process so far, in mebibytes.
fn greatest(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kib / 1024.0)
}
