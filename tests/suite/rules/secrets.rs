//! How a secret comes in, and where none of it comes out.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::command_tree::{Page, commands, pages};
use crate::harness::{Byok, CANARY, World, master_text, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

const SET: [&str; 5] = ["key", "set", "openai", "--org", "acme"];
/// Every command that reads a key.
const READERS: [&str; 7] = [
    "key set openai --org acme",
    "key rotate openai --org acme",
    "platform-key set openai",
    "platform-key rotate openai",
    "test-key openai --candidate",
    "data-key restore acme",
    "master-key escrow --confirm",
];

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Whether the next command is there, with the option that takes the place of a prompt.
fn names_a_source(said: &str) -> bool {
    said.contains("hint: ") && (said.contains("--stdin") || said.contains("--from-file"))
}

#[test]
fn no_command_has_an_option_whose_value_is_a_secret() {
    for page in pages() {
        for option in page.help.split_whitespace().filter(|word| word.starts_with("--")) {
            let name = option.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
            let names =
                ["key", "api-key", "token", "secret", "value", "password", "master-key", "data-key", "database-url"];
            assert!(!names.contains(&name), "byok {} has {option}", page.name());
        }
    }
}

#[test]
fn a_key_in_any_argument_of_any_command_is_refused_and_not_repeated() {
    let key = openai_key("xK7q");
    let byok = Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x");
    for page in pages().iter().filter(|page| page.name() != "run") {
        // The harness fails if any part of the key is put out.
        let said = byok.fails(2, &[&page.words()[..], &[&key]].concat());
        assert!(said.contains("a key must not be an argument") && said.contains("replace that key"), "{said}");
    }
    for line in [vec!["run", &key], vec!["run", "openai", "--org", &key, "--", "true"]] {
        byok.fails(125, &line);
    }
}

#[test]
fn every_command_that_reads_a_key_is_among_those_that_these_rules_try() {
    let reads = |help: &str| help.contains("--stdin") && help.contains("--from-env");
    let found: BTreeSet<String> =
        pages().iter().filter(|page| !page.is_group() && reads(&page.help)).map(Page::name).collect();
    let tried: BTreeSet<String> =
        found.iter().filter(|name| READERS.iter().any(|it| it.starts_with(&**name))).cloned().collect();
    assert_eq!((&found, found.len()), (&tried, READERS.len()));
}

#[test]
fn exactly_one_line_ending_and_one_byte_order_mark_are_taken_off_and_nothing_else() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let key = openai_key("xK7q");
    let set = [&SET[..], &["--stdin"]].concat();
    owner.clone().input(&key).ok(&set);
    for same in [format!("{key}\n"), format!("{key}\r\n"), format!("\u{feff}{key}"), format!("\u{feff}{key}\r\n")] {
        let (code, document) = owner.clone().input(&same).json(&set);
        assert_eq!((code, &document["result"]), (0, &"unchanged".into()), "{:?}", same.replace(&key, "KEY"));
    }
    for other in [
        format!("{key}\n\n"),
        format!("{key} \n"),
        format!("{key}\t"),
        format!(" {key}"),
        format!("{key}\r"),
        format!("\u{feff}\u{feff}{key}"),
        format!("{key}\u{a0}"),
        format!("\n{key}"),
    ] {
        let run = owner.clone().input(&other).run(&set);
        assert_eq!(run.code, 2, "{:?}: {run:?}", other.replace(&key, "KEY"));
    }
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["1"]);
}

#[test]
fn no_command_takes_a_key_from_a_pipe_unasked() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    for line in READERS {
        let said = admin.clone().input(openai_key("xK7q")).fails(2, &words(line));
        assert!(said.contains("standard input is not a terminal") && names_a_source(&said), "{line}: {said}");
    }
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
}

#[test]
fn the_lines_of_a_loop_stay_the_loops() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&[&SET[..], &["--stdin"]].concat());
    for line in
        ["key set openai", "key remove openai", "key list", "key show openai", "resolve openai", "credits balance"]
    {
        let script = format!("while read -r org; do \"$BYOK\" {line} --org \"$org\" >/dev/null 2>&1; echo got; done");
        let environment = owner.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("printf 'acme\\nacme\\nacme\\n' | {script}")]).env_clear();
        shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.env("BYOK", environment.get_program()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "got\ngot\ngot\n", "{line}");
    }
}

#[test]
fn a_secret_without_an_end_is_read_to_64_kib_and_refused() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    for line in [
        "yes cAnArY | \"$BYOK\" key set openai --org acme --stdin",
        "\"$BYOK\" key set openai --org acme --from-file <(yes cAnArY)",
    ] {
        let environment = owner.command(&[]);
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).env_clear().stdin(Stdio::null());
        shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.env("BYOK", environment.get_program()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("64 KiB"), "{line}: {said}");
    }
}

#[test]
fn a_pipe_that_was_asked_for_and_is_a_terminal_is_refused_with_what_to_do() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    for line in READERS {
        let (code, seen) = Terminal::run(&admin, &[&words(line)[..], &["--stdin"]].concat()).end();
        assert!(code == 2 && seen.contains("standard input is a terminal"), "{line}: {seen}");
        assert!(seen.contains("run without --stdin"), "{line}: {seen}");
    }
}

