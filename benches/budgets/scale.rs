//! The same requests on a platform with a thousand organizations and on one with a million, in turns.

use super::Outcome;
use super::bench::Bench;
use super::lab::{Client, Lab, Verb};
use super::row::{Budget, Row, Turns, Unit};

/// What is compared: the name, the verb, how many are in flight, and over how many connections.
const KINDS: [(&str, Verb, usize, usize); 3] = [
    ("resolve, 1 in flight, 1 connection", Verb::Resolve, 1, 1),
    ("resolve, 64 in flight, 4 connections", Verb::Resolve, 64, 4),
    ("acquire, 64 in flight, 4 connections", Verb::Acquire, 64, 4),
];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let Some(large) = bench.large()? else {
        return Ok(KINDS.map(|(what, ..)| Row::not_run(what, Unit::PerSecond, "--quick leaves it out")).into());
    };
    KINDS.iter().map(|kind| row(bench, large, *kind)).collect()
}

fn row(bench: &Bench, large: &Lab, kind: (&str, Verb, usize, usize)) -> Outcome<Row> {
    let (what, verb, flying, connections) = kind;
    let (small, sizes) = (bench.small()?, bench.options.sizes);
    let runtime = bench.runtime(flying);
    let resolvers = (runtime.block_on(large.resolver(connections))?, runtime.block_on(small.resolver(connections))?);
    let side = |lab: &Lab, resolver| bench.requests(lab, Client::new(resolver, &lab.orgs)?, verb, flying);
    let turns = Turns::take(sizes.rounds, || side(large, &resolvers.0), || side(small, &resolvers.1))?;
    let row = Row::beside(what, Unit::PerSecond, &format!("with {}", small.named()), &turns)?;
    Ok(row.size(format!("{}, in memory", large.named())).budget(Budget::RatioAtLeast { bound: 0.9 }))
}
