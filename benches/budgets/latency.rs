//! How long a request takes that comes alone: half of them take no longer than p50, and 99 of 100 no longer than p99.

use std::time::{Duration, Instant};

use super::bench::Bench;
use super::lab::{Client, Verb};
use super::row::{Budget, Row, Turns, Unit};
use super::{Outcome, pgbench};

/// A kind of request, and its reference.
struct Lone {
    verb: Verb,
    name: &'static str,
    reference: &'static str,
    arguments: &'static [&'static str],
    /// The ratios of p50 and p99 before requests were put together, at commit 5183aaa.
    before: [f64; 2],
}

const KINDS: [Lone; 2] = [
    Lone {
        verb: Verb::Resolve,
        name: "resolve",
        reference: "pgbench -S -c 1",
        arguments: &["-S", "-c", "1"],
        before: [2.18, 1.94],
    },
    Lone {
        verb: Verb::Acquire,
        name: "acquire",
        reference: "pgbench -N -c 1",
        arguments: &["-N", "-c", "1"],
        before: [0.91, 0.87],
    },
];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for kind in &KINDS {
        let (lab, sizes) = (bench.small()?, bench.options.sizes);
        let client = Client::new(&bench.single.block_on(lab.resolver(1))?, &lab.orgs)?;
        let (mut half, mut most) = (Turns::default(), Turns::default());
        for _ in 0..sizes.rounds {
            let ours = percentiles(bench.single.block_on(times(&client, kind.verb, sizes.seconds))?)?;
            let theirs = percentiles(pgbench::latencies(lab, sizes.seconds, kind.arguments)?)?;
            half.ours.push(ours[0]);
            half.theirs.push(theirs[0]);
            most.ours.push(ours[1]);
            most.theirs.push(theirs[1]);
        }
        for (at, (name, turns)) in [("p50", half), ("p99", most)].into_iter().enumerate() {
            let what = format!("{} alone, {name}", kind.name);
            let row = Row::beside(what, Unit::Microseconds, &format!("{name} of {}", kind.reference), &turns)?;
            rows.push(row.size("in memory").budget(Budget::RatioAtMost { bound: kind.before[at] }));
        }
    }
    Ok(rows)
}

/// The time of each request, in microseconds.
async fn times(client: &Client, verb: Verb, seconds: f64) -> Outcome<Vec<f64>> {
    let (begun, mut found) = (Instant::now(), Vec::new());
    while begun.elapsed() < Duration::from_secs_f64(seconds) {
        let sent = Instant::now();
        client.request(verb, found.len()).await?;
        found.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    Ok(found)
}

/// p50 and p99.
fn percentiles(mut times: Vec<f64>) -> Outcome<[f64; 2]> {
    times.sort_by(f64::total_cmp);
    let at = |hundredths: usize| times.get(times.len() * hundredths / 100).copied().ok_or("nothing was timed");
    Ok([at(50)?, at(99)?])
}
