//! Logins that are made here, service roles, and attempts that were refused.

use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use byok::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions};

use crate::harness::{Byok, World, block_on, openai_key, prepare, sql};
use crate::pty::Terminal;

/// A server that asks for passwords on a port of its own; the port, and the superuser's connection string.
fn with_passwords() -> (ThrowAway, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = vec!["log_statement = 'all'".into(), "log_min_error_statement = 'debug5'".into()];
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: Some(port) }).unwrap();
    let socket = server.url("byok", "postgres").replace("localhost/", &format!("localhost:{port}/"));
    let begun = Instant::now();
    while sql(&socket, "alter role byok password 'hunter2'").is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the server does not start");
        std::thread::yield_now();
    }
    (server, format!("postgres://byok:hunter2@127.0.0.1:{port}/postgres"))
}

#[test]
fn a_created_login_works_with_the_string_that_was_handed_over_and_the_server_never_saw_its_password() {
    let (server, url) = with_passwords();
    let master = MasterKey::generate(1).unwrap();
    block_on(prepare(&url, &master));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ci.url");
    let file = file.to_str().unwrap();
    let admin = Byok::new().env("BYOK_DATABASE_URL", &url).env("BYOK_MASTER_KEY", master.to_text().expose());
    admin.ok(&["enable", "acme"]);
    let add = ["member", "add", "acme", "acme-ci", "--create-login", "--to-file"];
    let said = admin.ok(&[&add[..], &[file]].concat());
    assert!(said.contains("created") && said.contains(file), "{said}");

    let handed = std::fs::read_to_string(file).unwrap().trim().to_owned();
    assert_eq!(std::fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    let password = handed.split([':', '@']).nth(2).unwrap();
    assert!(password.len() == 32 && !said.contains(password));
    let owner = admin.clone().env("BYOK_DATABASE_URL", &handed);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let wrong = handed.replace(password, "hunter3");
    owner.env("BYOK_DATABASE_URL", &wrong).fails(4, &["key", "list", "--org", "acme"]);
    let log = std::fs::read_to_string(server.log_file()).unwrap();
    assert!(log.contains("SCRAM-SHA-256$4096:"), "the log shows what was sent");
    assert!(!log.contains(password), "and that is no password");

    // Once more: the login is there, nothing changes, and no file is left behind.
    let second = dir.path().join("second.url");
    let said = admin.fails(5, &[&add[..], &[second.to_str().unwrap()]].concat());
    assert!(said.contains("acme-ci") && !second.exists(), "{said}");
    // With the file that has its connection string it is the same once more; with any other nothing is overwritten.
    assert!(admin.ok(&[&add[..], &[file]].concat()).contains("unchanged"));
    let other = dir.path().join("other");
    std::fs::write(&other, "something else").unwrap();
    assert!(admin.fails(5, &[&add[..], &[other.to_str().unwrap()]].concat()).contains("other"));
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "something else");
    assert_eq!(std::fs::read_to_string(file).unwrap().trim(), handed);
}

#[test]
fn what_cannot_be_handed_over_is_not_made() {
    let (world, ..) = World::with_owners();
    let new = world.login_name("new");
    let add = ["member", "add", "acme", &new, "--create-login"];
    let said = world.byok("byok").fails(2, &add);
    assert!(said.contains("--to-file"), "{said}");
    let said = world.byok("byok").fails(2, &[&add[..], &["--to-file", "/nowhere/url"]].concat());
    assert!(said.contains("/nowhere/url"), "{said}");
    let of_none = world.byok("byok").fails(2, &["member", "add", "acme", &new, "--to-file", "/tmp/x"]);
    assert!(of_none.contains("--create-login"), "{of_none}");
    assert_eq!(
        world.root(&format!("select rolname::text from pg_roles where rolname = '{new}'")),
        Vec::<String>::new()
    );
    // For an organization that is not there, the login is taken back with the rest.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    let line = ["member", "add", "nobody", &new, "--create-login", "--to-file", file.to_str().unwrap()];
    world.byok("byok").fails(3, &line);
    assert!(!file.exists());
    assert_eq!(
        world.root(&format!("select rolname::text from pg_roles where rolname = '{new}'")),
        Vec::<String>::new()
    );
    // An admin without CREATEROLE is told so.
    let admin = world.login("boss");
    world.root(&format!("grant byok_admin to {admin}"));
    let line = ["member", "add", "acme", &new, "--create-login", "--to-file", file.to_str().unwrap()];
    let said = world.byok(&admin).fails(4, &line);
    assert!(said.contains("CREATEROLE") && !file.exists(), "{said}");
}

#[test]
fn at_a_terminal_the_connection_string_is_shown_once() {
    let (world, ..) = World::with_owners();
    let new = world.login_name("shown");
    let (code, seen) = Terminal::run(&world.byok("byok"), &["member", "add", "acme", &new, "--create-login"]).end();
    assert_eq!(code, 0, "{seen}");
    let shown = seen.lines().find(|line| line.starts_with("postgres://")).unwrap().trim().to_owned();
    assert!(shown.contains(&new) && shown.contains("?host="), "{shown}");
    Byok::new().env("BYOK_DATABASE_URL", &shown).ok(&["key", "list", "--org", "acme"]);
}

