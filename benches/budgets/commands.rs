//! Whole commands of the released program, from its start to its end, beside small programs that everybody knows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Outcome;
use super::bench::Bench;
use super::options::Sizes;
use super::programs::{client, in_path};
use super::row::{Budget, Row, Turns, Unit};

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let (byok, sizes) = (program(bench)?, bench.options.sizes);
    let (mut rows, git) = (Vec::new(), in_path("git")?);
    for arguments in [&["--version"][..], &["--help"], &["completions", "bash"]] {
        let ours = || command(&byok, arguments, None);
        rows.push(
            row(arguments, ours, ("git --version", || command(&git, &["--version"], None)), sizes)?
                .budget(Budget::RatioAtMost { bound: 2.0 }),
        );
    }
    let lab = bench.small()?;
    let (url, org) = (lab.url(), lab.orgs[0].as_str());
    let psql = client("psql")?;
    let theirs = || {
        let mut command = command(&psql, &["-X", "-c", "select 1"], None);
        command.arg(&url);
        command
    };
    let list = ["key", "list", "--org", org];
    for arguments in [&["resolve", "openai", "--org", org][..], &list] {
        let ours = || command(&byok, arguments, Some(&url));
        rows.push(
            row(arguments, ours, ("psql -c 'select 1'", &theirs), sizes)?.budget(Budget::RatioAtMost { bound: 1.5 }),
        );
    }
    let file = configuration(&url)?;
    let ours = || {
        let mut command = command(&byok, &list, None);
        command.env("BYOK_CONFIG", file.path());
        command
    };
    let row = row(&list, ours, ("psql -c 'select 1'", &theirs), sizes)?.size("with a configuration file");
    rows.push(row.budget(Budget::RatioAtMost { bound: 1.5 }));
    let bytes = u32::try_from(std::fs::metadata(&byok)?.len()).map_or(f64::INFINITY, f64::from);
    let size = Row::alone("the program's file, without symbols", Unit::Mebibytes, &[bytes / f64::from(1 << 20)])?;
    rows.push(size.budget(Budget::AtMost { bound: 12.0 }));
    Ok(rows)
}

/// A configuration file with this database, and with profiles that are not in force.
fn configuration(url: &str) -> Outcome<tempfile::NamedTempFile> {
    let mut text = "default_profile = \"here\"\n".to_owned();
    for profile in ["staging", "production", "here"] {
        let data_key = format!("data_key_file = \"/nowhere/{profile}.datakey\"");
        write!(text, "[profiles.{profile}]\ndatabase_url = \"{url}\"\n{data_key}\norg = \"acme\"\n")?;
    }
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// The program as it is released, which is built first. For a smoke run, the one that is there.
pub(crate) fn program(bench: &Bench) -> Outcome<PathBuf> {
    if bench.options.smoke {
        return Ok(PathBuf::from(env!("CARGO_BIN_EXE_byok")));
    }
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--bin", "byok", "--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = said.lines().rev().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == "byok");
    let path = programs.find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    path.ok_or_else(|| "cargo build --release made no program".into())
}

/// A command with a small environment, and with the database if it needs one.
fn command(program: &Path, arguments: &[&str], url: Option<&str>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/");
    command.envs(url.map(|url| ("BYOK_DATABASE_URL", url)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts both in turns, one process after the other. A round is the median of its runs.
fn row(
    arguments: &[&str],
    ours: impl Fn() -> Command,
    (name, theirs): (&str, impl Fn() -> Command),
    sizes: Sizes,
) -> Outcome<Row> {
    let mut turns = Turns::default();
    for _ in 0..sizes.rounds {
        let pairs = Turns::take(sizes.runs, || run(ours()), || run(theirs()))?;
        turns.ours.push(super::row::Spread::of(&pairs.ours)?.median);
        turns.theirs.push(super::row::Spread::of(&pairs.theirs)?.median);
    }
    Row::beside(format!("byok {}", arguments.join(" ")), Unit::Milliseconds, name, &turns)
}

/// The time of a process, in milliseconds.
fn run(mut command: Command) -> Outcome<f64> {
    let begun = Instant::now();
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let took = begun.elapsed().as_secs_f64() * 1e3;
    if status.success() { Ok(took) } else { Err(format!("{}: {status}", command.get_program().display()).into()) }
}
