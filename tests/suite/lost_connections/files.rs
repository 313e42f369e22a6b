//! Commands that write the only copy of a secret to a file: after any cut, what the database knows is in the file.

use byok::admin::Database;
use byok::admin::crypto::MasterKeys;

use super::{Ground, open_to};
use crate::cutting_proxy::Cut;
use crate::harness::{Byok, block_on, parse, sql};

/// Cuts that let the command find out, and cuts after which nobody answers.
fn every(ground: &Ground, mut prove: impl FnMut(Cut, bool) -> bool) {
    for dark in [false, true] {
        let mut at = 0;
        loop {
            let there = [Cut::Before(at), Cut::After(at)].map(|cut| {
                if dark {
                    ground.tap.cut_for_good(cut);
                } else {
                    ground.tap.cut(Some(cut));
                }
                prove(cut, dark)
            });
            if there == [false, false] {
                break;
            }
            at += 1;
        }
        assert!(at > 3, "too few messages");
    }
}

/// The login in the file gets in with the password in it.
fn lets_in(file: &str) {
    let url = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let state = sql(url.trim(), "select session_user::text");
    assert!(state.is_ok(), "{state:?}");
}

fn a_created_login(line: impl Fn(&str) -> Vec<String>) {
    let ground = Ground::new();
    ground.cluster.byok().ok(&["enable", "acme"]);
    every(&ground, |cut, dark| {
        let tag = ground.tag();
        let file = ground.file(&format!("{tag}.url")).to_str().unwrap().to_owned();
        let line = [line(&tag), vec!["--create-login".into(), "--to-file".into(), file.clone()]].concat();
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let first = ground.byok().run(&line);
        let came = !ground.tap.is_whole();
        assert!(matches!(first.code, 0 | 7), "{cut:?} {dark}: {first:?}");
        ground.tap.cut(None);
        if ground.sql(&format!("select rolname::text from pg_roles where rolname = '{tag}'")) == [tag.clone()] {
            lets_in(&file);
        }
        if first.code == 7 {
            let second = ground.byok().run(&line);
            assert_eq!(second.code, 0, "{cut:?} {dark}: {second:?}\n{first:?}");
        }
        lets_in(&file);
        came
    });
}

#[test]
fn the_password_of_a_member_that_was_made() {
    a_created_login(|tag| ["member", "add", "acme", tag].map(String::from).to_vec());
}

#[test]
fn the_password_of_a_service_that_was_made() {
    a_created_login(|tag| ["role", "grant", "resolver", tag].map(String::from).to_vec());
}

#[test]
fn a_file_of_another_login_or_a_password_that_does_not_fit_is_not_gone_on_with() {
    let ground = Ground::new();
    let admin = ground.byok();
    admin.ok(&["enable", "acme"]);
    let file = ground.file("ada.url").to_str().unwrap().to_owned();
    let run = |code: i32, login: &str| {
        admin.fails(code, &["member", "add", "acme", login, "--create-login", "--to-file", &file])
    };
    run(0, "ada");
    let handed = std::fs::read_to_string(&file).unwrap();
    // Once more: the login is there, and this is its password.
    assert!(run(0, "ada").starts_with("give ada: "));
    let said = run(5, "eve");
    assert!(said.contains("ada.url"), "{said}");
    ground.sql("alter role ada password 'another'");
    let said = run(5, "ada");
    assert!(said.contains("does not work for it"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), handed);
    open_to(std::path::Path::new(&file), 0o644);
    let said = run(5, "ada");
    assert!(said.contains("ada.url"), "{said}");
}

/// The fingerprint that the database knows is that of a key in the file.
fn holds_what_is_known(url: &str, file: &std::path::Path) -> usize {
    let known = block_on(async { Database::open(&parse(url)).await.unwrap().hello().master_keys.clone() });
    if !known.is_empty() {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("the only copy is gone: {error}"));
        let held = MasterKeys::parse(&text).unwrap().names();
        assert!(held.contains(known.last().unwrap()), "the file has another key");
    }
    known.len()
}

/// A database with the schema and without a master key; its connection string.
fn bare(ground: &Ground) -> String {
    ground.sql("create database bare");
    let url = ground.cluster.server.url("byok", "bare");
    block_on(Database::install(&parse(&url))).unwrap();
    url
}

/// The program there, and its file that is not there yet.
fn with_a_new_file(ground: &Ground) -> (Byok, std::path::PathBuf) {
    let file = ground.file(&format!("{}.key", ground.tag()));
    (ground.byok_in("bare").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap()), file)
}

