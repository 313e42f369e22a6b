//! The same requests as people write them at first, in Python with psycopg: a key encrypted with pgcrypto's defaults, a query
//! for the organization's key and one for the platform's, and a charge in a transaction of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::Outcome;
use super::bench::Bench;
use super::lab::{Client, Verb, alone};
use super::pgbench::DATABASE;
use super::row::{Row, Turns, Unit};

const SCRIPT: &str = include_str!("python.py");

/// What is compared: the name, the verb for both sides, and which organizations ask.
const KINDS: [(&str, Verb, &str, &str); 3] = [
    ("resolve of an organization with a key, 1 in flight", Verb::Resolve, "resolve", "org"),
    ("resolve of one without, 1 in flight", Verb::Resolve, "resolve", "keyless"),
    ("acquire, 1 in flight", Verb::Acquire, "acquire", "org"),
];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let python = match Python::find(bench.options.smoke) {
        Ok(python) => python,
        Err(why) => return Ok(KINDS.map(|(what, ..)| Row::not_run(what, Unit::PerSecond, why.to_string())).into()),
    };
    let (lab, sizes) = (bench.small()?, bench.options.sizes);
    let url = lab.server.url("byok", DATABASE);
    let count = lab.orgs.len().to_string();
    python.run(&[&url, "fill", "org", &count, "0"])?;
    let resolver = bench.single.block_on(lab.resolver(1))?;
    let mut rows = Vec::new();
    for (what, verb, theirs, orgs) in KINDS {
        let asking: &Arc<_> = if orgs == "org" { &lab.orgs } else { &lab.keyless };
        let turns = Turns::take(
            sizes.rounds,
            || bench.single.block_on(alone(lab, &Client::new(&resolver, asking)?, verb, sizes.seconds)),
            || Ok(python.run(&[&url, theirs, orgs, &count, &sizes.seconds.to_string()])?.trim().parse()?),
        )?;
        rows.push(Row::beside(what, Unit::PerSecond, &python.name, &turns)?.size("1 connection, in memory"));
    }
    Ok(rows)
}

/// An interpreter that has psycopg.
struct Python {
    program: PathBuf,
    name: String,
    dir: TempDir,
}

impl Python {
    /// The system's, if it has psycopg; else one of its own in a temporary directory, which a smoke run does not install.
    fn find(smoke: bool) -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("requests.py"), SCRIPT)?;
        if let Ok(version) = version(Path::new("python3")) {
            return Ok(Self { program: "python3".into(), name: version, dir });
        }
        if smoke {
            return Err("python3 has no psycopg here".into());
        }
        let own = dir.path().join("python");
        command(Path::new("python3"), &["-m", "venv", &own.to_string_lossy()]).map_err(|_| "there is no python3")?;
        let program = own.join("bin/python");
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "psycopg[binary]"];
        command(&program, &install).map_err(|_| "psycopg cannot be installed")?;
        Ok(Self { name: version(&program)?, program, dir })
    }

    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let script = self.dir.path().join("requests.py");
        command(&self.program, &[&[&*script.to_string_lossy()], arguments].concat())
    }
}

fn version(program: &Path) -> Outcome<String> {
    let script =
        "import platform, psycopg; print('Python', platform.python_version() + ', psycopg', psycopg.__version__)";
    Ok(command(program, &["-c", script])?.trim().to_owned())
}

fn command(program: &Path, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
