//! What is written where, and what of it programs may rely on.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value;

use crate::cutting_proxy::Wiretap;
use crate::harness::{Byok, World, on_stage, openai_key, socket_dir};
use crate::simulated_providers::{Reply, Stage};
use crate::unwritten::READ;

/// Every command that reads, as it is typed.
const READERS: [&str; 42] = [
    "audit list",
    "audit verify",
    "config get output",
    "config path",
    "config profiles",
    "config show",
    "config show --origin",
    "credits balance --org acme",
    "credits balance --all-orgs",
    "credits history --org acme",
    "credits quote interview --org acme --provider openai",
    "credits rates list",
    "credits reconcile",
    "credits usage --org acme",
    "key export --metadata",
    "doctor",
    "event consumers",
    "event list",
    "key history openai --org acme",
    "key list --org acme",
    "key list --all-orgs",
    "key show openai --org acme",
    "local status",
    "master-key status",
    "master-key verify",
    "member list acme",
    "org list",
    "org show acme",
    "platform-key list",
    "platform-key show openai",
    "provider list",
    "provider list --capability voice",
    "provider route",
    "provider show openai",
    "resolve openai --org acme --explain",
    "resolve sarvam --org acme",
    "role list",
    "schema",
    "schema key.list",
    "status",
    "test-key openai --org acme",
    "test-key openai --all-orgs",
];
/// Commands that read and print no document, or that make something as well. Other tests run these.
const OTHERS: &str = "event failures,watch,completions,man,demo,run,init,local up,local down,local reset,data-key discard,data-key restore";

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

struct Filled {
    world: World,
    stage: Stage,
    ada: String,
}

impl Filled {
    fn new() -> Self {
        let stage = Stage::open(|_| Reply::json(200, &serde_json::json!({"data": []})));
        let (world, ada, _) = World::with_owners();
        let admin = world.byok("byok");
        world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
        for line in [
            "credits rates set interview --platform-part 1 --provider-part 4",
            "credits grant 100 --org acme",
            "credits charge interview --org acme --provider openai",
            "provider route voice sarvam",
        ] {
            admin.ok(&words(line));
        }
        Self { world, stage, ada }
    }

    /// An admin whose connection is weak, which each command that connects warns of.
    fn warned(&self, tap: &Wiretap) -> Byok {
        let database = self.world.root("select current_database()::text").remove(0);
        let url = tap.url("byok", &database).replace("127.0.0.1", "127.1");
        on_stage(&self.stage, self.world.byok("byok"))
            .env("BYOK_DATABASE_URL", &url)
            .env("BYOK_LOCAL_DIR", "/var/tmp/nothing")
    }
}

