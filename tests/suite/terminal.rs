//! The hidden prompt in a real pseudo-terminal.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{CANARY, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

const SET: [&str; 5] = ["key", "set", "openai", "--org", "acme"];

fn stored(world: &World) -> String {
    world.root("select count(*)::text from byok.provider_key")[0].clone()
}

#[test]
fn what_is_typed_is_stored_and_not_shown() {
    let (world, ada, _) = World::with_owners();
    let mut terminal = Terminal::run(&world.byok(&ada), &SET);
    terminal.expect_prompt().send(openai_key("xK7q") + "\r");
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("OpenAI key for organization acme: ") && seen.contains("...xK7q"), "{seen}");
    assert_eq!(stored(&world), "1");
}

#[test]
fn ctrl_c_ctrl_d_and_signals_restore_the_terminal_and_store_nothing() {
    let (world, ada, _) = World::with_owners();
    for (key, code) in
        [(&b"\x03"[..], 130), (b"sk-cAnArYcAnArY\x03", 130), (b"\x04", 130), (b"\x1c", 131), (b"sk-cAnArY\x1c", 131)]
    {
        let mut terminal = Terminal::run(&world.byok(&ada), &SET);
        terminal.expect_prompt().send(key);
        let (ended, seen) = terminal.end();
        assert_eq!(ended, code, "{key:?}: {seen}");
        assert!(seen.contains("nothing was stored"), "{seen}");
    }
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut terminal = Terminal::run(&world.byok(&ada), &SET);
        terminal.expect_prompt();
        terminal.signal(signal);
        assert_eq!(terminal.end().0, code, "{signal:?}");
    }
    assert_eq!(stored(&world), "0");
}

/// A shell with job control that says when the program was stopped, and whether the terminal echoes then.
const STOPPED: &str = "set -m; \"$BYOK\" key set openai --org acme; echo stopped with $(stty -a | tr ' ' '\\n' | grep -x -e echo -e -echo); \
     stty echo; fg; echo ended with $?";

#[test]
fn ctrl_z_stops_the_prompt_and_it_asks_anew_without_echo_when_it_goes_on() {
    let (world, ada, _) = World::with_owners();
    let mut terminal = Terminal::shell(&world.byok(&ada), STOPPED);
    terminal.expect_prompt().send(format!("sk-{CANARY}half\x1a"));
    terminal.expect("stopped with echo").expect_prompts(2).send(openai_key("xK7q") + "\r");
    let (_, seen) = terminal.expect_and_end("ended with 0");
    assert!(seen.contains("...xK7q") && seen.matches("OpenAI key for organization").count() == 2, "{seen}");
}

#[test]
fn a_prompt_that_a_signal_stopped_does_not_echo_when_it_goes_on() {
    let (world, ada, _) = World::with_owners();
    let mut terminal = Terminal::shell(&world.byok(&ada), STOPPED);
    terminal.expect_prompt().signal_foreground(Signal::STOP);
    terminal.expect("stopped with").expect_prompts(2).send(openai_key("xK7q") + "\r");
    let (_, seen) = terminal.expect_and_end("ended with 0");
    assert!(seen.contains("...xK7q"), "{seen}");
}

/// A provider that says that it was asked, and then waits until it may answer.
fn held_stage() -> (Stage, std::sync::mpsc::Receiver<()>, std::sync::mpsc::Sender<()>) {
    let ((told, asked), (go, wait)) = (channel(), channel::<()>());
    let (told, wait) = (Mutex::new(told), Mutex::new(wait));
    let stage = Stage::open(move |_| {
        let _ = told.lock().unwrap().send(());
        let _ = wait.lock().unwrap().recv();
        Reply::json(200, &json!({"data": []}))
    });
    (stage, asked, go)
}

#[test]
fn lines_that_come_while_the_key_is_tested_do_not_reach_the_shell() {
    let (world, ada, _) = World::with_owners();
    let (stage, asked, go) = held_stage();
    let line = "\"$BYOK\" key set openai --org acme; echo ended with $?; read line; echo \"the shell read: $line\"";
    let mut terminal = Terminal::shell(&on_stage(&stage, world.byok(&ada)), line);
    terminal.expect_prompt().send(openai_key("xK7q") + "\r");
    asked.recv().unwrap();
    terminal.send("rm -rf precious\rand half a line");
    terminal.expect("half a line");
    go.send(()).unwrap();
    terminal.expect("ended with 0").send("mine\r");
    let (_, seen) = terminal.expect_and_end("the shell read: mine");
    assert!(seen.contains("more lines were entered after the key, and were discarded"), "{seen}");
}

#[test]
fn a_command_can_be_ended_after_its_prompt() {
    let (world, ada, _) = World::with_owners();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let (stage, heard) = Stage::silent();
        let mut terminal = Terminal::run(&on_stage(&stage, world.byok(&ada)), &SET);
        terminal.expect_prompt().send(openai_key("xK7q") + "\r");
        heard.recv().unwrap();
        terminal.signal(signal);
        let (ended, seen) = terminal.end();
        assert!(ended == code && seen.contains("interrupted"), "{signal:?}: {ended} {seen}");
    }
    assert_eq!(stored(&world), "0");
}

#[test]
fn a_long_paste_arrives_whole() {
    let (world, ada, _) = World::with_owners();
    let mut terminal = Terminal::run(&world.byok(&ada), &SET);
    terminal.expect_prompt().send(format!("sk-{}\r", CANARY.repeat(330)));
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "3,963 characters are a key: {seen}");
    let mut terminal = Terminal::run(&world.byok(&ada), &SET);
    terminal.expect_prompt().send(format!("sk-{}\r", CANARY.repeat(500)));
    let (code, seen) = terminal.end();
    assert!(code == 2 && seen.contains("longer"), "6,003 characters are too many, and were not cut: {seen}");
}

