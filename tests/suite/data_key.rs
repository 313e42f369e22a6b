//! An owner that has its login and the data key of its organization, and not the master key.

use byok::admin::crypto::DataKey;
use serde_json::json;

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Received, Reply, Stage};

/// Hands out the data key of an organization.
fn issue(world: &World, org: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    world.byok("byok").ok(&["data-key", "issue", org, "--to-file", file.to_str().unwrap()]);
    std::fs::read_to_string(&file).unwrap().trim().to_owned()
}

/// The program of an owner that has that data key and nothing else.
fn with(world: &World, login: &str, key: &str) -> Byok {
    world.byok(login).without("BYOK_MASTER_KEY").env("BYOK_DATA_KEY", key)
}

const SET: [&str; 6] = ["key", "set", "openai", "--org", "acme", "--stdin"];

#[test]
fn an_owner_does_the_whole_of_its_job_with_its_login_and_its_data_key() {
    let (world, ada, _) = World::with_owners();
    let key = issue(&world, "acme");
    assert!(key.starts_with("BYOKD1-1-"));
    let owner = with(&world, &ada, &key);
    assert_eq!(owner.clone().input(openai_key("1111")).json(&SET).1["result"], "created");
    assert_eq!(owner.clone().input(openai_key("1111")).json(&SET).1["result"], "unchanged");
    let rotate = ["key", "rotate", "openai", "--org", "acme", "--stdin"];
    assert_eq!(owner.clone().input(openai_key("2222")).json(&rotate).1["result"], "replaced");
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    let (_, document) = owner.json(&["key", "rollback", "openai", "--org", "acme", "--yes"]);
    assert_eq!((&document["result"], &document["item"]["hint"]), (&json!("restored"), &json!("...1111")));
    assert!(owner.ok(&["status"]).contains("the data key of an organization, epoch 1"));
    owner.ok(&["key", "list", "--org", "acme"]);
    owner.ok(&["key", "show", "openai", "--org", "acme"]);
    owner.ok(&["key", "history", "openai", "--org", "acme"]);
    // Whoever holds the master key opens the same key.
    world.byok("byok").ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
}

#[test]
fn an_owner_tests_its_keys_at_the_provider_with_its_data_key() {
    let good = |request: &Received| match request.header("authorization") {
        Some(key) if key.ends_with("good") => Reply::json(200, &json!({"data": [{"id": "gpt-mini"}]})),
        _ => Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})),
    };
    let stage = Stage::open(good);
    let (world, ada, _) = World::with_owners();
    let owner = on_stage(&stage, with(&world, &ada, &issue(&world, "acme")));
    owner.clone().input(openai_key("good")).ok(&SET);
    owner.ok(&["test-key", "openai", "--org", "acme"]);
    // Tried before it is stored: a rejected one does not replace a working one.
    owner.clone().input(openai_key("bad!")).fails(6, &["key", "rotate", "openai", "--org", "acme", "--stdin"]);
    owner.ok(&["test-key", "openai", "--org", "acme"]);
    // Another organization's data key tests nothing here.
    let other = on_stage(&stage, with(&world, &ada, &issue(&world, "bolt")));
    assert_ne!(other.run(&["test-key", "openai", "--org", "acme"]).code, 0);
}

#[test]
fn a_data_key_comes_from_a_file_and_a_command_too() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("acme.datakey");
    let file = file.to_str().unwrap();
    world.byok("byok").ok(&["data-key", "issue", "acme", "--to-file", file]);
    let bare = world.byok(&ada).without("BYOK_MASTER_KEY").input(openai_key("1111"));
    bare.clone().env("BYOK_DATA_KEY_FILE", file).ok(&SET);
    bare.clone().env("BYOK_DATA_KEY_COMMAND", &format!("cat {file}")).ok(&SET);
    bare.env("BYOK_DATA_KEY_FILE", "/nowhere/key").fails(4, &SET);
}

#[test]
fn another_organizations_data_key_and_an_old_one_are_refused_by_fingerprint_before_anything_is_written() {
    let (world, ada, _) = World::with_owners();
    let (mine, theirs) = (issue(&world, "acme"), issue(&world, "bolt"));
    let rows = || world.root("select count(*)::text from byok.provider_key")[0].clone();
    let wanted = DataKey::parse(&mine).unwrap().check_value("acme").to_string();
    let given = DataKey::parse(&theirs).unwrap().check_value("acme").to_string();
    let said = with(&world, &ada, &theirs).input(openai_key("1111")).fails(4, &SET);
    assert!(said.contains(&wanted) && said.contains(&given) && said.contains("data-key issue"), "{said}");
    assert_eq!(rows(), "0");
    // Replaced: the old one is of no use, neither to write nor to open.
    with(&world, &ada, &mine).input(openai_key("1111")).ok(&SET);
    world.byok("byok").ok(&["data-key", "rotate", "acme", "--yes"]);
    let said = with(&world, &ada, &mine).input(openai_key("2222")).fails(4, &SET);
    assert!(said.contains("epoch 2") && said.contains("epoch 1"), "{said}");
    assert_eq!(rows(), "1");
    with(&world, &ada, &mine).fails(4, &["resolve", "openai", "--org", "acme", "--verify"]);
    with(&world, &ada, &issue(&world, "acme")).ok(&["resolve", "openai", "--org", "acme", "--verify"]);
}

