//! What a newcomer is told: what to hand over, why an exit code is not 0, which role is needed, and what a change came to.

use crate::doctor::admin_and_owner;
use crate::harness::{Byok, World, openai_key};
use crate::local::Home;
use crate::pty::Terminal;

/// Runs it, wants exit 0, and gives what it says on stderr.
fn said(byok: &Byok, arguments: &[&str]) -> String {
    let run = byok.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
    run.err
}

#[test]
fn whoever_makes_an_access_is_told_what_to_hand_over_and_how_its_owner_begins() {
    let (world, _, _) = World::with_owners();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (url, key) = (path("new.url"), path("acme.datakey"));
    let new = world.login_name("new");
    let told = said(&admin, &["member", "add", &new, "--org", "acme", "--create-login", "--to-file", &url]);
    for part in
        [&url, "byok data-key issue --org acme", "BYOK_DATABASE_URL_FILE", "BYOK_DATA_KEY_FILE", "key set PROVIDER"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = said(&admin, &["data-key", "issue", "--org", "acme", "--to-file", &key]);
    assert!(told.contains(&key) && told.contains("BYOK_DATA_KEY_FILE"), "{told}");
    // With what was handed over, the first command works.
    let owner = Byok::new().env("BYOK_DATABASE_URL_FILE", &url).env("BYOK_DATA_KEY_FILE", &key);
    owner.input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);

    let role = |role: &str, name: &str| {
        let (login, file) = (world.login_name(name), path(name));
        let told = said(&admin, &["role", "grant", role, &login, "--create-login", "--to-file", &file]);
        assert!(told.contains(&file) && told.contains("BYOK_DATABASE_URL_FILE"), "{told}");
        (told, file)
    };
    let (told, file) = role("auditor", "aud");
    assert!(told.contains("begins with: byok audit list") && !told.contains("KEY_FILE"), "{told}");
    Byok::new().env("BYOK_DATABASE_URL_FILE", &file).ok(&["audit", "list"]);
    assert!(role("resolver", "res").0.contains("BYOK_MASTER_KEY_FILE"));
    let viewer = [
        "member",
        "add",
        &world.login_name("vic"),
        "--org",
        "acme",
        "--role",
        "viewer",
        "--create-login",
        "--to-file",
        &path("v"),
    ];
    assert!(!said(&admin, &viewer).contains("data key"));
    let quiet =
        ["member", "add", &world.login_name("q"), "--org", "acme", "--create-login", "--to-file", &path("q"), "-q"];
    assert_eq!(said(&admin, &quiet), "");
}

#[test]
fn the_first_installation_names_the_copy_of_the_master_key_and_the_first_organization() {
    let world = World::empty();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let told = said(&admin, &["init"]);
    assert!(told.contains("byok master-key escrow --to-file PATH") && told.contains("byok enable ORG"), "{told}");
    assert!(!said(&admin, &["init"]).contains("escrow"));
}

#[test]
fn an_error_of_a_key_names_the_variable_or_the_file_that_it_comes_from() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada).env("ACME_KEY", "").env("OTHER_KEY", "two words");
    let from = |more: &[&str]| owner.fails(2, &[&["key", "set", "openai", "--org", "acme"], more].concat());
    assert!(from(&["--from-env", "ACME_KEY"]).contains("the variable ACME_KEY: the key is empty"));
    assert!(from(&["--from-env", "OTHER_KEY"]).contains("the variable OTHER_KEY: "));
    assert!(from(&["--from-env", "NOT_SET"]).contains("the variable NOT_SET: it is not set"));
    // What is no name of a variable may be the key.
    assert!(!from(&["--from-env", "hunter2"]).contains("hunter2"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("openai.key").to_str().unwrap().to_owned();
    std::fs::write(&file, "").unwrap();
    assert!(from(&["--from-file", &file]).contains(&format!("{file}: the key is empty")));
    let said = world
        .byok("byok")
        .env("OTHER_KEY", "two words")
        .fails(4, &["data-key", "restore", "--org", "acme", "--from-env", "OTHER_KEY"]);
    assert!(said.contains("OTHER_KEY"), "{said}");
}

#[test]
fn the_reason_of_an_exit_code_is_on_stderr() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let run = owner.run(&["key", "list", "--org", "acme", "--untested", "1d", "--fail", "-q"]);
    assert!(run.code == 9 && run.err.contains("there is such a key, so --fail makes the exit code 9"), "{run:?}");
    let run = owner.run(&["resolve", "openai", "--org", "acme", "--require", "platform", "-q"]);
    assert!(run.code == 5 && run.err.contains("--require platform is not met"), "{run:?}");
    let run = owner.run(&["resolve", "sarvam", "--org", "acme", "--require", "platform", "-q", "-o", "json"]);
    assert!(run.code == 3 && run.err.contains("no key serves: "), "{run:?}");
}

