//! What cannot be undone: who is asked, and what a missing argument means.

use std::collections::BTreeSet;

use crate::command_tree::{Page, pages};
use crate::harness::{Byok, World, openai_key};
use crate::pty::Terminal;

/// Commands that ask, as they are typed. An admin types the last ones.
const OWNERS: [&str; 3] =
    ["key remove openai --org acme", "key rollback openai --org acme", "key move openai --from acme --to bolt"];
const ADMINS: [&str; 9] = [
    "role revoke admin byok",
    "platform-key rollback openai",
    "platform-key remove openai",
    "data-key rotate acme",
    "data-key discard acme",
    "master-key rotate --leaked",
    "master-key create --lost",
    "member rebind",
    "org purge acme",
];
/// It asks too, and takes no database that is configured.
const LOCAL: &str = "local reset";
/// It destroys nothing, unless replaced keys are erased at once: `key_import::what_is_erased_at_once_needs_a_confirmation`.
const LISTS: &str = "key import";

fn filled() -> (World, Byok, Byok) {
    let (world, ada, _) = World::with_owners();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    for end in ["aaaa", "bbbb"] {
        owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    }
    for end in ["4141", "4242"] {
        admin.clone().input(openai_key(end)).ok(&["platform-key", "set", "openai", "--stdin"]);
    }
    (world, owner, admin)
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Every command that asks, with who types it.
fn asking<'a>(owner: &'a Byok, admin: &'a Byok) -> impl Iterator<Item = (&'a Byok, &'static str)> {
    OWNERS.into_iter().map(move |line| (owner, line)).chain(ADMINS.into_iter().map(move |line| (admin, line)))
}

/// What is stored of keys, members and organizations.
fn state(world: &World) -> Vec<String> {
    world.root(
        "select concat_ws(' ', org, provider, version, state) from byok.provider_key union all
         select concat_ws(' ', org, login, role) from byok.member union all
         select concat_ws(' ', org, enabled, purged_at) from byok.org order by 1",
    )
}

#[test]
fn every_command_that_asks_is_among_those_that_these_rules_try() {
    let asks = |help: &str| help.contains("--yes") || help.contains("--confirm <ORG>");
    let found: BTreeSet<String> =
        pages().iter().filter(|page| !page.is_group() && asks(&page.help)).map(Page::name).collect();
    let lines = OWNERS.iter().chain(&ADMINS).chain([&LOCAL, &LISTS]);
    let tried: BTreeSet<String> = lines.map(|line| words(line)[..2].join(" ")).collect();
    assert_eq!(found, tried);
}

#[test]
fn without_a_terminal_and_without_a_yes_nothing_is_destroyed() {
    let (world, owner, admin) = filled();
    let before = state(&world);
    for (byok, line) in asking(&owner, &admin) {
        // A yes in the pipe is none: standard input may be the lines of a loop.
        for input in ["", "y\n", "yes\nyes\n"] {
            let said = byok.clone().input(input).fails(2, &words(line));
            assert!(said.contains("--yes") || said.contains("--confirm"), "{line}: {said}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let private = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
    assert!(private.input("y\n").fails(2, &words(LOCAL)).contains("--yes"));
    assert_eq!(state(&world), before);
}

#[test]
fn an_unattended_terminal_confirms_nothing() {
    let (world, owner, admin) = filled();
    let before = state(&world);
    for (byok, line) in asking(&owner, &admin) {
        let (code, seen) = Terminal::run(&byok.clone().env("CI", "true"), &words(line)).end();
        assert!(code == 2 && !seen.contains("[y/N]"), "{line}: {seen}");
        assert!(seen.contains("CI is set") || seen.contains("--confirm"), "{line}: {seen}");
    }
    assert_eq!(state(&world), before);
}

#[test]
fn no_variable_answers_a_question() {
    let (world, owner, admin) = filled();
    let before = state(&world);
    for name in ["BYOK_YES", "BYOK_CONFIRM", "BYOK_ASSUME_YES", "BYOK_FORCE"] {
        assert!(owner.clone().env(name, "1").fails(2, &words(OWNERS[0])).contains(name));
    }
    let loud =
        |byok: &Byok| byok.clone().env("YES", "1").env("ASSUME_YES", "1").env("DEBIAN_FRONTEND", "noninteractive");
    for (byok, line) in asking(&loud(&owner), &loud(&admin)) {
        byok.fails(2, &words(line));
    }
    assert_eq!(state(&world), before);
}

#[test]
fn a_deletion_without_its_argument_is_a_wrong_command_and_never_everything() {
    let (world, owner, admin) = filled();
    let before = state(&world);
    let prices = world.root("select count(*)::text from byok.rate");
    for line in [
        "key remove --yes",
        "key remove --org acme --yes",
        "key remove openai --yes",
        "key rm --yes",
        "platform-key remove --yes",
        "member remove",
        "member remove acme",
        "role revoke auditor",
        "role revoke",
        "org purge",
        "org purge --confirm acme",
        "disable",
        "provider remove",
        "credits rates remove",
        "data-key discard --yes",
        "data-key rotate --yes",
    ] {
        let said = admin.fails(2, &words(line));
        assert!(said.contains("required") || said.contains(" was named"), "{line}: {said}");
    }
    // No word stands for all of them either.
    for all in ["all", "*", "%", "--all", "--all-orgs"] {
        let run = owner.run(&["key", "remove", all, "--org", "acme", "--yes"]);
        assert!([2, 3].contains(&run.code), "{all}: {run:?}");
    }
    assert_eq!((state(&world), world.root("select count(*)::text from byok.rate")), (before, prices));
}

#[test]
fn what_is_irreversible_and_broad_takes_its_name_again() {
    let (world, _, admin) = filled();
    let before = state(&world);
    for line in ["org purge acme", "org purge acme --yes", "org purge acme -y", "org purge acme --confirm bolt"] {
        admin.clone().input("y\nacme\n").fails(2, &words(line));
        let (code, seen) = Terminal::run(&admin, &words(line)).end();
        assert!(code == 2 && !seen.contains("[y/N]"), "a y is too little: {line}: {seen}");
    }
    assert_eq!(state(&world), before);
    admin.ok(&words("org purge acme --confirm acme"));
}

#[test]
fn what_can_be_undone_does_not_ask() {
    let (world, _, admin) = filled();
    let eve = world.login("eve");
    for line in [
        "disable acme",
        "member add acme EVE",
        "member remove acme EVE",
        "role grant auditor EVE",
        "role revoke auditor EVE",
    ] {
        admin.ok(&words(&line.replace("EVE", &eve)));
    }
}
