//! What a command reads, reaches and waits for.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use byok::admin::Database;

use crate::command_tree::pages;
use crate::harness::{Byok, CANARY, World, openai_key, parse, skip};
use crate::simulated_providers::{Reply, Stage};

/// Commands that answer from the program alone.
const OFFLINE: [&str; 14] = [
    "--version",
    "-V",
    "--help",
    "-h",
    "help",
    "help exit-codes",
    "help environment",
    "key set --help",
    "completions bash",
    "completions zsh",
    "completions fish",
    "man",
    "schema",
    "schema key.list",
];

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// An environment in which whatever is read or reached would be noticed.
fn nowhere(dir: &Path) -> Byok {
    let home = dir.to_str().unwrap();
    let byok = Byok::new().env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_DATA_HOME", home);
    byok.env("BYOK_DATABASE_URL", &format!("postgres://a:{CANARY}@192.0.2.1/x")).env("BYOK_LOCAL_DIR", "/proc/nowhere")
}

/// What the system was asked for by a run that ends well: a line for each call. None where that cannot be seen.
fn traced(byok: &Byok, line: &str) -> Option<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let program = byok.command(&words(line));
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=execve,open,openat,creat,mkdir,mkdirat,socket,connect,bind", "-o"]);
    command.arg(&trace).arg(program.get_program()).args(program.get_args()).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().ok()?;
    let calls = std::fs::read_to_string(&trace).unwrap_or_default();
    if !calls.contains("execve(") {
        return None;
    }
    assert!(output.status.success(), "byok {line}: {output:?}");
    Some(calls.lines().map(str::to_owned).collect())
}

const UNSEEN: &str = "strace is not installed, or may not trace here";

#[test]
fn version_help_and_completions_open_no_file_and_no_connection() {
    let dir = tempfile::tempdir().unwrap();
    for line in OFFLINE {
        let Some(calls) = traced(&nowhere(dir.path()), line) else { return skip(UNSEEN) };
        assert_eq!(calls.iter().filter(|call| call.contains("execve(")).count(), 1, "{calls:#?}");
        // The loader's own files, and what the runtime reads of its own stack.
        let own = ["execve(", "\"/etc/ld.so", "\"/lib", "\"/usr/lib", "\"/proc/self/"];
        let other: Vec<&String> = calls.iter().filter(|call| !own.iter().any(|it| call.contains(it))).collect();
        assert!(other.is_empty(), "byok {line}: {other:#?}");
    }
}

#[test]
fn no_command_connects_to_anything_but_its_database() {
    let world = World::new();
    let admin = world.byok("byok");
    for line in ["status", "enable acme", "key list --all-orgs", "credits balance --org acme", "audit verify"] {
        // Its socket is a file, and so is that of the system's list of accounts. No connection leaves the machine.
        let Some(calls) = traced(&admin, line) else { return skip(UNSEEN) };
        let connects: Vec<&String> = calls.iter().filter(|call| call.contains("connect(")).collect();
        assert!(connects.iter().any(|call| call.contains(".s.PGSQL.")), "{line}: {connects:#?}");
        assert!(connects.iter().all(|call| call.contains("AF_UNIX")), "{line}: {connects:#?}");
    }
}

