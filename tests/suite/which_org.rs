//! Which organization and which provider a command is about: one rule, the other form too, and BYOK_ORG.

use crate::harness::{Byok, World, openai_key};

fn world() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    (world, ada)
}

/// Commands that destroy something, and the command that the error names.
const DESTROYS: [(&[&str], &str); 7] = [
    (&["disable"], "byok disable acme"),
    (&["org", "purge"], "byok org purge acme --confirm acme"),
    (&["key", "remove", "openai", "--yes"], "byok key remove openai --org acme"),
    (&["member", "remove", "eve"], "byok member remove eve --org acme"),
    (&["data-key", "rotate", "--yes"], "byok data-key rotate --org acme"),
    (&["data-key", "discard", "--yes"], "byok data-key discard --org acme"),
    (&["org", "purge", "--confirm", "acme"], "byok org purge acme --confirm acme"),
];

#[test]
fn what_destroys_wants_the_organization_on_the_command_line_and_says_so() {
    // No database is reached: this is a matter of the command line.
    let byok = Byok::new().env("BYOK_ORG", "acme");
    for (line, command) in DESTROYS {
        let run = byok.run(&[line, &["--json"]].concat());
        let document: serde_json::Value =
            serde_json::from_str(&run.err).unwrap_or_else(|_| panic!("{line:?}: {run:?}"));
        let error = &document["error"];
        assert_eq!((run.code, &error["code"]), (2, &"spell_out".into()), "{line:?}: {run:?}");
        assert_eq!(error["hint"], command, "{line:?}");
        // The same without the variable: nobody was named.
        let run = Byok::new().run(line);
        assert_eq!(run.code, 2, "{line:?}: {run:?}");
        assert!(run.err.contains("no organization was named"), "{line:?}: {run:?}");
        assert!(run.err.contains(&command.replace("acme", "ORG")), "{line:?}: {run:?}");
    }
}

