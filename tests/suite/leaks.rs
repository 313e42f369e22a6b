//! Provider keys and the master key appear in no log, file or dump of the server, even with all logging switched on.

use std::fs;
use std::path::Path;
use std::process::Command;

use byok::admin::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions};
use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};

use serde_json::json;

use crate::harness::{Byok, CANARY, block_on, on_stage, openai_key, prepare, sql};
use crate::simulated_providers::{Reply, Stage};

pub(crate) const TALKATIVE: &[&str] = &[
    "shared_preload_libraries = 'auto_explain'",
    "auto_explain.log_min_duration = 0",
    "auto_explain.log_verbose = on",
    "auto_explain.log_nested_statements = on",
    "log_statement = 'all'",
    "log_min_duration_statement = 0",
    "log_min_messages = 'debug1'",
    "log_min_error_statement = 'debug5'",
    "log_parameter_max_length = -1",
    "log_parameter_max_length_on_error = -1",
    "debug_print_plan = on",
    "track_activity_query_size = 65536",
];

/// A secret in every spelling in which it could have been written down.
pub(crate) fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let decimal: Vec<String> = secret.iter().map(ToString::to_string).collect();
    let hex = HEXLOWER.encode(secret);
    let base64 = BASE64.encode(&secret[..secret.len() / 3 * 3]);
    vec![
        secret.to_vec(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        base64.into_bytes(),
        decimal.join(" ").into_bytes(),
    ]
}

pub(crate) fn holds(haystack: &[u8], secrets: &[Vec<u8>]) -> bool {
    // Most places can be told from any secret by two bytes.
    let number = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut begins = vec![false; 1 << 16];
    for secret in secrets {
        begins[number(secret)] = true;
    }
    let begun = haystack.windows(2).enumerate().filter(|(_, pair)| begins[number(pair)]);
    begun.map(|(at, _)| &haystack[at..]).any(|rest| secrets.iter().any(|secret| rest.starts_with(secret)))
}

/// Every file below a directory that holds one of the secrets.
pub(crate) fn found_in(directory: &Path, secrets: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(directory) {
        // The server removes directories while this goes on.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return found,
        entries => entries.unwrap(),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(found_in(&path, secrets));
        } else if fs::read(&path).is_ok_and(|bytes| holds(&bytes, secrets)) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Every command that touches a key, in every format, and some that fail.
fn live(byok: &Byok) {
    byok.ok(&["enable", "acme", "--owner", "byok"]);
    for end in ["1111", "2222"] {
        byok.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    }
    byok.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin", "-o", "json"]);
    byok.clone().input(openai_key("bad!")).fails(2, &["key", "set", "anthropic", "--org", "acme", "--stdin"]);
    byok.clone().input(openai_key("xK7q")).fails(3, &["key", "set", "openai", "--org", "nobody", "--stdin"]);
    byok.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    byok.ok(&["credits", "grant", "10", "--org", "acme"]);
    byok.ok(&["run", "openai", "--org", "acme", "--operation", "interview", "--", "true"]);
    for format in ["table", "json", "jsonl", "csv", "plain"] {
        byok.ok(&["key", "list", "--all-orgs", "-o", format]);
        byok.ok(&["key", "show", "openai", "--org", "acme", "-o", format]);
        byok.ok(&["resolve", "openai", "--org", "acme", "--verify", "--explain", "-o", format]);
        byok.ok(&["status", "-o", format]);
    }
    tested(byok);
    byok.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    byok.ok(&["resolve", "openai", "--org", "acme", "--verify"]);
}

/// Keys on their way to providers, whose answers repeat whatever they were sent.
fn tested(byok: &Byok) {
    let stage = Stage::open(|request| {
        let key = request.header("authorization").unwrap_or_default();
        let (status, code) = if key.ends_with("gone") { (401, "invalid_api_key") } else { (200, key) };
        let body = json!({"data": [], "error": {"message": key, "code": code, "type": key, "param": key}});
        Reply::json(status, &body).header("x-request-id", key)
    });
    let byok = on_stage(&stage, byok.clone());
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    byok.clone().input(openai_key("3333")).ok(&set);
    byok.clone().input(openai_key("gone")).fails(6, &set);
    byok.ok(&["test-key", "--org", "acme", "-o", "json"]);
    byok.ok(&["test-key", "--platform", "--all-orgs", "-o", "table"]);
    assert!(!stage.hosts_that_saw(CANARY).is_empty());
}

#[test]
fn no_log_file_page_or_dump_holds_a_key_or_the_master_key() {
    let settings = TALKATIVE.iter().map(ToString::to_string).collect();
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
    let url = server.url("byok", "postgres");
    let master = MasterKey::generate(1).unwrap();
    let text = master.to_text().expose().to_owned();
    block_on(prepare(&url, &master));
    live(&Byok::new().env("BYOK_DATABASE_URL", &url).env("BYOK_MASTER_KEY", &text));
    // Without the seal it would look like this, and be found: the sweep can fail.
    sql(&url, "create table control (t text); insert into control values ('cOnTrOlCoNtRoL'); checkpoint").unwrap();

    let body = text.split('-').nth(2).unwrap();
    let key = BASE32_NOPAD.decode(body.as_bytes()).unwrap();
    let mut secrets = spellings(CANARY.as_bytes());
    secrets.extend(spellings(&key));
    secrets.push(body.as_bytes().to_vec());
    let below = server.socket_dir();
    let control = found_in(below, &spellings(b"cOnTrOlCoNtRoL"));
    for place in ["log", "pg_wal", "base"] {
        assert!(control.iter().any(|path| path.contains(place)), "the sweep does not see {place}");
    }
    assert_eq!(found_in(below, &secrets), Vec::<String>::new());
    if let Ok(dump) = Command::new("pg_dump").arg(&url).output()
        && dump.status.success()
    {
        assert!(holds(&dump.stdout, &spellings(b"cOnTrOlCoNtRoL")) && !holds(&dump.stdout, &secrets));
    }
}
