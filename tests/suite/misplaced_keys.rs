//! Keys in places where no key belongs: neither output shows them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use byok::admin::crypto::{DataKey, MasterKey};
use byok::provider::Catalog;

use crate::harness::{Byok, CANARY, World, master_text, openai_key};

/// Random enough, and the same in every run.
struct Letters(u64);

impl Letters {
    fn pick(&mut self, letters: &str) -> char {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(self.0 >> 33).unwrap() % letters.len();
        char::from(letters.as_bytes()[at])
    }

    /// A key from a recipe of the catalog, such as `sk_{l8}_{n24}`.
    fn key(&mut self, recipe: &str) -> String {
        let (mut out, mut rest) = (String::new(), recipe);
        while let Some((before, after)) = rest.split_once('{') {
            let (kind, tail) = after.split_once('}').unwrap();
            out.push_str(before);
            let (letters, groups) = match &kind[..1] {
                "u" => ("0123456789abcdef", vec![8, 4, 4, 4, 12]),
                "d" => ("0123456789", vec![kind[1..].parse().unwrap()]),
                "h" => ("0123456789abcdef", vec![kind[1..].parse().unwrap()]),
                "l" => ("abcdefghijklmnopqrstuvwxyz0123456789", vec![kind[1..].parse().unwrap()]),
                _ => {
                    let any = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
                    (any, vec![kind[1..].parse().unwrap()])
                }
            };
            let group = |length: usize| (0..length).map(|_| self.pick(letters)).collect::<String>();
            out.push_str(&groups.into_iter().map(group).collect::<Vec<_>>().join("-"));
            rest = tail;
        }
        out + rest
    }
}

/// Keys of every shape, and our own: whole, in small letters, cut off.
fn keys() -> Vec<String> {
    let mut letters = Letters(42);
    let samples = Catalog::builtin().providers().iter().flat_map(|provider| &provider.format.samples);
    // A bare UUID is an id as often.
    let shapes = samples.filter(|recipe| recipe.contains('{') && recipe.as_str() != "{uuid}");
    let mut keys: Vec<String> = shapes.map(|recipe| letters.key(recipe)).collect();
    let (master, data) = (MasterKey::generate(7).unwrap().to_text(), DataKey::generate(2).unwrap().to_text());
    keys.extend([master.expose().to_owned(), data.expose().to_lowercase(), master.expose()[..44].to_owned()]);
    keys
}

/// Whether a result may hold that as an id: 32 hexadecimal digits are one, a vendor's prefix is not.
fn is_certain(key: &str) -> bool {
    byok::mask::holds_key(key)
}

