//! `key import`: every good line is stored once, every other line is named by its number and its reason, and nothing of a key is said.

mod broken;
mod forms;
mod killed;
mod rights;

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

/// A line of a list.
fn line(org: &str, provider: &str, key: &str) -> String {
    json!({"org": org, "provider": provider, "key": key}).to_string()
}

fn groq(end: &str) -> String {
    format!("gsk_{}{end}", "cAnArYcAnArY".repeat(4))
}

/// Runs an import of this list from standard input.
fn import(byok: &Byok, list: &str, more: &[&str]) -> (i32, Vec<Value>) {
    let (code, document) = byok.clone().input(list).json(&[&["key", "import", "-"], more].concat());
    (code, document["items"].as_array().unwrap().clone())
}

/// Line, result, and the code of the error.
fn results(items: &[Value]) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut results: Vec<_> = items
        .iter()
        .map(|item| (item["line"].as_u64().unwrap(), text(&item["result"]), text(&item["error"]["code"])))
        .collect();
    results.sort();
    results
}

fn same(found: &[(u64, String, String)], expected: &[(u64, &str, &str)]) {
    let found: Vec<_> = found.iter().map(|(line, result, code)| (*line, result.as_str(), code.as_str())).collect();
    assert_eq!(found, expected);
}

const ACTIVE: &str = "select org || ' ' || provider || ' ' || version || ' ' || hint from byok.provider_key
    where state = 'active' and org <> '' order by 1";
const AUDITED: &str =
    "select org || ' ' || subject || ' ' || (detail ->> 'version') from byok.audit where action = 'key.set' order by 1";

