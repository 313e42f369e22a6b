//! `doctor`: every check, made to turn by the condition that it is about, and its fix.

mod machine;
mod server;
mod stored;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Byok, World, openai_key, parse};

/// What a check said: its columns in plain output.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) fix: String,
    pub(crate) by: String,
}

/// Exit code and checks, by id.
pub(crate) fn doctor(byok: &Byok) -> (i32, BTreeMap<String, Row>) {
    let run = byok.run(&["doctor", "-o", "plain"]);
    (run.code, rows(&run.out))
}

pub(crate) fn rows(out: &str) -> BTreeMap<String, Row> {
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [status, id, reason, fix, by] = cells.try_into().unwrap_or_else(|cells| panic!("{cells:?}"));
        (id, Row { status, reason, fix, by })
    };
    out.lines().map(row).collect()
}

pub(crate) fn check(byok: &Byok, id: &str) -> Row {
    let (_, mut rows) = doctor(byok);
    rows.remove(id).unwrap_or_else(|| panic!("no check {id}: {rows:?}"))
}

pub(crate) fn expect(byok: &Byok, id: &str, status: &str, words: &str) -> Row {
    let row = check(byok, id);
    assert!(row.status == status && row.reason.contains(words), "{id} is not {status} with {words:?}: {row:?}");
    row
}

/// Runs a fix of byok's own, as somebody types it.
pub(crate) fn run_fix(byok: &Byok, row: &Row) {
    let words: Vec<&str> = row.fix.split(' ').collect();
    assert_eq!(words.first(), Some(&"byok"), "{row:?}");
    byok.ok(&words[1..]);
}

/// A platform admin that is no superuser, and an owner.
pub(crate) fn admin_and_owner() -> (World, Byok, Byok) {
    let (world, ada, _) = World::with_owners();
    let root = world.login("root");
    world.grant("admin", &root);
    let (admin, owner) = (world.byok(&root), world.byok(&ada));
    (world, admin, owner)
}

/// The ids, as the documentation lists them.
fn documented() -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md")).unwrap();
    let ids = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    ids.map(str::to_owned).collect()
}

#[test]
fn every_login_gets_every_check_once_in_the_documented_order_and_is_told_what_it_may_not_see() {
    let (world, admin, owner) = admin_and_owner();
    let (res, aud, vic) = (world.login("res"), world.login("aud"), world.login("vic"));
    world.grant("resolver", &res);
    world.grant("auditor", &aud);
    admin.ok(&["member", "add", "acme", &vic, "--role", "viewer"]);
    let (resolver, auditor) = (world.byok(&res), world.byok(&aud));
    let roles = "db.prepared roles.definer roles.createrole roles.superuser roles.groups roles.grants roles.effect \
                 roles.objects roles.service members.logins";
    let platform = "master_key.rotation master_key.hosts master_key.copy platform.keys platform.providers";
    let cases = [
        (&admin, String::new()),
        (&auditor, String::new()),
        (&resolver, format!("{roles} audit.seal")),
        (&owner, format!("{roles} {platform} audit.seal")),
        (&world.byok(&vic), format!("{roles} {platform} audit.seal")),
    ];
    // These are about this machine, and a database is configured.
    let here = ["terminal.prompt", "shell.completion", "local.server", "local.disk"];
    for (byok, hidden) in cases {
        let run = byok.run(&["doctor", "-o", "plain"]);
        let ids: Vec<&str> = run.out.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
        assert_eq!(ids, documented(), "{run:?}");
        let rows = rows(&run.out);
        let skipped: Vec<&str> = ids.iter().copied().filter(|id| rows[*id].status == "skipped").collect();
        let wanted: Vec<&str> =
            ids.iter().copied().filter(|id| here.contains(id) || hidden.split(' ').any(|it| it == *id)).collect();
        assert_eq!(skipped, wanted, "{run:?}");
        assert!(rows.values().all(|row| !row.reason.is_empty() && row.fix.is_empty() == row.by.is_empty()), "{rows:?}");
    }
}

