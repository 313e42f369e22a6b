//! Ids as people and programs make them: accepted as request, organization and login, and shown unchanged in all
//! output.

use serde_json::Value;

use crate::harness::{World, sql};

/// Of every kind that is in use, among them those that look like the beginning of a key.
const IDS: [&str; 20] = [
    "task_test_9f86d081",
    "desk_live_4711aa22",
    "task-proj-4f9a8b7c",
    "task-proj-7f3a9c21",
    "risk-admin-9f86d081884c",
    "api_org_9f86d081",
    "asia-7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "asia-south1-job-7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "asia-prod-5d41402abc4b2a76",
    "sk-7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "csk-7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "fw_7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "7d444840-9dc0-41d1-b245-5ffdce74fad2",
    "7d4448409dc041d1b2455ffdce74fad2",
    "01J9ZQ3W8X7V6T5S4R3Q2P1N0M",
    "2cJ3vWm7nQ9xR1tY5uI8oP0aSdF",
    "507f1f77bcf86cd799439011",
    "acme-interviews-production-2026",
    "org_9f86d081884c7d659a2feaa0c55ad015",
    "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
];

#[test]
fn an_id_is_taken_as_a_request_and_an_organization_and_is_found_again_by_it() {
    let world = World::new();
    let admin = world.byok("byok");
    for id in IDS {
        let enabled = admin.run(&["enable", id]);
        assert!(enabled.code == 0 && enabled.out.contains(id), "{enabled:?}");
        assert!(enabled.err.contains(&format!("byok member add LOGIN --org {id}")), "{enabled:?}");
        let said = admin.ok(&["credits", "grant", "5", "--org", id, "--request-id", id]);
        assert!(said.contains(&format!("{id}: granted")) && said.contains(&format!("[request {id}]")), "{said}");
        let (_, history) = admin.json(&["credits", "history", "--org", id, "--request-id", id]);
        let posting = &history["items"][0];
        assert_eq!((&posting["org"], &posting["request"]), (&Value::from(id), &Value::from(id)));
        let error = admin.fails(3, &["credits", "refund", &format!("no-{id}"), "--org", id]);
        assert!(error.contains(&format!("{id} has no such hold or charge")), "{error}");
        let error = admin.fails(3, &["org", "show", &format!("no-{id}"), "-o", "json"]);
        assert!(error.contains(&format!("byok enable no-{id}")), "{error}");
    }
    let listed = admin.ok(&["org", "list", "-o", "json"]);
    assert!(IDS.iter().all(|id| listed.contains(&format!("\"{id}\""))) && !listed.contains("***"), "{listed}");
}

#[test]
fn an_id_is_taken_as_a_login_and_shown_as_it_is() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme"]);
    for id in IDS.iter().filter(|id| id.len() < 64) {
        let error = admin.fails(3, &["member", "add", "acme", id]);
        assert!(error.contains(&format!("create role \"{id}\" login")), "{error}");
        sql(&world.url("byok"), &format!("create role \"{id}\" login")).unwrap();
        let added = admin.run(&["member", "add", "acme", id]);
        sql(&world.url("byok"), &format!("grant usage on schema byok to \"{id}\"")).unwrap();
        assert!(added.code == 0 && added.out.contains(id), "{added:?}");
        assert!(admin.ok(&["member", "list", "acme", "-o", "json"]).contains(&format!("\"{id}\"")), "{id}");
    }
}

#[test]
fn what_is_exactly_a_key_is_one_wherever_an_id_belongs() {
    let world = World::new();
    let admin = world.byok("byok");
    for key in [
        "sk-9f86d081884c7d659a2feaa0c55ad015",
        "AKIAIOSFODNN7EXAMPLE",
        "ap2_7d444840-9dc0-41d1-b245-5ffdce74fad2",
        "fw_9f86d081884c7d659a2feaa0",
    ] {
        for line in [&["enable", key][..], &["credits", "grant", "1", "--org", "acme", "--request-id", key]] {
            let error = admin.fails(2, line);
            assert!(error.contains("contains a key") && !error.contains(key), "{error}");
        }
    }
    // An id that was typed keeps no other token on the line: a key in a wrong place goes.
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    let file = "/nowhere/0b14c2a1f6e24d5b8f3a7c9e1d2b4a60";
    let error = admin.fails(2, &["key", "set", "openai", "--org", hex, "--from-file", file]);
    assert!(!error.contains("0b14c2a1f6e2") && error.contains("***"), "{error}");
}