#[test]
fn a_paste_of_several_lines_is_refused_and_not_left_for_the_shell() {
    let (world, ada, _) = World::with_owners();
    let mut terminal = Terminal::run(&world.byok(&ada), &SET);
    terminal.expect_prompt().send("{\"a\":\"cAnArYcAnArY\",\r\"b\":1\r}\r");
    let (code, seen) = terminal.end();
    assert!(code == 2 && seen.contains("more than one line") && seen.contains("--from-file"), "{seen}");
    assert_eq!(stored(&world), "0");
}

#[test]
fn ci_never_hangs_at_a_prompt() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    for value in ["1", "true", "TRUE"] {
        let (code, seen) = Terminal::run(&owner.clone().env("CI", value), &SET).end();
        assert!(code == 2 && seen.contains("CI is set") && seen.contains("--stdin"), "{seen}");
    }
    let (code, seen) = Terminal::run(&owner, &[&SET[..], &["--no-input"]].concat()).end();
    assert!(code == 2 && seen.contains("--no-input"), "{seen}");
    // Standard input is no terminal, and yet there is one that could be waited on for ever.
    let redirected = "exec \"$BYOK\" key set openai --org acme </dev/null";
    let (code, seen) = Terminal::shell(&owner, redirected).end();
    assert!(code == 2 && seen.contains("not a terminal"), "{seen}");
    for value in ["", "0", "false"] {
        let mut terminal = Terminal::run(&owner.clone().env("CI", value), &SET);
        terminal.expect_prompt().send("\x03");
        assert_eq!(terminal.end().0, 130);
    }
}

#[test]
fn a_redirected_output_still_hides_the_key() {
    let (world, ada, _) = World::with_owners();
    let file = tempfile::NamedTempFile::new().unwrap();
    let out = file.reopen().unwrap();
    let mut terminal = Terminal::run_with(&world.byok(&ada), &SET, |command| {
        command.stdout(out);
    });
    terminal.expect_prompt().send(openai_key("xK7q") + "\r");
    assert_eq!(terminal.end().0, 0);
    let written = std::fs::read_to_string(file.path()).unwrap();
    assert!(written.contains("...xK7q") && !written.contains(CANARY), "{written}");
}

#[test]
fn a_pipe_that_was_asked_for_is_not_a_terminal() {
    let (world, ada, _) = World::with_owners();
    let (code, seen) = Terminal::run(&world.byok(&ada), &[&SET[..], &["--stdin"]].concat()).end();
    assert!(code == 2 && seen.contains("standard input is a terminal"), "{seen}");
}

#[test]
fn a_removal_asks_and_no_means_no() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&[&SET[..], &["--stdin"]].concat());
    for (answer, code, state) in [("n\r", 2, "active"), ("\r", 2, "active"), ("y\r", 0, "removed")] {
        let mut terminal = Terminal::run(&owner, &["key", "remove", "openai", "--org", "acme"]);
        terminal.expect("[y/N]").send(answer);
        let (ended, seen) = terminal.end();
        assert_eq!(ended, code, "{seen}");
        assert_eq!(world.root("select state from byok.provider_key"), [state]);
    }
}

#[test]
fn lines_that_come_after_an_answer_do_not_reach_the_shell() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&[&SET[..], &["--stdin"]].concat());
    let line = "\"$BYOK\" key remove openai --org acme; echo ended with $?; read line; echo \"the shell read: $line\"";
    for (answer, code) in [("n", 2), ("y", 0)] {
        let mut terminal = Terminal::shell(&owner, line);
        terminal.expect("[y/N]").send(format!("{answer}\rrm -rf precious\rand half a line"));
        terminal.expect(&format!("ended with {code}")).send("mine\r");
        let (_, seen) = terminal.expect_and_end("the shell read: mine");
        assert!(seen.contains("more lines were entered after the answer, and were discarded"), "{seen}");
    }
}

#[test]
fn a_question_before_a_change_that_cannot_be_undone_names_the_database() {
    let (world, ada, _) = World::with_owners();
    let (owner, admin) = (world.byok(&ada), world.byok("byok"));
    for end in ["aaaa", "bbbb"] {
        owner.clone().input(openai_key(end)).ok(&[&SET[..], &["--stdin"]].concat());
    }
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let name = world.root("select current_database()::text").remove(0);
    let before = world.root("select count(*)::text from byok.audit");
    for (byok, line) in [
        (&owner, &["key", "remove", "openai", "--org", "acme"][..]),
        (&owner, &["key", "rollback", "openai", "--org", "acme"]),
        (&admin, &["platform-key", "remove", "openai"]),
        (&admin, &["data-key", "rotate", "acme"]),
        (&admin, &["data-key", "discard", "acme"]),
        (&admin, &["master-key", "rotate", "--leaked"]),
        (&admin, &["master-key", "create", "--lost"]),
        (&admin, &["member", "rebind"]),
    ] {
        let mut terminal = Terminal::run(byok, line);
        terminal.expect("[y/N]").send("n\r");
        let (code, seen) = terminal.end();
        let question = seen.split("[y/N]").next().unwrap();
        let place =
            question.contains(&format!("(database {name} on ")) && question.contains("named by BYOK_DATABASE_URL)");
        assert!(code == 2 && place, "{line:?}: {seen}");
    }
    let said = admin.fails(2, &["org", "purge", "acme"]);
    assert!(said.contains(&format!("(database {name} on ")) && said.contains("named by BYOK_DATABASE_URL)"), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.audit"), before);
}
