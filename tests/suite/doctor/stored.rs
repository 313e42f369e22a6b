//! Checks of keys, master keys and the audit log.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{admin_and_owner, check, expect, run_fix};
use crate::harness::{Byok, World, master_text, on_stage, openai_key};
use crate::simulated_providers::{Received, Reply, Stage};

/// OpenAI, which knows one key as a bad one.
fn openai(request: &Received) -> Reply {
    if request.header("authorization").unwrap_or_default().ends_with("dead") {
        return Reply::json(401, &json!({"error": {"code": "invalid_api_key"}}));
    }
    Reply::json(200, &json!({"data": [{"id": "gpt-mini"}]}))
}

fn set(owner: &Byok, end: &str, more: &[&str]) {
    let line = [&["key", "set", "openai", "--org", "acme", "--stdin"], more].concat();
    owner.clone().input(openai_key(end)).ok(&line);
}

/// The fix is the command that sets a key, which is piped here.
fn replaced(byok: &Byok, fix: &str, end: &str) {
    let words: Vec<&str> = fix.split(' ').skip(1).chain(["--stdin"]).collect();
    byok.clone().input(openai_key(end)).ok(&words);
}

#[test]
fn a_key_that_does_not_open_fails_for_its_owner_and_warns_the_platform() {
    let (world, admin, owner) = admin_and_owner();
    set(&owner, "aaaa", &[]);
    expect(&owner, "keys.open", "ok", "");
    world.root("alter table byok.provider_key disable trigger all");
    world.root("update byok.provider_key set encrypted = set_byte(encrypted, 60, get_byte(encrypted, 60) # 1) where org = 'acme'");
    owner.run(&["resolve", "openai", "--org", "acme", "--verify"]);
    let row = expect(&owner, "keys.open", "fail", "the openai key of acme does not open");
    assert_eq!((row.fix.as_str(), row.by.as_str()), ("byok key set openai --org acme", "owner"));
    expect(&admin, "keys.open", "warn", "does not open");
    assert_eq!(
        admin.run(&["doctor"]).code,
        0,
        "an owner can make a key unreadable, and must not make the platform's checks fail"
    );
    replaced(&owner, &row.fix, "bbbb");
    expect(&owner, "keys.open", "ok", "");
}

#[test]
fn a_key_past_or_near_its_date_is_named_until_it_is_replaced() {
    let (world, admin, owner) = admin_and_owner();
    let soon = world.root("select to_char(now() at time zone 'UTC' + interval '5 days', 'YYYY-MM-DD')").concat();
    set(&owner, "aaaa", &["--expires", &soon]);
    let row = expect(&owner, "keys.dates", "warn", "reaches its date within two weeks");
    assert_eq!(row.fix, "byok key set openai --org acme");
    world.root("update byok.provider_key set expires_at = now() - interval '1 hour' where org = 'acme'");
    let row = expect(&owner, "keys.dates", "fail", "is past its date");
    expect(&admin, "keys.dates", "warn", "is past its date");
    // It does not serve an organization that is not enabled.
    admin.ok(&["disable", "acme"]);
    expect(&owner, "keys.dates", "ok", "");
    admin.ok(&["enable", "acme"]);
    replaced(&owner, &row.fix, "bbbb");
    expect(&owner, "keys.dates", "ok", "");
}

#[test]
fn a_test_that_is_stale_or_was_bad_is_made_again() {
    let stage = Stage::open(openai);
    let (world, admin, owner) = admin_and_owner();
    set(&owner, "good", &[]);
    let staged = on_stage(&stage, owner.clone());
    let row = expect(&owner, "keys.tests", "warn", "was never tested, or not for a month");
    assert_eq!(row.fix, "byok test-key openai --org acme");
    run_fix(&staged, &row);
    expect(&owner, "keys.tests", "ok", "");
    world.root("update byok.key_test set tested_at = now() - interval '31 days'");
    let row = expect(&owner, "keys.tests", "warn", "was never tested, or not for a month");
    run_fix(&staged, &row);
    expect(&owner, "keys.tests", "ok", "");
    set(&owner, "dead", &[]);
    staged.run(&["test-key", "openai", "--org", "acme"]);
    let row = expect(&owner, "keys.tests", "fail", "was refused by its provider");
    expect(&admin, "keys.tests", "warn", "was refused by its provider");
    replaced(&staged, &row.fix, "good");
    expect(&owner, "keys.tests", "ok", "");
}