#[test]
fn one_rule_says_for_every_prompt_whether_anybody_can_be_asked() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    for (name, value, why) in
        [("CI", "1", "CI is set"), ("CI", "TRUE", "CI is set"), ("BYOK_NO_INPUT", "1", "BYOK_NO_INPUT")]
    {
        for line in READERS {
            let (code, seen) = Terminal::run(&admin.clone().env(name, value), &words(line)).end();
            assert!(code == 2 && seen.contains(why) && names_a_source(&seen), "{line}: {seen}");
        }
    }
    // In a Git Bash without a console, standard input is a pipe. Then too there is a way to go on.
    let (code, seen) = Terminal::shell(&admin, "exec \"$BYOK\" key set openai --org acme </dev/null").end();
    assert!(code == 2 && seen.contains("--stdin"), "{seen}");
}

#[test]
fn a_key_that_an_option_names_is_never_asked_for_again() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|_| Reply::json(401, &serde_json::json!({"error": {"code": "invalid_api_key"}})));
    let owner = on_stage(&stage, world.byok(&ada)).env("BAD", "hunter2 hunter2").env("REFUSED", &openai_key("xK7q"));
    for (source, value, wanted) in [
        ("--from-env", "BAD", 2),
        ("--from-env", "UNSET", 2),
        ("--from-file", "/nowhere/key", 2),
        ("--from-env", "REFUSED", 6),
    ] {
        let (code, seen) = Terminal::run(&owner, &[&SET[..], &[source, value]].concat()).end();
        assert!(code == wanted && !seen.contains("key for organization acme: "), "{source} {value}: {seen}");
    }
}

#[test]
fn the_key_is_asked_for_once_and_its_test_takes_the_place_of_typing_it_again() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|_| Reply::json(200, &serde_json::json!({"data": []})));
    let mut terminal = Terminal::run(&on_stage(&stage, world.byok(&ada)), &SET);
    terminal.expect_prompt().send(openai_key("xK7q") + "\r");
    let (code, seen) = terminal.end();
    assert_eq!((code, seen.matches("key for").count()), (0, 1), "{seen}");
    assert!(seen.contains("...xK7q") && seen.contains("verified"), "{seen}");
    assert_eq!(stage.received().len(), 1);
}

#[test]
fn whatever_help_is_asked_for_no_variable_is_shown() {
    let environment = Byok::new().ok(&["help", "environment"]);
    let names = environment.lines().filter_map(|line| line.strip_prefix("  ")?.split("  ").next());
    let names: Vec<&str> = names.flat_map(|names| names.split(", ")).filter(|name| name.starts_with("BYOK_")).collect();
    assert!(names.len() > 15, "{environment}");
    let byok = names.iter().fold(Byok::new(), |byok, name| byok.env(name, &format!("{CANARY}{name}")));
    // An output that is none is what the parser meets first.
    let byok = byok.without("BYOK_OUTPUT").env("DATABASE_URL", &format!("postgres://a:{CANARY}@h/x"));
    // Every page has the variable of the output. These have others too.
    let more = |page: &&Page| page.help.matches("[env: ").count() > 1;
    for page in pages().iter().filter(more) {
        for help in ["--help", "-h"] {
            assert_eq!(byok.run(&[&page.words()[..], &[help]].concat()).code, 0, "{} {help}", page.name());
        }
    }
}

#[test]
fn no_log_level_of_any_library_shows_a_secret() {
    let (world, ada, _) = World::with_owners();
    let loud = |byok: Byok| {
        let levels = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full"), ("SQLX_LOG", "trace"), ("DEBUG", "*")];
        levels.into_iter().fold(byok, |byok, (name, value)| byok.env(name, value))
    };
    let owner = loud(world.byok(&ada));
    let key = openai_key("xK7q");
    // Whatever the program says of its own steps, if it can.
    let verbose = pages().iter().any(|page| page.path.is_empty() && page.help.contains("--verbose"));
    let first: &[&str] = if verbose { &["--verbose"] } else { &[] };
    let run = |byok: &Byok, line: &[&str]| {
        // The harness fails if any part of a key is put out.
        let run = byok.run(&[first, line].concat());
        assert!(!run.err.contains("TRACE") && !run.err.contains("DEBUG"), "{line:?}: {run:?}");
    };
    run(&owner.clone().input(&key), &[&SET[..], &["--stdin"]].concat());
    run(&owner, &["resolve", "openai", "--org", "acme", "--verify", "--explain"]);
    run(&owner, &["run", "openai", "--org", "acme", "--", "true"]);
    run(&owner.env("BYOK_MASTER_KEY", &master_text().replace('A', "B")), &["master-key", "verify"]);
}

#[test]
fn no_command_that_reads_shows_a_stored_key_in_any_format() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&[&SET[..], &["--stdin"]].concat());
    owner.clone().input(openai_key("yyyy")).ok(&[&SET[..], &["--stdin"]].concat());
    for line in [
        "key list --org acme",
        "key show openai --org acme",
        "key history openai --org acme",
        "key export --metadata --org acme",
        "audit list --org acme",
        "resolve openai --org acme --explain --verify",
        "credits usage --org acme",
    ] {
        for format in ["table", "plain", "csv", "json", "jsonl"] {
            // The harness fails if any part of the key is put out.
            let out = owner.ok(&[&words(line)[..], &["-o", format]].concat());
            assert!(!out.contains("sk-proj") && !out.contains("T3Bl"), "{line} -o {format}: {out}");
        }
    }
    let said = owner.fails(2, &["key", "export", "--org", "acme"]);
    assert!(said.contains("exports no key"), "{said}");
    let of_keys = commands().into_iter().filter(|name| name.contains("key ") && name != "key export");
    let shown: Vec<String> =
        of_keys.filter(|name| ["reveal", "get", "export"].iter().any(|it| name.ends_with(it))).collect();
    assert!(shown.is_empty(), "{shown:?}");
}
