//! Completion: what the program answers, and that bash, zsh, fish, elvish and nushell make a line of it that runs.
//! There is no PowerShell here: of its script, only what the program answers is tested.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::{Byok, World, openai_key, skip};
use crate::pty::Terminal;

/// What is offered after these words. The last one is at the cursor.
fn offered(byok: &Byok, words: &[&str]) -> Vec<String> {
    let line = format!("byok\n{}\n", words.join("\n"));
    let run = byok.clone().input(line).run(&["__complete", "zsh"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{words:?}");
    run.out.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

/// What is offered of the names that the database has. A shell waits a moment only: where the database did not answer within it, the
/// answer is that without a database, and is asked for again.
fn known(byok: &Byok, words: &[&str]) -> Vec<String> {
    let away = offered(&byok.clone().env("BYOK_DATABASE_URL", "postgres://app@127.0.0.1:1/app"), words);
    let begun = Instant::now();
    loop {
        let found = offered(byok, words);
        if found != away || begun.elapsed() > Duration::from_secs(60) {
            return found;
        }
    }
}

/// Names that mean something to a shell.
const ODD: [&str; 6] = ["od1\"$HOME", "od2'x", "od3`id`", "od4:a=b@c", "od5\\!#;&|<>()*?[]{}~", "od6$(id)"];

fn with_odd_names() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    for org in ODD {
        world.byok("byok").ok(&["enable", org, "--owner", &ada]);
    }
    (world, ada)
}

#[test]
fn commands_options_and_values_are_offered_where_they_belong() {
    let byok = Byok::new();
    assert_eq!(offered(&byok, &["ke"]), ["key"]);
    assert_eq!(offered(&byok, &["key", "ro"]), ["rollback", "rotate"]);
    assert_eq!(offered(&byok, &["key", "list", "--a"]), ["--all-orgs"]);
    assert_eq!(offered(&byok, &["key", "list", "-o", "js"]), ["json", "jsonl"]);
    assert_eq!(offered(&byok, &["key", "list", "--output=cs"]), ["--output=csv"]);
    assert_eq!(offered(&byok, &["resolve", "--require", "pl"]), ["platform"]);
    assert_eq!(offered(&byok, &["completions", "n"]), ["nushell"]);
    assert_eq!(offered(&byok, &["test-key", "--accept", "verified,no_"]), ["verified,no_credit"]);
    assert_eq!(offered(&byok, &["help", "exit"]), ["exit-codes"]);
    assert_eq!(offered(&byok, &["schema", "key.se"]), ["key.set"]);
}

#[test]
fn providers_and_capabilities_are_offered_without_a_database() {
    let byok = Byok::new();
    assert_eq!(offered(&byok, &["key", "set", "deepg"]), ["deepgram"]);
    assert_eq!(offered(&byok, &["resolve", "voice-"]), ["voice-generation"]);
    assert!(offered(&byok, &["key", "show", "voice-"]).is_empty(), "a stored key is of a provider");
    assert_eq!(offered(&byok, &["provider", "list", "--capability", "ll"]), ["llm"]);
    assert_eq!(offered(&byok, &["run", "openai", "anthr"]), ["anthropic"]);
}

#[test]
fn names_of_the_database_are_those_that_the_login_may_see() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["provider", "add", "gateway", "--base-url", "https://gateway.example.org/v1"]);
    assert_eq!(known(&admin, &["key", "list", "--org", ""]), ["acme", "bolt"]);
    assert_eq!(known(&admin, &["enable", "bo"]), ["bolt"]);
    assert_eq!(known(&world.byok(&ada), &["key", "list", "--org", ""]), ["acme"]);
    assert_eq!(known(&admin, &["credits", "charge", "int"]), ["interview"]);
    assert_eq!(known(&admin, &["provider", "show", "gate"]), ["gateway"]);
    assert_eq!(known(&admin, &["member", "add", &ada]), [ada.as_str()]);
    // Neither a key nor a record is needed for it.
    let records = || world.root("select count(*)::text from byok.audit");
    let before = records();
    assert_eq!(known(&admin.clone().without("BYOK_MASTER_KEY"), &["org", "show", "a"]), ["acme"]);
    assert_eq!(records(), before);
}