#[test]
fn many_keys_are_counted_and_the_first_is_named() {
    let (_world, admin, owner) = admin_and_owner();
    set(&owner, "aaaa", &[]);
    let line = ["key", "set", "deepgram", "--org", "acme", "--stdin"];
    owner.clone().input("0123456789abcdef0123456789abcdef01234567").ok(&line);
    expect(
        &owner,
        "keys.tests",
        "warn",
        "2 keys were never tested, or not for a month, the first is for deepgram of acme",
    );
    expect(&admin, "keys.tests", "warn", "2 keys");
}

#[test]
fn a_provider_without_a_platform_key_is_named_and_the_platforms_keys_are_checked_too() {
    let stage = Stage::open(openai);
    let (world, admin, _) = admin_and_owner();
    expect(&admin, "platform.providers", "ok", "");
    admin.ok(&["provider", "route", "llm", "openai"]);
    admin.ok(&[
        "credits",
        "rates",
        "set",
        "call",
        "--provider",
        "sarvam",
        "--platform-part",
        "1",
        "--provider-part",
        "2",
    ]);
    let row = expect(
        &admin,
        "platform.providers",
        "warn",
        "no key for openai (routed); the platform has no key for sarvam (priced)",
    );
    assert_eq!(row.fix, "byok platform-key set openai; byok platform-key set sarvam");
    replaced(&admin, "byok platform-key set openai", "good");
    expect(&admin, "platform.providers", "warn", "no key for sarvam");
    admin.ok(&["credits", "rates", "remove", "call", "--provider", "sarvam"]);
    expect(&admin, "platform.providers", "ok", "");
    let row =
        expect(&admin, "platform.keys", "warn", "the openai key of the platform was never tested, or not for a month");
    run_fix(&on_stage(&stage, admin.clone()), &row);
    expect(&admin, "platform.keys", "ok", "");
    world.root("update byok.provider_key set expires_at = now() - interval '1 hour' where org = ''");
    let row = expect(&admin, "platform.keys", "fail", "the openai key of the platform is past its date");
    replaced(&on_stage(&stage, admin.clone()), &row.fix, "new!");
    expect(&admin, "platform.keys", "ok", "");
}

#[test]
fn an_audit_log_without_a_recent_seal_is_sealed() {
    let (world, admin, _) = admin_and_owner();
    let row = expect(&admin, "audit.seal", "warn", "never sealed");
    run_fix(&admin, &row);
    expect(&admin, "audit.seal", "ok", "last sealed");
    world.root("alter table byok.audit_seal disable trigger all; update byok.audit_seal set sealed_at = now() - interval '8 days'");
    let row = expect(&admin, "audit.seal", "warn", "has new records");
    run_fix(&admin, &row);
    expect(&admin, "audit.seal", "ok", "last sealed");
}

/// A file of the master key, as a user has it.
fn key_file(dir: &tempfile::TempDir, text: &str, mode: u32) -> String {
    let path = dir.path().join("master.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_file_of_the_master_key_is_private_and_its_key_is_the_right_one() {
    let (world, admin, owner) = admin_and_owner();
    let dir = tempfile::tempdir().unwrap();
    let path = key_file(&dir, master_text(), 0o644);
    let with = |byok: &Byok| byok.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &path);
    let admin = with(&admin);
    let row = expect(&admin, "master_key.loaded", "fail", "others can read the key");
    assert_eq!(row.fix, format!("chmod 600 {path}"));
    assert_eq!(check(&admin, "master_key.active").status, "skipped");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    expect(&admin, "master_key.loaded", "ok", &path);
    expect(&admin, "master_key.active", "ok", "active master key");
    // One of another database.
    let other = byok::admin::crypto::MasterKey::generate(1).unwrap();
    fs::write(&path, other.to_text().expose()).unwrap();
    let row = expect(&admin, "master_key.active", "fail", "");
    assert!(row.fix.starts_with("export BYOK_MASTER_KEY_FILE="), "{row:?}");
    fs::remove_file(&path).unwrap();
    expect(&admin, "master_key.loaded", "warn", "there is no master key");
    let res = world.login("res");
    world.grant("resolver", &res);
    expect(&with(&world.byok(&res)), "master_key.loaded", "fail", "no key can be opened");
    expect(&with(&owner), "master_key.loaded", "warn", "there is no data key here");
    let aud = world.login("aud");
    world.grant("auditor", &aud);
    expect(&with(&world.byok(&aud)), "master_key.loaded", "skipped", "an auditor needs none");
}

