//! Imports that run twice at once, whose server goes away, and beside which others change the same keys.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ACTIVE, AUDITED, file, groq, line};
use crate::harness::{Byok, World, openai_key};

const ORGS: usize = 40;
const PROVIDERS: [&str; 2] = ["openai", "groq"];

fn org(number: usize) -> String {
    format!("org-{number:03}")
}

/// Organizations of this owner.
fn world() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    let orgs: Vec<String> = (0..ORGS).map(org).collect();
    let orgs: Vec<&str> = orgs.iter().map(String::as_str).collect();
    world.byok("byok").ok(&[&["enable", "--owner", &ada], orgs.as_slice()].concat());
    (world, ada)
}

/// A list with a bad line after every seventh, and the numbers of the bad ones.
fn list() -> (String, BTreeSet<u64>) {
    let (mut lines, mut bad) = (Vec::new(), BTreeSet::new());
    for number in 0..ORGS {
        for provider in PROVIDERS {
            let key =
                if provider == "openai" { openai_key(&format!("{number:04}")) } else { groq(&format!("{number:04}")) };
            lines.push(line(&org(number), provider, &key));
            if lines.len() % 7 == 0 {
                lines.push(
                    ["{", r#"{"org":"acme"}"#, r#"{"org":"nowhere","provider":"openai"}"#][number % 3].to_owned(),
                );
                bad.insert(u64::try_from(lines.len()).unwrap());
            }
        }
    }
    (lines.join("\n"), bad)
}

fn run(byok: &Byok, path: &str) -> (i32, Vec<Value>) {
    let run = byok.run(&["key", "import", path, "-o", "jsonl", "-q"]);
    (run.code, run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Every good line is stored once and recorded once, and the last run named every bad one.
fn check(world: &World, items: &[Value], bad: &BTreeSet<u64>) {
    let expected = ORGS * PROVIDERS.len();
    let (active, audited) = (world.root(ACTIVE), world.root(AUDITED));
    assert_eq!((active.len(), audited.len()), (expected, expected));
    assert!(active.iter().chain(&audited).all(|row| row.split(' ').nth(2) == Some("1")), "{active:?} {audited:?}");
    let named: BTreeSet<u64> =
        items.iter().filter(|item| item["result"] == "failed").map(|item| item["line"].as_u64().unwrap()).collect();
    assert_eq!((&named, items.len()), (bad, expected + bad.len()));
    // One data key for each organization, whoever made it.
    let twice = "select org from byok.data_key group by org having count(*) > 1";
    assert_eq!(world.root(twice), Vec::<String>::new());
}

#[test]
fn two_imports_of_the_same_list_at_once_store_every_good_line_once() {
    let (world, ada) = world();
    let (list, bad) = list();
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "keys.jsonl", &list);
    let runs: Vec<(i32, Vec<Value>)> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| run(&world.byok(&ada), &path))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (code, items) in &runs {
        assert_eq!(*code, 8);
        check(&world, items, &bad);
    }
    let created = runs.iter().flat_map(|(_, items)| items).filter(|item| item["result"] == "created").count();
    assert_eq!(created, ORGS * PROVIDERS.len(), "each key was created by one of them");
}

#[test]
fn a_key_that_somebody_rotates_during_an_import_is_not_replaced_and_the_others_are_stored() {
    let (world, ada) = world();
    let (list, bad) = list();
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "keys.jsonl", &list);
    let owner = world.byok(&ada);
    let changed = std::thread::scope(|scope| {
        let importing = scope.spawn(|| run(&owner, &path));
        for number in (0..ORGS).step_by(5) {
            let key = openai_key(&format!("z{number:03}"));
            // The import may come in between.
            while owner.clone().input(&key).run(&["key", "set", "openai", "--org", &org(number), "--stdin"]).code != 0 {
            }
        }
        let (_, items) = importing.join().unwrap();
        items
    });
    // Whoever came first: what somebody else has stored stays, and is a conflict of that line.
    let conflicts =
        changed.iter().filter(|item| matches!(item["error"]["code"].as_str(), Some("exists" | "changed_meanwhile")));
    let conflicts: BTreeSet<&str> = conflicts.map(|item| item["org"].as_str().unwrap()).collect();
    assert_eq!(changed.len(), ORGS * PROVIDERS.len() + bad.len());
    for row in world.root(ACTIVE) {
        let words: Vec<&str> = row.split(' ').collect();
        let number: usize = words[0][4..].parse().unwrap();
        let others = words[1] == "openai" && number.is_multiple_of(5);
        assert_eq!(words[3].starts_with('z'), others, "{row}");
        assert!(!conflicts.contains(words[0]) || others || words[1] == "groq", "{row}");
        let version = if others && !conflicts.contains(words[0]) { "2" } else { "1" };
        assert_eq!(words[2], version, "{row}");
    }
    assert_eq!(world.root(ACTIVE).len(), ORGS * PROVIDERS.len());
}

#[test]
fn an_import_whose_server_goes_away_says_what_is_left_and_goes_on_when_it_is_run_again() {
    let (world, ada) = world();
    let (list, bad) = list();
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "keys.jsonl", &list);
    let owner = world.byok(&ada);
    let cut = format!(
        "select pg_terminate_backend(pid)::text from pg_stat_activity where usename = '{ada}' and application_name like 'byok%'"
    );
    for _ in 0..6 {
        let items = std::thread::scope(|scope| {
            let importing = scope.spawn(|| run(&owner, &path));
            while !importing.is_finished() {
                world.root(&cut);
            }
            importing.join().unwrap().1
        });
        // Either it could not begin, or each line has its result.
        assert!(items.is_empty() || items.len() == ORGS * PROVIDERS.len() + bad.len(), "{}", items.len());
    }
    let (_, items) = run(&owner, &path);
    check(&world, &items, &bad);
}
