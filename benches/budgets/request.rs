//! `resolve` and `acquire` of many organizations, beside pgbench with as many connections.

use super::bench::Bench;
use super::lab::{Client, Lab, Verb};
use super::row::{Budget, Row, Turns, Unit};
use super::{Outcome, pgbench};

/// One comparison.
#[derive(Clone, Copy)]
struct Load {
    verb: Verb,
    flying: usize,
    connections: usize,
    /// The reference's name, and its arguments.
    reference: (&'static str, &'static [&'static str]),
    bound: f64,
}

const RESOLVES: [Load; 2] = [
    Load {
        verb: Verb::Resolve,
        flying: 1,
        connections: 1,
        reference: ("pgbench -S -c 1", &["-S", "-c", "1", "-j", "1"]),
        bound: 0.5,
    },
    Load {
        verb: Verb::Resolve,
        flying: 64,
        connections: 4,
        reference: ("pgbench -S -c 4", &["-S", "-c", "4", "-j", "2"]),
        bound: 1.3,
    },
];
const ACQUIRES: [Load; 2] = [
    Load {
        verb: Verb::Acquire,
        flying: 1,
        connections: 1,
        reference: ("pgbench -N -c 1", &["-N", "-c", "1", "-j", "1"]),
        bound: 0.7,
    },
    Load {
        verb: Verb::Acquire,
        flying: 64,
        connections: 4,
        reference: ("pgbench -N -c 16", &["-N", "-c", "16", "-j", "2"]),
        bound: 1.5,
    },
];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let lab = bench.small()?;
    let mut rows = Vec::new();
    for load in RESOLVES.iter().chain(&ACQUIRES) {
        rows.push(row(bench, lab, load)?.size("in memory"));
    }
    for load in &ACQUIRES {
        rows.push(match bench.disk()? {
            Some((lab, kind)) => row(bench, lab, load)?.size(format!("on disk ({kind}) with fsync")),
            None => in_memory(bench, load),
        });
    }
    Ok(rows)
}

fn in_memory(bench: &Bench, load: &Load) -> Row {
    let why = format!("{} is in memory; name a directory on a disk with --disk", bench.options.disk.display());
    Row::not_run(what(load), Unit::PerSecond, why)
}

fn what(load: &Load) -> String {
    let verb = match load.verb {
        Verb::Resolve => "resolve",
        Verb::Acquire | Verb::Reported => "acquire",
    };
    let Load { flying, connections, .. } = load;
    format!("{verb}, {flying} in flight, {connections} connection{}", if *connections == 1 { "" } else { "s" })
}

fn row(bench: &Bench, lab: &Lab, load: &Load) -> Outcome<Row> {
    let Load { verb, flying, connections, reference: (name, arguments), bound } = *load;
    let (rounds, seconds) = (bench.options.sizes.rounds, bench.options.sizes.seconds);
    let resolver = bench.runtime(flying).block_on(lab.resolver(connections))?;
    let turns = Turns::take(
        rounds,
        || bench.requests(lab, Client::new(&resolver, &lab.orgs)?, verb, flying),
        || pgbench::rate(lab, seconds, arguments),
    )?;
    Ok(Row::beside(what(load), Unit::PerSecond, name, &turns)?.budget(Budget::RatioAtLeast { bound }))
}
