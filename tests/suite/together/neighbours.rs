//! Neighbours that fail, in every way there is: the others are served and charged as if they were alone, and each that fails has
//! its own error.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use byok::Charge;
use byok::admin::{Database, FindingKind};
use byok::name::OrgId;

use super::{Request, at_once, begin_again, books, builder, openai, seen};
use crate::harness::{World, block_on, openai_key, parse};

/// One that is not as others are: its organization, what it asks for, and a part of its outcome.
struct Odd {
    org: &'static str,
    provider: &'static str,
    charge: fn() -> Charge,
    outcome: &'static str,
}

fn now(operation: &str, units: i64) -> Charge {
    Charge::now(operation.parse().unwrap(), units).unwrap()
}

fn step() -> Charge {
    now("step", 1)
}

fn again(request: &str) -> Charge {
    step().request(request.parse().unwrap())
}

const fn odd(org: &'static str, charge: fn() -> Charge, outcome: &'static str) -> Odd {
    Odd { org, provider: "openai", charge, outcome }
}

/// Every way to fail, and some ways to be served that are not the usual ones.
const ODD: &[Odd] = &[
    Odd { org: "bolt", provider: "sarvam", charge: step, outcome: "Denied(NoPlatformKey)" },
    Odd { org: "acme", provider: "nosuch", charge: step, outcome: "Denied(NoPlatformKey)" },
    odd("late", step, "Denied(KeyExpired)"),
    odd("off", step, "Platform 1 Some((true"),
    odd("torn", step, "Unreadable"),
    odd("moved", step, "Unreadable"),
    odd("epoch", step, "DataKeyUnreadable"),
    odd("ghost", step, "NotEnoughCredits"),
    odd("ghost", || now("free", 1), "Platform 1 Some((true"),
    odd("shut", step, "Purged"),
    odd("anew", || again("old-anew"), "Platform 1 Some((true"),
    odd("poor", || now("step", 1000), "NotEnoughCredits"),
    odd("acme", || now("nothing", 1), "NoRate"),
    odd("acme", || now("step", 0), "OutOfRange"),
    odd("acme", || now("step", -1), "OutOfRange"),
    odd("bolt", || now("step", i64::MAX), "OutOfRange"),
    odd("bolt", || now("dear", 900_000_000_000), "OutOfRange"),
    odd("bolt", || now("dear", 2_000), "OutOfRange"),
    odd("bolt", || Charge::hold("step".parse().unwrap(), 1, Duration::MAX).unwrap(), "OutOfRange"),
    odd("bolt", || again(&"\u{5b57}".repeat(200)), "Platform 1 Some((true"),
    odd("acme", || step().recorded_as(&"x".repeat(100_000)), "BadValue"),
    odd("bolt", || step().recorded_as("a use"), "Platform 1 Some((true"),
    odd("bolt", || again("old-same"), "Platform 1 Some((false"),
    odd("bolt", || now("step", 2).request("old-same".parse().unwrap()), "RequestReused"),
    odd("bolt", || again("old-back"), "ChargeLost"),
    odd("acme", || again("old-key"), "OtherKeyServes"),
    odd("acme", || Charge::nothing().unwrap(), "Organization 2 None"),
];

/// Also an organization with the longest id that there can be, which nobody knows.
fn all() -> Vec<(Request, &'static str)> {
    let one = |odd: &Odd| Request {
        org: odd.org.parse().unwrap(),
        provider: odd.provider.parse().unwrap(),
        charge: (odd.charge)(),
    };
    let longest = Request { org: "\u{5b57}".repeat(128).parse().unwrap(), provider: openai(), charge: step() };
    ODD.iter().map(|odd| (one(odd), odd.outcome)).chain([(longest, "NotEnoughCredits")]).collect()
}