#[test]
fn a_data_key_opens_nothing_of_the_platform_and_is_no_master_key() {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let key = issue(&world, "acme");
    // The platform's key would serve, and its owner is told so without opening it.
    with(&world, &ada, &key).ok(&["resolve", "openai", "--org", "acme"]);
    with(&world, &ada, &key).fails(4, &["resolve", "openai", "--org", "acme", "--verify"]);
    let admin = with(&world, "byok", &key);
    let said = admin.clone().input(openai_key("4243")).fails(4, &["platform-key", "set", "openai", "--stdin"]);
    assert!(said.contains("master key"), "{said}");
    for line in [&["master-key", "verify"][..], &["data-key", "rotate", "acme", "--yes"], &["audit", "seal"]] {
        assert!(admin.fails(4, line).contains("master key"));
    }
    let typo = with(&world, &ada, &key.replace("BYOKD1-1", "BYOKD1-2"));
    assert!(typo.input(openai_key("1111")).fails(4, &SET).contains("typo"));
    let swapped = with(&world, &ada, crate::harness::master_text());
    assert!(
        swapped.input(openai_key("1111")).fails(4, &SET).contains("this is a master key, but a data key is needed")
    );
}

#[test]
fn before_a_data_key_was_made_its_owner_hears_whom_to_ask() {
    let (world, ada, _) = World::with_owners();
    let other = DataKey::generate(1).unwrap();
    let said = with(&world, &ada, other.to_text().expose()).input(openai_key("1111")).fails(4, &SET);
    assert!(said.contains("no data key yet") && said.contains("byok data-key issue --org acme"), "{said}");
}

#[test]
fn issuing_is_an_admins_takes_the_master_key_and_is_recorded() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let line = ["data-key", "issue", "acme", "--to-file", file.to_str().unwrap()];
    world.byok(&ada).fails(4, &line);
    world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere").fails(4, &line);
    world.byok("byok").fails(3, &["data-key", "issue", "nobody", "--to-file", file.to_str().unwrap()]);
    assert!(!file.exists(), "what was not handed over leaves nothing behind");
    assert!(world.byok("byok").fails(2, &["data-key", "issue", "acme"]).contains("--to-file"));
    world.byok("byok").ok(&line);
    assert!(world.byok("byok").fails(5, &line).contains("key"), "a file is never overwritten");
    let issued = "select login || ' ' || org from byok.audit where action = 'data_key.issue'";
    assert_eq!(world.root(issued), ["byok acme"]);
    let (code, seen) = Terminal::run(&world.byok("byok"), &["data-key", "issue", "acme"]).end();
    let shown = seen.lines().find(|line| line.starts_with("BYOKD1-")).unwrap().trim();
    assert_eq!((code, shown), (0, std::fs::read_to_string(&file).unwrap().trim()));
}

#[test]
fn a_rotated_data_key_leaves_every_version_that_can_be_opened_openable() {
    let (world, ada, _) = World::with_owners();
    for end in ["1111", "2222", "3333"] {
        world.byok(&ada).input(openai_key(end)).ok(&SET);
    }
    let sarvam = format!("sk_{}_1234", crate::harness::CANARY.repeat(3));
    world.byok(&ada).input(sarvam).ok(&["key", "set", "sarvam", "--org", "acme", "--stdin"]);
    let facts =
        "select provider || version || state || hint || created_at || settings from byok.provider_key order by 1";
    let before = world.root(facts);
    let (_, document) = world.byok("byok").json(&["data-key", "rotate", "acme", "--yes"]);
    assert_eq!(
        (&document["result"], &document["item"]["keys"], &document["item"]["epoch"]),
        (&json!("rotated"), &json!(3), &json!(2))
    );
    assert_eq!(world.root(facts), before, "versions, hints and dates stay");
    assert_eq!(
        world.root("select distinct data_epoch::text from byok.provider_key where encrypted is not null"),
        ["2"]
    );
    assert_eq!(
        world.root("select (wrapped is null)::text from byok.data_key where org = 'acme' order by epoch"),
        ["true", "false"]
    );
    let owner = with(&world, &ada, &issue(&world, "acme"));
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    assert_eq!(
        owner.clone().input(openai_key("3333")).json(&SET).1["result"],
        "unchanged",
        "the same key is known again"
    );
    assert_eq!(owner.json(&["key", "rollback", "openai", "--org", "acme", "--yes"]).1["item"]["hint"], "...2222");
    world.byok("byok").ok(&["master-key", "verify"]);
}

