//! The reference of the request path: pgbench, on the same server.

use std::process::Command;

use super::Outcome;
use super::lab::Lab;
use super::programs::client;

/// The database that pgbench has for itself.
pub(crate) const DATABASE: &str = "pgbench";

/// A charge as pgbench writes one, for one row: the update and its line in one transaction.
pub(crate) const CHARGE_OF_ONE_ROW: &str = "begin;
update pgbench_branches set bbalance = bbalance - 1 where bid = 1;
insert into pgbench_history (tid, bid, aid, delta, mtime) values (1, 1, 1, -1, current_timestamp);
end;
";

/// The same update, alone and without a line: not what a charge is, and the least that a server can do.
pub(crate) const UPDATE_OF_ONE_ROW: &str = "update pgbench_branches set bbalance = bbalance - 1 where bid = 1;\n";

/// Makes its tables: a million accounts.
pub(crate) fn fill(lab: &Lab, smoke: bool) -> Outcome<()> {
    run(lab, DATABASE, &["-i", "-q", "-s", if smoke { "1" } else { "10" }])?;
    Ok(())
}

/// Transactions a second, by its own account.
pub(crate) fn rate(lab: &Lab, seconds: f64, arguments: &[&str]) -> Outcome<f64> {
    figure(&timed(lab, DATABASE, seconds, arguments)?)
}

/// The same, of a script that reads the tables of byok.
pub(crate) fn rate_of_ours(lab: &Lab, seconds: f64, arguments: &[&str]) -> Outcome<f64> {
    figure(&timed(lab, "postgres", seconds, arguments)?)
}

fn figure(said: &str) -> Outcome<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench gave no figure")?;
    Ok(line.split(' ').next().unwrap_or_default().parse()?)
}

/// The time that each transaction took, in microseconds.
pub(crate) fn latencies(lab: &Lab, seconds: f64, arguments: &[&str]) -> Outcome<Vec<f64>> {
    let dir = tempfile::tempdir()?;
    let prefix = dir.path().join("log").to_string_lossy().into_owned();
    timed(lab, DATABASE, seconds, &[arguments, &["-l", "--log-prefix", &prefix]].concat())?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir.path())? {
        let text = std::fs::read_to_string(entry?.path())?;
        for line in text.lines() {
            found.push(line.split(' ').nth(2).unwrap_or_default().parse()?);
        }
    }
    Ok(found)
}

/// A script as a file that pgbench reads.
pub(crate) fn script(lab: &Lab, name: &str, text: &str) -> Outcome<String> {
    let file = lab.server.socket_dir().join(name);
    std::fs::write(&file, text)?;
    Ok(file.to_string_lossy().into_owned())
}

fn timed(lab: &Lab, database: &str, seconds: f64, arguments: &[&str]) -> Outcome<String> {
    let whole = format!("{seconds:.0}");
    // It takes whole seconds only. A smoke run has less than one.
    let length = if seconds < 1.0 { ["-t", "20"] } else { ["-T", &whole] };
    run(lab, database, &[arguments, &["-M", "prepared", "-n"], &length].concat())
}

fn run(lab: &Lab, database: &str, arguments: &[&str]) -> Outcome<String> {
    let mut command = Command::new(client("pgbench")?);
    command.arg("-h").arg(lab.server.socket_dir()).args(["-U", "byok"]).args(arguments).arg(database);
    let output = command.output().map_err(|error| format!("pgbench: {error}"))?;
    if !output.status.success() {
        return Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
