//! Environment variables: one that cannot be used is an error that names it, and never selects another database or key.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::harness::{Byok, Run, World, master_text, openai_key};

const TEXTS: [&str; 17] = [
    "BYOK_PROFILE",
    "BYOK_DATABASE_URL",
    "BYOK_DATABASE_URL_COMMAND",
    "BYOK_POOLER",
    "BYOK_MASTER_KEY",
    "BYOK_MASTER_KEY_COMMAND",
    "BYOK_DATA_KEY",
    "BYOK_DATA_KEY_COMMAND",
    "BYOK_EVENT_COMMAND",
    "BYOK_WEBHOOK_SECRET",
    "BYOK_WEBHOOK_SECRET_COMMAND",
    "BYOK_ORG",
    "BYOK_OUTPUT",
    "BYOK_NO_INPUT",
    "BYOK_NO_TEST",
    "BYOK_STRICT",
    "BYOK_LOCAL_USER",
];
const PATHS: [&str; 7] = [
    "BYOK_CONFIG",
    "BYOK_DATABASE_URL_FILE",
    "BYOK_MASTER_KEY_FILE",
    "BYOK_DATA_KEY_FILE",
    "BYOK_WEBHOOK_SECRET_FILE",
    "BYOK_LOCAL_DIR",
    "BYOK_PG_BIN",
];

fn with(byok: &Byok, (name, value): (&str, &[u8]), arguments: &[&str]) -> Run {
    let mut command = byok.command(arguments);
    let output = command.env(name, OsStr::from_bytes(value)).stdin(Stdio::null()).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_variable_that_is_empty_or_no_text_is_refused_by_name_by_every_command() {
    let world = World::new();
    let configured = world.byok("byok");
    for line in
        [&["status"][..], &["org", "list"], &["provider", "list"], &["key", "list", "--all-orgs"], &["local", "status"]]
    {
        for name in TEXTS.iter().chain(&PATHS) {
            let run = with(&configured, (name, b""), line);
            assert!(run.code == 2 && run.err.contains(name) && run.out.is_empty(), "{name} {line:?}: {run:?}");
        }
        for name in TEXTS {
            let run = with(&configured, (name, b"hunter2\xff"), line);
            assert!(run.code == 2 && run.err.contains(name) && run.out.is_empty(), "{name} {line:?}: {run:?}");
            assert!(!run.err.contains("hunter2"), "{name}: {run:?}");
        }
    }
    let run = with(&configured, ("BYOK_POOLER", b""), &["run", "openai", "--org", "acme", "--", "true"]);
    assert_eq!(run.code, 125, "whatever fails before the program begins: {run:?}");
    let run = with(&configured, ("BYOK_POOLER", b""), &["status", "-o", "json"]);
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(error["error"]["code"], "bad_variable");
}

#[test]
fn help_is_there_whatever_is_set() {
    for name in TEXTS.iter().chain(&PATHS) {
        for line in [&["--help"][..], &["key", "set", "--help"], &["--version"], &["completions", "bash"], &["man"]] {
            for value in [&b""[..], b"\xff"] {
                // An output that is none is what clap meets first.
                let run = with(&Byok::new(), (name, value), line);
                let clap = name == &"BYOK_OUTPUT" && !line[line.len() - 1].starts_with("--");
                assert!(run.code == 0 || (clap && run.code == 2 && run.err.contains(name)), "{name} {line:?}: {run:?}");
            }
        }
    }
}

#[test]
fn a_switch_takes_yes_or_no_and_any_other_word_is_refused_by_name_before_anything_is_done() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada).without("BYOK_NO_TEST");
    for name in ["BYOK_NO_TEST", "BYOK_NO_INPUT", "BYOK_NO_PROGRESS", "BYOK_STRICT"] {
        for word in ["maybe", "2", "nein", " 1", "hunter2"] {
            let byok = owner.clone().env(name, word).input(openai_key("xK7q"));
            let error = byok.fails(2, &["key", "set", "openai", "--org", "acme", "--stdin"]);
            assert!(
                error.contains(name) && error.contains("true") && error.contains("false"),
                "{name}={word}: {error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        for word in ["1", "true", "YES", "on", "0", "false", "No", "off"] {
            assert_eq!(with(&owner, (name, word.as_bytes()), &["status"]).code, 0, "{name}={word}");
        }
    }
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
    let error = owner.clone().env("BYOK_NO_INPUT", "yes").fails(2, &["key", "set", "openai", "--org", "acme"]);
    assert!(error.contains("BYOK_NO_INPUT"), "{error}");
}

#[test]
fn a_variable_that_nobody_knows_is_an_error_that_names_the_near_one() {
    let world = World::new();
    let run = with(&world.byok("byok"), ("BYOK_DATABSE_URL", b"postgres://h/x"), &["status"]);
    assert!(run.code == 2 && run.err.contains("BYOK_DATABSE_URL") && run.err.contains("BYOK_DATABASE_URL?"), "{run:?}");
}

#[test]
fn a_database_url_that_cannot_be_used_never_leads_to_the_private_database() {
    let dir = tempfile::tempdir().unwrap();
    let byok = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
    for name in ["BYOK_DATABASE_URL", "DATABASE_URL"] {
        for value in [&b""[..], b"postgres://h/\xff"] {
            let run = with(&byok, (name, value), &["org", "list"]);
            assert!(run.code == 2 && run.err.contains(name), "{name}: {run:?}");
        }
    }
    assert!(!dir.path().join("local").exists(), "nothing was made");
    // What is not looked at is nobody's fault.
    let world = World::new();
    assert_eq!(with(&world.byok("byok"), ("DATABASE_URL", b""), &["org", "list"]).code, 0);
}

