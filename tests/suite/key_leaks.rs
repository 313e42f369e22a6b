//! Data keys, master keys and passwords of logins appear in no log of the server, even with all logging switched on,
//! and in no output of the program.

use std::path::Path;

use byok::local::{ThrowAway, ThrowAwayOptions};
use data_encoding::BASE32_NOPAD;

use crate::harness::{Byok, CANARY, openai_key};
use crate::leaks::{TALKATIVE, found_in, holds, spellings};

/// Every secret in the files of a directory: the bytes of each key in every spelling, and the passwords.
fn secrets_in(dir: &Path) -> Vec<Vec<u8>> {
    let mut secrets = spellings(CANARY.as_bytes());
    let mut count = 0;
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        for line in std::fs::read_to_string(entry.path()).unwrap().lines() {
            if let Some(body) = line.strip_prefix("BYOK").and_then(|rest| rest.split('-').nth(2)) {
                secrets.extend(spellings(&BASE32_NOPAD.decode(body.as_bytes()).unwrap()));
                secrets.push(body.as_bytes().to_vec());
                count += 1;
            }
            if let Some(password) = line.strip_prefix("postgres://").and_then(|rest| rest.split([':', '@']).nth(1)) {
                secrets.push(password.as_bytes().to_vec());
                count += 1;
            }
        }
    }
    assert!(count >= 7, "{count} secrets were handed over");
    secrets
}

#[test]
fn no_log_page_or_output_holds_a_data_key_a_master_key_or_a_password() {
    let settings = TALKATIVE.iter().map(ToString::to_string).collect();
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let byok = Byok::new()
        .env("BYOK_DATABASE_URL", &server.url("byok", "postgres"))
        .env("BYOK_MASTER_KEY_FILE", &file("master.key"));
    let mut put_out = String::new();
    let mut run = |byok: &Byok, arguments: &[&str]| {
        let run = byok.run(arguments);
        put_out.push_str(&run.out);
        put_out.push_str(&run.err);
        run.code
    };
    assert_eq!(run(&byok, &["init"]), 0);
    assert_eq!(run(&byok, &["enable", "acme", "--owner", "byok"]), 0);
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    for end in ["1111", "2222"] {
        assert_eq!(run(&byok.clone().input(openai_key(end)), &set), 0);
    }
    for line in [
        &["data-key", "issue", "acme", "--to-file", &file("first.datakey")][..],
        &["data-key", "rotate", "acme", "--yes", "--to-file", &file("second.datakey"), "-o", "json"],
        &["master-key", "escrow", "--to-file", &file("copy")],
        &["master-key", "escrow", "--confirm", "--from-file", &file("copy")],
        &["master-key", "rotate", "--leaked", "--yes", "-o", "json"],
        &["data-key", "issue", "acme", "--to-file", &file("third.datakey")],
        &["member", "add", "acme", "ci", "--create-login", "--to-file", &file("ci.url")],
        &["role", "grant", "resolver", "api", "--create-login", "--to-file", &file("api.url"), "-o", "json"],
        &["key", "rollback", "openai", "--org", "acme", "--yes"],
        &["master-key", "verify", "-o", "json"],
        &["master-key", "status", "-o", "json"],
        &["audit", "seal"],
        &["audit", "verify"],
        &["audit", "list", "-o", "json"],
        &["org", "purge", "acme", "--confirm", "acme"],
    ] {
        assert_eq!(run(&byok, line), 0, "{line:?}");
    }
    let old = byok.without("BYOK_MASTER_KEY_FILE").env("BYOK_DATA_KEY_FILE", &file("first.datakey"));
    assert_ne!(run(&old.input(openai_key("3333")), &set), 0);

    let secrets = secrets_in(dir.path());
    assert!(!holds(put_out.as_bytes(), &secrets), "{put_out}");
    // The sweep can fail: the verifiers of the passwords are there.
    assert!(!found_in(server.socket_dir(), &[b"SCRAM-SHA-256$4096:".to_vec()]).is_empty());
    assert_eq!(found_in(server.socket_dir(), &secrets), Vec::<String>::new());
}
