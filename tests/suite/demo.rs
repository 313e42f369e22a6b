//! The demonstration: its story, as text and as data, and what is left of it.

use serde_json::{Value, json};

use crate::harness::Byok;
use crate::local::Home;

/// The platform's keys and prices that are in force.
fn left(byok: &Byok) -> (String, String) {
    (byok.ok(&["platform-key", "list"]), byok.ok(&["credits", "rates", "list"]))
}

#[test]
fn the_demo_tells_the_story_twice_and_leaves_the_database_and_nothing_that_serves_others() {
    let home = Home::new();
    let byok = home.byok.clone().env("BYOK_DATABASE_URL", "postgres://nobody@127.0.0.1:1/never");
    let first = byok.ok(&["demo"]);
    for told in ["$ byok enable demo-acme", "...xK7q", "organization", "platform", "denied"] {
        assert!(first.contains(told), "{told}: {first}");
    }
    crate::screens::compare("story", first.replace(home.path().to_str().unwrap(), "DIRECTORY"));
    byok.ok(&["demo"]);
    assert!(home.byok.ok(&["org", "list"]).contains("demo-acme"));
    assert_eq!(left(&home.byok), (String::new(), String::new()));
}

#[test]
fn what_it_keeps_on_request_goes_with_the_next_one_and_a_key_of_the_user_stays() {
    let home = Home::new();
    home.byok.ok(&["demo", "--keep"]);
    let (keys, rates) = left(&home.byok);
    assert!(keys.contains("sarvam") && rates.contains("demo.interview"), "{keys}{rates}");
    home.byok.ok(&["demo"]);
    assert_eq!(left(&home.byok), (String::new(), String::new()));
    home.byok.clone().input("sk_user0000_0123456789abcdefUSER1234").ok(&["platform-key", "set", "sarvam", "--stdin"]);
    home.byok.ok(&["demo"]);
    let (keys, _) = left(&home.byok);
    assert!(keys.contains("...1234"), "{keys}");
}

#[test]
fn its_json_has_a_step_for_each_command_with_the_document_that_it_printed() {
    let home = Home::new();
    let (code, story) = home.byok.json(&["demo"]);
    assert_eq!((code, &story["kind"]), (0, &json!("demo")));
    let steps = story["items"].as_array().unwrap();
    let of = |command: &str| steps.iter().find(|step| step["command"].as_str().unwrap().contains(command)).unwrap();
    assert_eq!(of("byok enable")["document"]["items"][0]["result"], "created");
    assert_eq!(of("key list")["document"]["items"][0]["hint"], "...xK7q");
    assert_eq!(of("resolve sarvam")["document"]["item"]["source"], "platform");
    assert_eq!(of("run openai")["output"], "a key of 56 characters is here\n");
    let denied = steps.iter().rfind(|step| step["command"] == "byok resolve openai --org demo-acme").unwrap();
    assert_eq!(denied["exit_code"], 3);
    let numbers: Vec<usize> = steps.iter().map(|step| step["step"].as_u64().unwrap().try_into().unwrap()).collect();
    assert_eq!(numbers, (1..=steps.len()).collect::<Vec<_>>());
    assert!(steps.iter().all(|step| !step["told"].as_str().unwrap().is_empty()));
    // The same as lines.
    let lines = home.byok.ok(&["demo", "-o", "jsonl"]);
    assert_eq!(lines.lines().count(), steps.len());
}

#[test]
fn one_that_fails_in_the_middle_says_where_leaves_nothing_and_can_be_repeated() {
    let home = Home::new();
    home.byok.ok(&["local", "up"]);
    // The program that `run` starts is not there.
    let empty = tempfile::tempdir().unwrap();
    let broken = home.byok.clone().env("PATH", empty.path().to_str().unwrap());
    let run = broken.run(&["demo", "-o", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let story: Value = serde_json::from_str(&run.out).unwrap();
    let last = story["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["exit_code"], &last["error"]["exit_code"]), (&json!(127), &json!(127)), "{last}");
    let failure: Value = serde_json::from_str(run.err.lines().last().unwrap()).unwrap();
    assert_eq!(failure["error"]["code"], "demo");
    assert_eq!(left(&home.byok), (String::new(), String::new()));
    assert_eq!(broken.run(&["demo"]).code, 1);
    assert_eq!(left(&home.byok), (String::new(), String::new()));
    home.byok.ok(&["demo"]);
}