fn file(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Lines that cannot be imported, and why.
fn bad_lines() -> Vec<(String, &'static str)> {
    let key = openai_key("aaaa");
    let of_groq = |field: &str, value: Value| {
        let mut line = json!({"org": "acme", "provider": "groq", "key": groq("b")});
        line[field] = value;
        line.to_string()
    };
    vec![
        ("not json cAnArYcAnArY".to_owned(), "not_json"),
        (r#"{"org":"acme","provider":"openai","key":"#.to_owned(), "not_json"),
        (of_groq("secret", json!(key)), "unknown_field"),
        (format!(r#"{{"org":"acme","org":"bolt","provider":"groq","key":"{}"}}"#, groq("b")), "field_twice"),
        (of_groq("key", json!([key])), "not_a_text"),
        (of_groq("key", Value::Null), "bad_key"),
        (of_groq("org", Value::Null), "whose"),
        (of_groq("provider", json!("")), "no_provider"),
        (line("a b cAnArYcAnArY", "groq", &groq("b")), "bad_name"),
        (line("acme", "grok", &groq("b")), "unknown_provider"),
        (line("acme", &key, "groq"), "unknown_provider"),
        (line(&key, "groq", &groq("b")), "not_authorized"),
        (line("bolt", "groq", &groq("b")), "not_authorized"),
        (line("nowhere", "groq", &groq("b")), "not_authorized"),
        (line("closed", "groq", &groq("b")), "not_enabled"),
        (line("acme", "groq", &format!("Bearer {}", groq("b"))), "bad_key"),
        (line("acme", "groq", &format!("CANARY_KEY={}", groq("b"))), "bad_key"),
        (line("acme", "groq", &key), "bad_key"),
        (of_groq("expires", json!("cAnArYcAnArY")), "bad_date"),
        (of_groq("if_version", json!("cAnArYcAnArY")), "bad_version"),
        (of_groq("settings", json!({"cAnArYcAnArY": "x"})), "unknown_field"),
        (of_groq("settings", json!({"region": "x"})), "bad_setting"),
        (line("acme", "azure_openai", &"a".repeat(32)), "bad_setting"),
        (
            json!({"org": "acme", "provider": "openai", "key": key, "settings": {"org_id": groq("1234")}}).to_string(),
            "bad_setting",
        ),
    ]
}

#[test]
fn every_good_line_is_stored_and_every_bad_one_is_named_by_number_and_reason() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    world.byok("byok").ok(&["enable", "closed", "--owner", &ada]);
    world.byok("byok").ok(&["disable", "closed"]);
    let (bad, good) = (bad_lines(), line("acme", "openai", &openai_key("aaaa")));
    let list = [&[good][..], &bad.iter().map(|(line, _)| line.clone()).collect::<Vec<_>>()].concat().join("\n");
    for (more, wanted) in [(&["-n"][..], "created"), (&["--yes"], "created"), (&["--yes"], "unchanged")] {
        let (code, items) = import(&owner, &list, more);
        let mut expected = vec![(1, wanted, "")];
        expected.extend(bad.iter().zip(2..).map(|((_, code), line)| (line, "failed", *code)));
        same(&results(&items), &expected);
        assert_eq!(code, 8);
        assert_eq!(items.iter().filter(|item| item["org"] == "bolt" || item["org"] == "nowhere").count(), 0);
    }
    assert_eq!(world.root(ACTIVE), ["acme openai 1 aaaa"]);
    assert_eq!(world.root(AUDITED), ["acme openai 1"]);
    let shown = &import(&owner, &list, &["-n"]).1;
    let shown = shown.iter().find(|item| item["line"] == 1).unwrap();
    assert_eq!((&shown["hint"], &shown["length"], &shown["version"]), (&json!("...aaaa"), &json!(44), &json!(1)));
    // For people, what is wrong is on standard error.
    for format in ["plain", "table", "csv", "jsonl"] {
        let run = owner.clone().input(&list).run(&["key", "import", "-", "--yes", "-o", format]);
        assert!(run.code == 8 && run.err.contains("failed: 24"), "{run:?}");
        assert!(matches!(format, "csv" | "jsonl") || run.err.contains("error: line 25: "), "{run:?}");
    }
}

#[test]
fn a_date_that_has_passed_and_a_version_that_is_not_active_keep_only_their_lines_out() {
    let (world, ada, _) = World::with_owners();
    let line = |more: Value| {
        let mut line = json!({"org": "acme", "provider": "groq", "key": groq("b")});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{line}\n{}", super::key_import::line("acme", "openai", &openai_key("aaaa")))
    };
    for (more, code) in [(json!({"expires": "2020-01-31"}), "past_date"), (json!({"if_version": 3}), "other_version")] {
        let (_, items) = import(&world.byok(&ada), &line(more), &["-n"]);
        same(&results(&items), &[(1, "failed", code), (2, "created", "")]);
    }
}

#[test]
fn a_key_that_differs_from_a_stored_one_replaces_it_only_if_that_is_said() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let of = |end: &str| line("acme", "openai", &openai_key(end));
    assert_eq!(import(&owner, &of("1111"), &[]).0, 0);
    // The failure of a single line is that of the command.
    let said = owner.clone().input(of("2222")).fails(5, &["key", "import", "-"]);
    assert!(said.contains("error: line 1: acme has another openai key, ...1111 (version 1)"), "{said}");
    let list = format!("{}\n{}", of("2222"), line("acme", "groq", &groq("a")));
    let (code, items) = import(&owner, &list, &[]);
    same(&results(&items), &[(1, "failed", "exists"), (2, "created", "")]);
    assert_eq!(code, 8);
    let (code, items) = import(&owner, &list, &["--replace"]);
    same(&results(&items), &[(1, "replaced", ""), (2, "unchanged", "")]);
    assert_eq!((code, &items[1]["previous_hint"]), (0, &json!("...1111")));
    // A replaced key is kept for a rollback, as always.
    owner.ok(&["key", "rollback", "openai", "--org", "acme", "--yes"]);
    assert_eq!(world.root(ACTIVE)[1], "acme openai 3 1111");
    // The version that is expected says it for one line, and only for that version.
    let versioned = |end: &str, version: u32| {
        let key = json!({"org": "acme", "provider": "openai", "key": openai_key(end), "if_version": version});
        format!("{key}\n{}", line("acme", "groq", &groq("a")))
    };
    same(
        &results(&import(&owner, &versioned("4444", 2), &[]).1),
        &[(1, "failed", "other_version"), (2, "unchanged", "")],
    );
    same(&results(&import(&owner, &versioned("4444", 3), &[]).1), &[(1, "replaced", ""), (2, "unchanged", "")]);
    same(&results(&import(&owner, &versioned("4444", 3), &[]).1), &[(1, "unchanged", ""), (2, "unchanged", "")]);
}

#[test]
fn what_is_erased_at_once_needs_a_confirmation() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let of = |end: &str| line("acme", "openai", &openai_key(end));
    owner.clone().input(of("1111")).ok(&["key", "import", "-"]);
    let replace = ["key", "import", "-", "--replace", "--no-keep"];
    owner.clone().input(of("2222")).fails(2, &replace);
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111"]);
    owner.clone().input(of("2222")).ok(&[&replace[..], &["--yes"]].concat());
    assert_eq!(world.root("select state from byok.provider_key order by version"), ["retired", "active"]);
}

#[test]
fn a_date_is_that_of_the_line_or_of_the_command_and_a_stored_one_is_not_contradicted() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let dated = |date: &str| json!({"org": "acme", "provider": "openai", "key": openai_key("1111"), "expires": date});
    let list = format!("{}\n{}", dated("2099-01-31"), line("acme", "groq", &groq("a")));
    let (_, items) = import(&owner, &list, &["--expires", "30d"]);
    assert_eq!(items[0]["expires_at"], "2099-01-31T23:59:59Z");
    assert!(items[1]["expires_at"].as_str().is_some_and(|end| !end.starts_with("2099")));
    // Thirty days from now on are another time than before, and no other key.
    same(&results(&import(&owner, &list, &["--expires", "30d"]).1), &[(1, "unchanged", ""), (2, "unchanged", "")]);
    let (_, items) = import(&owner, &format!("{}\n{}", dated("2098-01-31"), line("acme", "groq", &groq("a"))), &[]);
    same(&results(&items), &[(1, "failed", "other_end_date"), (2, "unchanged", "")]);
    assert!(items[0]["error"]["hint"].as_str().unwrap().contains("byok key expire openai --org acme"));
}