#[test]
fn service_roles_are_given_listed_and_taken() {
    let (world, ada, _) = World::with_owners();
    let (admin, eve) = (world.byok("byok"), world.login("eve"));
    assert_eq!(admin.json(&["role", "grant", "auditor", &eve]).1["result"], "granted");
    assert_eq!(admin.json(&["role", "grant", "auditor", &eve]).1["result"], "unchanged");
    world.byok(&eve).ok(&["audit", "list"]);
    let listed = admin.json(&["role", "list"]).1["items"].to_string();
    assert!(listed.contains(&format!(r#""login":"{eve}","role":"auditor""#)), "{listed}");
    assert_eq!(admin.json(&["role", "revoke", "auditor", &eve]).1["result"], "revoked");
    assert_eq!(admin.json(&["role", "revoke", "auditor", &eve]).1["result"], "unchanged");
    world.byok(&eve).fails(4, &["audit", "list"]);
    admin.fails(3, &["role", "grant", "auditor", "no_such_login"]);
    admin.fails(2, &["role", "grant", "king", &eve]);
    // A superuser holds every role whatever is revoked.
    let said = admin.fails(5, &["role", "revoke", "admin", "byok"]);
    assert!(said.contains("still has the role"), "{said}");
    let said = world.byok(&ada).fails(4, &["role", "grant", "admin", &ada]);
    assert!(said.contains("platform admin"), "{said}");
    let actions = world.root("select action from byok.audit where action like 'role.%' order by seq");
    assert_eq!(actions, ["role.grant", "role.revoke"]);
}

#[test]
fn a_resolver_opens_keys_and_changes_nothing() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let server = world.login("server");
    world.byok("byok").ok(&["role", "grant", "resolver", &server]);
    let server = world.byok(&server);
    server.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    server.clone().input(openai_key("xK7r")).fails(4, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    for line in [&["key", "remove", "openai", "--org", "acme", "--yes"][..], &["enable", "bolt"], &["disable", "acme"]]
    {
        server.fails(4, line);
    }
}

#[test]
fn whoever_was_refused_stands_in_the_log_and_cannot_fill_it() {
    let (world, _, bob) = World::with_owners();
    let denied = "select login || ' ' || subject || ' ' || (detail ->> 'attempts') || '.' || org
                  from byok.audit where action = 'denied' order by seq";
    world.byok(&bob).fails(4, &["key", "list", "--org", "acme"]);
    world.byok(&bob).fails(4, &["enable", "acme"]);
    assert_eq!(world.root(denied), [format!("{bob} key_list 1."), format!("{bob} org_enable 2.")]);
    let call = "select byok_api.denied('key_set');".repeat(150);
    sql(&world.url(&bob), &call).unwrap();
    assert_eq!(world.root(denied).len(), 11, "ten, and the hundredth");
    for rubbish in ["no_such_function", "acme is bankrupt", "", "pg_sleep"] {
        assert_eq!(sql(&world.url(&bob), &format!("select byok_api.denied('{rubbish}')")), Err("22023".into()));
    }
}

#[test]
fn in_a_fresh_cluster_an_installer_without_superuser_makes_logins_and_gives_and_takes_roles() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let root = server.url("byok", "postgres");
    for statement in
        ["create role dba login createrole", "create database platform", "grant create on database platform to dba"]
    {
        sql(&root, statement).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let byok = |login: &str| {
        let byok = Byok::new().env("BYOK_DATABASE_URL", &server.url(login, "platform"));
        byok.env("BYOK_MASTER_KEY_FILE", &path("master.key"))
    };
    let dba = byok("dba");
    dba.ok(&["init"]);
    dba.ok(&["enable", "acme"]);
    dba.ok(&["member", "add", "acme", "ada", "--create-login", "--to-file", &path("ada.url")]);
    byok("ada").input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    dba.ok(&["role", "grant", "resolver", "api", "--create-login", "--to-file", &path("api.url")]);
    byok("api").ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    dba.ok(&["role", "grant", "auditor", "ada"]);
    byok("ada").ok(&["audit", "list"]);
    dba.ok(&["role", "revoke", "auditor", "ada"]);
    byok("ada").fails(4, &["audit", "list"]);
    dba.ok(&["role", "grant", "admin", "ada"]);
    byok("ada").ok(&["role", "grant", "auditor", "api"]);
    byok("ada").ok(&["role", "revoke", "auditor", "api"]);
    dba.ok(&["role", "revoke", "admin", "ada"]);
    byok("ada").fails(4, &["role", "grant", "admin", "ada"]);
    dba.ok(&["master-key", "rotate"]);
    dba.ok(&["audit", "verify"]);
    assert_eq!(sql(&server.url("dba", "platform"), "select 'row' from byok.provider_key"), Err("42501".into()));
}
