//! What byok says beside its results: with --verbose, in colour, and while something takes long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Byok, CANARY, World, master_text, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

#[test]
fn verbose_says_what_is_done_on_standard_error_and_nothing_secret() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    std::fs::write(&file, world.url("byok")).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let byok = world.byok("byok").without("BYOK_DATABASE_URL").env("BYOK_DATABASE_URL_FILE", file.to_str().unwrap());
    let set = ["platform-key", "set", "openai", "--stdin"];
    let plain = byok.clone().input(openai_key("4242")).run(&set);
    assert_eq!((plain.code, plain.err.as_str()), (0, ""));
    for option in ["-v", "--verbose"] {
        let run = byok.clone().input(openai_key(CANARY)).run(&[&set[..], &[option]].concat());
        assert!(run.code == 0 && !run.out.contains("- "), "{run:?}");
        for part in [
            "- no profile is in force",
            "- reads the database URL from",
            "- connected to database",
            "named by BYOK_DATABASE_URL_FILE: PostgreSQL",
            "- reads the key from BYOK_MASTER_KEY",
            "- calls byok_api.key_context",
        ] {
            assert!(run.err.contains(part), "{part}: {}", run.err);
        }
        assert!(!run.err.contains(CANARY) && !run.err.contains(master_text()), "{}", run.err);
    }
    let command = byok.clone().without("BYOK_DATABASE_URL_FILE");
    let command = command.env("BYOK_DATABASE_URL_COMMAND", &format!("cat {}", file.display()));
    let said = command.run(&["org", "list", "-v"]).err;
    assert!(said.contains("- runs cat for the database URL, as BYOK_DATABASE_URL_COMMAND says"), "{said}");
    byok.fails(2, &["org", "list", "-v", "-q"]);
}

const RED: &str = "\u{1b}[1;31merror:\u{1b}[0m";

#[test]
fn colours_are_for_terminals_unless_an_option_or_a_variable_says_otherwise() {
    let byok = Byok::new();
    let wrong = ["config", "get", "nosuch"];
    let plain = |byok: &Byok, options: &[&str]| {
        let run = byok.run(&[&wrong[..], options].concat());
        assert!(run.err.contains("error: "), "{run:?}");
    };
    let red = |byok: &Byok, options: &[&str]| {
        let run = byok.run(&[&wrong[..], options].concat());
        assert!(run.err.contains(RED) && run.err.contains("hint:\u{1b}[0m"), "{run:?}");
    };
    let forced = byok.clone().env("CLICOLOR_FORCE", "1");
    plain(&byok, &[]);
    red(&byok, &["--color", "always"]);
    red(&byok, &["--color=always"]);
    red(&byok.clone().env("NO_COLOR", "1"), &["--color", "always"]);
    red(&forced, &[]);
    red(&forced.clone().env("NO_COLOR", ""), &[]);
    plain(&forced, &["--color", "never"]);
    plain(&forced.clone().env("NO_COLOR", "1"), &[]);
    plain(&byok.clone().env("CLICOLOR_FORCE", "0"), &[]);
    assert!(byok.fails(2, &["status", "--color", "blue"]).contains("always"));
    // JSON stays JSON.
    let run = byok.run(&[&wrong[..], &["-o", "json", "--color", "always"]].concat());
    assert!(serde_json::from_str::<serde_json::Value>(&run.err).is_ok(), "{run:?}");
    // Help, and a command line that is wrong.
    assert!(byok.ok(&["--help", "--color", "always"]).contains("\u{1b}["));
    assert!(!byok.ok(&["--help"]).contains('\u{1b}'));
    assert!(byok.fails(2, &["nosuch", "--color", "always"]).contains(RED));
    let at_a_terminal = |byok: &Byok| Terminal::run(byok, &wrong).end().1;
    assert!(at_a_terminal(&byok.clone().env("TERM", "xterm")).contains(RED));
    for (name, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let seen = at_a_terminal(&byok.clone().env("TERM", "xterm").env(name, value));
        assert!(seen.contains("error: "), "{name}: {seen}");
    }
}

#[test]
fn what_takes_long_shows_its_progress_at_a_terminal_and_nowhere_else() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    // A slow provider, and one that does not answer before the terminal shows the progress.
    let waits = Arc::new(AtomicBool::new(false));
    let waiting = waits.clone();
    let stage = Stage::open(move |_| {
        sleep(Duration::from_millis(600));
        while waiting.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(10));
        }
        Reply::json(200, &json!({"data": []}))
    });
    let owner = on_stage(&stage, owner).env("TERM", "xterm");
    let line = ["test-key", "openai", "--org", "acme", "--timeout", "120"];
    let verified = |terminal: Terminal| {
        let (code, seen) = terminal.end();
        assert!(code == 0 && seen.contains("verified"), "{seen}");
        seen
    };
    let shown = |byok: &Byok| {
        waits.store(true, Ordering::SeqCst);
        let mut terminal = Terminal::run(byok, &line);
        terminal.expect("0/1 keys");
        waits.store(false, Ordering::SeqCst);
        verified(terminal);
    };
    let hidden = |byok: &Byok, options: &[&str]| {
        let seen = verified(Terminal::run(byok, &[&line[..], options].concat()));
        assert!(!seen.contains("0/1 keys"), "{options:?}: {seen}");
    };
    shown(&owner);
    hidden(&owner, &["--no-progress"]);
    hidden(&owner, &["-q"]);
    for (name, value) in [("BYOK_NO_PROGRESS", "true"), ("CI", "true"), ("TERM", "dumb")] {
        hidden(&owner.clone().env(name, value), &[]);
    }
    shown(&owner.clone().env("CI", "false"));
    assert!(!owner.run(&line).err.contains("keys  "), "in a pipe");
}