#[test]
fn completions_and_help_are_there_while_the_database_is_away() {
    let dir = tempfile::tempdir().unwrap();
    for line in OFFLINE {
        assert!(!nowhere(dir.path()).ok(&words(line)).is_empty(), "{line}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn nothing_in_the_working_directory_is_a_setting() {
    let world = World::new();
    world.byok("byok").ok(&["enable", "acme"]);
    let dir = tempfile::tempdir().unwrap();
    let poison = "postgres://eve:hunter2@192.0.2.1/other";
    for name in [".env", ".env.local", ".envrc", "byok.toml", ".byok.toml", ".byok", "config.toml", "byok/config.toml"]
    {
        let file = dir.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text =
            format!("DATABASE_URL={poison}\nBYOK_DATABASE_URL={poison}\nBYOK_ORG=other\ndatabase_url = \"{poison}\"\n");
        std::fs::write(file, text).unwrap();
    }
    std::fs::write(dir.path().join("master.key"), "nonsense").unwrap();
    std::fs::write(dir.path().join(".pgpass"), "*:*:*:*:hunter2\n").unwrap();
    let run = |byok: &Byok, line: &[&str]| {
        let output = byok.command(line).current_dir(dir.path()).stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, said) = run(&world.byok("byok"), &["org", "list"]);
    assert!(code == Some(0) && out.starts_with("acme\t"), "{said}");
    let (code, _, said) = run(&Byok::new().env("CI", "1").env("HOME", "/nowhere"), &["org", "list"]);
    assert!(code == Some(2) && said.contains("no database is configured"), "{said}");
    // What PostgreSQL users set in their environment is a choice. It comes after the program's own variable.
    let both = world.byok("byok").env("DATABASE_URL", poison);
    assert_eq!(run(&both, &["org", "list"]).0, Some(0));
}

#[test]
fn the_database_that_the_settings_show_is_the_one_that_a_command_uses() {
    let (one, two) = (World::new(), World::new());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let write = |url: &str| {
        std::fs::write(&file, format!("[profiles.one]\ndatabase_url = \"{url}\"\n")).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    write(&one.url("byok"));
    let byok = Byok::new().env("BYOK_CONFIG", file.to_str().unwrap());
    let profile = byok.clone().env("BYOK_PROFILE", "one");
    let name = |world: &World| world.root("select current_database()::text").remove(0);
    for (byok, world) in [
        (profile.clone(), &one),
        (profile.clone().env("DATABASE_URL", &two.url("byok")), &one),
        (profile.env("BYOK_DATABASE_URL", &two.url("byok")), &two),
        (byok.clone().env("DATABASE_URL", &two.url("byok")), &two),
        (byok.env("BYOK_DATABASE_URL", &one.url("byok")).env("DATABASE_URL", &two.url("byok")), &one),
    ] {
        let shown = byok.json(&["config", "show", "--origin"]).1;
        let items = shown["items"].as_array().unwrap();
        let row = items.iter().find(|item| item["name"] == "database_url").unwrap();
        assert!(row["value"].as_str().unwrap().contains(&format!("/{}", name(world))), "{row}");
        let used = byok.json(&["status"]).1;
        assert!(used["item"].to_string().contains(&format!("\"{}", name(world))), "{used}");
    }
}

#[test]
fn a_connection_string_never_shows_its_password_whether_it_can_be_used_or_not() {
    for url in [
        format!("postgres://ada:{CANARY}@127.0.0.1:1/x"),
        format!("postgres://ada@127.0.0.1:1/x?password={CANARY}"),
        format!("postgres://ada:{CANARY}@nowhere.invalid/x"),
        format!("postgres://ada:{CANARY}@h:port/x"),
        format!("postgres://ada:{CANARY}#{CANARY}@h/x"),
        format!("postgres://ada:12/{CANARY}@h/x"),
        format!("postgres://ada:{CANARY}@h/x?sslmode={CANARY}"),
        format!("postgres://ada:{CANARY}@h/x?no_such={CANARY}"),
        format!("postgre://ada:{CANARY}@h/x"),
        format!("mysql://ada:{CANARY}@h/x"),
        format!("host=h user=ada password={CANARY}"),
        format!("ada:{CANARY}@h/x"),
        CANARY.to_owned(),
    ] {
        for line in ["status", "key remove openai --org acme", "init"] {
            // The harness fails if any part of the password is put out.
            let run = Byok::new().env("BYOK_DATABASE_URL", &url).run(&words(line));
            assert!(
                [2, 7].contains(&run.code) && run.err.contains("BYOK_DATABASE_URL") || line.starts_with("key"),
                "{run:?}"
            );
        }
    }
    let world = World::new();
    let url = world.url("byok").replace("://byok@", &format!("://byok:{CANARY}@"));
    assert!(url.contains(CANARY), "the string has a password now: {url}");
    let admin = world.byok("byok").env("BYOK_DATABASE_URL", &url);
    for line in ["status", "enable acme", "org purge acme", "credits balance --all-orgs"] {
        admin.run(&words(line));
    }
}

#[test]
fn nothing_is_sent_anywhere_but_to_the_database_unless_a_key_is_tested() {
    let stage = Stage::open(|_| Reply::json(200, &serde_json::json!({"data": []})));
    let (world, ada, _) = World::with_owners();
    let lead = |byok: Byok| {
        let proxy = stage.proxy_url();
        ["HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"]
            .iter()
            .fold(stage.lead(byok), |it, name| it.env(name, &proxy))
    };
    let (owner, admin) = (lead(world.byok(&ada)), lead(world.byok("byok")));
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for line in [
        "--version",
        "--help",
        "status",
        "provider list",
        "provider show openai",
        "key list --all-orgs",
        "resolve openai --org acme --verify",
        "org list",
        "master-key status",
        "audit verify",
        "completions bash",
    ] {
        admin.run(&words(line));
    }
    assert_eq!((stage.received().len(), stage.tunnels().len()), (0, 0));
    owner.without("BYOK_NO_TEST").ok(&["test-key", "openai", "--org", "acme"]);
    assert_eq!(stage.received().len(), 1);
}

#[test]
fn no_wait_for_a_database_is_without_an_end() {
    // It takes connections, and never says anything.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("postgres://ada@127.0.0.1:{}/x?sslmode=disable", silent.local_addr().unwrap().port());
    // The clock goes on by itself where everybody waits for it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let failed = runtime.block_on(Database::open(&parse(&url))).err().expect("no connection");
    assert!(failed.to_string().contains("no answer within 10 seconds"), "{failed}");
    for page in pages().iter().filter(|page| page.help.contains("--timeout")) {
        assert!(page.help.contains("[default: 10]"), "byok {}", page.name());
    }
}
