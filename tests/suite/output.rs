//! Output formats, completions, help and manual pages.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use byok::exit;

use crate::harness::{Byok, World, openai_key};
use crate::pty::Terminal;

fn filled() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    (world, ada)
}

#[test]
fn a_pipe_gets_full_values_between_tabs_and_no_header() {
    let (world, ada) = filled();
    let out = world.byok(&ada).ok(&["key", "list", "--org", "acme"]);
    let cells: Vec<&str> = out.trim_end_matches('\n').split('\t').collect();
    assert_eq!(cells[..5], ["acme", "openai", "...xK7q", "1", "active"]);
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn one_thing_in_a_pipe_has_a_line_for_each_field_with_its_name() {
    let (world, ada) = filled();
    let out = world.byok(&ada).ok(&["resolve", "openai", "--org", "acme", "--explain"]);
    let mut lines = out.lines();
    for line in ["org\tacme", "provider\topenai", "source\torganization", "hint\t...xK7q", "version\t1"] {
        assert_eq!(lines.next(), Some(line), "{out}");
    }
    assert!(out.contains("\nrule\tprovider_known\tyes\t"), "{out}");
    for command in [&["status"][..], &["org", "show", "acme"], &["provider", "show", "openai"]] {
        let out = world.byok("byok").ok(command);
        assert!(out.lines().all(|line| line.split('\t').count() == 2), "{command:?}: {out}");
    }
}

#[test]
fn a_table_fits_the_terminal_and_says_what_it_leaves_out() {
    let (world, ada) = filled();
    let owner = world.byok(&ada).without("COLUMNS");
    let list = ["key", "list", "--org", "acme", "-o", "table"];
    let narrow = owner.clone().env("COLUMNS", "40").run(&list);
    assert!(narrow.out.lines().all(|line| line.chars().count() <= 40), "{narrow:?}");
    assert!(narrow.out.contains("...xK7q") && narrow.err.contains("created"), "{narrow:?}");
    let usual = owner.run(&list);
    assert!(usual.out.lines().all(|line| line.chars().count() <= 80), "{usual:?}");
    assert_eq!(owner.run(&[&list[..], &["-q"]].concat()).err, "");
    // A terminal knows its own width.
    let wide = owner.env("COLUMNS", "1000");
    let (code, seen) = Terminal::wide(&wide, 60, &["key", "list", "--org", "acme"]).end();
    assert_eq!(code, 0);
    assert!(seen.lines().all(|line| line.starts_with("columns left out") || line.chars().count() <= 60), "{seen}");
}

#[test]
fn all_pages_of_a_table_have_their_columns_at_the_same_place() {
    let world = World::new();
    world.root("insert into byok.org (org, enabled) select lpad(n::text, 4, '0') || repeat('x', (2500 - n) / 250), true from generate_series(1, 2500) n");
    let out = world.byok("byok").ok(&["org", "list", "-o", "table"]);
    let at = out.lines().next().unwrap().find("ENABLED").unwrap();
    assert_eq!(out.lines().count(), 2501);
    for line in out.lines().skip(1) {
        assert_eq!(line.find(" yes").unwrap() + 1, at, "{line}");
    }
}

#[test]
fn a_flag_counts_before_its_variable() {
    let (world, ada) = filled();
    let owner = world.byok(&ada).env("BYOK_OUTPUT", "csv");
    let list = ["key", "list", "--org", "acme"];
    let with = |more: &[&str]| owner.ok(&[&list[..], more].concat());
    assert!(with(&[]).starts_with("org,provider"));
    assert!(with(&["--json"]).starts_with("{\"format_version\""));
    assert!(with(&["-o", "json"]).starts_with("{\"format_version\""));
    owner.fails(2, &[&list[..], &["--json", "-o", "csv"]].concat());
    owner.ok(&[&list[..], &["--json", "-o", "json"]].concat());
    // The same for a command line that is wrong.
    let json = world.byok(&ada).env("BYOK_OUTPUT", "json");
    assert!(json.fails(2, &["key", "lst", "-o", "table"]).starts_with("error: "));
    // The organization, and the master key.
    assert!(owner.clone().env("BYOK_ORG", "bolt").ok(&["key", "show", "openai", "--org", "acme"]).contains("xK7q"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    std::fs::write(&file, crate::harness::master_text()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let other = byok::admin::crypto::MasterKey::generate(1).unwrap();
    let admin = world.byok("byok").env("BYOK_MASTER_KEY", other.to_text().expose()).env("FILE", file.to_str().unwrap());
    admin.fails(4, &["master-key", "verify"]);
    let (code, said) = shell(&admin, "bash", "\"$BYOK\" master-key verify --master-key-fd 3 3<\"$FILE\"; exit $?");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_wrong_command_line_is_json_wherever_json_is_asked_for() {
    let byok = Byok::new();
    let json = byok.clone().env("BYOK_OUTPUT", "json");
    for (byok, line) in [
        (&byok, &["-o", "json", "key", "lst"][..]),
        (&byok, &["key", "lst", "-o", "json"]),
        (&byok, &["key", "list", "--nosuch", "--output", "jsonl"]),
        (&byok, &["key", "list", "--nosuch", "--output=json"]),
        (&byok, &["key", "list", "--nosuch", "-ojson"]),
        (&byok, &["key", "list", "--nosuch", "-qojson"]),
        (&byok, &["key", "list", "--nosuch", "-qo", "json"]),
        (&byok, &["key", "list", "--nosuch", "--json"]),
        (&byok, &["credits", "grant", "1", "--json"]),
        (&byok, &["org", "show", "--json"]),
        (&byok, &["enable", "--json"]),
        (&byok, &["key", "--json"]),
        (&byok, &["--json"]),
        (&byok, &["key", "list", "-o", "jsn", "--json"]),
        (&byok, &["audit", "list", "--limit", "many", "--json"]),
        (&json, &["key", "lst"]),
        (&json, &["key"]),
    ] {
        let run = byok.run(line);
        let document: serde_json::Value =
            serde_json::from_str(&run.err).unwrap_or_else(|error| panic!("{line:?}: {error}: {run:?}"));
        let error = &document["error"];
        assert_eq!((run.code, run.out.as_str(), &error["exit_code"]), (2, "", &2.into()), "{line:?}: {run:?}");
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert!(!text("message").is_empty() && !text("message").contains('\n'), "{line:?}: {run:?}");
        let next = if text("code") == "whose" { "give " } else { "byok " };
        assert!(["usage", "whose"].contains(&text("code").as_str()), "{line:?}: {run:?}");
        assert!(text("hint").contains(next) && !text("message").contains("tip:"), "{line:?}: {run:?}");
    }
    assert!(
        byok.clone()
            .env("BYOK_OUTPUT", "json")
            .fails(2, &["key", "list", "--nosuch", "-o", "plain"])
            .starts_with("error: ")
    );
}

#[test]
fn every_format_says_the_same() {
    let (world, ada) = filled();
    let list = |format| world.byok(&ada).ok(&["key", "list", "--org", "acme", "-o", format]);
    assert!(list("table").starts_with("ORG") && list("table").contains("acme"));
    assert!(list("csv").starts_with("org,provider,hint,version,state,"));
    let line: serde_json::Value = serde_json::from_str(&list("jsonl")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(document["items"][0], line);
    assert_eq!(document["next_cursor"], serde_json::Value::Null);
    assert_eq!(world.byok(&ada).ok(&["key", "list", "--org", "acme", "--json"]), list("json"));
    assert!(line["created_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn the_variable_for_the_organization_contradicts_nothing_that_is_said() {
    let (world, ada) = filled();
    let owner = world.byok(&ada).env("BYOK_ORG", "bolt");
    assert_eq!(owner.ok(&["key", "list", "--all-orgs"]).lines().count(), 1);
    assert_eq!(owner.ok(&["key", "list", "--org", "acme"]).lines().count(), 1);
    owner.fails(4, &["key", "list"]);
    owner.clone().env("BYOK_ORG", "").fails(2, &["key", "list"]);
    owner.fails(2, &["key", "list", "--all-orgs", "--org", "acme"]);
    for verb in ["balance", "usage"] {
        owner.ok(&["credits", verb, "--all-orgs"]);
        owner.ok(&["credits", verb, "--org", "acme"]);
        owner.fails(4, &["credits", verb]);
        owner.clone().env("BYOK_ORG", "").fails(2, &["credits", verb]);
        owner.fails(2, &["credits", verb, "--all-orgs", "--org", "acme"]);
    }
}

#[test]
fn an_empty_list_is_a_result() {
    let (world, ada, _) = World::with_owners();
    let document = world.byok(&ada).json(&["key", "list", "--org", "acme"]).1;
    assert_eq!(document["items"], serde_json::json!([]));
    assert_eq!(world.byok(&ada).ok(&["key", "list", "--org", "acme"]), "");
}

#[test]
fn a_failure_is_json_where_results_are() {
    let run = World::new().byok("byok").run(&["org", "show", "nobody", "-o", "json"]);
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let document: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((&document["error"]["code"], &document["error"]["exit_code"]), (&"not_found".into(), &3.into()));
}

#[test]
fn a_long_list_is_whole_whatever_the_page() {
    let world = World::new();
    world.root("insert into byok.org (org, enabled) select 'org-' || lpad(n::text, 5, '0'), true from generate_series(1, 2001) n");
    let out = world.byok("byok").ok(&["org", "list", "-o", "jsonl"]);
    assert_eq!(out.lines().count(), 2001);
    assert!(out.lines().last().unwrap().contains("org-02001"));
    assert_eq!(world.byok("byok").json(&["org", "list"]).1["items"].as_array().unwrap().len(), 2001);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let world = World::new();
    world.root("insert into byok.org (org, enabled) select 'org-' || n, true from generate_series(1, 3000) n");
    let mut child =
        world.byok("byok").command(&["org", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

/// How often a function of the database was called since that was last asked, once nobody is connected any more.
fn calls(world: &World, function: &str) -> String {
    let others = "select count(*)::text from pg_stat_activity where datname = current_database() \
                  and backend_type = 'client backend' and pid <> pg_backend_pid()";
    while world.root(others) != ["0"] {
        std::thread::yield_now();
    }
    let counted =
        format!("select coalesce(sum(calls), 0)::text from pg_stat_user_functions where funcname = '{function}'");
    let calls = world.root(&counted).remove(0);
    world.root("select pg_stat_reset()");
    calls
}

#[test]
fn no_page_is_asked_for_once_nobody_reads() {
    let world = World::new();
    world.root("insert into byok.org (org, enabled) select 'org-' || n, true from generate_series(1, 5001) n");
    world.root("insert into byok.balance select 'org-' || n, 0, 0 from generate_series(1, 5001) n");
    world.root(
        "do $$ begin execute format('alter database %I set track_functions = ''all''', current_database()); end $$",
    );
    for (function, pages, line) in
        [("org_list", "6", &["org", "list"][..]), ("balance_list", "6", &["credits", "balance", "--all-orgs"])]
    {
        world.byok("byok").ok(line);
        assert_eq!(calls(&world, function), pages, "{line:?}");
        for format in ["plain", "json", "csv", "table", "jsonl"] {
            let ended = world.byok("byok").unread(&[line, &["-o", format]].concat());
            assert_eq!(ended, (Some(0), String::new()));
            assert_eq!(calls(&world, function), "1", "{line:?} -o {format}");
        }
    }
}

#[test]
fn whatever_took_effect_is_said_where_its_result_cannot_be_written() {
    let world = World::new();
    let admin = world.byok("byok");
    let full = |line: &[&str]| {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = admin.command(line).stdin(Stdio::null()).stdout(full).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = full(&["enable", "bolt"]);
    assert!(code == Some(1) && said.contains("bolt is enabled"), "{said}");
    for format in ["plain", "json", "csv", "table", "jsonl"] {
        let (code, said) = full(&["credits", "grant", "1", "--org", "bolt", "-o", format]);
        assert!(code == Some(1) && said.contains("cannot write the result"), "{format}: {said}");
        let newest = world.root("select request from byok.ledger order by seq desc limit 1").remove(0);
        assert!(said.contains("granted 1 credit;") && said.contains(&format!("--request-id {newest}")), "{said}");
        // And with what was said it is not done twice.
        let again = admin.ok(&["credits", "grant", "1", "--org", "bolt", "--request-id", &newest]);
        assert!(again.contains("unchanged"), "{again}");
    }
    assert_eq!(world.root("select count(*)::text from byok.ledger"), ["5"]);
    // A reader that has enough is no failure, and what it did not read is said all the same.
    let (code, said) = admin.unread(&["credits", "grant", "1", "--org", "bolt"]);
    assert!(code == Some(0) && said.contains("[request req_"), "{said}");
    let (code, said) = full(&["completions", "bash"]);
    assert!(code == Some(1) && said.contains("cannot write"), "{said}");
}

/// Runs a line of a shell in which `$BYOK` is the program: exit code and standard error.
fn shell(byok: &Byok, shell: &str, line: &str) -> (Option<i32>, String) {
    let environment = byok.command(&[]);
    let mut command = Command::new(shell);
    command.args(["-c", line]).env_clear().env("BYOK", environment.get_program());
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // As Python's DEVNULL and Node's `ignore` discard it.
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    let stdout = if line.contains(">&-") { Stdio::piped() } else { null.into() };
    let output = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_closed_output_is_no_success_and_a_discarded_one_is() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme"]);
    let commands = [
        ("audit seal", "but this was done"),
        ("master-key verify", "data keys"),
        ("enable bolt", "bolt is enabled"),
        ("key list --org acme", ""),
        ("status", ""),
        ("completions bash", ""),
        ("--version", ""),
    ];
    for (command, effect) in commands {
        for (name, line) in [("sh", "\"$BYOK\" COMMAND >&-; exit $?"), ("bash", "exec >&-; \"$BYOK\" COMMAND; exit $?")]
        {
            let (code, said) = shell(&admin, name, &line.replace("COMMAND", command));
            assert!(code == Some(1) && said.contains("standard output is closed"), "{name} {command}: {said}");
            assert!(said.contains(effect), "{command}: {said}");
        }
        for line in ["\"$BYOK\" COMMAND >/dev/null; exit $?", "\"$BYOK\" COMMAND; exit $?", "exec \"$BYOK\" COMMAND"] {
            let (code, said) = shell(&admin, "sh", &line.replace("COMMAND", command));
            assert!(code == Some(0) && !said.contains("closed"), "{line} {command}: {said}");
        }
        let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let output = admin.command(&words).stdin(Stdio::null()).stdout(null).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
    }
}

#[test]
fn help_version_and_completions_touch_nothing_and_show_no_setting() {
    let byok = Byok::new()
        .env("BYOK_DATABASE_URL", "postgres://a:cAnArYcAnArY@h/x")
        .env("BYOK_MASTER_KEY", "cAnArYcAnArY")
        .env("BYOK_ORG", "cAnArYcAnArY")
        .env("BYOK_LOCAL_DIR", "/proc/nowhere");
    for line in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["help"],
        &["key", "set", "--help"],
        &["resolve", "--help"],
        &["key", "list", "--help"],
        &["help", "member", "add"],
        &["help", "environment"],
        &["help", "exit-codes"],
        &["help", "output"],
        &["provider", "list"],
        &["man"],
        &["completions", "zsh"],
        &["completions", "bash"],
        &["completions", "fish"],
        &["completions", "elvish"],
        &["completions", "powershell"],
        &["run", "--help"],
        &["credits", "rates", "set", "--help"],
        &["credits", "usage", "--help"],
    ] {
        assert!(!byok.ok(line).is_empty());
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    Byok::new().ok(&["man", "--dir", dir.path().to_str().unwrap()]);
    for page in ["byok.1", "byok-key-set.1", "byok-test-key.1", "byok-provider-add.1", "byok-org-list.1"] {
        let text = std::fs::read_to_string(dir.path().join(page)).unwrap();
        let title = text.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(title.contains(&format!("\"byok {}\"", env!("CARGO_PKG_VERSION"))), "{title}");
        assert!(
            text.contains("Never prompt; fail instead"),
            "{page}: options that the short help leaves out have a text"
        );
        assert!(text.contains(".SH EXAMPLES") && text.starts_with(".ie"), "{page}: {text}");
    }
}

#[test]
fn exit_codes_are_what_the_readme_says() {
    let readme = include_str!("../../README.md");
    for (code, _, when) in exit::ALL {
        assert!(readme.contains(&format!("| {code} | {when} |")), "{code} {when}");
    }
}
