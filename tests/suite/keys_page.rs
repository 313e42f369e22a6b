//! Where a key is revoked at its provider, and where a new one is made.

use serde_json::{Value, json};

use crate::harness::{World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

const OPENAI: &str = "https://platform.openai.com/api-keys";
const ELEVENLABS: &str = "https://elevenlabs.io/app/settings/api-keys";

#[test]
fn a_removed_key_is_said_to_live_on_and_where_it_is_revoked() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    let remove = ["key", "remove", "openai", "--org", "acme", "--yes"];
    let still = format!("...1111 still works at OpenAI until it is revoked there: {OPENAI}");
    owner.clone().input(openai_key("1111")).ok(&set);
    let said = owner.clone().input(openai_key("2222")).run(&set).err;
    assert!(said.contains(&still), "{said}");
    owner.clone().input(openai_key("1111")).ok(&set);
    let rehearsed = owner.run(&[&remove[..], &["--dry-run"]].concat());
    assert_eq!(rehearsed.code, 0, "{rehearsed:?}");
    let said = owner.run(&[&remove[..], &["--verbose"]].concat()).err;
    assert!(said.contains(&still), "{said}");
    assert!(said.contains("key_remove") && !said.contains("key_list"), "the removal itself tells the page: {said}");
    let again = owner.run(&remove);
    assert!(again.code == 0 && !again.err.contains("still works"), "{again:?}");
    owner.clone().input(openai_key("1111")).ok(&set);
    let quiet = owner.run(&[&remove[..], &["-q"]].concat());
    assert!(quiet.code == 0 && !quiet.err.contains("still works"), "{quiet:?}");

    let admin = world.byok("byok");
    admin.clone().input(openai_key("3333")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let said = admin.run(&["platform-key", "remove", "openai", "--yes"]).err;
    assert!(said.contains(&format!("...3333 still works at OpenAI until it is revoked there: {OPENAI}")), "{said}");
}

#[test]
fn a_page_is_only_named_where_it_is_the_one_of_this_key() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let elsewhere = ["--setting", "base_url=https://api.eu.residency.elevenlabs.io"];
    for (key, settings, words) in [
        ("sk_11111111", &[][..], format!("revoked there: {ELEVENLABS}")),
        ("sk_22222222", &elsewhere, "revoked there, in its console".to_owned()),
    ] {
        let line = [&["key", "set", "elevenlabs", "--org", "acme", "--stdin"], settings].concat();
        for end in ["a", "b"] {
            owner.clone().input(format!("{key}{}", end.repeat(40))).ok(&line);
        }
        let said = owner.run(&["key", "remove", "elevenlabs", "--org", "acme", "--yes"]).err;
        assert!(said.contains(&words), "{said}");
    }
    let line = ["key", "set", "krutrim", "--org", "acme", "--stdin"];
    owner.clone().input("k".repeat(40)).ok(&line);
    let said = owner.run(&["key", "remove", "krutrim", "--org", "acme", "--yes"]).err;
    assert!(said.contains("still works at Krutrim Cloud until it is revoked there, in its console"), "{said}");
}

#[test]
fn a_rejected_key_is_answered_with_the_page_where_a_new_one_is_made() {
    let (world, ada, _) = World::with_owners();
    let (good, bad) = (Stage::open(|_| Reply::json(200, &json!({"data": []}))), Stage::open(|_| Reply::status(401)));
    let step = format!("create a new key at OpenAI ({OPENAI}) and store it");
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    let owner = on_stage(&bad, world.byok(&ada));
    assert!(owner.clone().input(openai_key("1111")).fails(6, &set).contains(&step));
    on_stage(&good, world.byok(&ada)).input(openai_key("1111")).ok(&set);
    let tested = owner.json(&["test-key", "openai", "--org", "acme"]).1["items"][0].clone();
    assert_eq!((&tested["verdict"], &tested["next"]), (&json!("rejected"), &json!(step)));
    let seen = owner.run(&["doctor", "-o", "plain"]).out;
    let reason = format!("was refused by its provider; make a new one at {OPENAI}");
    assert!(seen.lines().any(|line| line.contains("keys.tests") && line.contains(&reason)), "{seen}");
    let unknown = Stage::open(|_| Reply::json(401, &json!({"detail": {"status": "invalid_api_key"}})));
    let legacy = on_stage(&unknown, world.byok(&ada)).input("0123456789abcdef".repeat(2));
    let next = |settings: &[&str]| {
        let line = [&["test-key", "elevenlabs", "--candidate", "--stdin"], settings].concat();
        legacy.json(&line).1["items"][0]["next"].as_str().unwrap().to_owned()
    };
    assert!(next(&[]).contains(&format!("make a new key at ElevenLabs ({ELEVENLABS})")));
    let elsewhere = next(&["--setting", "base_url=https://api.eu.residency.elevenlabs.io"]);
    assert!(elsewhere.contains("make a new key at ElevenLabs and store it"), "{elsewhere}");
}

#[test]
fn a_provider_is_shown_with_its_page_also_a_private_one() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let (code, shown) = owner.json(&["provider", "show", "openai"]);
    assert_eq!(
        (code, &shown["item"]["keys_page"], &shown["item"]["tells_end_date"]),
        (0, &json!(OPENAI), &json!(false))
    );
    assert!(owner.ok(&["provider", "show", "openai", "-o", "table"]).contains(OPENAI));
    let shown = owner.json(&["provider", "show", "azure_openai"]).1;
    assert_eq!(shown["item"]["keys_page"], Value::Null);

    let file = tempfile::NamedTempFile::new().unwrap();
    let add = ["provider", "add", "vendor", "--from-file", file.path().to_str().unwrap()];
    let definition = |page: &str| {
        let shown: Vec<&str> = include_str!("../../docs/testing.md")
            .lines()
            .skip_while(|line| *line != "[[provider]]")
            .take_while(|line| *line != "```" && !line.starts_with("keys_page"))
            .collect();
        let rest = include_str!("../../docs/testing.md").lines().skip_while(|line| !line.starts_with("keys_page"));
        let rest: Vec<&str> = rest.skip(1).take_while(|line| *line != "```").collect();
        format!("{}\nkeys_page = \"{page}\"\n{}\n", shown.join("\n"), rest.join("\n"))
    };
    for bad in
        ["http://vendor.example/keys", "https://vendor.example/keys?org=1", "https://a:b@vendor.example/", "keys"]
    {
        std::fs::write(file.path(), definition(bad)).unwrap();
        let said = admin.fails(2, &add);
        assert!(said.contains("an https address without a query"), "{bad}: {said}");
    }
    std::fs::write(file.path(), definition("https://vendor.example/keys")).unwrap();
    admin.ok(&add);
    assert_eq!(owner.json(&["provider", "show", "vendor"]).1["item"]["keys_page"], "https://vendor.example/keys");
    owner.clone().input("vendor-1234567890ab").ok(&["key", "set", "vendor", "--org", "acme", "--stdin", "--no-test"]);
    let said = owner.run(&["key", "remove", "vendor", "--org", "acme", "--yes"]).err;
    assert!(said.contains("still works at Vendor until it is revoked there: https://vendor.example/keys"), "{said}");
}

#[test]
fn the_keys_of_a_purged_organization_are_said_to_live_on() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    let purge = |org: &str| admin.run(&["org", "purge", org, "--confirm", org]);
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let run = purge("acme");
    let said = "the erased keys of acme still work at their providers until they are revoked there";
    assert!(run.code == 0 && run.err.contains(said), "{run:?}");
    let run = purge("bolt");
    assert!(run.code == 0 && !run.err.contains("still work"), "it had no key: {run:?}");
}
