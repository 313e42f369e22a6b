//! A result that cannot be written: whoever changes something says on stderr what took effect, and under which id.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use serde_json::json;

use crate::command_tree::commands;
use crate::credits::world;
use crate::harness::{Byok, World, master_text, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

/// Exit code and standard error, with a standard output that is full.
fn full(byok: &Byok, line: &[&str], input: &str) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("input");
    std::fs::write(&file, input).unwrap();
    let out = File::options().write(true).open("/dev/full").unwrap();
    let output = byok.command(line).stdin(File::open(file).unwrap()).stdout(out).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Commands that change nothing, or that hand over to another program.
pub(crate) const READ: &str = "audit list,audit verify,completions,config get,config path,config profiles,config show,\
    credits balance,credits history,credits quote,credits rates list,\
    credits reconcile,credits usage,data-key discard,data-key restore,demo,doctor,event consumers,event failures,event list,key export,key history,key list,key show,local status,man,\
    master-key status,master-key verify,member list,org list,org show,platform-key list,platform-key show,provider list,provider show,resolve,\
    role list,run,schema,status,test-key,watch,init,local down,local reset,local up";

/// What each command says that changes something.
struct Said<'a> {
    world: &'a World,
    admin: Byok,
    covered: BTreeSet<String>,
    dir: &'a Path,
}

impl Said<'_> {
    fn check(&mut self, verb: &str, more: &[&str], input: &str, wanted: &[&str]) -> String {
        let line: Vec<&str> = verb.split(' ').chain(more.iter().copied()).collect();
        let (code, said) = full(&self.admin, &line, input);
        let (_, done) = said.split_once("cannot write the result: ").unwrap_or_else(|| panic!("{line:?}: {said}"));
        assert_eq!(code, Some(1), "{line:?}: {said}");
        let (_, done) = done.split_once("; but this was done: ").unwrap_or_else(|| panic!("{line:?}: {said}"));
        for part in wanted {
            assert!(done.contains(part) && !done.contains("***"), "{line:?}: {part:?} in {said}");
        }
        self.covered.insert(verb.to_owned());
        said
    }

    fn file(&self, name: &str) -> String {
        self.dir.join(name).to_str().unwrap().to_owned()
    }
}

fn organizations_and_people(said: &mut Said<'_>, eve: &str) {
    said.check("enable", &["third"], "", &["third is enabled"]);
    said.check("disable", &["third"], "", &["third is now disabled"]);
    said.check("member add", &["acme", eve], "", &[eve, "owner of acme"]);
    said.check("member remove", &["acme", eve], "", &[eve, "no longer a member of acme"]);
    said.check("member rebind", &["--yes"], "", &["bound"]);
    said.check("role grant", &["auditor", eve], "", &[eve, "auditor"]);
    said.check("role revoke", &["auditor", eve], "", &[eve, "auditor"]);
}