/// Runs it in a directory that may be littered; both outputs.
fn run(byok: &Byok, arguments: &[&str], variable: Option<(&str, &str)>) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = byok.command(arguments);
    command.envs(variable).current_dir(dir.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Whether as much of a key is in a text as is worth a search.
fn shows(text: &str, key: &str) -> bool {
    (0..=key.len() - 12).any(|at| text.contains(&key[at..at + 12]))
}

#[test]
fn a_key_in_a_setting_is_in_neither_output() {
    let world = World::new();
    let plain = world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere");
    let (status, count) = (["status", "-o", "json"], keys().len());
    let set = ["platform-key", "set", "openai", "--from-file", "/nowhere/key"];
    for (at, key) in keys().iter().enumerate() {
        for (other, (name, lines)) in [
            ("BYOK_MASTER_KEY_FILE", &[&status[..], &["master-key", "create"], &["master-key", "verify"]][..]),
            ("BYOK_DATA_KEY_FILE", &[&status]),
            ("BYOK_MASTER_KEY_COMMAND", &[&status]),
            ("BYOK_DATA_KEY_COMMAND", &[&status]),
            ("BYOK_MASTER_KEY", &[&status]),
            ("BYOK_POOLER", &[&status]),
            ("BYOK_OUTPUT", &[&["status"], &set]),
            ("BYOK_DATABASE_URL", &[&status]),
            ("BYOK_PG_BIN", &[&["local", "status", "-o", "json"]]),
            ("CREDENTIALS_DIRECTORY", &[&status]),
            ("HOME", &[&status]),
            ("XDG_CONFIG_HOME", &[&status]),
        ]
        .into_iter()
        .enumerate()
        {
            // Every variable with a third of the shapes and with our own; every shape in a third of the variables.
            if (at + other) % 3 != 0 && at + 3 < count {
                continue;
            }
            let values = [key.clone(), format!("/nowhere/{key}/x"), format!("postgres://ada:{key}@127.0.0.1:1/x")];
            let value = &values[(at / 3 + other) % 3];
            for line in lines {
                let (code, out, err) = run(&plain, line, Some((name, value)));
                assert!(!shows(&out, key) && !shows(&err, key), "{name}={value} {line:?} ({code}): {out}{err}");
            }
        }
    }
}

/// Where an id belongs: what may be one, such as 32 hexadecimal digits, is one.
const IDS: [&[&str]; 11] = [
    &["enable", "{}"],
    &["enable", "--", "{}"],
    &["enable", "acme", "--owner", "{}"],
    &["disable", "{}"],
    &["org", "show", "{}"],
    &["member", "add", "acme", "{}"],
    &["member", "list", "{}"],
    &["role", "grant", "resolver", "{}"],
    &["key", "set", "openai", "--org", "{}", "--stdin"],
    &["key", "show", "openai", "--org", "{}"],
    &["data-key", "issue", "{}", "--to-file", "x"],
];

/// What is typed in other places, with a key for `{}`.
const LINES: [&[&str]; 28] = [
    &["{}"],
    &["key", "{}"],
    &["--output", "{}", "status"],
    &["--{}", "status"],
    &["status", "{}"],
    &["status", "--master-key-fd", "{}"],
    &["help", "{}"],
    &["completions", "{}"],
    &["man", "--dir", "/proc/{}"],
    &["org", "purge", "acme", "--confirm", "{}"],
    &["role", "grant", "{}", "ada"],
    &["key", "set", "{}", "--org", "acme", "--stdin"],
    &["key", "set", "openai", "{}", "--org", "acme"],
    &["key", "set", "openai", "--org", "acme", "--from-file", "{}"],
    &["key", "set", "openai", "--org", "acme", "--from-env", "{}"],
    &["key", "set", "openai", "--org", "acme", "--stdin", "--expires", "{}"],
    &["key", "set", "azure_openai", "--org", "acme", "--stdin", "--setting", "endpoint={}"],
    &["key", "set", "openai", "--org", "acme", "--api-key={}"],
    &["resolve", "{}", "--org", "acme"],
    &["resolve", "voice", "--language", "{}", "--org", "acme"],
    &["run", "openai", "--org", "acme", "--env", "{}=openai", "--", "true"],
    &["run", "openai", "--org", "acme", "--", "{}"],
    &["provider", "add", "{}", "--base-url", "https://x.example/v1"],
    &["provider", "add", "gateway", "--base-url", "https://u:{}@x.example/v1"],
    &["provider", "add", "gateway", "--from-file", "{}"],
    &["credits", "grant", "{}", "--org", "acme"],
    &["audit", "verify", "--kept", "{}"],
    &["audit", "list", "--since", "{}"],
];

#[test]
fn a_key_as_an_argument_is_in_no_error_and_a_certain_one_in_no_result() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let keys = keys();
    for (at, line) in LINES.iter().chain(&IDS).enumerate() {
        let names = at >= LINES.len();
        // Every line with some of the shapes, every shape in some of the lines, and our own in all.
        for key in keys.iter().skip(at % 5).step_by(5).chain(&keys[keys.len() - 3..]) {
            let line: Vec<String> = line.iter().map(|word| word.replace("{}", key)).collect();
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            let byok = if key.len() % 2 == 0 { &admin } else { &owner };
            let (code, out, err) = run(byok, &line, None);
            assert!(!shows(&err, key) || (names && !is_certain(key)), "{line:?} ({code}): {out}{err}");
            assert!(!is_certain(key) || !shows(&out, key), "{line:?} ({code}): {out}{err}");
            let others = line[0] == "run" && line.last() == Some(&key.as_str());
            let codes = if line[0] == "run" { [125, if others { 127 } else { 125 }] } else { [2, 2] };
            assert!(!is_certain(key) || codes.contains(&code), "{line:?} ({code}): {out}{err}");
        }
    }
    let named = world.root("select count(*)::text from byok.org where org not in ('acme', 'bolt')");
    let certain = keys.iter().filter(|key| is_certain(key)).count();
    assert!(named[0].parse::<usize>().unwrap() + certain <= keys.len(), "no organization is named like a key");
}

/// The exit code of a wrong command line. The codes of `run` are those of the program, except for its own.
fn wrong(line: &[&str]) -> i32 {
    if line.first() == Some(&"run") { 125 } else { 2 }
}