#[test]
fn the_master_key_of_an_init_and_of_a_create() {
    let ground = Ground::new();
    let url = bare(&ground);
    for line in [&["init"][..], &["master-key", "create"]] {
        every(&ground, |cut, dark| {
            sql(&url, "delete from byok.keyring").unwrap();
            let (byok, file) = with_a_new_file(&ground);
            let first = byok.run(line);
            let came = !ground.tap.is_whole();
            assert!(matches!(first.code, 0 | 7), "{cut:?} {dark}: {first:?}");
            ground.tap.cut(None);
            holds_what_is_known(&url, &file);
            let second = byok.run(line);
            assert_eq!(second.code, 0, "{cut:?} {dark}: {second:?}\n{first:?}");
            assert_eq!(holds_what_is_known(&url, &file), 1);
            came
        });
    }
}

#[test]
fn the_master_key_that_begins_after_a_lost_one() {
    let ground = Ground::new();
    let url = bare(&ground);
    let old = ground.file("old.key");
    ground.byok_in("bare").env("BYOK_MASTER_KEY_FILE", old.to_str().unwrap()).ok(&["init"]);
    let again = "delete from byok.keyring where epoch > 1; update byok.keyring set state = 'active'";
    every(&ground, |cut, dark| {
        sql(&url, again).unwrap();
        let (byok, file) = with_a_new_file(&ground);
        let line = ["master-key", "create", "--lost", "--yes"];
        let first = byok.run(&line);
        let came = !ground.tap.is_whole();
        assert!(matches!(first.code, 0 | 7), "{cut:?} {dark}: {first:?}");
        ground.tap.cut(None);
        let second = byok.run(&line);
        assert_eq!(second.code, 0, "{cut:?} {dark}: {second:?}\n{first:?}");
        assert_eq!(holds_what_is_known(&url, &file), 2);
        came
    });
}

#[test]
fn an_installation_from_nothing() {
    let ground = Ground::new();
    for at in [0, 1, 3, 9, 27, 60, 100] {
        for cut in [Cut::Before(at), Cut::After(at)] {
            let tag = ground.tag();
            ground.sql(&format!("create database {tag}"));
            let file = ground.file(&format!("{tag}.key"));
            let byok = ground.byok_in(&tag).env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
            ground.tap.cut(Some(cut));
            let first = byok.run(&["init"]);
            assert!(ground.tap.is_whole() || matches!(first.code, 0 | 7), "{cut:?}: {first:?}");
            ground.tap.cut(None);
            byok.ok(&["init"]);
            byok.ok(&["master-key", "verify"]);
            ground.sql(&format!("drop database {tag} with (force)"));
        }
    }
}

#[test]
fn init_fails_if_the_registered_master_key_is_not_found() {
    let ground = Ground::new();
    let gone = ground.file("gone.key");
    let byok = ground.byok_in("postgres").env("BYOK_MASTER_KEY_FILE", gone.to_str().unwrap());
    let name = ground.cluster.master.check_value().to_string();
    for line in [&["init"][..], &["master-key", "create"]] {
        let said = byok.fails(4, line);
        assert!(said.contains(&name) && said.contains("gone.key") && said.contains("--schema-only"), "{said}");
        assert!(!gone.exists(), "nothing is made in its place");
    }
    assert!(byok.ok(&["init", "--schema-only"]).contains("not checked"));
}

#[test]
fn the_data_key_that_was_replaced_is_handed_over_or_can_be_had() {
    let ground = Ground::new();
    ground.byok().ok(&["enable", "acme"]);
    ground.byok().ok(&["data-key", "issue", "acme", "--to-file", ground.file("first").to_str().unwrap()]);
    every(&ground, |cut, dark| {
        let file = ground.file(&ground.tag());
        let line = ["data-key", "rotate", "acme", "--yes", "--to-file", file.to_str().unwrap()];
        let first = ground.byok().run(&line);
        let came = !ground.tap.is_whole();
        assert!(matches!(first.code, 0 | 7), "{cut:?} {dark}: {first:?}");
        ground.tap.cut(None);
        if first.code == 7 {
            assert!(!file.exists(), "what does not count is not left behind");
            ground.byok().ok(&["data-key", "issue", "acme", "--to-file", file.to_str().unwrap()]);
        }
        let owner = ground.byok().without("BYOK_MASTER_KEY_FILE").env("BYOK_DATA_KEY_FILE", file.to_str().unwrap());
        let check = owner.run(&["run", "openai", "--org", "acme", "--", "true"]);
        assert!(check.err.contains("no_platform_key") || check.code == 0, "{cut:?}: {check:?}");
        came
    });
}
