//! `key list --all-orgs`: when its first row is there, and how much memory it needs at most. And `doctor`, which looks at the first
//! keys of as many.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
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
        let mut first = Vec::new();
        for _ in 0..bench.options.sizes.rounds {
            first.push(Listing::begin(&program, lab, format, above)?.end());
        }
        let whole = Listing::begin(&program, lab, format, above)?.read(lab.size)?;
        let (what, size) = (format!("{what} -o {format}"), format!("{} keys", lab.size));
        let row = Row::alone(format!("{what}, first row"), Unit::Milliseconds, &first)?;
        rows.push(row.size(&size).budget(Budget::AtMost { bound: 200.0 }));
        let name = format!("{what}, largest memory");
        rows.push(match whole.memory {
            None => Row::not_run(name, Unit::Mebibytes, "this system has no /proc/PID/status"),
            Some(memory) => {
                let row = Row::alone(name, Unit::Mebibytes, &[memory])?;
                row.size(&size).budget(Budget::AtMost { bound: 64.0 })
            }
        });
        rows.push(Row::alone(format!("{what}, rows"), Unit::PerSecond, &[whole.rows])?.size(size));
    }
    rows.push(doctor(bench, lab, &program)?);
    Ok(rows)
}

/// The time of `doctor`. What it finds does not matter here.
fn doctor(bench: &Bench, lab: &Lab, program: &Path) -> Outcome<Row> {
    let mut took = Vec::new();
    for _ in 0..bench.options.sizes.rounds {
        let mut command = Command::new(program);
        command.arg("doctor").env("BYOK_DATABASE_URL", lab.url()).stdin(Stdio::null()).stdout(Stdio::null());
        let begun = Instant::now();
        command.stderr(Stdio::null()).status()?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Row::alone("byok doctor", Unit::Milliseconds, &took)?.size(format!("{} keys", lab.size)))
}

/// A list whose first row has arrived.
struct Listing {
    child: Child,
    output: BufReader<ChildStdout>,
    begun: Instant,
    /// Milliseconds until the first row.
    first: f64,
}

/// A list that was read to its end.
struct Listed {
    /// Mebibytes.
    memory: Option<f64>,
    /// Rows a second.
    rows: f64,
}

impl Listing {
    fn begin(program: &Path, lab: &Lab, format: &str, above: usize) -> Outcome<Self> {
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
        Ok(Self { child, output, begun, first: begun.elapsed().as_secs_f64() * 1e3 })
    }

    /// Reads no more of it.
    fn end(mut self) -> f64 {
        self.child.kill().ok();
        self.child.wait().ok();
        self.first
    }

    /// Reads all of it. The program cannot end before the last block of its output is read, so its greatest use of memory is
    /// seen before that.
    fn read(mut self, wanted: usize) -> Outcome<Listed> {
        let (mut rows, mut memory, mut block) = (1, None, vec![0; 1 << 16]);
        loop {
            memory = greatest(self.child.id()).or(memory);
            let length = self.output.read(&mut block)?;
            rows += block[..length].split(|byte| *byte == b'\n').count() - 1;
            if length == 0 {
                break;
            }
        }
        let rate = rate(rows, self.begun.elapsed());
        let status = self.child.wait()?;
        // A table has its header above every page.
        if !status.success() || rows < wanted {
            return Err(format!("key list ended with {status} after {rows} of {wanted} rows").into());
        }
        Ok(Listed { memory, rows: rate })
    }
}

/// The largest resident memory of a process so far, in mebibytes.
fn greatest(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kib / 1024.0)
}