#[test]
fn files_are_offered_only_where_a_file_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("openai.key"), "").unwrap();
    fs::create_dir(dir.path().join("open")).unwrap();
    let typed = format!("{}/ope", dir.path().display());
    let found = offered(&Byok::new(), &["key", "set", "openai", "--from-file", &typed]);
    assert_eq!(found, [format!("{typed}n/"), format!("{typed}nai.key")]);
    assert!(!offered(&Byok::new(), &["run", "openai", "--", &typed]).is_empty());
    for words in [&["key", "set", &typed][..], &["key", "set", "openai", "--org", &typed], &["enable", &typed]] {
        assert!(offered(&Byok::new(), words).is_empty(), "{words:?}");
    }
}

#[test]
fn no_option_that_would_take_a_key_is_offered_and_what_was_typed_is_not_repeated() {
    let byok = Byok::new();
    for typed in ["--", "--k", "--key", "--api", "--sec", "--tok", "--val", "--pass"] {
        for path in [&["key", "set", "openai"][..], &["platform-key", "set", "openai"], &["test-key"]] {
            let found = offered(&byok, &[path, &[typed]].concat());
            let trap = |it: &String| {
                ["--key", "--api-key", "--secret", "--token", "--value", "--password"].contains(&it.as_str())
            };
            assert!(!found.iter().any(trap), "{path:?} {typed}: {found:?}");
        }
    }
    // The program would fail the test if the key of this line were put out.
    offered(&byok, &["key", "set", "openai", "--org", &openai_key("xK7q")]);
    offered(&byok, &["key", "set", &openai_key("xK7q"), ""]);
}

#[test]
fn a_database_that_does_not_answer_is_not_waited_for_and_not_mentioned() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://app@127.0.0.1:{}/app?sslmode=disable", silent.local_addr().unwrap().port());
    for url in [url.as_str(), "postgres://app@127.0.0.1:1/app", "nonsense", "postgres://no.such.host.invalid/app"] {
        let byok = Byok::new().env("BYOK_DATABASE_URL", url);
        assert!(offered(&byok, &["key", "list", "--org", ""]).is_empty(), "{url}");
        assert_eq!(offered(&byok, &["key", "set", "deepg"]), ["deepgram"], "{url}");
    }
}

#[test]
fn the_private_server_is_neither_created_nor_started_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("private");
    let byok = Byok::new().env("BYOK_LOCAL_DIR", home.to_str().unwrap());
    assert!(offered(&byok, &["org", "show", ""]).is_empty());
    assert!(!home.exists());
}

#[test]
fn ids_are_kept_for_a_while_and_nothing_else_is() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let dir = tempfile::tempdir().unwrap();
    let owner = owner.env("XDG_CACHE_HOME", dir.path().to_str().unwrap());
    assert_eq!(known(&owner, &["org", "show", ""]), ["acme"]);
    let files: Vec<_> = fs::read_dir(dir.path().join("byok")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(
        (fs::metadata(file).unwrap().mode() & 0o777, fs::read_to_string(file).unwrap().as_str()),
        (0o600, "acme\n")
    );
    assert_eq!(fs::metadata(dir.path().join("byok")).unwrap().mode() & 0o777, 0o700);
    // What is fresh is used without asking, and what is there is not trusted if others can read it.
    fs::write(file, "kept\n").unwrap();
    assert_eq!(known(&owner, &["org", "show", ""]), ["kept"]);
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(known(&owner, &["org", "show", ""]), ["acme"]);
}

