//! Names that do not exist: never exit 0, always with what could have been meant, and never with what a login may not see.

use serde_json::json;

use crate::harness::{World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

/// An admin that is no superuser, an organization with an owner, and one that this owner may not see.
fn world() -> (World, String, String) {
    let (world, ada, _) = World::with_owners();
    let boss = world.login("boss");
    world.byok("byok").ok(&["role", "grant", "admin", &boss]);
    world.byok("byok").ok(&["enable", "bolt-secret"]);
    (world, boss, ada)
}

#[test]
fn an_admin_that_names_an_unknown_organization_gets_3_and_near_names_in_every_command() {
    let (world, boss, _) = world();
    let admin = world.byok(&boss);
    for line in [
        &["test-key", "--org", "acmee"][..],
        &["key", "list", "--org", "acmee"],
        &["key", "history", "openai", "--org", "acmee"],
        &["key", "show", "openai", "--org", "acmee"],
        &["key", "rollback", "openai", "--org", "acmee", "--yes"],
        &["key", "remove", "openai", "--org", "acmee", "--yes"],
        &["audit", "list", "--org", "acmee"],
        &["resolve", "openai", "--org", "acmee"],
        &["credits", "balance", "--org", "acmee"],
        &["credits", "usage", "--org", "acmee"],
        &["credits", "history", "--org", "acmee"],
        &["credits", "reconcile", "--org", "acmee"],
        &["credits", "refund", "r1", "--org", "acmee"],
        &["credits", "grant", "5", "--org", "acmee"],
        &["credits", "quote", "interview", "--org", "acmee", "--provider", "openai"],
        &["org", "show", "acmee"],
        &["org", "purge", "acmee", "--confirm", "acmee"],
        &["disable", "acmee"],
        &["member", "list", "acmee"],
        &["member", "add", "acmee", "byok"],
        &["member", "remove", "acmee", "byok"],
        &["data-key", "issue", "acmee", "--to-file", "/tmp/never-made"],
        &["data-key", "rotate", "acmee", "--yes"],
        &["data-key", "discard", "acmee", "--yes"],
    ] {
        let said = admin.fails(3, line);
        assert!(said.contains("there is no organization `acmee`"), "{line:?}: {said}");
        assert!(said.contains("did you mean acme?"), "{line:?}: {said}");
    }
    let said = admin.clone().input(openai_key("1111")).fails(3, &["key", "set", "openai", "--org", "acmee", "--stdin"]);
    assert!(said.contains("did you mean acme?"), "{said}");
    let root = world.byok("byok");
    for line in [
        &["credits", "charge", "interview", "--org", "acmee", "--provider", "openai"][..],
        &["credits", "hold", "interview", "--org", "acmee", "--provider", "openai"],
        &["credits", "settle", "r1", "--org", "acmee"],
        &["credits", "release", "r1", "--org", "acmee"],
    ] {
        let said = root.fails(3, line);
        assert!(said.contains("did you mean acme?"), "{line:?}: {said}");
    }
    let said = root.fails(125, &["run", "openai", "--org", "acmee", "--", "true"]);
    assert!(said.contains("did you mean acme?"), "{said}");
}

#[test]
fn an_owner_is_told_of_its_own_organizations_alone() {
    let (world, _, ada) = world();
    let owner = world.byok(&ada);
    for line in [["key", "list", "--org"], ["credits", "balance", "--org"], ["audit", "list", "--org"]] {
        let said = |org: &str| owner.fails(4, &[&line[..], &[org]].concat()).replace(org, "ORG");
        assert!(said("acmee").contains("did you mean acme?"), "{line:?}");
        // One that exists and one that does not, both near to one that this login may not see.
        assert_eq!(said("bolt-secret"), said("bolt-secrets"), "{line:?}");
        assert!(!said("bolt-secrets").contains("did you mean"), "{line:?}");
    }
}

#[test]
fn a_provider_that_nobody_knows_is_3_in_every_command() {
    let (world, boss, ada) = world();
    let (admin, owner) = (world.byok(&boss), world.byok(&ada));
    admin.ok(&["provider", "add", "gateway", "--base-url", "https://gateway.example.org/v1"]);
    for (byok, line) in [
        (&owner, &["key", "list", "--org", "acme", "--provider", "openia"][..]),
        (&owner, &["key", "list", "--all-orgs", "--provider", "openia"]),
        (&owner, &["key", "show", "openia", "--org", "acme"]),
        (&owner, &["key", "history", "openia", "--org", "acme"]),
        (&owner, &["key", "rollback", "openia", "--org", "acme", "--yes"]),
        (&owner, &["key", "remove", "openia", "--org", "acme", "--yes"]),
        (&owner, &["key", "set", "openia", "--org", "acme", "--stdin"]),
        (&owner, &["test-key", "openia", "--org", "acme"]),
        (&owner, &["test-key", "openia", "--candidate", "--stdin"]),
        (&owner, &["resolve", "openia", "--org", "acme"]),
        (&owner, &["credits", "quote", "interview", "--org", "acme", "--provider", "openia"]),
        (&admin, &["platform-key", "remove", "openia", "--yes"]),
        (&admin, &["provider", "remove", "openia"]),
        (&admin, &["provider", "show", "openia"]),
        (&admin, &["provider", "route", "llm", "openia"]),
        (&admin, &["credits", "rates", "remove", "interview", "--provider", "openia"]),
    ] {
        let said = byok.fails(3, line);
        assert!(said.contains("there is no provider `openia`"), "{line:?}: {said}");
        assert!(said.contains("did you mean openai"), "{line:?}: {said}");
    }
    let said = owner.fails(3, &["key", "list", "--org", "acme", "--provider", "gatway"]);
    assert!(said.contains("did you mean gateway?"), "{said}");
    let said = admin.fails(3, &["provider", "list", "--capability", "voise"]);
    assert!(said.contains("did you mean voice?"), "{said}");
}

#[test]
fn what_was_there_and_is_gone_is_unchanged_and_what_never_was_is_3() {
    let (world, boss, ada) = world();
    let (admin, owner) = (world.byok(&boss), world.byok(&ada));
    // A known name without a key, a role or a membership.
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    admin.ok(&["platform-key", "remove", "openai", "--yes"]);
    admin.ok(&["member", "remove", "acme", &boss]);
    admin.ok(&["role", "revoke", "auditor", &ada]);
    admin.ok(&["provider", "route", "llm", "--clear"]);
    // Names that never were.
    admin.fails(3, &["provider", "remove", "gateway"]);
    admin.fails(3, &["credits", "rates", "remove", "interview"]);
    admin.fails(3, &["provider", "route", "voice", "--language", "hn", "--clear"]);
    let (ghost, near) = (world.login_name("ghost"), format!("{ada}h"));
    admin.fails(3, &["role", "revoke", "auditor", &ghost]);
    let said = admin.fails(3, &["member", "remove", "acme", &near]);
    assert!(said.contains(&format!("did you mean {ada}")), "{said}");
    // Names that once were.
    admin.ok(&["provider", "add", "gateway", "--base-url", "https://gateway.example.org/v1"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "1"]);
    admin.ok(&["provider", "route", "voice", "sarvam", "--language", "hn"]);
    world.login("ghost");
    admin.ok(&["role", "grant", "auditor", &ghost]);
    admin.ok(&["member", "add", "acme", &ghost]);
    for round in ["the first", "a second"] {
        admin.ok(&["provider", "remove", "gateway"]);
        admin.ok(&["credits", "rates", "remove", "interview"]);
        admin.ok(&["provider", "route", "voice", "--language", "hn", "--clear"]);
        admin.ok(&["role", "revoke", "auditor", &ghost]);
        admin.ok(&["member", "remove", "acme", &ghost]);
        admin.ok(&["credits", "rates", "list", "interview"]);
        if round == "the first" {
            world.root(&format!("drop role {ghost}"));
        }
    }
}

#[test]
fn operations_logins_actions_and_requests_that_are_not_there_are_3() {
    let (world, boss, _) = world();
    let (admin, root) = (world.byok(&boss), world.byok("byok"));
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "1"]);
    root.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    root.ok(&["credits", "grant", "100", "--org", "acme", "--request-id", "g1"]);
    for line in [
        &["credits", "rates", "list", "interviw"][..],
        &["credits", "rates", "list", "interviw", "--all-versions"],
        &["credits", "rates", "remove", "interviw"],
        &["credits", "charge", "interviw", "--org", "acme", "--provider", "openai"],
        &["credits", "quote", "interviw", "--org", "acme", "--provider", "openai"],
    ] {
        let said = root.fails(3, line);
        assert!(said.contains("did you mean interview?"), "{line:?}: {said}");
    }
    let said = root.fails(125, &["run", "openai", "--org", "acme", "--operation", "interviw", "--", "true"]);
    assert!(said.contains("did you mean interview?"), "{said}");
    admin.fails(3, &["credits", "history", "--org", "acme", "--request-id", "nosuch"]);
    admin.ok(&["credits", "history", "--org", "acme", "--request-id", "g1", "--until", "2020-01-01"]);
    let said = admin.fails(3, &["audit", "list", "--action", "key.sett"]);
    assert!(said.contains("did you mean key.set"), "{said}");
    admin.ok(&["audit", "list", "--action", "master_key"]);
    let said = admin.fails(3, &["audit", "list", "--login", &format!("{boss}s")]);
    assert!(said.contains(&format!("did you mean {boss}")), "{said}");
    let said = admin.fails(3, &["member", "add", "acme", &format!("{boss}s")]);
    assert!(said.contains(&format!("did you mean {boss}")), "{said}");
    // A login that was dropped has its records still.
    let gone = world.login("gone");
    root.ok(&["role", "grant", "admin", &gone]);
    world.byok(&gone).ok(&["enable", "newco"]);
    root.ok(&["role", "revoke", "admin", &gone]);
    world.root(&format!("drop role {gone}"));
    assert!(admin.ok(&["audit", "list", "--login", &gone]).contains("newco"));
}

