//! Logins that byok creates, service roles, and the record of refused attempts.

use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use byok::admin::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions};

use crate::harness::{Byok, World, block_on, openai_key, prepare, sql};
use crate::pty::Terminal;

/// A server that asks for passwords on a port of its own; the port, and the superuser's connection string.
fn with_passwords() -> (ThrowAway, String) {
    let start = || {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = vec!["log_statement = 'all'".into(), "log_min_error_statement = 'debug5'".into()];
        ThrowAway::start(&ThrowAwayOptions { settings, port: Some(port) }).map(|server| (server, port))
    };
    // A port that was free a moment ago may be somebody else's.
    let (server, port) = start().or_else(|_| start()).or_else(|_| start()).unwrap();
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
}

#[test]
fn an_admin_makes_logins_without_createrole_and_they_have_nothing_but_their_password() {
    let (world, ..) = World::with_owners();
    let admin = world.login("boss");
    world.grant("admin", &admin);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let odd = world.login_name("a\" superuser --");
    for (name, place) in [(world.login_name("new"), file("new")), (odd, file("odd"))] {
        world.byok(&admin).ok(&["member", "add", "acme", &name, "--create-login", "--to-file", &place]);
        let facts = format!(
            "select concat_ws(' ', rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit)
             from pg_roles where rolname = '{name}'"
        );
        assert_eq!(world.root(&facts), ["f f f f f 20"]);
        let url = std::fs::read_to_string(&place).unwrap();
        let owner = Byok::new().env("BYOK_DATABASE_URL", url.trim());
        owner.ok(&["key", "list", "--org", "acme"]);
        assert_eq!(sql(url.trim(), "show idle_in_transaction_session_timeout"), Ok(vec!["30s".into()]));
    }
    // With psql, nothing but a verifier and a name that is nobody's.
    let verifier = format!("SCRAM-SHA-256$4096:{}==${}=:{}=", "A".repeat(22), "B".repeat(43), "C".repeat(43));
    let make = |name: &str, verifier: &str| {
        let call = format!("select byok_api.member_add('acme', '{name}', 'owner', '{verifier}')");
        sql(&world.url(&admin), &call).map(drop).unwrap_err()
    };
    let free = world.login_name("free");
    for bad in ["", "hunter2", &format!("{verifier}x"), &format!("md5{}", "a".repeat(32)), "x'' superuser --"] {
        assert_eq!(make(&free, bad), "22023", "{bad}");
    }
    for taken in ["byok_admin", "byok_definer", "BYOK_x", "pg_x", "byok", "public", "none", "", &"x".repeat(64)] {
        assert_eq!(make(taken, &verifier), "22023", "{taken}");
    }
    assert_eq!(make(&admin, &verifier), "42710");
    assert_eq!(sql(&world.url(&admin), "create role x"), Err("42501".into()));
    world.byok("byok").ok(&["audit", "verify"]);
}

#[test]
fn status_says_who_can_get_around_the_rules() {
    let (world, ..) = World::with_owners();
    let dba = world.login("dba");
    world.root(&format!("alter role {dba} createrole"));
    let warnings = || world.byok("byok").json(&["status"]).1["item"]["warnings"].to_string();
    let version: i32 = world.root("show server_version_num")[0].parse().unwrap();
    let named = format!(r#""code":"becomes_definer","detail":"createrole","login":"{dba}""#);
    assert_eq!(warnings().contains(&named), version < 160_000, "{}", warnings());
    assert!(warnings().contains(r#""code":"superuser""#), "{}", warnings());
    world.root(&format!("alter role {dba} nocreaterole"));
    assert!(!warnings().contains(&dba), "{}", warnings());
    world.root(&format!("grant byok_definer to {dba}"));
    assert!(warnings().contains(&dba), "{}", warnings());
    let said = world.byok("byok").run(&["status"]).err;
    assert!(said.contains("warning: ") && said.contains(&format!("revoke byok_definer from \"{dba}\"")), "{said}");
    world.root(&format!("revoke byok_definer from {dba}"));
}

#[test]
fn whoever_administers_a_login_does_not_hold_its_roles() {
    let (world, ..) = World::with_owners();
    let (admin, server) = (world.login("boss"), world.login("server"));
    world.grant("admin", &admin);
    world.grant("resolver", &server);
    // As PostgreSQL 16 and newer leave whoever made a login; on 15 an admin that does not inherit from it comes near.
    let version: i32 = world.root("show server_version_num")[0].parse().unwrap();
    if version < 160_000 {
        return;
    }
    world.root(&format!("grant {server} to {admin} with admin true, inherit false, set false"));
    let hello = "select resolver::text from byok_api.hello()";
    assert_eq!(sql(&world.url(&admin), hello), Ok(vec!["false".into()]));
    let open = "select byok_api.key_open('acme', 'openai', 1, 'x')";
    assert_eq!(sql(&world.url(&admin), open), Err("42501".into()));
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
    let denied = "select login || ' ' || subject || ' ' || (detail ->> 'attempts') || '.' || org
                  from byok.audit where action = 'denied' order by seq";
    let (world, bob, first) = loop {
        let (world, _, bob) = World::with_owners();
        let hour = || world.root("select date_trunc('hour', now())::text");
        let begun = hour();
        world.byok(&bob).fails(4, &["key", "list", "--org", "acme"]);
        world.byok(&bob).fails(4, &["enable", "acme"]);
        let first = world.root(denied);
        let call = "select byok_api.denied('key_set');".repeat(150);
        sql(&world.url(&bob), &call).unwrap();
        // Attempts are counted by the hour.
        if hour() == begun {
            break (world, bob, first);
        }
    };
    assert_eq!(first, [format!("{bob} key_list 1."), format!("{bob} org_enable 2.")]);
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
    // No admin needs CREATEROLE once it is installed, and without it nobody becomes the definer on 15; from 16 on the installer
    // administers the definer until a superuser ends that.
    let (warned, version) =
        (dba.json(&["status"]).1["item"]["warnings"].to_string(), sql(&root, "show server_version_num"));
    assert!(warned.contains("becomes_definer") && warned.contains("dba"), "{warned}");
    sql(&root, "alter role dba nocreaterole; revoke byok_definer from dba").unwrap();
    assert!(!dba.json(&["status"]).1["item"]["warnings"].to_string().contains("becomes_definer"), "{version:?}");
    assert_eq!(sql(&server.url("dba", "platform"), "grant byok_definer to dba"), Err("42501".into()));
    dba.ok(&["member", "add", "acme", "eve", "--create-login", "--to-file", &path("eve.url")]);
    byok("eve").ok(&["key", "list", "--org", "acme"]);
    // With the last membership the login leaves the group of owners, which no other database uses.
    let groups = "select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.member
                  where m.roleid = 'byok_owner'::regrole and r.rolname not in ('byok_definer', 'dba') order by 1";
    dba.ok(&["enable", "bolt", "--owner", "ada"]);
    dba.ok(&["member", "remove", "acme", "ada"]);
    assert_eq!(sql(&root, groups).unwrap(), ["ada", "eve"]);
    dba.ok(&["member", "remove", "bolt", "ada"]);
    dba.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!(sql(&root, groups).unwrap(), Vec::<String>::new());
    assert_eq!(sql(&server.url("dba", "platform"), "select 'row' from byok.provider_key"), Err("42501".into()));
}