/// A directory with the program as `byok`, and the script of this shell.
fn ground(shell: &str) -> Option<(TempDir, String)> {
    if Command::new(shell).arg(if shell == "elvish" { "-version" } else { "--version" }).output().is_err() {
        skip(&format!("{shell} is not installed"));
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    symlink(env!("CARGO_BIN_EXE_byok"), dir.path().join("byok")).unwrap();
    let script = dir.path().join("script");
    fs::write(&script, Byok::new().ok(&["completions", shell])).unwrap();
    Some((dir, script.to_str().unwrap().to_owned()))
}

/// Lets the names be kept, so that the shell has them whether or not the database answers in the moment that it waits.
fn keeps_names(byok: &Byok) {
    assert!(!known(byok, &["org", "show", ""]).is_empty());
}

/// Types a line for each odd name up to what is its own, completes it, and runs what came of it.
fn completes(world: &World, ada: &str, shell: &str, start: &str, load: &str) {
    let Some((dir, script)) = ground(shell) else { return };
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let at = |path: &Path| path.to_str().unwrap().to_owned();
    let byok = world.byok(ada).env("PATH", &path).env("HOME", &at(dir.path())).env("TERM", "xterm");
    let mut terminal = Terminal::shell(&byok, &format!("stty cols 200; exec {start}"));
    terminal.send(format!("{}; echo rea''dy\n", load.replace("SCRIPT", &script)));
    terminal.expect("ready");
    for (number, org) in ODD.iter().enumerate() {
        keeps_names(&byok);
        terminal.send(format!("byok org sh\tod{}\t", number + 1));
        if shell == "elvish" {
            // It shows what it will write, and waits for Enter.
            terminal.expect(&format!("'{}'", org.replace('\'', "''"))).send("\n");
        }
        terminal.send("--json\n");
        let org = serde_json::to_string(org).unwrap();
        terminal.expect(&format!("\"org\":{org}"));
    }
    keeps_names(&byok);
    terminal.send("byok key set deepg\t--org ac\t--help | head -1; echo do''ne\n");
    terminal.expect("Store an organization's key").expect("done");
    terminal.send("exit\n");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn bash_completes_names_with_quotes_and_dollars_and_colons() {
    let (world, ada) = with_odd_names();
    completes(&world, &ada, "bash", "bash --norc --noprofile -i", "source SCRIPT");
}

#[test]
fn zsh_completes_names_with_quotes_and_dollars_and_colons() {
    let (world, ada) = with_odd_names();
    completes(&world, &ada, "zsh", "zsh -f -i", "autoload -Uz compinit; compinit -u -D; source SCRIPT");
}

#[test]
fn fish_completes_names_with_quotes_and_dollars_and_colons() {
    let (world, ada) = with_odd_names();
    completes(&world, &ada, "fish", "fish --no-config -i", "source SCRIPT");
}

#[test]
fn elvish_completes_names_with_quotes_and_dollars_and_colons() {
    let (world, ada) = with_odd_names();
    completes(&world, &ada, "elvish", "elvish -norc", "eval (slurp < SCRIPT)");
}

#[test]
fn bash_completes_inside_of_quotes_too() {
    let (world, ada) = with_odd_names();
    let Some((dir, script)) = ground("bash") else { return };
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let home = dir.path().to_str().unwrap();
    let byok = world.byok(&ada).env("PATH", &path).env("HOME", home).env("TERM", "xterm");
    let mut terminal = Terminal::shell(&byok, "stty cols 200; exec bash --norc --noprofile -i");
    terminal.send(format!("source {script}; echo rea''dy\n"));
    terminal.expect("ready");
    for (typed, org) in [("'od1", ODD[0]), ("\"od2", ODD[1]), ("\"od3", ODD[2]), ("od4:a=", ODD[3]), ("'od6$", ODD[5])]
    {
        keeps_names(&byok);
        terminal.send(format!("byok org show {typed}\t --json\n"));
        terminal.expect(&format!("\"org\":{}", serde_json::to_string(org).unwrap()));
    }
    terminal.send("exit\n");
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn the_scripts_run_nothing_when_they_are_read() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish", "nushell"] {
        let script = Byok::new().ok(&["completions", shell]);
        assert!(script.contains("byok __complete"), "{shell}");
        assert!(script.lines().count() < 50 && script.lines().all(|line| line.len() < 140), "{shell}");
    }
}

#[test]
fn stored_keys_profiles_settings_and_actions_are_offered() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for verb in ["remove", "rotate", "show", "expire"] {
        assert_eq!(known(&owner, &["key", verb, "--org", "acme", ""]), ["openai"], "{verb}");
        assert_eq!(known(&owner, &["key", verb, "--org=acme", ""]), ["openai"], "{verb}");
        assert_eq!(known(&owner.clone().env("BYOK_ORG", "acme"), &["key", verb, ""]), ["openai"], "{verb}");
    }
    // A first key may be of any provider, and so may that of an organization of which nothing is known.
    assert!(offered(&owner, &["key", "set", "--org", "acme", ""]).len() > 20);
    assert!(offered(&owner, &["key", "remove", "--org", "bolt", ""]).len() > 20);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(known(&admin, &["platform-key", "remove", ""]), ["openai"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(&file, "[profiles.staging]\norg = \"acme\"\n[profiles.production]\n").unwrap();
    let byok = Byok::new().env("BYOK_CONFIG", file.to_str().unwrap());
    assert_eq!(offered(&byok, &["status", "--profile", ""]), ["production", "staging"]);
    assert_eq!(offered(&byok, &["config", "set", "master_key_"]), ["master_key_command", "master_key_file"]);
    assert_eq!(offered(&byok, &["config", "set", "def"]), ["default_profile"]);
    assert_eq!(offered(&byok, &["config", "get", "prof"]), ["profile"]);
    assert_eq!(offered(&byok, &["audit", "list", "--action", "key.se"]), ["key.set"]);
}

/// nushell's own completer, called as its line editor calls it. What it offers for the last of these words.
fn offered_in_nushell(byok: &Byok, script: &str, words: &[&str]) -> Vec<String> {
    let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let line = format!(
        "source {script}; do $env.config.completions.external.completer [byok {list}] | get value | str join (char newline)"
    );
    nushell(byok, &line).lines().map(str::to_owned).collect()
}

fn nushell(byok: &Byok, line: &str) -> String {
    let mut shell = Command::new("nu");
    shell.args(["--no-config-file", "-c", line]).env_clear();
    shell.envs(byok.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn nushell_completes_names_with_quotes_and_dollars_and_colons() {
    if Command::new("nu").arg("--version").output().is_err() {
        skip("nushell is not installed");
        return;
    }
    let (world, ada) = with_odd_names();
    let dir = tempfile::tempdir().unwrap();
    symlink(env!("CARGO_BIN_EXE_byok"), dir.path().join("byok")).unwrap();
    let script = dir.path().join("byok.nu");
    fs::write(&script, Byok::new().ok(&["completions", "nushell"])).unwrap();
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let byok = world.byok(&ada).env("PATH", &path).env("HOME", dir.path().to_str().unwrap());
    assert_eq!(offered_in_nushell(&byok, script.to_str().unwrap(), &["key", "ro"]), ["rollback", "rotate"]);
    for (number, org) in ODD.iter().enumerate() {
        keeps_names(&byok);
        let found = offered_in_nushell(&byok, script.to_str().unwrap(), &["org", "show", &format!("od{}", number + 1)]);
        let [offer] = found.as_slice() else { panic!("{org}: {found:?}") };
        let shown = nushell(&byok, &format!("byok org show {offer} --json"));
        assert!(shown.contains(&format!("\"org\":{}", serde_json::to_string(org).unwrap())), "{offer}: {shown}");
    }
}
