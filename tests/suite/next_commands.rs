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

#[test]
fn a_name_that_no_login_may_have_is_said_to_be_reserved() {
    let (world, _, _) = World::with_owners();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("url").to_str().unwrap().to_owned();
    for (code, line) in [
        (3, "member add byok_admin --org acme".to_owned()),
        (3, "enable acme --owner pg_foo".into()),
        (2, format!("member add pg_foo --org acme --create-login --to-file {url}")),
    ] {
        let said = admin.fails(code, &words(&line));
        assert!(said.contains("are reserved") && !said.contains("create role"), "{line}: {said}");
    }
    let said = admin.fails(3, &["enable", "newo", "--owner", "nobody"]);
    assert!(said.contains("byok enable newo; then: byok member add nobody --org newo --create-login"), "{said}");
}

#[test]
fn the_next_command_of_a_past_date_can_be_run() {
    let (world, ada, _) = World::with_owners();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    admin.ok(&["enable", "eu"]);
    admin.ok(&["member", "add", &ada, "--org", "eu"]);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin", "--no-test"]);
    let said = owner.fails(2, &words("key expire openai --org acme --expires 2020-01-01"));
    let never = "byok key expire openai --org acme --never";
    assert!(said.contains(never) && said.contains("byok key remove openai --org acme"), "{said}");
    admin.clone().input(openai_key("pK7q")).ok(&["platform-key", "set", "openai", "--stdin", "--no-test"]);
    let said = admin.fails(2, &words("platform-key expire openai --expires 2020-01-01"));
    assert!(said.contains("byok platform-key expire openai --never"), "{said}");
    world.root("update byok.provider_key set expires_at = now() - interval '1 day'");
    for (code, line) in [
        (2, "key copy openai --from acme --to eu --no-test"),
        (125, "run openai --org acme -- true"),
        (6, "test-key openai --org acme"),
    ] {
        let run = owner.run(&words(line));
        assert!(run.code == code && format!("{run:?}").contains(never), "{line}: {run:?}");
    }
    owner.ok(&words(&never["byok ".len()..]));
    owner.ok(&words("run openai --org acme -- true"));
}

#[test]
fn a_disabled_organization_is_enabled_before_its_key_is_set() {
    let (world, ada, _) = World::with_owners();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    admin.ok(&["disable", "acme"]);
    admin.clone().input(openai_key("pK7q")).ok(&["platform-key", "set", "openai", "--stdin", "--no-test"]);
    for (code, line) in [(125, "run openai --org acme -- true"), (3, "test-key openai --org acme")] {
        let said = owner.fails(code, &words(line));
        assert!(said.contains("byok enable acme"), "{line}: {said}");
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("acme.datakey").to_str().unwrap().to_owned();
    for line in [format!("member add {ada} --org acme"), format!("data-key issue --org acme --to-file {file}")] {
        let run = admin.run(&words(&line));
        assert!(run.code == 0 && run.err.contains("first: byok enable acme"), "{line}: {run:?}");
    }
    admin.ok(&["enable", "acme"]);
    assert!(!admin.run(&words(&format!("member add {ada} --org acme"))).err.contains("byok enable"));
}

#[test]
fn an_organization_of_a_list_that_is_not_there_is_named() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let list = open_file(dir.path(), "keys.csv", &format!("org,provider,key\nnosuch,openai,{}\n", openai_key("xK7q")));
    let said = world.byok("byok").run(&["key", "import", &list]).err;
    assert!(said.contains("no organization `nosuch`") && said.contains("byok enable nosuch"), "{said}");
}

#[test]
fn a_setting_that_names_no_key_is_named() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let file = open_file(dir.path(), "short", "BYOKD1-short");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let said = |variable: &str, path: &str| {
        let byok = world.byok(&ada).without("BYOK_MASTER_KEY").env(variable, path).env("KEY", &openai_key("xK7q"));
        byok.fails(4, &["key", "set", "openai", "--org", "acme", "--from-env", "KEY", "--no-test"])
    };
    for path in [place, &file, "/nowhere/acme.datakey"] {
        let told = said("BYOK_DATA_KEY_FILE", path);
        let next = "byok data-key issue --org acme --to-file FILE";
        assert!(told.contains("check BYOK_DATA_KEY_FILE") && told.contains(next), "{path}: {told}");
    }
    assert!(said("BYOK_MASTER_KEY_FILE", place).contains("check BYOK_MASTER_KEY_FILE; to see which key"));
}

