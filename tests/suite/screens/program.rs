//! The program itself: its private server, the programs that it runs, and one error of each exit code.

use rustix::process::Signal;

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

use super::{Screens, at_home};

#[test]
fn the_private_server() {
    let dir = tempfile::Builder::new().prefix("byok-screens-").tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let byok = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("byok").to_str().unwrap());
    let mut screens = Screens::of("local");
    screens.both(&byok, "local status");
    screens.both(&byok, "local down");
    screens.both(&byok, "local up");
    screens.both(&byok, "local status");
    screens.play(&byok, "status -o table");
    screens.play(&byok, "enable acme");
    screens.both(&byok, "local down");
    screens.play(&byok, "key list --org acme");
    screens.play(&byok, "local reset");
    screens.play(&byok, "local reset --yes");
    screens.play(&byok, "local reset --yes -o json");
    screens.compare();
}

#[test]
fn programs_that_are_run_with_a_key() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    let names = "env | cut -d= -f1 | sort | grep -v -e PWD -e SHLVL -e '^_$'";
    let mut screens = Screens::of("run");
    screens.play_with(&admin, "run openai --org acme -- sh -c", names);
    screens.play_with(&admin, "run openai --org acme --env MY_KEY=openai -- sh -c", names);
    screens.play_with(&admin, "run openai --org acme -- sh -c", "exit 7");
    screens.play(&admin, "run openai --org acme");
    screens.play(&admin, "run openai --org acme true");
    screens.play(&admin, "run sarvam --org acme -- true");
    screens.play(&admin, "run openai --org acme --env PATH=openai -- true");
    screens.play(&admin, "run openai --org acme --env GREETING=openai -- true");
    screens.play(&admin, "run openai --org acme --operation interview -- true");
    screens.play(&admin, "run openai --org acme --operation unknown -- true");
    screens.play(&admin, "run openai --org acme -- no-such-program");
    screens.play(&admin, "run openai --org acme -- /etc/passwd");
    screens.play(&admin, "-o json run openai --org acme -- no-such-program");
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    screens.play(&admin, "run openai --org acme --operation interview --request-id job-1 -- true");
    screens.play(&admin, "credits history --org acme --request-id job-1 -o table");
    screens.compare();
}

#[test]
fn completions_and_manual_pages() {
    let dir = tempfile::Builder::new().prefix("byok-screens-").tempdir_in("/tmp").unwrap();
    let byok = Byok::new();
    let mut screens = Screens::of("completions");
    for line in ["completions bash", "completions zsh", "completions fish", "man"] {
        let head = byok.ok(&line.split(' ').collect::<Vec<_>>());
        screens.text.extend([
            "$ byok ",
            line,
            " | head -3\n",
            &head.lines().take(3).collect::<Vec<_>>().join("\n"),
            "\n\n",
        ]);
    }
    screens.play(&byok, "completions ksh");
    screens.play(&byok, "completions");
    screens.play(&byok, &format!("man --dir {}", dir.path().display()));
    screens.play(&byok, "man --dir /dev/null/pages");
    screens.compare();
}

/// The codes of `byok::exit`, in order; those that need a terminal or a signal at the end.
#[test]
fn one_error_of_each_exit_code() {
    let stage = Stage::open(|request| match request.header("authorization") {
        Some(key) if key.ends_with("good") => Reply::json(200, &serde_json::json!({"data": [{"id": "gpt-mini"}]})),
        Some(key) if key.ends_with("busy") => Reply::status(503),
        _ => Reply::json(401, &serde_json::json!({"error": {"code": "invalid_api_key"}})),
    });
    let (world, bare) = (World::new(), World::empty());
    let dir = tempfile::Builder::new().prefix("byok-screens-").tempdir_in("/tmp").unwrap();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "bolt", "--owner", "byok"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    for (org, end) in [("acme", "good"), ("bolt", "bad!")] {
        admin.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    let tested = on_stage(&stage, admin.clone());
    let nowhere = admin.clone().env("BYOK_DATABASE_URL", "postgres://ada@127.0.0.1:1/byok");
    let mut screens = Screens::of("exit_codes");
    screens.both(&admin, "key list sarvam --org acme");
    screens.play(&admin, "man --dir /dev/null/pages");
    screens.both(&admin, "enable");
    screens.both(&admin, "resolve sarvam --org acme");
    screens.both(&admin, "key show sarvam --org acme");
    let keyless = at_home(admin.clone().without("BYOK_MASTER_KEY"), dir.path());
    screens.play(&keyless, "run openai --org acme -- true");
    screens.play(&keyless, "-o json run openai --org acme -- true");
    screens.both(&keyless, &format!("data-key issue --org acme --to-file {}", dir.path().join("key").display()));
    screens.both(&admin, "resolve openai --org acme --require platform");
    screens.both(&tested.clone(), "test-key openai --org bolt");
    screens.both(&nowhere, "org list");
    screens.both(&tested.clone().input(openai_key("busy")), "test-key openai --candidate --stdin");
    screens.play(&tested, "test-key openai --all-orgs --quiet -o json");
    screens.both(&at_home(Byok::new().env("BYOK_DATABASE_URL", &bare.url("byok")), dir.path()), "org list");
    screens.both(&admin, "credits charge interview openai --org acme --request-id job-1");
    let set = ["key", "set", "openai", "--org", "acme"];
    for (end, typed) in [("Ctrl-C", Some(b"\x03")), ("SIGTERM", None)] {
        let mut terminal = Terminal::run(&admin, &set);
        terminal.expect_prompt();
        match typed {
            Some(key) => terminal.send(key),
            None => terminal.signal(Signal::TERM),
        }
        let (code, seen) = terminal.end();
        let seen = seen.replace('\r', "");
        screens.text.extend(["$ byok ", &set.join(" "), "   # ", end, "\n", &seen, &format!("[exit {code}]\n\n")]);
    }
    screens.compare();
}
