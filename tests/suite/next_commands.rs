//! What is said of a failure is true, and the next command works.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use byok::admin::crypto::MasterKey;

use crate::harness::{World, openai_key};

/// The words of a command line.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// A file that everybody can read.
fn open_file(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn strict_refuses_every_file_of_keys_that_others_can_read() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let key = open_file(dir.path(), "key", &openai_key("xK7q"));
    let list = open_file(dir.path(), "keys.csv", &format!("org,provider,key\nacme,openai,{}\n", openai_key("xK7q")));
    for line in [format!("key set openai --org acme --no-test --from-file {key}"), format!("key import {list}")] {
        let line = words(&line);
        let by_option = owner.run(&[&line[..], &["--strict"]].concat());
        let by_variable = owner.clone().env("BYOK_STRICT", "true").run(&line);
        for run in [by_option, by_variable] {
            let said = &run.err;
            assert!(run.code == 2 && said.contains("other users can read") && said.contains("chmod 600"), "{run:?}");
        }
    }
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
    assert!(
        owner
            .run(&["key", "set", "openai", "--org", "acme", "--no-test", "--from-file", &key])
            .err
            .contains("other users")
    );
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    owner.ok(&["key", "set", "openai", "--org", "acme", "--no-test", "--from-file", &key, "--strict"]);
}

#[test]
fn a_kept_line_is_compared_in_every_field() {
    let world = World::new();
    let admin = world.byok("byok");
    let line = admin.ok(&["audit", "seal", "-o", "plain"]).trim().to_owned();
    let verify = |line: &str| admin.clone().input(line).run(&["audit", "verify", "--kept", "-"]).code;
    assert_eq!(verify(&line), 0);
    let fields: Vec<&str> = line.split(' ').collect();
    for (at, other) in [(3, "2020-01-01T00:00:00Z"), (4, "7"), (5, &"0".repeat(64)), (6, &"0".repeat(64))] {
        let mut damaged = fields.clone();
        damaged[at] = other;
        assert_eq!(verify(&damaged.join(" ")), 9, "field {at}");
    }
}

#[test]
fn a_named_provider_without_a_key_does_not_keep_the_others_from_being_tested() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin", "--no-test"]);
    world.root("update byok.provider_key set expires_at = now() - interval '1 day'");
    let run = owner.run(&["test-key", "openai", "sarvam", "--org", "acme"]);
    assert!(run.code == 8 && run.out.contains("expired") && run.err.contains("no stored sarvam key"), "{run:?}");
    owner.fails(3, &["test-key", "deepgram", "sarvam", "--org", "acme"]);
}

#[test]
fn a_copy_of_another_master_key_is_a_failed_check() {
    let world = World::new();
    let other = MasterKey::generate(1).unwrap();
    let said =
        world.byok("byok").input(other.to_text().expose()).fails(9, &["master-key", "escrow", "--confirm", "--stdin"]);
    assert!(said.contains(&other.check_value().to_string()), "{said}");
}

#[test]
fn a_consumer_that_was_not_taken_is_not_said_to_be_held() {
    let (world, ada, _) = World::with_owners();
    let said = world.byok(&ada).fails(4, &["watch", "--once", "--consumer", "pager", "--", "cat"]);
    assert!(!said.contains("is free"), "{said}");
}

#[test]
fn a_refusal_says_what_is_wrong_with_the_command_line() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    for line in ["disable", &format!("member remove {ada}")] {
        let said = admin.clone().env("BYOK_ORG", "acme").fails(2, &words(line));
        assert!(said.contains("BYOK_ORG names acme") && !said.contains("undone"), "{line}: {said}");
    }
    for (line, part) in [
        (format!("member add {ada} extra --org acme"), "where one login belongs"),
        ("provider add GW --base-url https://gateway.example.org/v1".into(), "lower-case letters"),
        ("org purge acme --confirm bolt".into(), "--confirm names another organization"),
        ("org purge acme".into(), "it needs --confirm"),
    ] {
        let said = admin.fails(2, &words(&line));
        assert!(said.contains(part), "{line}: {said}");
    }
}
