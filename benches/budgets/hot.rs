//! `acquire` of one organization, whose charges all change one row.
//!
//! A charge changes the balance and leaves a line that says why, in one transaction. So the reference is that: pgbench with 16
//! clients that update one row and insert a line, in a transaction of four statements like those of its own scripts. The
//! update alone, without a transaction and without a line, stands beside it without a budget. It is no charge: a balance
//! that changes without a line cannot be checked.

use super::bench::Bench;
use super::lab::{Client, Lab, Verb};
use super::row::{Budget, Row, Turns, Unit};
use super::{Outcome, pgbench};

const FLYING: usize = 64;

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut rows = both(bench, bench.small()?, "in memory", 5.0)?;
    match bench.disk()? {
        Some((lab, kind)) => rows.extend(both(bench, lab, &format!("on disk ({kind}) with fsync"), 8.0)?),
        None => rows.push(Row::not_run("acquire of one organization", Unit::PerSecond, "no disk; see --disk")),
    }
    Ok(rows)
}

fn both(bench: &Bench, lab: &Lab, place: &str, bound: f64) -> Outcome<Vec<Row>> {
    let charge = (pgbench::CHARGE_OF_ONE_ROW, "pgbench -c 16, a charge of one row");
    let update = (pgbench::UPDATE_OF_ONE_ROW, "pgbench -c 16, only an update of one row");
    Ok(vec![
        row(bench, lab, charge)?.size(place).budget(Budget::RatioAtLeast { bound }),
        row(bench, lab, update)?.size(place),
    ])
}

fn row(bench: &Bench, lab: &Lab, (script, name): (&str, &str)) -> Outcome<Row> {
    let (rounds, seconds) = (bench.options.sizes.rounds, bench.options.sizes.seconds);
    let resolver = bench.runtime(FLYING).block_on(lab.resolver(4))?;
    let one = std::sync::Arc::new(lab.orgs[..1].to_vec());
    let file = pgbench::script(lab, "hot.sql", script)?;
    let turns = Turns::take(
        rounds,
        || bench.requests(lab, Client::new(&resolver, &one)?, Verb::Acquire, FLYING),
        || pgbench::rate(lab, seconds, &["-f", &file, "-c", "16", "-j", "2"]),
    )?;
    Row::beside("acquire of one organization, 64 in flight, 4 connections", Unit::PerSecond, name, &turns)
}