#[test]
fn a_test_of_nothing_is_never_green() {
    let stage = Stage::open(|_| Reply::json(200, &json!({"data": []})));
    let (world, boss, ada) = world();
    let (owner, root) = (world.byok(&ada), world.byok("byok"));
    for line in [
        &["test-key", "--org", "acme"][..],
        &["test-key", "--all-orgs"],
        &["test-key", "--platform"],
        &["test-key", "openai", "--all-orgs"],
        &["test-key", "--platform", "--org", "acme"],
    ] {
        let run = root.run(line);
        assert_eq!((run.code, &*run.out), (3, ""), "{line:?}: {run:?}");
    }
    world.byok(&boss).fails(3, &["test-key", "--org", "nosuch"]);
    owner.input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let root = on_stage(&stage, root);
    root.ok(&["test-key", "openai", "--all-orgs"]);
    for (line, what) in [
        (&["test-key", "openai", "sarvam", "--all-orgs"][..], "there is no stored sarvam key here"),
        (&["test-key", "--org", "acme", "--platform"], "the platform has no such key"),
    ] {
        let run = root.run(line);
        assert_eq!(run.code, 8, "{line:?}: {run:?}");
        assert!(run.out.contains("verified") && run.err.contains(what), "{line:?}: {run:?}");
    }
}