#[test]
fn a_refusal_names_the_role_that_it_needs() {
    let (world, ada, _) = World::with_owners();
    let (owner, res) = (world.byok(&ada), world.login("res"));
    world.grant("resolver", &res);
    let resolver = world.byok(&res);
    for (byok, line, role) in [
        (&resolver, "credits refund job-1 --org acme", "only a platform admin"),
        (&resolver, "credits grant 5 --org acme", "only a platform admin"),
        (&resolver, "enable acme", "only a platform admin"),
        (&resolver, "provider route llm openai", "only a platform admin"),
        (&resolver, "audit verify", "admin or auditor"),
        (&owner, "credits grant 5 --org acme", "only a platform admin"),
        (&owner, "role list", "admin or auditor"),
        (&owner, "master-key status", "admin, resolver or auditor"),
        (&owner, "key list --org bolt", "byok member add ada --org bolt"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = byok.fails(4, &words).replace(&ada, "ada");
        assert!(said.contains(role), "{line}: {said}");
        // It is a command that the login can hand over as it is.
        assert!(!said.contains("LOGIN") && !said.contains("ORG"), "{line}: {said}");
    }
}

#[test]
fn a_change_that_succeeded_does_not_read_like_a_failure() {
    let (world, admin, owner) = admin_and_owner();
    let eve = world.login("eve");
    world.byok("byok").ok(&["role", "grant", "auditor", &eve]);
    admin.ok(&["member", "add", &eve, "--org", "acme", "--role", "viewer"]);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for (line, first, again) in [
        ("disable acme".to_owned(), "acme is now disabled", "acme was not enabled (unchanged)"),
        (
            format!("role revoke auditor {eve}"),
            "no longer has the role auditor (revoked)",
            "did not have the role auditor",
        ),
        (format!("member remove {eve} --org acme"), "no longer a member of acme", "was no member of acme (unchanged)"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = |wanted: &str| {
            let out = admin.ok(&words);
            assert!(out.contains(wanted), "{line}: {out}");
        };
        said(first);
        said(again);
    }
}

#[test]
fn the_first_private_database_shows_what_it_waits_for() {
    let home = Home::new();
    let byok = home.byok.clone().env("TERM", "xterm");
    let (code, seen) = Terminal::run(&byok, &["local", "up"]).end();
    assert!(code == 0 && seen.contains("preparing the private PostgreSQL"), "{seen}");
}

#[test]
fn doctor_shows_only_the_problems_and_a_program_can_run_what_fixes_them() {
    let (_world, admin, owner) = admin_and_owner();
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let plain = admin.ok(&["doctor", "--problems", "-o", "plain"]);
    assert!(!plain.is_empty() && plain.lines().all(|line| line.starts_with("warn\t")), "{plain}");
    let table = admin.clone().env("COLUMNS", "100").ok(&["doctor", "--problems", "-o", "table"]);
    assert!(!table.contains("skipped ") && table.trim_end().ends_with("skipped"), "{table}");
    let fix = |options: &[&str]| {
        let document = admin.json(&[&["doctor", "--problems"], options].concat()).1;
        let items = document["items"].as_array().unwrap().clone();
        let row = items.iter().find(|row| row["check"] == "keys.tests").unwrap().clone();
        row["fix"].as_str().unwrap().to_owned()
    };
    assert_eq!(fix(&[]), "byok test-key openai --org <org>");
    assert_eq!(fix(&["--names"]), "byok test-key openai --org acme");
}

#[test]
fn the_status_of_an_owner_says_what_it_is_and_which_key_it_needs() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let owner = world.byok(&ada).without("BYOK_MASTER_KEY").env("HOME", dir.path().to_str().unwrap());
    let out = owner.ok(&["status"]);
    assert!(out.contains("roles\tnone: a member of organizations\n") && out.contains("BYOK_DATA_KEY_FILE"), "{out}");
}