#[test]
fn it_changes_nothing_in_the_database() {
    let (world, admin, owner) = admin_and_owner();
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let written = "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::text
                   from pg_stat_all_tables where schemaname = 'byok'";
    // Counts are reported when a session ends, so they are compared within one transaction's own view of the tables.
    let state = || {
        let tables = world.root("select c.oid::regclass::text from pg_class c where c.relnamespace = 'byok'::regnamespace and c.relkind = 'r' order by 1");
        let count = |table: &String| {
            world
                .root(&format!("select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {table} t"))
                .concat()
        };
        tables.iter().map(count).collect::<Vec<_>>()
    };
    let before = state();
    assert_eq!(world.root(written).len(), 1);
    for byok in [&admin, &owner] {
        byok.run(&["doctor"]);
    }
    assert_eq!(state(), before);
}

#[test]
fn the_worst_check_decides_the_exit_code_and_strict_makes_a_warning_the_worst() {
    let (world, admin, _) = admin_and_owner();
    // The audit log was never sealed.
    let (code, rows) = doctor(&admin);
    assert!(rows.values().any(|row| row.status == "warn") && rows.values().all(|row| row.status != "fail"), "{rows:?}");
    assert_eq!(code, 0);
    assert_eq!(admin.run(&["doctor", "--strict"]).code, 9);
    assert_eq!(admin.clone().env("BYOK_STRICT", "true").run(&["doctor"]).code, 9);
    world.root("alter table byok.provider_key drop constraint provider_key_header_check");
    assert_eq!(admin.run(&["doctor"]).code, 9);
    assert_eq!(admin.run(&["doctor", "-q", "-o", "table"]).code, 9);
}

#[test]
fn its_json_names_no_login_organization_host_database_or_file() {
    let (world, admin, owner) = admin_and_owner();
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let (eve, lost) = (world.login("eve"), world.login("lost"));
    world.grant("auditor", &eve);
    world.root(&format!("grant byok_definer to {eve}"));
    admin.ok(&["member", "add", "bolt", &lost]);
    world.root(&format!("drop role {lost}"));
    let home = tempfile::tempdir().unwrap();
    let home_text = home.path().to_str().unwrap();
    let place = parse(&world.url("byok")).host().clone();
    for byok in [&admin, &owner, &world.byok(&eve)] {
        let byok = byok.clone().env("HOME", home_text).without("BYOK_MASTER_KEY");
        let run = byok.run(&["doctor", "-o", "json"]);
        let names = ["acme", "bolt", &eve, &lost, &place.host, &place.database, home_text];
        for name in names {
            assert!(!run.out.contains(name), "{name}: {}", run.out);
        }
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&document["kind"], document["items"].as_array().map(Vec::len)), (&"doctor".into(), Some(39)));
        // People see them.
        assert!(byok.run(&["doctor", "-o", "table"]).out.contains(&place.host));
    }
    assert!(check(&admin, "members.logins").reason.contains(&lost));
    assert!(check(&admin, "roles.definer").reason.contains(&eve));
    world.root(&format!("revoke byok_definer from {eve}"));
}

#[test]
fn people_read_a_line_for_each_check_and_the_fix_below_it_whole() {
    let (world, admin, _) = admin_and_owner();
    world.root("alter table byok.provider_key drop constraint provider_key_header_check");
    let table = admin.clone().env("COLUMNS", "80").run(&["doctor", "-o", "table"]).out;
    let lines: Vec<&str> = table.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("fail    db.header")).unwrap_or_else(|| panic!("{table}"));
    let fix = lines[at..].iter().find(|line| line.contains("a superuser of the server runs: alter table")).unwrap();
    assert!(fix.ends_with("between 100 and 80000)"), "{table}");
    let is_fix =
        |line: &str| ["runs: ", "to fix it: ", "machine of the server: "].iter().any(|words| line.contains(words));
    let sentences = lines.iter().filter(|line| !is_fix(line));
    assert!(sentences.clone().all(|line| line.chars().count() <= 80), "{table}");
    assert!(lines.last().unwrap().contains("1 failure"), "{table}");
}