#[test]
fn the_file_of_a_provider_that_the_help_shows_can_be_added() {
    let world = World::new();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let said = admin.fails(2, &["provider", "add", "vendor", "--from-file", &open_file(dir.path(), "empty", "")]);
    assert!(said.contains("byok provider add --help"), "{said}");
    let help = admin.ok(&["provider", "add", "--help"]);
    let example = help.split_once("Such a file:\n").unwrap().1;
    admin.ok(&["provider", "add", "vendor", "--from-file", &open_file(dir.path(), "vendor.toml", example)]);
}

#[test]
fn a_failure_says_what_is_wanted_instead() {
    let (world, ada, _) = World::with_owners();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    let dir = tempfile::tempdir().unwrap();
    let list = open_file(dir.path(), "members.csv", &format!("org,login,role\nacme,{ada},chief\n"));
    for (byok, line, part) in [
        (&admin, "provider list --capability foo", "the capabilities are: llm, voice, voice-generation"),
        (&admin, "provider route foo openai", "the capabilities are: llm"),
        (&owner, "run openai --org acme --env FOO -- true", "--env LLM_KEY=openai"),
        (&admin, &format!("member add --from-file {list}"), "without the field"),
        (&owner, "key remove openai --org acme --if-version x", "it is a whole number"),
        (&owner, "key expire openai --org acme --expires 2027-02-30", "no such day"),
        (&owner, "key expire openai --org acme --expires 0d", "longer than zero"),
        (&admin, "tidy --org acme", "usage: byok tidy [OPTIONS];"),
    ] {
        let run = byok.run(&words(line));
        assert!(run.code != 0 && run.err.contains(part), "{line}: {run:?}");
    }
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin", "--no-test"]);
    let rotated = admin.run(&words("data-key rotate --org acme --yes")).err;
    assert!(rotated.contains("byok data-key issue --org acme --to-file acme.datakey"), "{rotated}");
    let address = format!("{}?sslmode=foo", world.url(&ada).split('?').next().unwrap());
    let said = owner.env("BYOK_DATABASE_URL", &address).fails(2, &["org", "list"]);
    assert!(said.contains("sslmode is none of disable, allow"), "{said}");
}

#[test]
fn a_cancelled_rotation_is_named() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    fs::write(&file, crate::harness::master_text()).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    admin.ok(&["master-key", "rotate", "begin"]);
    assert!(admin.ok(&["master-key", "rotate", "cancel"]).contains("the rotation to epoch 2 is cancelled"));
    assert!(admin.ok(&["master-key", "rotate", "cancel"]).contains("no rotation is under way (unchanged)"));
}

#[test]
fn a_replaced_key_that_does_not_open_is_not_said_to_come_back() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let set = |byok: &crate::harness::Byok, end: &str| {
        let run = byok.clone().input(openai_key(end)).run(&["platform-key", "set", "openai", "--stdin", "--no-test"]);
        assert_eq!(run.code, 0, "{run:?}");
        run.err
    };
    let admin = world.byok("byok");
    set(&admin, "1111");
    assert!(set(&admin, "2222").contains("byok platform-key rollback openai"));
    let file = dir.path().join("master.key");
    let admin = admin.without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    admin.ok(&["master-key", "create", "--lost", "--yes"]);
    assert!(!set(&admin, "3333").contains("rollback"));
    admin.fails(9, &["platform-key", "rollback", "openai", "--yes"]);
    assert!(set(&admin, "4444").contains("byok platform-key rollback openai"));
}

#[test]
fn doctor_asks_no_data_key_of_a_login_that_only_reads() {
    let (world, ada, _) = World::with_owners();
    let vic = world.login("vic");
    world.byok("byok").ok(&["member", "add", &vic, "--org", "acme", "--role", "viewer"]);
    let dir = tempfile::tempdir().unwrap();
    let loaded = |login: &str| {
        let byok = world.byok(login).without("BYOK_MASTER_KEY").env("HOME", dir.path().to_str().unwrap());
        let out = byok.run(&["doctor", "-o", "plain"]).out;
        out.lines().find(|line| line.contains("master_key.loaded")).unwrap().to_owned()
    };
    assert!(loaded(&vic).starts_with("skipped\t"), "{}", loaded(&vic));
    assert!(loaded(&ada).contains("byok data-key issue"), "{}", loaded(&ada));
}