#[test]
fn a_data_key_of_an_owner_is_compared_with_its_organizations() {
    let (world, admin, owner) = admin_and_owner();
    set(&owner, "aaaa", &[]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("acme.datakey").to_str().unwrap().to_owned();
    admin.ok(&["data-key", "issue", "acme", "--to-file", &path]);
    let owner = owner.without("BYOK_MASTER_KEY").env("BYOK_DATA_KEY_FILE", &path);
    expect(&owner, "master_key.loaded", "ok", "data key");
    expect(&owner, "master_key.active", "ok", "the data key of acme");
    let res = world.login("res");
    world.grant("resolver", &res);
    admin.ok(&["data-key", "rotate", "acme", "--yes"]);
    let row = expect(&owner, "master_key.active", "fail", "not the current data key");
    assert!(row.fix.starts_with("byok data-key issue"), "{row:?}");
}

/// A world with a master key of its own, in a file, which its rotation changes.
fn rotating() -> (World, Byok, tempfile::TempDir) {
    let world = World::new();
    let root = world.login("root");
    world.grant("admin", &root);
    let dir = tempfile::tempdir().unwrap();
    let path = key_file(&dir, master_text(), 0o600);
    let admin = world.byok(&root).without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &path);
    (world, admin, dir)
}

#[test]
fn a_copy_of_the_master_key_counts_once_it_was_read_back() {
    let (_world, admin, dir) = rotating();
    let row = expect(&admin, "master_key.copy", "warn", "ever read back");
    let copy = dir.path().join("copy").to_str().unwrap().to_owned();
    for (at, command) in row.fix.split(" && ").enumerate() {
        let command = command.replace("FILE", &copy);
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        admin.ok(&words);
        let status = if at == 0 { "warn" } else { "ok" };
        assert_eq!(check(&admin, "master_key.copy").status, status, "a copy that nobody read back is none");
    }
}

#[test]
fn a_rotation_that_is_unfinished_is_finished_and_a_host_without_the_new_key_is_named() {
    let (_world, admin, dir) = rotating();
    let old = fs::read_to_string(dir.path().join("master.key")).unwrap();
    expect(&admin, "master_key.rotation", "ok", "active epoch is 1");
    admin.ok(&["master-key", "loaded", "--instance", "api-7"]);
    admin.ok(&["master-key", "rotate", "begin"]);
    let row = expect(&admin, "master_key.rotation", "warn", "epoch 2 is pending");
    assert_eq!(row.fix, "byok master-key rotate");
    admin.ok(&["master-key", "rotate", "promote", "--force"]);
    let row = expect(&admin, "master_key.hosts", "warn", "api-7");
    assert!(row.fix.starts_with("byok master-key loaded"), "{row:?}");
    let row = expect(&admin, "master_key.rotation", "warn", "epoch 1 is retiring");
    run_fix(&admin, &row);
    expect(&admin, "master_key.rotation", "ok", "active epoch is 2");
    admin.ok(&["master-key", "loaded", "--instance", "api-7"]);
    expect(&admin, "master_key.hosts", "ok", "");
    // The file of the old key is not the active one.
    let path = key_file(&dir, &old, 0o600);
    expect(&admin.env("BYOK_MASTER_KEY_FILE", &path), "master_key.active", "fail", "");
}

#[test]
fn a_leaked_master_key_is_replaced_with_every_data_key() {
    let (world, admin, _dir) = rotating();
    let ada = world.login("ada");
    admin.ok(&["enable", "acme", "--owner", &ada]);
    let owner = world.byok(&ada);
    set(&owner, "aaaa", &[]);
    admin.ok(&["master-key", "rotate", "begin", "--leaked", "--yes"]);
    admin.ok(&["master-key", "rotate", "promote"]);
    let row = expect(&admin, "master_key.rotation", "fail", "leaked, and 1 data key");
    run_fix(&admin, &row);
    expect(&admin, "master_key.rotation", "ok", "");
}