#[test]
fn where_nobody_watches_the_private_database_is_used_only_if_it_is_asked_for() {
    // An account that does not exist, so that nothing is made if this fails.
    let nowhere = Byok::new().env("BYOK_LOCAL_USER", "byok-no-such-account").env("HOME", "/nowhere");
    let unattended = [
        (nowhere.clone().env("CI", "true"), &[][..], "CI is set"),
        (nowhere.clone().env("BYOK_NO_INPUT", "1"), &[], "BYOK_NO_INPUT is set"),
        (nowhere.clone(), &["--no-input"], "--no-input was given"),
    ];
    for (byok, option, why) in &unattended {
        for line in [&["org", "list"][..], &["test-key", "--all-orgs"], &["init"], &["status"]] {
            let said = byok.fails(2, &[line, option].concat());
            for part in ["no database is configured", why, "BYOK_DATABASE_URL", "--local", "BYOK_LOCAL_DIR"] {
                assert!(said.contains(part), "{line:?}: {said}");
            }
        }
        let line = [&["run", "openai", "--org", "acme"], *option, &["--", "true"]].concat();
        assert!(byok.fails(125, &line).contains(why));
        let said = byok.clone().env("BYOK_DATABASE_URL", "").fails(2, &[&["org", "list"], *option].concat());
        assert!(said.contains("BYOK_DATABASE_URL") && said.contains("empty"), "{said}");
    }
    assert!(!nowhere.clone().env("CI", "0").run(&["org", "list"]).err.contains("no database is configured"));
    let dir = tempfile::Builder::new().prefix("byok-asked-").tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let asked = Byok::new().env("CI", "true").env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
    let run = asked.run(&["org", "list", "--no-input"]);
    let other = asked.clone().env("BYOK_DATABASE_URL", "postgres://nobody@127.0.0.1:1/never");
    let (local, configured) = (other.run(&["org", "list", "--local"]), other.run(&["org", "list"]));
    let down = asked.run(&["local", "down"]);
    assert!(run.code == 0 && local.code == 0 && down.code == 0, "{run:?} {local:?} {down:?}");
    assert_eq!(configured.code, 7, "--local wins over a variable, and nothing else does: {configured:?}");
}

#[test]
fn a_home_or_a_directory_of_credentials_that_is_none_never_leads_to_another_key() {
    let world = World::new();
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere");
    let set = ["master-key", "verify"];
    for (name, value) in [
        ("HOME", &b""[..]),
        ("HOME", b"home"),
        ("XDG_CONFIG_HOME", b"config"),
        ("CREDENTIALS_DIRECTORY", b""),
        ("CREDENTIALS_DIRECTORY", b"credentials"),
        ("CREDENTIALS_DIRECTORY", b"/nowhere"),
        ("CREDENTIALS_DIRECTORY", b"/etc/passwd"),
    ] {
        let run = with(&byok, (name, value), &set);
        assert!(run.code == 2 && run.err.contains(name), "{name}={value:?}: {run:?}");
    }
    // By its specification, one that is set to nothing is not set; and a directory without our key is systemd's business.
    let dir = tempfile::tempdir().unwrap();
    for (name, value) in [("XDG_CONFIG_HOME", &b""[..]), ("CREDENTIALS_DIRECTORY", dir.path().as_os_str().as_bytes())] {
        let run = with(&byok, (name, value), &set);
        assert!(run.code == 4 && run.err.contains("/nowhere/.config/byok/master.key"), "{name}: {run:?}");
    }
    // One that cannot be followed is there.
    std::os::unix::fs::symlink("/nowhere/key", dir.path().join("byok-master")).unwrap();
    let run = with(&byok, ("CREDENTIALS_DIRECTORY", dir.path().as_os_str().as_bytes()), &set);
    assert!(run.code == 4 && run.err.contains("byok-master"), "{run:?}");
}

#[test]
fn a_path_may_be_any_bytes() {
    let world = World::new();
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere");
    let dir = tempfile::Builder::new().prefix("byok-bytes-").tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let file = dir.path().join(OsStr::from_bytes(b"master\xff"));
    std::fs::write(&file, master_text()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let run = with(&byok, ("BYOK_MASTER_KEY_FILE", file.as_os_str().as_bytes()), &["master-key", "verify"]);
    assert_eq!(run.code, 0, "{run:?}");
    // The private database too, whose socket is named in a URL, which is text.
    let local = dir.path().join(OsStr::from_bytes(b"local\xff"));
    let local = ("BYOK_LOCAL_DIR", local.as_os_str().as_bytes());
    let run = with(&Byok::new(), local, &["enable", "acme"]);
    let status = with(&Byok::new(), local, &["local", "status", "-o", "json"]);
    let gone = with(&Byok::new(), local, &["local", "reset", "--yes"]);
    assert!(run.code == 0 && gone.code == 0, "{run:?} {gone:?}");
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    let socket = std::path::Path::new(status["item"]["socket_dir"].as_str().unwrap());
    assert!(socket.starts_with("/tmp") && !socket.exists(), "{} is left behind", socket.display());
}

/// `cargo run` and `cargo test` hand on what the build script sets, and what somebody has set is handed on as well.
#[test]
fn what_cargo_hands_to_the_program_is_no_setting_that_it_refuses() {
    let mut command = Byok::new().command(&["provider", "list"]);
    let ours = |(name, _): &(std::ffi::OsString, std::ffi::OsString)| name.as_bytes().starts_with(b"BYOK_");
    command.envs(std::env::vars_os().filter(ours));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