#[test]
fn what_requests_do_instead_is_said_as_it_is_where_a_key_to_test_is_not_there() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let test = ["test-key", "openai", "--org", "acme"];
    let set = "to set one: byok key set openai --org acme";
    let said = owner.fails(3, &test);
    assert!(said.contains("its requests are denied (no_platform_key)") && said.contains(set), "{said}");
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let said = owner.fails(3, &test);
    assert!(said.contains("byok test-key openai --platform") && said.contains(set), "{said}");
}

#[test]
fn the_next_command_after_a_refused_posting_names_the_organization() {
    let (world, ..) = crate::credits::world();
    let admin = world.byok("byok");
    admin.ok(&["credits", "charge", "interview", "--org", "acme", "--provider", "openai", "--request-id", "c"]);
    admin.ok(&["credits", "hold", "interview", "--org", "acme", "--provider", "openai", "--request-id", "h"]);
    admin.ok(&["credits", "refund", "c", "--org", "acme"]);
    admin.ok(&["credits", "release", "h", "--org", "acme"]);
    for line in [&["refund", "c"][..], &["settle", "h"]] {
        let said = admin.fails(5, &[&["credits"], line, &["--org", "acme"]].concat());
        assert!(said.contains("byok credits history --org acme"), "{said}");
    }
}
