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
        (&resolver, "platform-key remove openai --yes", "only a platform admin"),
        (&resolver, "credits alert --below 5 --org acme", "only a platform admin"),
        (&resolver, "event consumers", "admin or auditor"),
        (&resolver, "key remove openai --org acme --yes", "res may see organization acme, but may not do this"),
        (&owner, "platform-key remove openai --yes", "only a platform admin"),
        (&owner, "credits grant 5 --org acme", "only a platform admin"),
        (&owner, "role list", "admin or auditor"),
        (&owner, "master-key status", "admin, resolver or auditor"),
        (&owner, "key list --org bolt", "byok member add ada --org bolt"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = byok.fails(4, &words).replace(&ada, "ada").replace(&res, "res");
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

#[test]
fn a_login_that_may_see_an_organization_is_not_told_that_it_may_not_exist() {
    let (world, ada, _) = World::with_owners();
    let (admin, eve, aud) = (world.byok("byok"), world.login("eve"), world.login("aud"));
    admin.ok(&["member", "add", &eve, "--org", "acme", "--role", "viewer"]);
    world.grant("auditor", &aud);
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for (login, line, hint) in [
        (
            &eve,
            "key remove openai --org acme --yes",
            "owners may: a platform admin runs byok member add LOGIN --org acme",
        ),
        (&eve, "key expire openai --org acme --never", "byok member add LOGIN --org acme"),
        (&eve, "resolve openai --org acme --verify", "or byok role grant resolver LOGIN"),
        (&aud, "resolve openai --org acme --verify", "or byok role grant resolver LOGIN"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = world.byok(login).fails(4, &words).replace(login.as_str(), "LOGIN");
        assert!(said.contains("login LOGIN may see ") && said.contains(hint), "{line}: {said}");
        assert!(!said.contains("does not exist") && !said.contains("viewer"), "{line}: {said}");
    }
    let report = ["key", "report", "openai", "--org", "acme", "--key-version", "1", "--outcome", "ok"];
    for login in [&aud, &eve] {
        let said = world.byok(login).fails(4, &report);
        assert!(said.contains(&format!("byok role grant resolver {login}")) && !said.contains("there is no"), "{said}");
    }
    // What it may not see is not told from what does not exist.
    let said = world.byok(&eve).fails(4, &["key", "remove", "openai", "--org", "bolt", "--yes"]);
    assert!(said.contains("organization bolt does not exist, or"), "{said}");
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let said = admin.fails(5, &["key", "remove", "openai", "--org", "acme", "--yes"]);
    assert!(said.contains("acme was purged"), "{said}");
    let said = admin.fails(5, &["test-key", "openai", "--org", "acme"]);
    assert!(said.contains("acme was purged"), "{said}");
}

#[test]
fn whoever_copies_a_next_command_runs_nothing_that_a_name_contains() {
    let world = World::new();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let planted = dir.path().join("planted");
    let evil = format!("y$(touch${{IFS}}{})", planted.display());
    for words in [&["org", "show", &evil][..], &["key", "list", "--org", &evil], &["member", "list", "--org", &evil]] {
        for format in ["plain", "json"] {
            let said = admin.fails(3, &[words, &["-o", format]].concat());
            assert!(said.contains(&format!("byok enable '{evil}'")), "{said}");
        }
    }
    let said = admin.fails(3, &["org", "show", &evil]);
    let (_, command) = said.split_once("to create it: ").unwrap();
    // As somebody who pastes it.
    let byok = admin.command(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &command.trim().replace("byok ", "\"$BYOK\" ")]).env("BYOK", byok.get_program());
    shell.envs(byok.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(shell.output().unwrap().status.success());
    assert!(!planted.exists());
    assert!(admin.ok(&["org", "list", "-o", "plain"]).contains(&evil));
}
