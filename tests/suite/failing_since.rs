//! Since when a key fails is the same on every listing, as soon as a server has written it.

use byok::admin::crypto::MasterKey;
use byok::{Charge, Observed, Resolver};
use serde_json::Value;

use crate::credits::world;
use crate::harness::{Byok, World, block_on, master_text, parse};

/// A server meets these answers with the keys of acme and of the platform, and writes what it met.
fn met(world: &World, outcomes: &[Observed]) {
    let login = world.server();
    block_on(async {
        let builder = Resolver::builder(parse(&world.url(&login))).master_key(MasterKey::parse(master_text()).unwrap());
        let resolver = builder.connections(1).open().await.unwrap();
        for org in ["acme", "bolt"] {
            let (org, openai) = (org.parse().unwrap(), "openai".parse().unwrap());
            let acquired = resolver.acquire(&org, &openai, &Charge::nothing().unwrap()).await.unwrap();
            for outcome in outcomes {
                resolver.report(&acquired, *outcome);
            }
        }
        assert_eq!(resolver.close().await.waiting, 0);
    });
}

/// The listings that show the key of this organization, or of the platform, and what each says of it.
fn production(byok: &Byok, org: &str) -> Vec<(String, Value)> {
    let platform = org.is_empty();
    let served = if platform { "bolt" } else { org };
    let mut lines =
        vec![vec!["resolve", "openai", "--org", served], vec!["resolve", "openai", "--org", served, "--explain"]];
    if platform {
        lines.push(vec!["platform-key", "list"]);
    } else {
        lines.push(vec!["key", "list", "--org", org]);
        lines.push(vec!["key", "list", "--all-orgs"]);
        lines.push(vec!["key", "list", "--all-orgs", "--sort", "failing"]);
        lines.push(vec!["key", "show", "openai", "--org", org]);
    }
    let said = lines.into_iter().map(|line| {
        let (code, document) = byok.json(&line);
        assert_eq!(code, 0, "{line:?}");
        let item = if document["item"].is_object() { &document["item"] } else { &document["items"][0] };
        (line.join(" "), item["production"].clone())
    });
    said.collect()
}

fn failing(byok: &Byok) -> usize {
    byok.json(&["key", "list", "--all-orgs", "--failing"]).1["items"].as_array().unwrap().len()
}

fn finding(byok: &Byok) -> String {
    let (_, document) = byok.json(&["doctor"]);
    let checks = document["items"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == "keys.failing").unwrap()["status"].as_str().unwrap().to_owned()
}

fn status(byok: &Byok) -> (Value, Value, String) {
    let item = byok.json(&["status"]).1["item"].clone();
    let table = byok.ok(&["status", "-o", "plain"]);
    let line = table.lines().find_map(|line| line.strip_prefix("failing\t")).unwrap().to_owned();
    (item["failing_org_keys"].clone(), item["failing_platform_keys"].clone(), line)
}

#[test]
fn every_listing_says_since_when_a_key_fails_and_none_when_it_works_again() {
    let (world, ada, bob) = world();
    let (admin, owner, other) = (world.byok("byok"), world.byok(&ada), world.byok(&bob));
    met(&world, &[Observed::Ok]);
    assert_eq!(status(&admin), (0.into(), 0.into(), "none".into()));
    met(&world, &[Observed::Ok, Observed::Rejected, Observed::NoCredit]);
    for org in ["acme", ""] {
        let since = world.root(&format!(
            "select to_char(failing_since at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') from byok.key_report where org = '{org}'"
        ));
        for (line, said) in production(&admin, org) {
            assert!(said["failing_since"].as_str().unwrap().starts_with(&since[0]), "{line}: {said} {since:?}");
            assert_eq!(
                (&said["failures"], &said["uses"], &said["outcome"]),
                (&2.into(), &4.into(), &"no_credit".into()),
                "{line}"
            );
        }
    }
    assert_eq!((failing(&admin), failing(&owner), failing(&other)), (1, 1, 0));
    assert_eq!(finding(&owner), "fail");
    let listed = "1 of organizations: byok key list --all-orgs --failing";
    let both = format!("{listed}; 1 of the platform: byok platform-key list");
    assert_eq!(status(&admin), (1.into(), 1.into(), both));
    assert_eq!(status(&owner), (1.into(), Value::Null, listed.into()));
    assert_eq!(status(&other), (0.into(), Value::Null, "none".into()), "what others have is not told");
    met(&world, &[Observed::Ok]);
    for (line, said) in [production(&admin, "acme"), production(&admin, "")].concat() {
        assert_eq!((&said["failing_since"], &said["failures"]), (&Value::Null, &0.into()), "{line}");
    }
    assert_eq!((failing(&admin), finding(&owner)), (0, "ok".into()));
    assert_eq!(status(&admin), (0.into(), 0.into(), "none".into()));
    // A key that was replaced does not count any more.
    met(&world, &[Observed::Rejected]);
    assert_eq!(status(&owner).0, 1);
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    assert_eq!((status(&owner).0, failing(&owner)), (0.into(), 0));
}

#[test]
fn a_report_that_is_made_again_with_its_id_counts_once() {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let report = |byok: &Byok, id: &str| {
        let line = ["key", "report", "openai", "--org", "acme", "--key-version", "1", "--outcome", "rejected"];
        byok.json(&[&line[..], &["--request-id", id]].concat()).1["result"].as_str().unwrap().to_owned()
    };
    let counted = || world.root("select uses::text from byok.key_report").concat();
    assert_eq!([report(&owner, "job-1"), report(&owner, "job-1"), counted()], ["recorded", "unchanged", "1"]);
    assert_eq!([report(&owner, "job-2"), counted()], ["recorded", "2"]);
    assert_eq!([report(&admin, "job-1"), counted()], ["recorded", "3"], "the ids of another login are its own");
}
