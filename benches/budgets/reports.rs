//! `acquire` with a report of what the provider answered after every request, beside `acquire` without.

use std::time::Duration;

use super::Outcome;
use super::bench::Bench;
use super::lab::{Client, Lab, Verb};
use super::row::{Budget, Row, Turns, Unit};

const FLYING: usize = 64;
const MINUTE: Duration = Duration::from_secs(60);
/// Each of a thousand keys is written once a second, as if 60,000 keys were in use.
const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let lab = bench.small()?;
    let mut rows = vec![
        row(bench, lab, MINUTE, "each key written once a minute")?.size(format!("{}, in memory", lab.named())),
        row(bench, lab, SECOND, "each key written once a second")?.size(format!("{}, in memory", lab.named())),
    ];
    if let Some((lab, kind)) = bench.disk()? {
        let row = row(bench, lab, MINUTE, "each key written once a minute")?;
        rows.push(row.size(format!("{}, on disk ({kind}) with fsync", lab.named())));
    }
    Ok(rows)
}

fn row(bench: &Bench, lab: &Lab, interval: Duration, how: &str) -> Outcome<Row> {
    // The difference is small, so more rounds are needed to see it.
    let rounds = bench.options.sizes.rounds * 2;
    let resolver = bench.runtime(FLYING).block_on(lab.reporting(4, interval))?;
    let rate = |verb| bench.requests(lab, Client::new(&resolver, &lab.orgs)?, verb, FLYING);
    rate(Verb::Reported)?;
    let turns = Turns::take(rounds, || rate(Verb::Reported), || rate(Verb::Acquire))?;
    let lost = resolver.reports().lost;
    if lost > 0 {
        return Err(format!("{lost} reports were given up").into());
    }
    let what = format!("acquire and report, 64 in flight, 4 connections, {how}");
    Ok(Row::beside(what, Unit::PerSecond, "acquire without a report", &turns)?
        .budget(Budget::RatioAtLeast { bound: 0.97 }))
}
