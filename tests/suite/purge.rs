//! `org purge`.

use serde_json::json;

use crate::harness::{World, openai_key};

#[test]
fn a_purge_erases_every_key_and_leaves_the_records() {
    let (world, ada, bob) = World::with_owners();
    let set = |login: &str, org: &str, end: &str| {
        world.byok(login).input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    };
    set(&ada, "acme", "1111");
    set(&ada, "acme", "2222");
    set(&bob, "bolt", "3333");
    let admin = world.byok("byok");
    for line in [&["org", "purge", "acme"][..], &["org", "purge", "acme", "--confirm", "bolt"]] {
        let said = admin.fails(2, line);
        assert!(said.contains("--confirm acme"), "{said}");
    }
    world.byok(&ada).fails(4, &["org", "purge", "acme", "--confirm", "acme"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    admin.ok(&["credits", "charge", "interview", "--provider", "openai", "--org", "acme"]);
    let history = || admin.ok(&["credits", "history", "--org", "acme", "-o", "jsonl"]);
    let bill = history();
    assert_eq!(bill.lines().count(), 2);
    let audit = world.root("select count(*)::text from byok.audit where org = 'acme'")[0].parse::<u32>().unwrap();

    let (_, document) = admin.json(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!((&document["result"], &document["item"]["keys"]), (&json!("purged"), &json!(2)));
    assert_eq!(admin.json(&["org", "purge", "acme", "--confirm", "acme"]).1["result"], "unchanged");
    let left = "select count(*)::text from byok.provider_key where org = 'acme'
                and (encrypted is not null or hint <> '' or state <> 'removed' or fingerprint <> '\\x0000000000000000')";
    assert_eq!(world.root(left), ["0"]);
    assert_eq!(
        world.root("select count(*)::text from byok.data_key where org = 'acme' and wrapped is not null"),
        ["0"]
    );
    assert_eq!(world.root("select count(*)::text from byok.member where org = 'acme'"), ["0"]);
    let now = world.root("select count(*)::text from byok.audit where org = 'acme'")[0].parse::<u32>().unwrap();
    assert_eq!(now, audit + 1);
    admin.ok(&["audit", "verify"]);
    assert_eq!(history(), bill, "what was charged was charged, and for which key");
    admin.ok(&["credits", "reconcile"]);
    world.byok(&ada).fails(4, &["key", "list", "--org", "acme"]);
    world.byok(&bob).ok(&["resolve", "openai", "--org", "bolt", "--verify", "--require", "organization"]);

    // It may come back: with another data key, and versions that go on.
    admin.ok(&["enable", "acme", "--owner", &ada]);
    set(&ada, "acme", "4444");
    assert_eq!(world.byok(&ada).json(&["key", "list", "--org", "acme"]).1["items"][0]["version"], 3);
    world.byok(&ada).ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    assert_eq!(world.root("select max(epoch)::text from byok.data_key where org = 'acme'"), ["2"]);
    admin.fails(3, &["org", "purge", "nobody", "--confirm", "nobody"]);
}
