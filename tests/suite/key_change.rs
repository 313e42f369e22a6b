//! `key rotate`, `rollback` and `history`.

use serde_json::json;

use crate::harness::{Byok, World, openai_key};

fn key<'a>(verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["key", verb, "openai", "--org", "acme"], more].concat()
}

fn put(byok: &Byok, verb: &str, end: &str) -> (i32, serde_json::Value) {
    byok.clone().input(openai_key(end)).json(&key(verb, &["--stdin"]))
}

#[test]
fn a_rotation_replaces_and_never_creates() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let said = owner.clone().input(openai_key("1111")).fails(3, &key("rotate", &["--stdin"]));
    assert!(said.contains("key set"), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
    put(&owner, "set", "1111");
    let (code, document) = put(&owner, "rotate", "2222");
    assert_eq!(
        (code, &document["result"], &document["item"]["previous_hint"]),
        (0, &json!("replaced"), &json!("...1111"))
    );
    assert_eq!(put(&owner, "rotate", "2222").1["result"], "unchanged");
    owner.ok(&key("remove", &["--yes"]));
    owner.input(openai_key("3333")).fails(3, &key("rotate", &["--stdin"]));
}

#[test]
fn a_rollback_puts_the_key_before_back_in_force_as_a_new_version() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.fails(3, &key("rollback", &["--yes"]));
    put(&owner, "set", "1111");
    owner.fails(3, &key("rollback", &["--yes"]));
    put(&owner, "set", "2222");
    assert!(owner.fails(2, &key("rollback", &[])).contains("--yes"));
    let (_, document) = owner.json(&key("rollback", &["--yes"]));
    let item = &document["item"];
    assert_eq!((&item["hint"], &item["version"], &item["restored_version"]), (&json!("...1111"), &json!(3), &json!(1)));
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    // And back again: what it replaced is the one before now.
    assert_eq!(owner.json(&key("rollback", &["--yes"])).1["item"]["hint"], "...2222");
}

#[test]
fn a_key_before_that_does_not_open_is_not_put_back() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111");
    put(&owner, "set", "2222");
    world.root("update byok.provider_key set encrypted = set_byte(encrypted, 40, get_byte(encrypted, 40) # 1) where version = 1");
    owner.fails(9, &key("rollback", &["--yes"]));
    assert_eq!(owner.json(&["key", "list", "--org", "acme"]).1["items"][0]["hint"], "...2222");
}

#[test]
fn the_history_tells_who_did_what_to_one_key_and_to_members_only() {
    let (world, ada, bob) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111");
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify"]);
    owner.ok(&key("remove", &["--yes"]));
    let (_, history) = owner.json(&key("history", &[]));
    let actions: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key.remove", "key.open", "key.set"]);
    assert!(history["items"].as_array().unwrap().iter().all(|it| it["login"] == ada.as_str()));
    assert_eq!(history["items"][2]["detail"]["hint"], "1111");
    world.byok(&bob).fails(4, &key("history", &[]));
}