/// The world of the other tests, with what the odd requests need.
fn world() -> (World, String) {
    let (world, login) = super::world();
    let (admin, owner) = (world.byok("byok"), world.byok(&world.login_name("ada")));
    let set =
        |org: &str| owner.clone().input(openai_key("8888")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    for org in ["late", "off", "moved", "epoch", "shut", "anew"] {
        admin.ok(&["enable", org, "--owner", &world.login_name("ada")]);
        admin.ok(&["credits", "grant", "1", "--org", org]);
        set(org);
    }
    for org in ["acme", "bolt"] {
        admin.ok(&["credits", "grant", "1", "--org", org]);
    }
    admin.ok(&["credits", "rates", "set", "dear", "--platform-part", "1000000", "--provider-part", "1"]);
    let charge = |org: &str, request: &str| {
        admin.ok(&["credits", "charge", "step", "--provider", "openai", "--org", org, "--request-id", request]);
    };
    for (org, request) in [("bolt", "old-same"), ("bolt", "old-back"), ("acme", "old-key"), ("anew", "old-anew")] {
        charge(org, request);
    }
    admin.ok(&["credits", "refund", "old-back", "--org", "bolt", "--request-id", "old-refund"]);
    set("acme");
    admin.ok(&["disable", "off"]);
    for org in ["shut", "anew"] {
        admin.ok(&["org", "purge", org, "--confirm", org]);
    }
    admin.ok(&["enable", "anew", "--reuse"]);
    admin.ok(&["credits", "grant", "1", "--org", "anew"]);
    world.root(
        "update byok.provider_key set expires_at = now() - interval '1 day' where org = 'late' and state = 'active'",
    );
    world.root("update byok.provider_key set hint = 'zzzz' where org = 'moved' and state = 'active'");
    world.root("update byok.provider_key set data_epoch = 7 where org = 'epoch' and state = 'active'");
    (world, login)
}

/// A request that is served, and costs something or is free.
fn usual(number: usize) -> Request {
    let org = ["bolt", "acme", "off"][number % 3];
    let charge = now(if number.is_multiple_of(5) { "free" } else { "step" }, 1);
    Request {
        org: org.parse().unwrap(),
        provider: openai(),
        charge: charge.request(format!("usual-{number}").parse().unwrap()),
    }
}

/// What the same requests say and leave behind one after the other.
fn one_after_another(world: &World, login: &str, requests: &[Request]) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let outcomes = block_on(async {
        let resolver = builder(world, login).connections(1).open().await.unwrap();
        let mut outcomes = Vec::new();
        for request in requests {
            outcomes.push(seen(request.ask(&resolver).await));
        }
        outcomes
    });
    let books = books(world);
    begin_again(world);
    (outcomes, books)
}

/// The same at once, by a server that knows their data keys, or by one that has just begun.
fn together(
    world: &World,
    login: &str,
    requests: &[Request],
    size: usize,
) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let outcomes = block_on(async {
        let resolver = Arc::new(builder(world, login).connections(1).together(size).open().await.unwrap());
        if size > 2 {
            for org in ["acme", "bolt", "off", "torn", "moved"] {
                resolver.resolve(&org.parse::<OrgId>().unwrap(), &openai()).await.ok();
            }
        }
        at_once(&resolver, requests.to_vec()).await
    });
    adds_up(world);
    let books = books(world);
    begin_again(world);
    (outcomes, books)
}

/// The ledger sums to the balances. Uses of a key stay recorded when their charges are taken back here.
fn adds_up(world: &World) {
    let findings = block_on(async {
        let mut database = Database::open(&parse(&world.url("byok"))).await.unwrap();
        database.findings(None).await.unwrap()
    });
    let wrong: Vec<_> = findings.into_iter().filter(|one| one.finding != FindingKind::Use).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whoever_fails_fails_alone_and_its_neighbours_are_served_and_charged() {
    let (world, login) = world();
    let odd = all();
    // Each has two neighbours before it, and one behind the last.
    let mixed: Vec<Request> = odd
        .iter()
        .enumerate()
        .flat_map(|(at, (request, _))| [usual(2 * at), usual(2 * at + 1), request.clone()])
        .chain([usual(2 * odd.len())])
        .collect();
    let alone = one_after_another(&world, &login, &mixed);
    for (at, (request, outcome)) in odd.iter().enumerate() {
        let said = &alone.0[3 * at + 2];
        assert!(said.contains(outcome), "number {at}, of {}: {said} and not {outcome}", request.org);
    }
    let served = alone.0.iter().filter(|said| said.contains("Some((true")).count();
    assert!(served > 2 * odd.len(), "{:#?}", alone.0);
    for size in [1, 2, 7, 64] {
        let (said, books) = together(&world, &login, &mixed, size);
        for (at, (said, alone)) in said.iter().zip(&alone.0).enumerate() {
            assert_eq!(said, alone, "{size} together, number {at}");
        }
        assert_eq!(books, alone.1, "{size} together");
    }
}

#[test]
fn each_that_fails_leaves_a_batch_of_its_own_as_it_would_be_without_it() {
    let (world, login) = world();
    let neighbours: Vec<Request> = (0..6).map(usual).collect();
    let (without, _) = one_after_another(&world, &login, &neighbours);
    for (at, (request, outcome)) in all().into_iter().enumerate() {
        let mut requests = neighbours.clone();
        requests.insert(at % 7, request);
        let (mut with, _) = together(&world, &login, &requests, 64);
        let its = with.remove(at % 7);
        assert!(its.contains(outcome), "number {at}: {its} and not {outcome}");
        assert_eq!(with, without, "beside number {at}, {outcome}");
    }
}
