//! Error messages: one line says what happened, one gives the next command, and there is no backtrace.

use crate::harness::{Byok, World, openai_key};

/// What is set on some machines so that errors carry where they came from.
fn traced(byok: Byok) -> Byok {
    byok.env("RUST_BACKTRACE", "full").env("RUST_LIB_BACKTRACE", "1")
}

/// The line of what happened; there is at most one more, the hint.
fn told(byok: &Byok, code: i32, line: &[&str]) -> String {
    let said = traced(byok.clone()).fails(code, line);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() <= 2 && lines[0].starts_with("error: "), "{said}");
    assert!(lines.get(1).is_none_or(|hint| hint.starts_with("  hint: ")), "{said}");
    for word in ["backtrace", "Caused by", "src/", ".rs:", "anyhow"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
    let parts: Vec<&str> = lines[0].split(": ").collect();
    for (at, part) in parts.iter().enumerate() {
        assert!(!parts[..at].contains(part), "a cause stands twice: {said}");
    }
    lines[0].to_owned()
}

#[test]
fn no_backtrace_is_shown_and_no_cause_twice() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    told(&admin, 3, &["org", "show", "ghost"]);
    told(&admin, 2, &["key", "set", "openai", "--org", "acme", "--from-file", &file("none")]);
    told(&world.byok(&ada), 4, &["enable", "newco"]);
    told(&admin.clone().env("BYOK_DATABASE_URL", "postgres://byok:cAnArYcAnArY@127.0.0.1:1/x"), 7, &["status"]);
    told(&admin.clone().env("BYOK_DATABASE_URL", "nonsense"), 2, &["status"]);
    let elsewhere = admin.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &file("absent"));
    told(&elsewhere.input(openai_key("1111")), 4, &["platform-key", "set", "openai", "--stdin"]);
    told(&admin, 2, &["provider", "add", "lab", "--from-file", &file("none")]);
    let command = admin.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_COMMAND", "/nonexistent/command");
    let said = told(&command.input(openai_key("1111")), 4, &["platform-key", "set", "openai", "--stdin"]);
    assert!(said.contains("BYOK_MASTER_KEY_COMMAND: cannot run /nonexistent/command: "), "{said}");
    told(&Byok::new().env("BYOK_LOCAL_DIR", "/proc/nowhere"), 7, &["local", "up"]);
    told(&admin.clone().env("CREDENTIALS_DIRECTORY", "relative"), 2, &["master-key", "verify"]);
}