#[test]
fn two_lines_for_one_key_count_once_if_they_agree_and_not_at_all_if_they_do_not() {
    let (world, ada, _) = World::with_owners();
    let list = [
        line("acme", "openai", &openai_key("1111")),
        line("acme", "groq", &groq("a")),
        line("acme", "openai", &openai_key("1111")),
        line("acme", "groq", &groq("b")),
    ];
    let (_, items) = import(&world.byok(&ada), &list.join("\n"), &[]);
    let expected = [(1, "created", ""), (2, "failed", "duplicate"), (3, "skipped", ""), (4, "failed", "duplicate")];
    same(&results(&items), &expected);
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111"]);
}

#[test]
fn keys_are_tested_first_if_that_is_asked_for_and_a_rejected_one_keeps_no_other_out() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|request| {
        let refused = request.header("authorization").is_some_and(|value| value.ends_with("dead"));
        Reply::json(if refused { 401 } else { 200 }, &json!({"data": []}))
    });
    let owner = on_stage(&stage, world.byok(&ada));
    world.byok("byok").ok(&["enable", "third", "--owner", &ada]);
    let list = [
        line("acme", "openai", &openai_key("1111")),
        line("acme", "groq", &groq("dead")),
        line("third", "openai", &openai_key("dead")),
        line("third", "groq", &groq("2222")),
    ];
    let list = list.join("\n");
    let expected =
        [(1, "created", ""), (2, "failed", "key_rejected"), (3, "failed", "key_rejected"), (4, "created", "")];
    for more in [&["--test", "-n"][..], &["--test", "--concurrency", "2"]] {
        let (code, items) = import(&owner, &list, more);
        same(&results(&items), &expected);
        assert_eq!(code, 8);
        let first = items.iter().find(|item| item["line"] == 1).unwrap();
        assert_eq!(first["test"]["verdict"], "verified");
    }
    assert_eq!(stage.received().len(), 8);
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111", "third groq 1 2222"]);
    assert_eq!(world.root("select verdict from byok.key_test"), ["verified", "verified"]);
    // Without the option nobody is asked, and the log says so.
    import(&world.byok(&ada), &line("third", "openai", &openai_key("3333")), &[]);
    assert_eq!(stage.received().len(), 8);
}

#[test]
fn the_plan_is_shown_before_a_question_and_a_no_stores_nothing() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let list = format!("{}\n{{\n", line("acme", "openai", &openai_key("xK7q")));
    let path = file(dir.path(), "keys.jsonl", &list);
    for (answer, code, stored) in [("n\r", 2, 0), ("y\r", 8, 1), ("", 8, 1)] {
        let mut terminal = Terminal::run(&world.byok(&ada), &["key", "import", &path]);
        if !answer.is_empty() {
            terminal.expect("Store 1 key of 1 organization?").send(answer);
        }
        let (ended, seen) = terminal.end();
        assert_eq!((ended, world.root(ACTIVE).len()), (code, stored), "{seen}");
        assert!(seen.contains("line 2: this is not a JSON object on one line"), "{seen}");
        assert!(seen.contains("line 1: openai key ...xK7q (44 characters) of acme"), "{seen}");
    }
    // A terminal is no list.
    let (code, seen) = Terminal::run(&world.byok(&ada), &["key", "import", "-"]).end();
    assert!(code == 2 && seen.contains("pipe the list into this command"), "{seen}");
}