#[test]
fn what_is_typed_where_nothing_belongs_is_named_by_its_place_and_not_repeated() {
    for (line, said) in [
        (&["status", "hunter2"][..], "number 2"),
        (&["hunter2"], "number 1"),
        (&["key", "hunter2"], "number 2"),
        (&["status", "--hunter2"], "number 2"),
        (&["status", "--hunter2=hunter3"], "number 2"),
        (&["status", "-o", "hunter2"], "number 3"),
        (&["status", "--output=hunter2"], "number 2"),
        (&["status", "--quiet=hunter2"], "--quiet"),
        (&["status", "--master-key-fd", "hunter2"], "number 3"),
        (&["run", "openai", "--org", "a", "--operation", "x", "--units", "99999999999999999"], "1..="),
        (&["help", "hunter2"], "unrecognized"),
        (&["status", "--hunter2", "--", "hunter3"], "number 2"),
        (&["key", "set", "openai", "--org", "acme", "--password", "hunter2"], "--password"),
    ] {
        let run = Byok::new().run(line);
        assert_eq!(run.code, wrong(line), "{line:?}: {run:?}");
        assert!(run.err.contains(said) || said == "--password", "{line:?}: {run:?}");
        let all = format!("{}{}", run.out, run.err);
        for secret in ["hunter2", "hunter3", "99999999999999999"] {
            assert!(!all.contains(secret), "{line:?}: {run:?}");
        }
    }
    let run = Byok::new().env("BYOK_OUTPUT", "hunter2").run(&["status"]);
    assert!(run.code == 2 && run.err.contains("BYOK_OUTPUT") && !run.err.contains("hunter2"), "{run:?}");
    let run = Byok::new().run(&["stauts"]);
    assert!(run.err.contains("status"), "what is near is still said: {run:?}");
}

#[test]
fn an_argument_that_is_no_text_is_refused_without_a_word_of_it() {
    let byok = Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x");
    let bad = OsStr::from_bytes(b"sk-proj-cAnArYcAnArY\xff");
    let flag = OsStr::from_bytes(b"--api-key=cAnArYcAnArY\xff");
    for line in [
        &["key", "set", "openai"][..],
        &["key", "set", "openai", "--org", "acme", "--token"],
        &["resolve", "openai", "--org"],
        &["-o"],
        &[],
        &["key"],
        &["enable"],
        &["status"],
        &["status", "--master-key-fd"],
        &["run", "openai", "--org", "acme", "--env"],
    ] {
        for bad in [bad, flag, OsStr::from_bytes(b"--cAnArYcAnArY\xff"), OsStr::from_bytes(b"cAnArYcAnArY\xfe")] {
            let mut command = byok.command(line);
            let output = command.arg(bad).stdin(Stdio::null()).output().unwrap();
            let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert_eq!(output.status.code(), Some(wrong(line)), "{line:?} {bad:?}: {all}");
            assert!(!all.contains(CANARY) && !all.contains("panicked") && !all.contains("fault"), "{line:?}: {all}");
        }
    }
}

#[test]
fn a_program_gets_its_arguments_as_they_are_whatever_the_bytes() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let shell = ["run", "openai", "--org", "acme", "--", "sh", "-c", "printf %s \"$1\" \"$2\"", "sh"];
    let given = [&b"a\xff\xfeb"[..], b"sk-proj-aB3dE5gH7jK9mN1pQ3rS5tU7"];
    let mut command = owner.command(&shell);
    command.args(given.map(OsStr::from_bytes));
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, given.concat());
    let mut command = owner.command(&shell[..5]);
    let output = command.arg(OsString::from(OsStr::from_bytes(b"/nowhere/\xff"))).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
}

#[test]
fn a_row_that_is_named_like_a_key_is_shown_without_it() {
    let world = World::new();
    let key = "sk-proj-aB3dE5gH7jK9mN1pQ3rS5tU7vW9x";
    for name in [key, &master_text().to_lowercase()] {
        world.root(&format!("insert into byok.org (org, enabled) values ('{name}', true), ('x{}', true)", &name[..9]));
        for format in ["table", "json", "jsonl", "csv", "plain"] {
            let out = world.byok("byok").ok(&["org", "list", "-o", format]);
            assert!(!shows(&out, name) && out.contains("***"), "{format}: {out}");
        }
        world.root("delete from byok.org");
    }
    // An id is an id, and stays whole.
    for id in ["0123456789abcdef0123456789abcdef", "7d444840-9dc0-41d1-b245-5ffdce74fad2", "01J9ZQ3W8X7V6T5S4R3Q2P1N0M"]
    {
        assert!(world.byok("byok").ok(&["enable", id]).contains(id));
        assert!(world.byok("byok").ok(&["org", "list"]).contains(id));
    }
}