#[test]
fn every_command_that_reads_is_among_those_that_these_rules_try() {
    let all: BTreeSet<&str> = READ.split(',').map(str::trim).collect();
    let others: BTreeSet<&str> = OTHERS.split(',').collect();
    let tried = |name: &str| READERS.iter().any(|line| format!("{line} ").starts_with(&format!("{name} ")));
    let missing: Vec<_> = all.difference(&others).filter(|name| !tried(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn standard_output_is_one_document_whatever_there_is_to_warn_of() {
    let filled = Filled::new();
    let tap = Wiretap::before(socket_dir());
    let admin = filled.warned(&tap);
    let mut warned = 0;
    for line in READERS {
        let run = admin.run(&[&words(line)[..], &["-o", "json"]].concat());
        let document: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{line}: {error}: {run:?}"));
        // The weak connection is a failed check.
        let codes = if line == "doctor" { [9, 9] } else { [0, 3] };
        assert!(document.is_object() && codes.contains(&run.code), "{line}: {run:?}");
        warned += usize::from(run.err.contains("warning:"));
    }
    assert!(warned > 20, "{warned} of {} warned", READERS.len());
}

#[test]
fn every_document_has_its_version_and_its_kind() {
    let filled = Filled::new();
    let admin = on_stage(&filled.stage, filled.world.byok("byok"));
    let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema");
    for file in std::fs::read_dir(schemas).unwrap().flatten() {
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        let required = |name: &str| schema["required"].as_array().unwrap().contains(&name.into());
        let failure = file.file_name() == "error.json";
        assert!(required("format_version") && (required("kind") || failure), "{}", file.path().display());
    }
    for line in ["key list --org acme", "org show acme", "enable acme", "test-key openai --org acme"] {
        let document = admin.json(&words(line)).1;
        assert_eq!(document["format_version"], "1.0", "{line}");
        let name = words(line)[..2].join(".");
        let kind = document["kind"].as_str().unwrap();
        assert!([&name, "org.enable", "test_key"].contains(&kind), "{line}: {kind}");
    }
}

#[test]
fn what_is_stable_and_what_is_not_is_written_down() {
    let page = include_str!("../../../docs/output.md");
    let (stable, may_change) = ("stays within a major version", "may change at any time");
    assert!(page.contains(stable) && page.contains(may_change), "docs/output.md");
    for word in ["tables", "messages, hints and questions", "exit codes", "JSON documents", "variables"] {
        assert!(page.contains(word), "docs/output.md: {word}");
    }
    let topic = Byok::new().ok(&["help", "output"]);
    assert!(topic.contains("Within a major version, fields are only added"), "{topic}");
}

#[test]
fn a_terminal_gets_a_table_and_a_pipe_whole_values_with_absolute_times() {
    let filled = Filled::new();
    let owner = filled.world.byok(&filled.ada);
    let (code, seen) = crate::pty::Terminal::wide(&owner, 160, &["key", "list", "--org", "acme"]).end();
    assert!(code == 0 && seen.starts_with("ORG"), "{seen}");
    let narrow = owner.env("COLUMNS", "40");
    let row = narrow.ok(&["key", "list", "--org", "acme"]);
    assert!(row.starts_with("acme\topenai\t") && row.lines().count() == 1, "{row}");
    assert!(row.contains(&format!("\t{}", filled.ada)), "nothing is cut: {row}");
    let time = regex::Regex::new("\t[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z").unwrap();
    assert!(time.is_match(&row) && !row.contains(" ago"), "{row}");
}

#[test]
fn an_empty_list_is_success_in_every_list() {
    let world = World::new();
    let admin = world.byok("byok");
    for line in [
        "key list --all-orgs",
        "platform-key list",
        "credits balance --all-orgs",
        "credits rates list",
        "provider route",
        "org list",
        "audit list --org acme --since 2099-01-01",
        "credits usage --all-orgs",
    ] {
        let run = admin.run(&[&words(line)[..], &["-o", "json"]].concat());
        // An organization that nobody knows is no empty list.
        if line.contains("acme") {
            assert_eq!(run.code, 3, "{line}: {run:?}");
            continue;
        }
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, document["items"].as_array().map(Vec::len)), (0, Some(0)), "{line}: {run:?}");
        assert_eq!(admin.ok(&words(line)), "", "{line}");
    }
}

#[test]
fn a_reader_that_has_gone_is_met_in_silence_by_every_command() {
    let filled = Filled::new();
    let admin = on_stage(&filled.stage, filled.world.byok("byok")).env("BYOK_LOCAL_DIR", "/var/tmp/nothing");
    for line in READERS.iter().copied().chain(["--help", "help exit-codes", "completions bash", "man", "--version"]) {
        let (code, said) = admin.unread(&words(line));
        assert!([0, 3].map(Some).contains(&code), "{line}: {code:?} {said}");
        assert!(!said.contains("panic") && !said.contains("Broken pipe"), "{line}: {said}");
    }
}

#[test]
fn a_change_says_what_was_changed_and_never_the_value() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    let said = owner.clone().input(openai_key("aaaa")).ok(&set);
    assert!(said.contains("openai key ...aaaa of organization acme: stored as version 1"), "{said}");
    let said = owner.clone().input(openai_key("bbbb")).ok(&set);
    assert!(said.contains("version 2 in place of ...aaaa"), "{said}");
    // Whoever is quiet wants the result all the same.
    let mut command = owner.command(&["key", "remove", "openai", "--org", "acme", "--yes", "-q"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("openai key ...bbbb of organization acme: removed"), "{said}");
}
