//! `--dry-run`: it checks everything that the real command checks, says what would change, and writes nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::credits::world;
use crate::harness::{Byok, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

/// Every row of every table, the roles of this test's logins, and the schemas. Sequences count on after a rollback, so
/// they are left out.
fn dumped(world: &World) -> Vec<String> {
    let logins = world.login_name("");
    let tables = world.root(
        "select format('select %L || t::text from byok.%I t', c.relname || ': ', c.relname)
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'byok' and c.relkind in ('r', 'p')",
    );
    let rest = format!(
        "select 'role ' || r.rolname || coalesce(' of ' || m.roleid::regrole::text, '')
         from pg_roles r left join pg_auth_members m on m.member = r.oid where starts_with(r.rolname, '{logins}')
         union all select 'schema ' || nspname from pg_namespace where nspname like 'byok%'
         union all select 'extension ' || extname from pg_extension"
    );
    world.root(&format!("{} order by 1", [tables, vec![rest]].concat().join(" union all ")))
}

/// A command, its input, and its name for messages.
type Line<'a> = (&'a [&'a str], &'a str);

/// Runs a command as a dry run and then really. Both have the same exit code, result and kind, and only the second one
/// changes the database.
fn rehearsed(world: &World, byok: &Byok, (line, input): Line<'_>) {
    let byok = byok.clone().input(input);
    let before = dumped(world);
    let (code, dry) = byok.json(&[line, &["--dry-run"]].concat());
    assert_eq!(dumped(world), before, "the dry run of {line:?} changed the database");
    let (real_code, real) = byok.json(line);
    assert_eq!(code, real_code, "{line:?}: {dry} {real}");
    assert_eq!(dry["kind"], real["kind"], "{line:?}");
    let outcomes = |document: &Value| match document["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![document.clone()],
    };
    for (dry, real) in outcomes(&dry).iter().zip(outcomes(&real)) {
        assert_eq!((&dry["dry_run"], &real["dry_run"]), (&true.into(), &false.into()), "{line:?}");
        assert_eq!(dry.get("result"), real.get("result"), "{line:?}: {dry} {real}");
    }
    assert_ne!(dumped(world), before, "{line:?} changed nothing, so this test shows nothing");
}

fn changes_of_owners(world: &World, owner: &Byok) {
    let key = openai_key("bbbb");
    let groq = format!("gsk_{}", "a".repeat(52));
    let list = format!("{{\"org\":\"acme\",\"provider\":\"groq\",\"key\":\"{groq}\"}}\n{{}}\n");
    rehearsed(world, owner, (&["key", "import", "-"], &list));
    for line in [
        (&["key", "set", "openai", "--org", "acme", "--stdin"][..], key.as_str()),
        (&["key", "rollback", "openai", "--org", "acme", "--yes"], ""),
        (&["key", "rotate", "openai", "--org", "acme", "--stdin"], openai_key("cccc").as_str()),
        (&["key", "set", "sarvam", "--org", "acme", "--stdin"], "sk_12345678_abcdefghijklmnopqrstuv"),
        (&["key", "expire", "openai", "--org", "acme", "--expires", "2099-01-31"], ""),
    ] {
        rehearsed(world, owner, line);
    }
    world.root("update byok.provider_key set keep_until = now() where state = 'previous'");
    rehearsed(world, owner, (&["tidy"], ""));
    rehearsed(world, owner, (&["key", "copy", "openai", "--from", "acme", "--to", "bolt"], ""));
    rehearsed(world, owner, (&["key", "move", "openai", "--from", "acme", "--to", "bolt", "--yes"], ""));
    rehearsed(world, owner, (&["key", "remove", "openai", "--org", "bolt", "--yes"], ""));
}

fn lists(world: &World, admin: &Byok, eve: &str, datakeys: &str) {
    let member = format!("acme\t{eve}\tviewer\n");
    for line in [
        (&["enable", "--from-file", "-"][..], "listed\nacme\n"),
        (&["disable", "--from-file", "-"], "listed\nnowhere\n"),
        (&["member", "add", "--from-file", "-"], member.as_str()),
        (&["member", "remove", eve, "--org", "acme"], ""),
        (&["data-key", "issue", "--from-file", "-", "--to-dir", datakeys], "acme\nbolt\n"),
    ] {
        rehearsed(world, admin, line);
    }
}

#[test]
fn a_dry_run_leaves_the_database_as_it_was_and_says_what_the_real_run_does() {
    let (world, ada, _) = world();
    let (admin, owner, eve) = (world.byok("byok"), world.byok(&ada), world.login("eve"));
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (issued, rotated) = (file("issued"), file("rotated"));
    lists(&world, &admin, &eve, &file("datakeys"));
    admin.ok(&["watch", "--consumer", "pager", "--once"]);
    world.root("select byok.emit_event('key.failing', 'acme', 'openai', 1, '{}')::text");
    admin.fails(8, &["watch", "--consumer", "pager", "--once", "--", "false"]);
    for line in [
        (&["enable", "third", "acme"][..], ""),
        (&["enable", "fourth", "--owner", &eve], ""),
        (&["disable", "third"], ""),
        (&["member", "add", &eve, "--org", "acme", "--role", "viewer"], ""),
        (&["member", "remove", &eve, "--org", "acme"], ""),
        (&["role", "grant", "auditor", &eve], ""),
        (&["role", "revoke", "auditor", &eve], ""),
        (&["platform-key", "set", "sarvam", "--stdin"], "sk_12345678_abcdefghijklmnopqrstuv"),
        (&["platform-key", "rotate", "sarvam", "--stdin"], "sk_12345678_abcdefghijklmnopqrstuw"),
        (&["platform-key", "rollback", "sarvam", "--yes"], ""),
        (&["platform-key", "expire", "sarvam", "--expires", "2099-01-31"], ""),
        (&["platform-key", "remove", "sarvam", "--yes"], ""),
        (&["provider", "add", "gateway", "--base-url", "https://gateway.example.org/v1"], ""),
        (&["provider", "route", "llm", "gateway"], ""),
        (&["provider", "route", "llm", "--clear"], ""),
        (&["provider", "remove", "gateway"], ""),
        (&["credits", "rates", "set", "other", "openai", "--platform-part", "1", "--provider-part", "2"], ""),
        (&["credits", "rates", "remove", "other", "openai"], ""),
        (&["credits", "grant", "5", "--org", "acme"], ""),
        (&["credits", "charge", "interview", "openai", "--org", "acme", "--request-id", "r1"], ""),
        (&["credits", "refund", "r1", "--org", "acme"], ""),
        (&["credits", "hold", "interview", "openai", "--org", "acme", "--request-id", "r2"], ""),
        (&["credits", "settle", "r2", "--org", "acme"], ""),
        (&["credits", "hold", "interview", "openai", "--org", "acme", "--request-id", "r3"], ""),
        (&["credits", "release", "r3", "--org", "acme"], ""),
        (&["credits", "alert", "--org", "acme", "--below", "7"], ""),
        (&["event", "retry", "pager"], ""),
        (&["event", "forget", "pager"], ""),
        (&["audit", "seal"], ""),
        (&["master-key", "loaded", "--instance", "host-1"], ""),
        (&["data-key", "issue", "--org", "acme", "--to-file", &issued], ""),
        (&["data-key", "rotate", "--org", "acme", "--yes", "--to-file", &rotated], ""),
    ] {
        rehearsed(&world, &admin, line);
    }
    admin.ok(&["member", "add", &ada, "--org", "bolt", "--role", "owner"]);
    changes_of_owners(&world, &owner);
    rehearsed(&world, &admin, (&["org", "purge", "bolt", "--confirm", "bolt"], ""));
}

#[test]
fn a_dry_run_fails_as_the_real_run_would_and_leaves_no_record_of_a_refusal() {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let (before, key) = (dumped(&world), openai_key("dddd"));
    let lines = [
        (&owner, &["enable", "other"][..], "", 4),
        (&owner, &["credits", "grant", "5", "--org", "acme"], "", 4),
        (&owner, &["key", "set", "openai", "--org", "bolt", "--stdin"], key.as_str(), 4),
        (&owner, &["key", "set", "openai", "--org", "acme", "--stdin"], "not a key", 2),
        (&owner, &["key", "set", "openai", "--org", "acme", "--stdin", "--no-replace"], key.as_str(), 5),
        (
            &owner,
            &["key", "rotate", "anthropic", "--org", "acme", "--stdin"],
            "sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            3,
        ),
        (&owner, &["key", "rollback", "openai", "--org", "acme", "--yes"], "", 3),
        (&admin, &["disable", "nowhere"], "", 3),
        (&admin, &["org", "purge", "acme", "--confirm", "bolt"], "", 2),
        (&admin, &["member", "add", "nobody-of-this-name", "--org", "acme"], "", 3),
        (&admin, &["provider", "remove", "openai"], "", 2),
        (&admin, &["credits", "charge", "unpriced", "openai", "--org", "acme"], "", 3),
        (&admin, &["credits", "charge", "interview", "openai", "--org", "acme", "--units", "1000"], "", 10),
        (&admin, &["credits", "refund", "nothing", "--org", "acme"], "", 3),
        (&admin, &["data-key", "issue", "--org", "acme", "--to-file", "/nowhere/at/all"], "", 2),
        (&admin, &["disable", "acme", "nowhere"], "", 8),
    ];
    let run = |(byok, line, input, _): &(&Byok, &[&str], &str, i32), more: &[&str]| {
        Byok::clone(byok).input(input).run(&[line, more].concat())
    };
    let dry: Vec<_> = lines.iter().map(|line| run(line, &["-n"])).collect();
    assert_eq!(dumped(&world), before);
    for (line, dry) in lines.iter().zip(dry) {
        assert_eq!(dry.code, line.3, "{:?}: {dry:?}", line.1);
        let real = run(line, &[]);
        assert_eq!((dry.code, &dry.err), (real.code, &real.err), "{:?}", line.1);
    }
}

#[test]
fn a_dry_run_tests_the_key_and_stores_neither_the_key_nor_the_result() {
    let (world, ada, _) = World::with_owners();
    let set = ["key", "set", "openai", "--org", "acme", "--stdin", "-n"];
    for (status, code) in [(200, 0), (401, 6)] {
        let stage = Stage::open(move |_| Reply::json(status, &json!({"data": []})));
        let before = dumped(&world);
        let run = on_stage(&stage, world.byok(&ada)).input(openai_key("good")).run(&[&set[..], &["--json"]].concat());
        assert_eq!((run.code, stage.received().len()), (code, 1), "{run:?}");
        assert_eq!(dumped(&world), before);
        if code == 0 {
            let document: Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!(document["item"]["test"]["verdict"], "verified");
            // There is no data key yet, and that of the dry run is forgotten.
            assert_eq!(document["item"]["fingerprint"], Value::Null);
        }
    }
}

#[test]
fn a_dry_run_makes_no_file_and_hands_nothing_over() {
    let (world, _, _) = World::with_owners();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    let path = file.to_str().unwrap();
    for line in [
        &["data-key", "issue", "--org", "acme", "--to-file", path, "-n"][..],
        &["data-key", "rotate", "--org", "acme", "--to-file", path, "-n"],
        &["master-key", "escrow", "--to-file", path, "-n"],
        &["master-key", "create", "--only", "--to-file", path, "-n"],
        &["member", "add", &world.login_name("new"), "--org", "acme", "--create-login", "--to-file", path, "-n"],
        &["role", "grant", "resolver", &world.login_name("api"), "--create-login", "--to-file", path, "-n"],
    ] {
        let said = admin.ok(line);
        assert!(said.starts_with("dry run, nothing was changed: "), "{said}");
        assert!(!said.contains("BYOK") && !said.contains("postgres://"), "{said}");
        assert!(is_empty(dir.path()), "{line:?}");
    }
    // A file that is in the way is in the way of a dry run too.
    std::fs::write(&file, "something").unwrap();
    admin.fails(5, &["data-key", "issue", "--org", "acme", "--to-file", path, "-n"]);
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).unwrap().next().is_none()
}

