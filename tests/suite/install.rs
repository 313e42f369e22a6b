//! Installation by a superuser and by a plain role, upgrades, and refusals.

use byok::admin::crypto::MasterKey;

use crate::harness::{Byok, World, block_on, openai_key, prepare, sql};

#[test]
fn a_plain_role_with_createrole_and_create_installs_and_administers() {
    let world = World::empty();
    let (dba, ada) = (world.login("dba"), world.login("ada"));
    world.root(&format!("alter role {dba} createrole; grant create on database {} to {dba}", &dba[..dba.len() - 4]));
    // Roles belong to the cluster, and the other tests' superuser made them: a role without them needs them handed over.
    world.root(&format!("grant byok_definer, byok_admin, byok_owner to {dba} with admin option"));
    let master = MasterKey::generate(1).unwrap();
    block_on(prepare(&world.url(&dba), &master));
    let byok = |login: &str| world.byok(login).env("BYOK_MASTER_KEY", master.to_text().expose());
    byok(&dba).ok(&["enable", "acme", "--owner", &ada]);
    byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    byok(&ada).ok(&["resolve", "openai", "--org", "acme", "--require", "organization", "--verify"]);
    byok(&dba).fails(4, &["key", "remove", "openai", "--org", "acme", "--yes"]);
}

#[test]
fn init_makes_schema_and_master_key_once_and_says_unchanged_after() {
    let world = World::empty();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keys/master.key");
    let file = file.to_str().unwrap();
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file);
    assert_eq!(byok.json(&["init"]).1["result"], "created");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with("BYOKM1-1-"));
    assert_eq!(byok.json(&["init"]).1["result"], "unchanged");
    assert_eq!(std::fs::read_to_string(file).unwrap(), text, "never overwritten");
    byok.ok(&["enable", "acme"]);
    byok.input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
}

#[test]
fn a_master_key_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    std::fs::write(&file, crate::harness::master_text()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let said = byok.clone().input(openai_key("4242")).fails(4, &["platform-key", "set", "openai", "--stdin"]);
    assert!(said.contains("chmod 600"), "{said}");
}

#[test]
fn a_wrong_master_key_is_named_by_fingerprint_and_nothing_is_written() {
    let (world, ada, _) = World::with_owners();
    let other = MasterKey::generate(1).unwrap();
    let byok = world.byok(&ada).env("BYOK_MASTER_KEY", other.to_text().expose()).input(openai_key("xK7q"));
    let said = byok.fails(4, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(said.contains(&other.check_value().to_string()), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
    assert_eq!(world.root("select count(*)::text from byok.data_key"), ["0"]);
    let missing = world.byok(&ada).without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", "/nowhere/master.key");
    let said = missing.input(openai_key("xK7q")).fails(4, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(said.contains("/nowhere/master.key"), "{said}");
    for (damaged, code) in [("", 2), ("BYOKM1-1-AAAA", 4), ("correct horse battery staple", 4)] {
        let byok = world.byok(&ada).env("BYOK_MASTER_KEY", damaged).input(openai_key("xK7q")).env("HOME", "/nowhere");
        byok.fails(code, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    }
}

#[test]
fn a_database_that_is_not_initialized_or_newer_is_refused_with_the_next_command() {
    let world = World::empty();
    let said = world.byok("byok").fails(9, &["org", "list"]);
    assert!(said.contains("not initialized") && said.contains("byok init"), "{said}");
    let world = World::new();
    world.root(
        "insert into byok.migration (version, description, checksum) values (9000, 'later', '');
         update byok.installation set oldest_served = 9000",
    );
    for arguments in [&["org", "list"][..], &["init"]] {
        let said = world.byok("byok").fails(9, arguments);
        assert!(said.contains("newer"), "{said}");
    }
    world.root(
        "update byok.migration set version = 0 where version = 9000; delete from byok.migration where version > 0",
    );
    let said = world.byok("byok").fails(9, &["org", "list"]);
    assert!(said.contains("byok init"), "{said}");
}

#[test]
fn a_database_that_cannot_be_reached_is_exit_7_and_shows_no_password() {
    for url in ["postgres://ada:cAnArYcAnArY@127.0.0.1:1/app", "postgres://ada@localhost/app?host=/nowhere"] {
        let said = Byok::new().env("BYOK_DATABASE_URL", url).fails(7, &["org", "list"]);
        assert!(said.contains("cannot reach"), "{said}");
    }
    for url in ["cAnArYcAnArY", "mysql://a:cAnArYcAnArY@h/x", "postgres://a:cAnArYcAnArY@h:port/x"] {
        let said = Byok::new().env("BYOK_DATABASE_URL", url).fails(2, &["org", "list"]);
        assert!(said.contains("BYOK_DATABASE_URL"), "{said}");
    }
    let world = World::new();
    let url = world.url("byok").replace("/w", "/no_such_w");
    Byok::new().env("BYOK_DATABASE_URL", &url).fails(3, &["org", "list"]);
    world.byok("nobody_of_that_name").fails(4, &["org", "list"]);
}

#[test]
fn pgcrypto_that_somebody_else_installed_stays_where_it_is() {
    let world = World::empty();
    world.root("create schema extensions; create extension pgcrypto schema extensions");
    block_on(prepare(&world.url("byok"), &MasterKey::parse(crate::harness::master_text()).unwrap()));
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let place = "select n.nspname::text from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'pgcrypto'";
    assert_eq!(sql(&world.url("byok"), place).unwrap(), ["extensions"]);
}

#[test]
fn the_users_own_variable_is_read_after_ours() {
    let world = World::new();
    let url = world.url("byok");
    Byok::new().env("DATABASE_URL", &url).ok(&["org", "list"]);
    Byok::new().env("DATABASE_URL", "postgres://h:1/x").env("BYOK_DATABASE_URL", &url).ok(&["org", "list"]);
}