#[test]
fn one_key_that_does_not_open_stops_a_rotation_and_nothing_is_changed() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("1111")).ok(&SET);
    let sarvam = format!("sk_{}_1234", crate::harness::CANARY.repeat(3));
    world.byok(&ada).input(sarvam).ok(&["key", "set", "sarvam", "--org", "acme", "--stdin"]);
    world.root("update byok.provider_key set encrypted = set_byte(encrypted, 40, get_byte(encrypted, 40) # 1) where provider = 'sarvam'");
    let rows = "select provider || data_epoch || encode(encrypted, 'hex') from byok.provider_key order by 1";
    let before = world.root(rows);
    let said = world.byok("byok").fails(9, &["data-key", "rotate", "acme", "--yes"]);
    assert!(said.contains("sarvam"), "{said}");
    assert_eq!(world.root(rows), before);
    assert_eq!(world.root("select state from byok.data_key where org = 'acme'"), ["active"]);
    // It may be left behind: what opens goes on, what did not does not.
    let (_, document) = world.byok("byok").json(&["data-key", "rotate", "acme", "--yes", "--leave-unreadable"]);
    assert_eq!((&document["item"]["keys"], &document["item"]["left"]), (&json!(1), &json!(1)));
    world.byok("byok").ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    world.byok("byok").fails(9, &["master-key", "verify"]);
    // And an organization that has none has nothing to replace.
    assert_eq!(world.byok("byok").json(&["data-key", "rotate", "bolt", "--yes"]).1["result"], "unchanged");
    world.byok("byok").fails(3, &["data-key", "rotate", "nobody", "--yes"]);
    assert!(world.byok("byok").fails(2, &["data-key", "rotate", "acme"]).contains("--yes"));
}

#[test]
fn the_platforms_data_key_is_replaced_like_any_other() {
    let (world, ..) = World::with_owners();
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(world.byok("byok").json(&["data-key", "rotate", "--platform", "--yes"]).1["item"]["keys"], 1);
    world.byok("byok").ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "platform"]);
}

#[test]
fn a_damaged_data_key_of_the_platform_is_discarded_and_its_keys_are_set_again() {
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok");
    let set = || admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    set();
    let discard = ["data-key", "discard", "--platform", "--yes"];
    assert!(admin.fails(5, &discard).contains("opens"), "only a key that does not open is discarded");
    world.root("update byok.data_key set wrapped = decode(repeat('00', 61), 'hex') where org = ''");
    let said = admin.fails(9, &["data-key", "rotate", "--platform", "--yes"]);
    assert!(said.contains("byok data-key discard --platform"), "{said}");
    assert!(admin.fails(2, &["data-key", "discard", "--platform"]).contains("--yes"));
    admin.fails(2, &["data-key", "discard", "acme", "--platform", "--yes"]);
    let run = admin.run(&discard);
    assert!(run.code == 0 && run.err.contains("byok platform-key list"), "{run:?}");
    let (_, document) = admin.json(&discard);
    assert_eq!((&document["result"], &document["item"]["org"]), (&json!("unchanged"), &json!(null)));
    admin.fails(9, &["resolve", "openai", "--org", "acme"]);
    set();
    admin.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "platform"]);
    assert_eq!(world.root("select org || subject from byok.audit where action = 'data_key.discard'"), ["1"]);
}

#[test]
fn a_data_key_is_no_way_to_the_platforms_own_keys_and_what_is_said_can_be_done() {
    let (world, _, _) = World::with_owners();
    let admin = with(&world, "byok", &issue(&world, "acme")).input(openai_key("1111"));
    let said = admin.fails(4, &["platform-key", "set", "openai", "--stdin"]);
    assert!(said.contains("BYOK_MASTER_KEY_FILE") && !said.contains("issue the platform"), "{said}");
}

#[test]
fn the_hint_for_an_owner_without_a_data_key_names_the_organization() {
    let (world, ada, _) = World::with_owners();
    let key = issue(&world, "bolt");
    let said = with(&world, &ada, &key).input(openai_key("1111")).fails(4, &SET);
    assert!(said.contains("organization acme has no data key") && said.contains("data-key issue --org acme"), "{said}");
}