#[test]
fn a_dry_run_of_an_installation_leaves_an_empty_database_empty() {
    let world = World::empty();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sub/master.key");
    let admin =
        Byok::new().env("BYOK_DATABASE_URL", &world.url("byok")).env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let before = dumped(&world);
    let (code, document) = admin.json(&["init", "-n"]);
    assert_eq!((code, &document["result"], &document["dry_run"]), (0, &"created".into(), &true.into()));
    assert_eq!(document["item"]["master_key"], "created");
    assert_eq!(dumped(&world), before);
    assert!(is_empty(dir.path()));
    admin.ok(&["init"]);
    let (code, document) = admin.json(&["init", "-n"]);
    assert_eq!((code, &document["result"]), (0, &"unchanged".into()));
}

#[test]
fn a_dry_run_asks_nothing_and_needs_no_confirmation() {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let before = dumped(&world);
    owner.ok(&["key", "remove", "openai", "--org", "acme", "-n"]);
    admin.ok(&["platform-key", "remove", "openai", "-n"]);
    admin.ok(&["org", "purge", "acme", "-n"]);
    admin.ok(&["data-key", "rotate", "--org", "acme", "-n"]);
    admin.ok(&["master-key", "rotate", "--leaked", "-n"]);
    assert_eq!(dumped(&world), before);
}

#[test]
fn a_dry_run_creates_no_private_database() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("private");
    let byok = Byok::new().env("BYOK_LOCAL_DIR", home.to_str().unwrap());
    byok.fails(3, &["enable", "acme", "-n"]);
    assert!(!home.exists());
    assert!(byok.ok(&["local", "reset", "-n"]).contains("there is no private database"));
}

#[test]
fn other_sessions_are_not_held_up_once_a_dry_run_has_ended() {
    let (world, ada, _) = world();
    world.byok("byok").ok(&["org", "purge", "acme", "-n"]);
    world.byok(&ada).input(openai_key("eeee")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let open =
        "select count(*)::text from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    // A session ends a moment after its program.
    let begun = Instant::now();
    while world.root(open) != ["0"] {
        assert!(begun.elapsed() < Duration::from_secs(60), "a transaction that stays open");
        std::thread::sleep(Duration::from_millis(20));
    }
}
