//! Copies of a key for another organization.

use serde_json::{Value, json};

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

const COPY: [&str; 7] = ["key", "copy", "openai", "--from", "acme", "--to", "bolt"];
const MOVE: [&str; 8] = ["key", "move", "openai", "--from", "acme", "--to", "bolt", "--yes"];
/// Organization, version, hint and state of every key.
const KEYS: &str = "select concat_ws(' ', org, version, hint, state) from byok.provider_key order by org, version";
/// Every record of a change of a key, oldest first.
const RECORDS: &str = "select concat_ws(' ', org, action, detail ->> 'version', detail ->> 'from', detail ->> 'to')
    from byok.audit where action in ('key.set', 'key.copy', 'key.remove') order by seq";

/// Two organizations, and an owner of both. The first one has a key.
fn owned() -> (World, Byok) {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").ok(&["member", "add", &ada, "--org", "bolt", "--role", "owner"]);
    let owner = world.byok(&ada);
    set(&owner, "acme", "1111");
    (world, owner)
}

fn set(owner: &Byok, org: &str, end: &str) {
    owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
}

/// What `key list` says, without what differs between two organizations.
fn listed(owner: &Byok, org: &str) -> Value {
    let (code, document) = owner.json(&["key", "list", "--org", org]);
    assert_eq!(code, 0, "{document}");
    let key = &document["items"][0];
    json!([key["hint"], key["expires_at"], key["settings"], key["provider"]])
}

#[test]
fn a_copied_key_serves_both_organizations_with_the_same_end_date_and_both_logs_name_the_other() {
    let (world, owner) = owned();
    owner.ok(&["key", "expire", "openai", "--org", "acme", "--expires", "2099-01-31"]);
    let (code, document) = owner.json(&COPY);
    let item = &document["item"];
    assert_eq!(
        (code, &document["result"], &item["org"], &item["from_org"]),
        (0, &"created".into(), &"bolt".into(), &"acme".into())
    );
    assert_eq!((&item["version"], &item["from_version"], &item["moved"]), (&1.into(), &1.into(), &false.into()));
    assert_eq!(listed(&owner, "bolt"), listed(&owner, "acme"));
    for org in ["acme", "bolt"] {
        let shown = world.byok("byok").ok(&["run", "openai", "--org", org, "--", "true"]);
        assert_eq!(shown, "");
    }
    let expected = ["acme key.set 1", "bolt key.set 1", "bolt key.copy 1 acme", "acme key.copy 1 bolt"];
    assert_eq!(world.root(RECORDS), expected);
    world.byok("byok").ok(&["master-key", "verify"]);
    // The same again changes nothing.
    assert_eq!(owner.json(&COPY).1["result"], "unchanged");
    assert_eq!(world.root(RECORDS), expected);
}

#[test]
fn a_moved_key_is_with_the_other_organization_and_erased_from_the_first() {
    let (world, owner) = owned();
    let said = owner.ok(&MOVE);
    assert!(said.contains("moved from acme to bolt"), "{said}");
    assert_eq!(world.root(KEYS), ["acme 1 1111 removed", "bolt 1 1111 active"]);
    let gone = "select count(*)::text from byok.provider_key where org = 'acme' and encrypted is not null";
    assert_eq!(world.root(gone), ["0"]);
    let expected =
        ["acme key.set 1", "bolt key.set 1", "bolt key.copy 1 acme", "acme key.copy 1 bolt", "acme key.remove 1"];
    assert_eq!(world.root(RECORDS), expected);
    let transactions =
        "select count(distinct xmin::text)::text from byok.audit where action in ('key.copy', 'key.remove')";
    assert_eq!(world.root(transactions), ["1"]);
    assert_eq!(owner.fails(3, &MOVE), owner.fails(3, &MOVE));
}

#[test]
fn a_move_ends_also_where_the_other_organization_has_the_key_already() {
    let (world, owner) = owned();
    owner.ok(&COPY);
    let (code, document) = owner.json(&MOVE);
    assert_eq!((code, &document["result"], &document["item"]["moved"]), (0, &"unchanged".into(), &true.into()));
    assert_eq!(world.root(KEYS), ["acme 1 1111 removed", "bolt 1 1111 active"]);
}

