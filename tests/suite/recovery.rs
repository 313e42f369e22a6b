//! Recovery in another cluster after a loss of the server, from a dump and the copy of the master key, and without a
//! copy.

use std::path::{Path, PathBuf};
use std::process::Command;

use byok::admin::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions, programs_dir};
use serde_json::json;

use crate::harness::{Byok, World, openai_key, skip, sql};

/// A client program: beside the server's own programs, or else on the path.
pub(crate) fn program(name: &str) -> PathBuf {
    let server = std::fs::canonicalize(programs_dir().unwrap().join("postgres")).unwrap();
    let beside = server.with_file_name(name);
    if beside.exists() { beside } else { name.into() }
}

fn client(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(program(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The major version of a program; none where it is not there.
fn major(name: &str) -> Option<String> {
    let output = Command::new(program(name)).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_once("(PostgreSQL) ")?.1.chars().take_while(char::is_ascii_digit).collect())
}

fn byok(server: &ThrowAway, login: &str, key_file: &Path) -> Byok {
    Byok::new()
        .env("BYOK_DATABASE_URL", &server.url(login, "platform"))
        .env("BYOK_MASTER_KEY_FILE", key_file.to_str().unwrap())
}

/// What is kept elsewhere: roles, dump, the line of a seal.
struct Backup {
    roles: PathBuf,
    dump: PathBuf,
    seal: String,
}

/// A platform that lived for a while, and was backed up. Its server is gone at the end.
fn backed_up(dir: &Path) -> Backup {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    // Numbers that the other cluster gives to somebody else.
    for statement in ["create role bob login", "create role ada login", "create database platform"] {
        sql(&server.url("byok", "postgres"), statement).unwrap();
    }
    let key_file = dir.join("master.key");
    let admin = byok(&server, "byok", &key_file);
    admin.ok(&["init"]);
    for (org, owner) in [("acme", "ada"), ("bolt", "bob")] {
        admin.ok(&["enable", org, "--owner", owner]);
        let owner = byok(&server, owner, &key_file);
        owner.clone().input(openai_key("1111")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
        owner.input(openai_key("2222")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["data-key", "issue", "acme", "--to-file", dir.join("acme.datakey").to_str().unwrap()]);
    admin.ok(&["master-key", "escrow", "--to-file", dir.join("copy.txt").to_str().unwrap()]);
    admin.ok(&["master-key", "escrow", "--confirm", "--from-file", dir.join("copy.txt").to_str().unwrap()]);
    let seal = admin.ok(&["audit", "seal", "-o", "plain"]);
    let dump = dir.join("dump.sql");
    client("pg_dump", &["-f", dump.to_str().unwrap(), &server.url("byok", "platform")]);
    // The superuser of the other cluster will be there already.
    let all = client("pg_dumpall", &["--roles-only", "-d", &server.url("byok", "postgres")]);
    let roles = dir.join("roles.sql");
    std::fs::write(
        &roles,
        all.lines().filter(|line| !line.contains("ROLE byok;")).collect::<Vec<_>>().join("\n") + "\n",
    )
    .unwrap();
    std::fs::remove_file(&key_file).unwrap();
    Backup { roles, dump, seal }
}

/// Another cluster with that backup in it.
fn restored(backup: &Backup) -> ThrowAway {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let run = |file: &Path, database: &str| {
        let (file, url) = (file.to_str().unwrap(), server.url("byok", database));
        client("psql", &["-qX", "-v", "ON_ERROR_STOP=1", "-f", file, "-d", &url]);
    };
    run(&backup.roles, "postgres");
    sql(&server.url("byok", "postgres"), "create database platform").unwrap();
    run(&backup.dump, "platform");
    server
}

#[test]
fn a_dump_and_the_copy_of_the_master_key_bring_everything_back_in_another_cluster() {
    if major("pg_dump") != major("postgres") || major("psql").is_none() {
        skip("there is no pg_dump and psql of the server's version");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let backup = backed_up(dir.path());
    let server = restored(&backup);
    let copy = dir.path().join("copy.txt");
    let admin = byok(&server, "byok", &copy);

    // Without the key, and with a wrong one: said, by fingerprint, and nothing is opened.
    let said = byok(&server, "byok", &dir.path().join("master.key")).fails(4, &["master-key", "verify"]);
    assert!(said.contains("master.key"), "{said}");
    let wrong = MasterKey::generate(1).unwrap();
    let no_file = byok(&server, "byok", &copy).without("BYOK_MASTER_KEY_FILE");
    let said = no_file.env("BYOK_MASTER_KEY", wrong.to_text().expose()).fails(4, &["master-key", "verify"]);
    let wanted = admin.json(&["master-key", "status"]).1["items"][0]["fingerprint"].as_str().unwrap().to_owned();
    assert!(said.contains(&wrong.check_value().to_string()) && said.contains(&wanted), "{said}");

    // With the copy everything opens, and the log is the one that was sealed.
    let (code, document) = admin.json(&["master-key", "verify"]);
    assert_eq!((code, &document["item"]["data_keys"], &document["item"]["keys"]), (0, &json!(3), &json!(5)));
    admin.clone().input(&backup.seal).ok(&["audit", "verify", "--kept", "-"]);
    admin.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);

    // Nobody is a member by a number of the old cluster; by name they are, once an admin says so.
    byok(&server, "ada", &copy).fails(4, &["key", "list", "--org", "acme"]);
    byok(&server, "bob", &copy).fails(4, &["key", "list", "--org", "acme"]);
    assert_eq!(admin.json(&["member", "rebind", "--yes"]).1["item"]["bound"], 2);
    byok(&server, "bob", &copy).fails(4, &["key", "list", "--org", "acme"]);
    let owner = byok(&server, "ada", &copy).without("BYOK_MASTER_KEY_FILE");
    let owner = owner.env("BYOK_DATA_KEY_FILE", dir.path().join("acme.datakey").to_str().unwrap());
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    owner.input(openai_key("3333")).ok(&["key", "rotate", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(admin.run(&["master-key", "verify"]).code, 0);
}

#[test]
fn without_any_copy_a_new_master_key_begins_and_nothing_goes_over_to_the_platforms_key() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new.key");
    let lost = admin.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let line = ["master-key", "create", "--lost"];
    assert!(lost.fails(2, &line).contains("--yes"));
    admin.fails(2, &[&line[..], &["--yes"]].concat());
    std::fs::write(&file, "perhaps the key").unwrap();
    assert!(lost.fails(5, &[&line[..], &["--yes"]].concat()).contains("may be the lost key"));
    std::fs::remove_file(&file).unwrap();

    let (code, document) = lost.json(&[&line[..], &["--yes"]].concat());
    assert_eq!((code, &document["item"]["keys_to_set_again"]), (0, &json!(2)), "{document}");
    // The organization's key is in force and does not open: denied, and not the platform's.
    lost.clone().input(openai_key("4243")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let (code, document) = lost.json(&["resolve", "openai", "--org", "acme", "--verify"]);
    assert_eq!((code, &document["item"]["denied"]), (9, &json!("key_unreadable")), "{document}");
    let (code, document) = lost.json(&["master-key", "verify"]);
    assert_eq!((code, &document["item"]["unreadable"][0]["org"]), (9, &json!("acme")));
    // Its owner sets it again, with versions that go on.
    let owner = world.byok(&ada).without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    assert_eq!(owner.clone().input(openai_key("2222")).json(&set).1["item"]["version"], 2);
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    // The old key is known, and is not taken for the new one.
    let said = world.byok(&ada).input(openai_key("3333")).fails(4, &set);
    assert!(said.contains("epoch 2"), "{said}");
    lost.ok(&["audit", "verify"]);
}

#[test]
fn an_owners_copy_of_its_data_key_saves_its_keys_from_a_lost_master_key() {
    let (world, ada, bob) = World::with_owners();
    let admin = world.byok("byok");
    for (login, org) in [(&ada, "acme"), (&bob, "bolt")] {
        world.byok(login).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for org in ["acme", "bolt"] {
        admin.ok(&["data-key", "issue", org, "--to-file", &path(org)]);
    }
    let lost = admin.without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &path("new.key"));
    lost.ok(&["master-key", "create", "--lost", "--yes"]);
    let opens = |login: &str, org: &str| {
        let byok = world.byok(login).without("BYOK_MASTER_KEY").env("BYOK_DATA_KEY_FILE", &path(org));
        byok.run(&["resolve", "openai", "--org", org, "--verify", "--require", "organization"]).code
    };
    assert_eq!(opens(&ada, "acme"), 9);
    let restore =
        |org: &str, from: &str| lost.run(&["data-key", "restore", org, "--from-file", &path(from), "-o", "json"]);
    assert_eq!(restore("acme", "bolt").code, 4, "another organization's");
    assert!(restore("acme", "acme").out.contains(r#""result":"restored""#));
    assert!(restore("acme", "acme").out.contains(r#""result":"unchanged""#));
    assert_eq!(opens(&ada, "acme"), 0);
    lost.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    // Where something was set since, under another data key, it is too late.
    let owner = world.byok(&bob).without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &path("new.key"));
    owner.input(openai_key("2222")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
    assert_eq!(restore("bolt", "bolt").code, 5);
}
