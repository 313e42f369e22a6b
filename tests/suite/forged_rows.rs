//! Rows that a superuser wrote past all constraints: each one is reported, the others are listed, and no terminal
//! interprets their characters.

use std::process::Command;

use crate::harness::{Run, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

fn world() -> World {
    let (world, ada, bob) = World::with_owners();
    for (login, org) in [(&ada, "acme"), (&bob, "bolt")] {
        world.byok(login).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    let byok = world.byok("byok");
    byok.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    byok.ok(&["credits", "rates", "set", "agent-brief", "--platform-part", "1", "--provider-part", "4"]);
    byok.ok(&["credits", "grant", "100", "--org", "acme", "--note", "first"]);
    byok.ok(&["credits", "grant", "200", "--org", "acme", "--note", "second"]);
    byok.ok(&["provider", "route", "llm", "openai"]);
    byok.ok(&["provider", "route", "voice", "sarvam"]);
    let add = ["--base-url", "https://gateway.example.org/v1", "--capability", "llm"];
    byok.ok(&[&["provider", "add", "gateway"], add.as_slice()].concat());
    byok.ok(&[&["provider", "add", "another"], add.as_slice()].concat());
    byok.ok(&["master-key", "loaded", "--instance", "host-1"]);
    byok.ok(&["member", "add", "acme", &bob, "--role", "viewer"]);
    world.root(
        "do $$ declare c record; begin
            for c in select conrelid::regclass as t, conname from pg_constraint
                     where connamespace = 'byok'::regnamespace and contype in ('c', 'f') loop
                execute format('alter table %s drop constraint %I', c.t, c.conname);
            end loop;
            for c in select distinct tgrelid::regclass as t from pg_trigger g join pg_class r on r.oid = g.tgrelid
                     where r.relnamespace = 'byok'::regnamespace loop
                execute format('alter table %s disable trigger user', c.t);
            end loop;
        end $$",
    );
    world
}

/// A forgery, the list that meets it, and what of the others is still shown.
const FORGED: &[(&str, &str, &str)] = &[
    ("provider_key set expires_at = TIME where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set created_at = TIME where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set expires_at = TIME where org = 'acme'", "key show openai --org acme", ""),
    ("provider_key set settings = 'no json' where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set settings = repeat('x', 60000000) where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set hint = repeat('x', 60000000) where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set fingerprint = '' where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set version = -7 where org = 'acme'", "key list --all-orgs", "bolt"),
    ("provider_key set provider = E'\\x1b[2J' where org = 'acme'", "key list --all-orgs", "bolt"),
    ("audit set at = TIME where org = 'bolt'", "audit list", "acme"),
    ("audit set detail = to_jsonb(repeat('x', 60000000)) where org = 'bolt'", "audit list", "acme"),
    ("audit set application = repeat('x', 60000000) where org = 'bolt'", "audit list", "acme"),
    (
        "audit set subject = repeat('x', 60000000) where action = 'org.enable' and org = 'acme'",
        "audit list --org acme",
        "key.set",
    ),
    ("ledger set at = TIME where note = 'first'", "credits history --org acme", "200"),
    ("ledger set note = repeat('x', 60000000) where note = 'first'", "credits history --org acme", "200"),
    ("ledger set kind = 'gift' where note = 'first'", "credits history --org acme", "200"),
    ("org set created_at = TIME where org = 'acme'", "org list", "bolt"),
    ("org set org = E'a\\x1b[31m' where org = 'acme'", "org list", "bolt"),
    ("member set added_at = TIME where org = 'acme' and role = 'viewer'", "member list --org acme", "owner"),
    ("member set role = 'king' where org = 'acme' and role = 'viewer'", "member list --org acme", "owner"),
    ("rate set created_at = TIME where operation = 'interview'", "credits rates list", "agent-brief"),
    ("route set set_at = TIME where capability = 'llm'", "provider route", "voice"),
    ("provider set created_at = TIME where provider = 'gateway'", "provider list --private", "another"),
    ("provider set definition = '[]' where provider = 'gateway'", "provider list --private", "another"),
    (
        "provider set definition = to_jsonb(repeat('x', 60000000)) where provider = 'gateway'",
        "provider list --private",
        "another",
    ),
    ("keyring set created_at = TIME", "master-key status", "host-1"),
    ("master_key_holder set seen_at = TIME", "master-key status", "active"),
];

const TIMES: &[&str] = &["'infinity'", "'-infinity'", "'20000-01-01'", "'4713-01-01 BC'"];

/// Runs the program with no more than so much memory.
fn run_small(world: &World, command: &str) -> Run {
    let wanted: Vec<&str> = command.split(' ').collect();
    let whole = world.byok("byok").command(&wanted);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 700000; exec \"$0\" \"$@\""]).arg(whole.get_program()).args(whole.get_args());
    limited.env_clear().envs(whole.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_forged_row_is_told_in_one_line_and_the_others_are_listed() {
    let world = world();
    for (forgery, command, other) in FORGED {
        let table = forgery.split(' ').next().unwrap();
        world.root(&format!("create table public.saved as select * from byok.{table}"));
        let times = if forgery.contains("TIME") { TIMES } else { &[""] };
        for time in times {
            let forgery = forgery.replace("TIME", time);
            world.root(&format!("update byok.{forgery}"));
            let run = run_small(&world, command);
            assert_eq!(run.code, 8, "{forgery}: {command}: {run:?}");
            let told = run.err.lines().filter(|line| line.starts_with("error: ")).collect::<Vec<_>>();
            assert!(!told.is_empty() && told.iter().all(|line| line.len() < 300), "{forgery}: {command}: {told:?}");
            assert!(run.out.contains(other), "{forgery}: {command}: {run:?}");
            world.root(&format!(
                "delete from byok.{table}; insert into byok.{table} overriding system value select * from public.saved"
            ));
        }
        world.root("drop table public.saved");
    }
}

#[test]
fn a_key_that_cannot_be_tested_is_a_row_of_its_own_and_the_others_are_tested() {
    let world = world();
    let stage = Stage::open(|_| Reply::json(200, &serde_json::json!({"data": []})));
    let copy = "insert into byok.provider_key select * from
                (select (jsonb_populate_record(k, '{\"provider\": \"nobody-knows\"}')).* from byok.provider_key k where org = 'acme') n";
    for forgery in [copy, "update byok.provider_key set expires_at = 'infinity' where org = 'acme'"] {
        world.root(forgery);
        let byok = on_stage(&stage, world.byok("byok"));
        let (code, document) = byok.json(&["test-key", "--all-orgs"]);
        let verdicts: Vec<&str> =
            document["items"].as_array().unwrap().iter().map(|it| it["verdict"].as_str().unwrap()).collect();
        assert_eq!(code, 8, "{document}");
        assert!(verdicts.contains(&"verified") && verdicts.contains(&"unreadable"), "{document}");
    }
}

#[test]
fn a_decision_and_a_verification_survive_what_a_row_holds() {
    let world = world();
    for time in TIMES {
        world
            .root(&format!("update byok.provider_key set expires_at = {time}, created_at = {time} where org = 'acme'"));
        let run = world.byok("byok").run(&["resolve", "openai", "--org", "acme", "--explain"]);
        assert!(matches!(run.code, 0 | 6), "{time}: {run:?}");
    }
    world.root("update byok.data_key set check_value = '\\x00' where org = 'acme'");
    let (code, document) = world.byok("byok").json(&["master-key", "verify"]);
    assert_eq!((code, &document["item"]["keys"]), (9, &1.into()), "bolt's key is checked all the same: {document}");
}

#[test]
fn a_word_that_no_version_wrote_is_named() {
    let world = world();
    world.root(
        "insert into byok.key_test (org, provider, version, verdict, paid)
         select k.org, k.provider, k.version, 'melted', false from byok.provider_key k where k.org = 'acme'",
    );
    let run = world.byok("byok").run(&["resolve", "openai", "--org", "acme", "--explain"]);
    assert!(run.out.contains("melted on "), "not `never tested`: {run:?}");
    world.root(
        "insert into byok.keyring
         select (jsonb_populate_record(k, '{\"epoch\": 2, \"state\": \"molten\"}')).* from byok.keyring k",
    );
    let run = world.byok("byok").run(&["master-key", "rotate", "--dry-run"]);
    assert!(run.code == 9 && run.err.contains("`molten` is not a known state of a master key"), "{run:?}");
    world.root(
        "create or replace function byok_api.route_set(p_capability text, p_language text, p_provider text,
             out result text, out previous text) language sql as $$ select 'bent', null::text $$",
    );
    let run = world.byok("byok").run(&["provider", "route", "llm", "openai"]);
    assert!(run.code == 9 && run.err.contains("`bent` is not a known result of setting a route"), "{run:?}");
}

#[test]
fn no_terminal_obeys_what_a_row_holds() {
    let world = world();
    let evil = "E'\\x1b[2Jx' || U&'\\202E' || chr(155) || 'y'";
    world.root(&format!(
        "update byok.provider_key set created_by = {evil} where org = 'acme';
         update byok.ledger set note = {evil}, request = {evil}, login = {evil} where note = 'first';
         update byok.audit set login = {evil}, subject = {evil}, application = {evil}, detail = jsonb_build_object('a', {evil})
         where org = 'acme';
         update byok.rate set created_by = {evil}; update byok.route set set_by = {evil};
         update byok.member set added_by = {evil}; update byok.org set created_by = {evil} where org <> ''"
    ));
    let commands = [
        "key list --all-orgs",
        "key show openai --org acme",
        "key history openai --org acme",
        "audit list",
        "credits history --org acme",
        "credits rates list",
        "provider route",
        "member list --org acme",
        "org list",
        "org show acme",
    ];
    for command in commands {
        for format in ["table", "plain", "csv", "json", "jsonl"] {
            let words: Vec<&str> = command.split(' ').chain(["-o", format]).collect();
            let run = world.byok("byok").run(&words);
            assert_eq!(run.code, 0, "{command}: {run:?}");
            let all = run.out + &run.err;
            let obeyed = all.chars().find(|it| (it.is_control() && *it != '\n' && *it != '\t') || *it == '\u{202e}');
            assert_eq!(obeyed, None, "{command} -o {format}: {all}");
        }
    }
}