#[test]
fn a_key_that_is_there_is_replaced_only_on_request_and_is_kept_for_a_rollback() {
    let (world, owner) = owned();
    set(&owner, "bolt", "2222");
    let said = owner.fails(5, &COPY);
    assert!(said.contains("--replace") && said.contains("byok key show openai --org bolt"), "{said}");
    let (_, document) = owner.json(&[&COPY[..], &["--replace"]].concat());
    assert_eq!((&document["result"], &document["item"]["previous_hint"]), (&"replaced".into(), &"...2222".into()));
    assert_eq!(world.root(KEYS), ["acme 1 1111 active", "bolt 1 2222 previous", "bolt 2 1111 active"]);
    owner.ok(&["key", "rollback", "openai", "--org", "bolt", "--yes"]);
    assert!(world.root(KEYS).contains(&"bolt 3 2222 active".to_owned()));
}

#[test]
fn only_an_owner_of_both_organizations_copies_a_key() {
    let (world, ada, bob) = World::with_owners();
    set(&world.byok(&ada), "acme", "1111");
    let before = (world.root(KEYS), world.root(RECORDS));
    // The owner of one of the two, a viewer, an admin with the master key, and a stranger.
    world.byok("byok").ok(&["member", "add", &bob, "--org", "acme", "--role", "viewer"]);
    let admin = world.login("root");
    world.grant("admin", &admin);
    for login in [&ada, &bob, &admin, &world.login("nobody")] {
        for line in [&COPY[..], &MOVE[..]] {
            assert_eq!(world.byok(login).run(line).code, 4, "{login}");
        }
    }
    assert_eq!((world.root(KEYS), world.root(RECORDS)), before);
}

#[test]
fn what_cannot_be_copied_is_refused_and_nothing_changes() {
    let (world, owner) = owned();
    let before = (world.root(KEYS), world.root(RECORDS));
    owner.fails(2, &["key", "copy", "openai", "--from", "acme", "--to", "acme"]);
    owner.fails(3, &["key", "copy", "groq", "--from", "acme", "--to", "bolt"]);
    let stage = Stage::open(|_| Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})));
    on_stage(&stage, owner.clone()).fails(6, &COPY);
    world.byok("byok").ok(&["disable", "bolt"]);
    owner.fails(5, &COPY);
    world.byok("byok").ok(&["enable", "bolt"]);
    // Somebody replaced it after it was opened.
    let another = "select 1 from byok_api.key_copy('acme', 7, true, 'bolt', 'openai', 0, 0, 1, '\\x00', '\\x00', 'x', '{}', 'abcd',
        '\\x0011223344556677', null, null, false, 9)";
    let login =
        world.root("select login from byok.member where org = 'bolt' and role = 'owner' and login like '%ada%'");
    assert_eq!(crate::harness::sql(&world.url(&login[0]), another), Err("BK002".into()));
    assert_eq!((world.root(KEYS), world.root(RECORDS)), before);
}

#[test]
fn moves_in_opposite_directions_at_the_same_time_do_not_stop_each_other() {
    let (world, owner) = owned();
    set(&owner, "bolt", "2222");
    std::thread::scope(|scope| {
        for (from, to) in [("acme", "bolt"), ("bolt", "acme")] {
            let owner = owner.clone();
            scope.spawn(move || {
                for _ in 0..6 {
                    let line = ["key", "copy", "openai", "--from", from, "--to", to, "--replace", "--no-keep"];
                    // Who comes second is told that the key was changed meanwhile.
                    let run = owner.run(&line);
                    assert!([0, 5].contains(&run.code), "{run:?}");
                }
            });
        }
    });
    let active =
        "select count(distinct hint)::text || ' of ' || count(*) from byok.provider_key where state = 'active'";
    assert_eq!(world.root(active), ["1 of 2"]);
    world.byok("byok").ok(&["master-key", "verify"]);
}

#[test]
fn an_organization_is_not_renamed_and_the_error_names_the_way_to_another_id() {
    let said = Byok::new().fails(2, &["org", "rename", "acme", "bolt"]);
    assert!(said.contains("never changes") && said.contains("byok key move PROVIDER --from OLD --to NEW"), "{said}");
}