#[test]
fn the_variable_names_the_organization_of_every_other_command() {
    let (world, ada) = world();
    let owner = world.byok(&ada).env("BYOK_ORG", "acme");
    for line in [
        &["key", "list"][..],
        &["key", "list", "openai"],
        &["key", "show", "openai"],
        &["key", "history", "openai"],
        &["resolve", "openai"],
        &["member", "list"],
        &["org", "show"],
        &["credits", "balance"],
        &["credits", "history"],
        &["credits", "usage"],
        &["audit", "list"],
    ] {
        owner.ok(line);
    }
    owner.clone().input(openai_key("aaaa")).ok(&["key", "rotate", "openai", "--stdin", "--no-test"]);
    owner.ok(&["key", "rollback", "openai", "--yes"]);
    let admin = world.byok("byok").env("BYOK_ORG", "acme");
    admin.ok(&["enable"]);
    admin.ok(&["credits", "grant", "5"]);
    admin.ok(&["member", "add", &ada]);
    admin.ok(&["credits", "reconcile"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("acme.datakey");
    admin.ok(&["data-key", "issue", "--to-file", file.to_str().unwrap()]);
}

#[test]
fn a_check_of_all_organizations_says_when_the_variable_narrows_it() {
    let (world, _) = world();
    let admin = world.byok("byok").env("BYOK_ORG", "acme");
    for line in [["credits", "reconcile"], ["audit", "list"]] {
        let run = admin.run(&line);
        assert!(run.err.contains("only acme, which BYOK_ORG names; for all organizations: --all-orgs"), "{run:?}");
        assert_eq!(admin.run(&[&line[..], &["--all-orgs"]].concat()).err.matches("BYOK_ORG").count(), 0);
        assert_eq!(admin.run(&[&line[..], &["--org", "acme"]].concat()).err.matches("BYOK_ORG").count(), 0);
    }
    assert!(admin.run(&["audit", "list", "--platform"]).err.is_empty());
}

#[test]
fn the_other_form_works_and_two_different_values_are_an_error() {
    let (world, ada) = world();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    for (byok, one, other) in [
        (&admin, &["org", "show", "acme"][..], &["org", "show", "--org", "acme"][..]),
        (&admin, &["enable", "acme"], &["enable", "--org", "acme"]),
        (&admin, &["member", "list", "--org", "acme"], &["member", "list", "acme"]),
        (&admin, &["member", "add", &ada, "--org", "acme"], &["member", "add", "acme", &ada]),
        (
            &owner,
            &["key", "list", "openai", "--org", "acme"],
            &["key", "list", "--org", "acme", "--provider", "openai"],
        ),
        (
            &owner,
            &["key", "show", "openai", "--org", "acme"],
            &["key", "show", "--provider", "openai", "--org", "acme"],
        ),
        (&owner, &["resolve", "openai", "--org", "acme"], &["resolve", "--org", "acme", "--provider", "openai"]),
        (&owner, &["credits", "balance", "--org", "acme"], &["credits", "balance", "acme"]),
        (&owner, &["credits", "history", "--org", "acme"], &["credits", "history", "acme"]),
        (&owner, &["provider", "show", "openai"], &["provider", "show", "--provider", "openai"]),
    ] {
        assert_eq!(byok.ok(one), byok.ok(other), "{other:?}");
        // The same value in both forms is no contradiction, also where the variable says something else.
        byok.clone().env("BYOK_ORG", "bolt").ok(one);
    }
    owner.ok(&["key", "show", "openai", "--provider", "openai", "--org", "acme"]);
    admin.ok(&["member", "list", "acme", "--org", "acme"]);
    admin.ok(&["enable", "acme", "--org", "acme"]);
    for line in [
        &["org", "show", "acme", "--org", "bolt"][..],
        &["enable", "acme", "--org", "bolt"],
        &["disable", "acme", "bolt", "--org", "bolt"],
        &["member", "list", "acme", "--org", "bolt"],
        &["data-key", "rotate", "acme", "--org", "bolt", "--yes"],
        &["credits", "balance", "acme", "--org", "bolt"],
        &["key", "show", "openai", "--provider", "sarvam", "--org", "acme"],
        &["test-key", "openai", "--provider", "sarvam", "--org", "acme"],
        &["credits", "charge", "interview", "openai", "--provider", "sarvam", "--org", "acme"],
    ] {
        let said = admin.fails(2, line);
        assert!(said.contains("two organizations were named") || said.contains("two providers were named"), "{said}");
    }
    // The first of these may be meant as a login.
    let said = admin.fails(2, &["member", "remove", "acme", &ada, "--org", "bolt"]);
    assert!(said.contains("where one login belongs") && !said.contains("two organizations"), "{said}");
}

#[test]
fn the_help_shows_one_form_only() {
    for line in [
        &["member", "add", "--help"][..],
        &["member", "list", "--help"],
        &["data-key", "issue", "--help"],
        &["credits", "charge", "--help"],
        &["key", "list", "--help"],
    ] {
        let help = Byok::new().ok(line);
        let usage = help.lines().find(|line| line.starts_with("Usage:")).unwrap();
        assert!(!usage.contains("[ORG]") && !usage.contains("<ORG>") && !help.contains("--provider"), "{help}");
    }
    let help = Byok::new().ok(&["enable", "--help"]);
    assert!(help.contains("[ORG]...") && !help.contains("--org"), "{help}");
    // What is needed is shown as such, in the help and in an error.
    assert!(Byok::new().ok(&["key", "show", "--help"]).contains("Usage: byok key show [OPTIONS] <PROVIDER>\n"));
    assert!(Byok::new().ok(&["org", "purge", "--help"]).contains("Usage: byok org purge [OPTIONS] <ORG>\n"));
    let said = Byok::new().fails(2, &["key", "show", "--org", "acme"]);
    assert!(said.contains(": <PROVIDER>\n") && !said.contains("--provider"), "{said}");
}
