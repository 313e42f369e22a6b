//! The same requests on a platform with a thousand organizations and on one with a million, in turns.

use super::bench::Bench;
use super::lab::{Client, Lab, Verb};
use super::row::{Budget, Row, Turns, Unit};
use super::{Outcome, pgbench};

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
    let mut rows = KINDS.iter().map(|kind| row(bench, large, *kind)).collect::<Outcome<Vec<_>>>()?;
    rows.push(plain(bench, large)?);
    Ok(rows)
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

/// What PostgreSQL itself loses: the rows that a request reads, looked up with plain SQL, for as many organizations in a
/// statement as are in a call.
fn plain(bench: &Bench, large: &Lab) -> Outcome<Row> {
    let (small, sizes) = (bench.small()?, bench.options.sizes);
    let (of_large, of_small) = (look_ups(large)?, look_ups(small)?);
    let side = |lab: &Lab, file: &str| pgbench::rate_of_ours(lab, sizes.seconds, &["-f", file, "-c", "4", "-j", "2"]);
    let turns = Turns::take(sizes.rounds, || side(large, &of_large), || side(small, &of_small))?;
    let what = "16 organizations, four rows of each, plain SQL; pgbench -c 4";
    let row = Row::beside(what, Unit::PerSecond, &format!("with {}", small.named()), &turns)?;
    Ok(row.size(format!("{}, in memory", large.named())))
}

fn look_ups(lab: &Lab) -> Outcome<String> {
    let (senders, step) = (lab.orgs.len(), lab.size / lab.orgs.len());
    let text = format!(
        "select sum(length((select encrypted from byok.provider_key k where k.org = s.org and provider = 'openai' and version = 1)) \
         + (select epoch from byok.data_key d where d.org = s.org and epoch = 1) \
         + (select available from byok.balance b where b.org = s.org) \
         + (select count(*) from byok.org o where o.org = s.org and o.enabled)) \
         from (select 'org-' || lpad((floor(random() * {senders})::int * {step})::text, 7, '0') as org \
               from generate_series(1, 16)) s;\n"
    );
    pgbench::script(lab, "look-ups.sql", &text)
}