fn keys(said: &mut Said<'_>) {
    let acme = ["openai", "--org", "acme", "--stdin"];
    said.check("key set", &acme, &openai_key("aaaa"), &["openai", "acme", "version 2"]);
    said.check("key rotate", &acme, &openai_key("bbbb"), &["openai", "acme", "version 3"]);
    said.check("key rollback", &["openai", "--org", "acme", "--yes"], "", &["openai", "acme", "version 4"]);
    said.check("key expire", &["openai", "--org", "acme", "--expires", "2099-01-31"], "", &["openai", "acme", "2099"]);
    said.admin.ok(&["member", "add", "byok", "--org", "bolt"]);
    said.check("key copy", &["openai", "--from", "acme", "--to", "bolt"], "", &["copied from acme to bolt"]);
    said.check("key move", &["openai", "--from", "bolt", "--to", "acme", "--yes"], "", &["moved from bolt to acme"]);
    let used = ["openai", "--org", "acme", "--key-version", "4", "--outcome", "ok"];
    said.check("key report", &used, "", &["openai", "acme", "version 4: ok"]);
    said.check("key remove", &["openai", "--org", "acme", "--yes"], "", &["openai", "acme"]);
    let list = format!(r#"{{"org":"acme","provider":"openai","key":"{}"}}"#, openai_key("cccc"));
    said.check("key import", &["-", "--yes"], &list, &["line 1", "openai", "acme", "version 5"]);
    said.check("key remove", &["openai", "--org", "acme", "--yes"], "", &["openai", "acme"]);
    said.check("platform-key set", &["gemini", "--stdin"], &"cAnArYcAnArY".repeat(4), &["gemini", "version 1"]);
    said.check("platform-key rotate", &["gemini", "--stdin"], &"cAnArYcAnArZ".repeat(4), &["gemini", "version 2"]);
    said.check("platform-key rollback", &["gemini", "--yes"], "", &["gemini", "version 3"]);
    said.check("platform-key expire", &["gemini", "--expires", "2099-01-31"], "", &["gemini", "2099"]);
    said.world.root("update byok.provider_key set keep_until = now() - interval '1 second' where state = 'previous'");
    said.check("tidy", &[], "", &["1 replaced key"]);
    said.check("platform-key remove", &["gemini", "--yes"], "", &["gemini"]);
    said.check("provider add", &["lab", "--base-url", "https://lab.example.org/v1"], "", &["lab", "lab.example.org"]);
    said.check("provider route", &["llm", "lab"], "", &["llm", "lab"]);
    said.check("provider remove", &["lab"], "", &["lab"]);
}

fn credits(said: &mut Said<'_>) {
    let priced = ["interview", "--org", "bolt", "--provider", "openai"];
    said.check("credits grant", &["5", "--org", "bolt"], "", &["granted 5 credits", "[request req_"]);
    said.check("credits charge", &priced, "", &["charged 3.5 credits", "[request req_"]);
    said.check("credits hold", &[&priced[..], &["--request-id", "h1"]].concat(), "", &["reserved", "[request h1]"]);
    said.check("credits settle", &["h1", "--org", "bolt", "--units", "1"], "", &["charged", "[request h1]"]);
    said.admin.ok(&[&["credits", "hold"], &priced[..], &["--request-id", "h2"]].concat());
    said.check("credits release", &["h2", "--org", "bolt"], "", &["released", "[request h2]"]);
    said.check("credits refund", &["h1", "--org", "bolt"], "", &["refunded", "of h1", "[request req_"]);
    said.check("credits alert", &["--org", "bolt", "--below", "1"], "", &["bolt", "below 1 credit"]);
    said.check("credits rates set", &["call", "--platform-part", "1", "--provider-part", "0"], "", &["call"]);
    said.check("credits rates remove", &["call"], "", &["call"]);
}

fn deliveries(said: &mut Said<'_>) {
    said.admin.ok(&["watch", "--consumer", "pager", "--once"]);
    said.world.root("select byok.emit_event('key.failing', 'acme', 'openai', 1, '{}')::text");
    said.admin.run(&["watch", "--consumer", "pager", "--once", "--", "false"]);
    said.check("event retry", &["pager"], "", &["pager", "1 event"]);
    said.check("event forget", &["pager"], "", &["pager", "forgotten"]);
}

fn protection(said: &mut Said<'_>) {
    let (key, copy, only) = (said.file("key"), said.file("copy"), said.file("only"));
    said.check("data-key rotate", &["acme", "--yes"], "", &["acme", "fingerprint", "(epoch 2)"]);
    said.check("data-key issue", &["acme", "--to-file", &key], "", &["acme", "fingerprint", &key]);
    said.check("master-key create", &[], "", &["(unchanged)"]);
    said.check("master-key create", &["--only", "--to-file", &only], "", &["(epoch 1)", &only]);
    said.check("master-key escrow", &["--to-file", &copy], "", &["data keys", &copy]);
    said.check("master-key escrow", &["--confirm", "--from-file", &copy], "", &["the copy is good"]);
    said.check("master-key rotate", &[], "", &["(epoch 2) is active"]);
    said.check("master-key loaded", &[], "", &["epoch 2"]);
    let line = said.check("audit seal", &[], "", &["byok-seal 1 1 "]);
    let digests = line.split_whitespace().filter(|word| word.len() == 64).count();
    assert_eq!(digests, 2, "the line is whole, because it must be kept: {line}");
    said.check("org purge", &["bolt", "--confirm", "bolt"], "", &["bolt"]);
    let config = said.file("config.toml");
    std::fs::write(&config, "").unwrap();
    said.admin = said.admin.clone().env("BYOK_CONFIG", &config);
    said.check("config set", &["org", "acme", "--profile", "a"], "", &["org of profile a", &config]);
    said.check("config unset", &["org", "--profile", "a"], "", &["org of profile a", &config]);
}

#[test]
fn every_command_that_changes_something_says_what_took_effect_where_its_result_cannot_be_written() {
    let (world, ..) = world();
    let eve = world.login("eve");
    world.root("insert into byok.member (org, login_oid, login, role) select 'acme', oid, rolname, 'owner' from pg_roles where rolname = 'byok'");
    let dir = tempfile::tempdir().unwrap();
    let master = dir.path().join("master.key");
    std::fs::write(&master, master_text()).unwrap();
    std::fs::set_permissions(&master, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", master.to_str().unwrap());
    let mut said = Said { world: &world, admin, covered: BTreeSet::new(), dir: dir.path() };
    organizations_and_people(&mut said, &eve);
    keys(&mut said);
    credits(&mut said);
    deliveries(&mut said);
    protection(&mut said);
    let known: BTreeSet<String> = READ.split(',').map(str::to_owned).chain(said.covered).collect();
    let all = commands();
    let differ: Vec<_> = all.symmetric_difference(&known).collect();
    assert!(differ.is_empty(), "add to READ, or to the checks if it writes; remove it if it is gone: {differ:?}");
}

#[test]
fn a_first_start_and_the_repair_of_a_data_key_say_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let world = World::empty();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &file("master.key"));
    let mut said = Said { world: &world, admin, covered: BTreeSet::new(), dir: dir.path() };
    said.check("init", &[], "", &["schema version", "master key created"]);
    said.admin.ok(&["enable", "acme"]);
    said.admin.ok(&["data-key", "issue", "acme", "--to-file", &file("acme")]);
    world
        .root("update byok.data_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) where org = 'acme'");
    let heard = said.check(
        "data-key discard",
        &["acme", "--yes"],
        "",
        &["the data key of organization acme (epoch 1) is erased"],
    );
    assert!(heard.contains("warning: set its stored keys again"), "{heard}");
    said.check("data-key restore", &["acme", "--from-file", &file("acme")], "", &["acme", "fingerprint"]);
}

#[test]
fn results_of_tests_that_cannot_be_written_are_stored_and_counted() {
    let (world, ..) = world();
    let stage = Stage::open(|_| Reply::json(200, &json!({"data": []})));
    let tester = on_stage(&stage, world.byok("byok"));
    for format in ["plain", "json", "table"] {
        let (code, said) = full(&tester, &["test-key", "--all-orgs", "-o", format], "");
        assert!(code == Some(1) && said.contains("cannot write the result"), "{format}: {said}");
        assert!(said.contains("but this was done: results were stored: 1 verified"), "{format}: {said}");
    }
}

#[test]
fn a_seal_whose_reader_has_gone_is_said_whole() {
    let world = World::new();
    let (code, said) = world.byok("byok").unread(&["audit", "seal", "-q"]);
    let words: Vec<&str> = said.split_whitespace().collect();
    assert_eq!((code, words.len(), words[0], words[6].len()), (Some(0), 7, "byok-seal", 64), "{said}");
}
