//! What servers reported about keys: how reports are put together, where they are shown, and who may make them.

use serde_json::Value;

use crate::credits::world;
use crate::harness::{Byok, World, openai_key, sql};
use crate::seeded_random::Chance;

fn report<'a>(outcome: &'a str, version: &'a str) -> Vec<&'a str> {
    vec!["key", "report", "openai", "--org", "acme", "--key-version", version, "--outcome", outcome]
}

fn listed(byok: &Byok, more: &[&str]) -> Vec<Value> {
    let (code, document) = byok.json(&[&["key", "list"], more].concat());
    assert_eq!(code, 0, "{document}");
    document["items"].as_array().unwrap().clone()
}

#[test]
fn what_a_key_met_is_on_every_listing_until_it_works_again() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let acme = ["--org", "acme"];
    assert_eq!(listed(&owner, &acme)[0]["production"], Value::Null);
    for outcome in ["ok", "rejected", "unreachable", "rejected"] {
        owner.ok(&report(outcome, "1"));
    }
    let production = listed(&owner, &acme)[0]["production"].clone();
    assert_eq!(
        (&production["outcome"], &production["failures"], &production["uses"]),
        (&"rejected".into(), &3.into(), &4.into())
    );
    let ordered = "select (last_ok_at < failing_since and failing_since < last_used_at)::text from byok.key_report";
    assert_eq!(world.root(ordered), ["true"]);
    assert_eq!(owner.json(&["key", "show", "openai", "--org", "acme"]).1["items"][0]["production"], production);
    let (_, resolved) = owner.json(&["resolve", "openai", "--org", "acme", "--explain"]);
    assert_eq!(resolved["item"]["production"], production);
    let rules = resolved["item"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "last_use_worked").unwrap();
    let detail = rule["detail"].as_str().unwrap();
    assert_eq!(rule["outcome"], "no");
    assert!(
        detail.contains("rejected on") && detail.contains("failures: 3") && detail.contains("it last worked on"),
        "{detail}"
    );
    let admin = world.byok("byok");
    assert_eq!(listed(&admin, &["--all-orgs", "--failing"]).len(), 1);
    let table = owner.ok(&["key", "list", "--org", "acme", "-o", "csv"]);
    assert!(table.lines().next().unwrap().ends_with("used,outcome,last_ok,failing_since,failures"), "{table}");
    admin.fails(9, &["key", "list", "--all-orgs", "--failing", "--fail", "-q"]);
    owner.ok(&report("ok", "1"));
    let production = listed(&owner, &acme)[0]["production"].clone();
    assert_eq!(
        (&production["outcome"], &production["failures"], &production["uses"]),
        (&"ok".into(), &0.into(), &5.into())
    );
    assert_eq!(production["failing_since"], Value::Null);
    admin.ok(&["key", "list", "--all-orgs", "--failing", "--fail", "-q"]);
}

#[test]
fn the_platforms_key_has_it_too_and_members_do_not_see_how_others_use_it() {
    let (world, _, bob) = world();
    let admin = world.byok("byok");
    admin.ok(&["key", "report", "openai", "--outcome", "no_credit", "--source", "platform", "--key-version", "1"]);
    let (_, keys) = admin.json(&["platform-key", "list"]);
    assert_eq!(keys["items"][0]["production"]["outcome"], "no_credit");
    let resolve = ["resolve", "openai", "--org", "bolt"];
    assert_eq!(admin.json(&resolve).1["item"]["production"]["failures"], 1);
    assert_eq!(world.byok(&bob).json(&resolve).1["item"]["production"], Value::Null);
}

#[test]
fn a_report_about_an_old_version_does_not_touch_the_new_one_which_starts_clean() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let set =
        |end: &str| owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    set("1111");
    owner.ok(&report("rejected", "1"));
    set("2222");
    assert_eq!(listed(&owner, &["--org", "acme"])[0]["production"], Value::Null);
    owner.ok(&report("rejected", "1"));
    owner.ok(&report("ok", "2"));
    owner.ok(&report("rejected", "1"));
    assert_eq!(listed(&owner, &["--org", "acme"])[0]["production"]["failures"], 0);
    let (_, shown) = owner.json(&["key", "show", "openai", "--org", "acme"]);
    assert_eq!(
        shown["items"][1]["production"]["failures"], 3,
        "a late report about the old version is still counted there"
    );
    // A key that was removed: its row is history.
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    owner.ok(&report("rejected", "2"));
    let said = owner.fails(3, &report("ok", "3"));
    assert!(said.contains("version 3 of the openai key"), "{said}");
}

#[test]
fn a_key_that_no_server_used_for_long_is_found_and_a_young_one_is_not() {
    let (world, _, _) = world();
    let admin = world.byok("byok");
    let unused = |time: &str| {
        let keys = listed(&admin, &["--all-orgs", "--unused", time, "--sort", "used"]);
        keys.iter().map(|key| key["org"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(unused("90d").is_empty(), "it was stored a moment ago");
    world.root("update byok.provider_key set created_at = now() - interval '91 days'; update byok.org set created_at = now() - interval '91 days'");
    assert_eq!(unused("90d"), ["acme"]);
    admin.fails(9, &["key", "list", "--org", "acme", "--unused", "90d", "--fail"]);
    world.root("select byok_api.key_report(null, null, '{acme}', '{openai}', '{1}', '{ok}', '{1}', '{864000000}', '{-1}', '{-1}', '{0}')");
    assert!(unused("90d").is_empty() && unused("11d").is_empty());
    assert_eq!(unused("9d"), ["acme"], "used ten days ago");
}

#[test]
fn a_failing_key_is_a_finding_of_the_doctor_until_it_works_or_is_replaced() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let found = || {
        let (_, document) = owner.json(&["doctor"]);
        let checks = document["items"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["check"] == "keys.failing").unwrap_or_else(|| panic!("{document}"))
    };
    // That there were too many requests, or no answer, is no fault of the key.
    for outcome in ["ok", "rate_limited", "unreachable"] {
        owner.ok(&report(outcome, "1"));
        assert_eq!(found()["status"], "ok", "{outcome}");
    }
    owner.ok(&report("rejected", "1"));
    let check = found();
    assert_eq!((&check["status"], &check["fix"]), (&"fail".into(), &"byok key set openai --org <org>".into()));
    owner.clone().input(openai_key("2222")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(found()["status"], "ok");
    owner.ok(&report("no_credit", "2"));
    assert_eq!(found()["status"], "fail");
    owner.ok(&report("ok", "2"));
    assert_eq!(found()["status"], "ok");
}

#[test]
fn only_who_may_open_a_key_may_report_it_and_a_report_is_not_in_the_audit_log() {
    let (world, ada, bob) = world();
    let (admin, vic) = (world.byok("byok"), world.login("vic"));
    admin.ok(&["member", "add", "acme", &vic, "--role", "viewer"]);
    let records = "select count(*)::text from byok.audit where action <> 'denied'";
    let auditor = world.login("auditor");
    world.grant("auditor", &auditor);
    let before = world.root(records);
    world.byok(&vic).fails(4, &report("ok", "1"));
    world.byok(&bob).fails(4, &report("ok", "1"));
    let nobody = ["key", "report", "openai", "--org", "nobody", "--outcome", "ok", "--key-version", "1"];
    let said = admin.fails(3, &nobody);
    assert!(said.starts_with("error: there is no organization `nobody`"), "{said}");
    world
        .byok(&ada)
        .fails(4, &["key", "report", "openai", "--outcome", "ok", "--source", "platform", "--key-version", "1"]);
    assert_eq!(sql(&world.url(&auditor), REPORT).unwrap_err(), "42501");
    let server = world.login("server");
    world.grant("resolver", &server);
    assert_eq!(sql(&world.url(&server), &format!("select ({REPORT})::text")).unwrap(), ["1"]);
    world.byok(&ada).ok(&[&report("ok", "1")[..], &["--dry-run"]].concat());
    assert_eq!(world.root("select uses::text from byok.key_report"), ["1"]);
    assert_eq!(world.root(records), before, "a report is no change");
}

const REPORT: &str =
    "select byok_api.key_report(null, null, '{acme}', '{openai}', '{1}', '{ok}', '{1}', '{0}', '{-1}', '{-1}', '{0}')";

#[test]
fn a_report_that_is_sent_again_counts_once_and_one_that_makes_no_sense_is_refused() {
    let (world, ..) = world();
    let sent = |seq: &str| {
        let reporter = "'\\x000102030405060708090a0b0c0d0e0f'";
        world.root(&REPORT.replace("null, null", &format!("{reporter}, {seq}")));
        world.root("select uses::text from byok.key_report").concat()
    };
    assert_eq!(
        (sent("1"), sent("1"), sent("2"), sent("1"), sent("7")),
        ("1".into(), "1".into(), "2".into(), "2".into(), "3".into())
    );
    // Servers that were not seen for a day are forgotten.
    world.root("update byok.key_reporter set seen_at = now() - interval '25 hours'");
    world.root(&REPORT.replace("null, null", "'\\x100102030405060708090a0b0c0d0e0f', 1"));
    assert_eq!(world.root("select count(*)::text from byok.key_reporter"), ["1"]);
    let good = "'{acme}', '{openai}', '{1}', '{ok}', '{1}', '{0}', '{-1}', '{-1}', '{0}'";
    for bad in [
        // Arrays of different lengths, of two dimensions, with a null, empty, and with a key that is there twice.
        "'{acme,bolt}', '{openai}', '{1}', '{ok}', '{1}', '{0}', '{-1}', '{-1}', '{0}'",
        "'{{acme}}', '{openai}', '{1}', '{ok}', '{1}', '{0}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{1}', '{ok}', '{1}', '{null}', '{-1}', '{-1}', '{0}'",
        "'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'",
        "'{acme,acme}', '{openai,openai}', '{1,1}', '{ok,ok}', '{1,1}', '{0,0}', '{-1,-1}', '{-1,-1}', '{0,0}'",
        // Words, versions and numbers that there are not.
        "'{acme}', '{openai}', '{1}', '{bad}', '{1}', '{0}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{0}', '{ok}', '{1}', '{0}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{1}', '{ok}', '{0}', '{0}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{1}', '{ok}', '{1}', '{-2}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{1}', '{ok}', '{1}', '{2592000001}', '{-1}', '{-1}', '{0}'",
        // Failures of a use that worked, none of one that failed, more than uses, and the last one before the first.
        "'{acme}', '{openai}', '{1}', '{ok}', '{2}', '{5}', '{3}', '{2}', '{1}'",
        "'{acme}', '{openai}', '{1}', '{rejected}', '{2}', '{5}', '{-1}', '{-1}', '{0}'",
        "'{acme}', '{openai}', '{1}', '{rejected}', '{1}', '{-1}', '{3}', '{2}', '{2}'",
        "'{acme}', '{openai}', '{1}', '{rejected}', '{2}', '{-1}', '{2}', '{3}', '{2}'",
        "'{acme}', '{openai}', '{1}', '{rejected}', '{3}', '{1}', '{3}', '{2}', '{2}'",
    ] {
        let statement = REPORT.replace(good, bad);
        assert_ne!(statement, REPORT);
        assert_eq!(sql(&world.url("byok"), &statement).unwrap_err(), "22023", "{bad}");
    }
    for id in [
        "'\\x00', 1",
        "null, 1",
        "'\\x000102030405060708090a0b0c0d0e0f', null",
        "'\\x000102030405060708090a0b0c0d0e0f', 0",
    ] {
        assert_eq!(sql(&world.url("byok"), &REPORT.replace("null, null", id)).unwrap_err(), "22023", "{id}");
    }
}

#[test]
fn a_new_tenant_of_an_id_sees_nothing_of_the_one_before_and_late_reports_about_that_one_are_left_out() {
    let (world, ada, _) = world();
    let admin = world.byok("byok");
    world.byok(&ada).ok(&report("rejected", "1"));
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!(world.root(&format!("select ({REPORT})::text")), ["0"]);
    admin.ok(&["enable", "acme", "--owner", &ada, "--reuse"]);
    assert_eq!(world.root(&format!("select ({REPORT})::text")), ["0"]);
    world.byok(&ada).input(openai_key("2222")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(listed(&world.byok(&ada), &["--org", "acme"])[0]["production"], Value::Null);
    assert_eq!(
        world.byok(&ada).json(&["key", "show", "openai", "--org", "acme"]).1["items"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_report_waits_for_no_change_of_a_key_and_none_for_a_report() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let session = |statements: &str| format!("set lock_timeout = '20s'; {statements}");
    // A change of the key that is not committed: a report is recorded meanwhile.
    let url = world.url("byok");
    let change = "select byok.lock_keys('acme'); update byok.provider_key set expires_at = now() + interval '9 days' where org = 'acme'";
    let inner = session(REPORT);
    crate::harness::block_on(async {
        use sqlx::{Connection as _, Executor as _};
        let mut holder = sqlx::PgConnection::connect(&url).await.unwrap();
        holder.execute(sqlx::raw_sql(&format!("begin; {change}"))).await.unwrap();
        sql(&url, &inner).unwrap();
        holder.execute("rollback").await.unwrap();
        world.root("truncate byok.key_report");
        // And the other way round, also for the first report of a version.
        holder.execute(sqlx::raw_sql(&format!("begin; {REPORT}"))).await.unwrap();
        owner.ok(&["key", "expire", "openai", "--org", "acme", "--expires", "90d"]);
        owner.clone().input(openai_key("2222")).ok(&["key", "rotate", "openai", "--org", "acme", "--stdin"]);
        owner.ok(&["resolve", "openai", "--org", "acme", "--verify"]);
        owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        holder.execute("commit").await.unwrap();
    });
    assert_eq!(world.root("select uses::text from byok.key_report"), ["1"]);
}

/// One report of a server: what it met, in minutes before now.
struct Batch {
    uses: usize,
    ok: Option<i64>,
    /// The first and the last failure after that, and how many.
    failed: Option<(i64, i64, usize)>,
}

impl Batch {
    fn of(met: &[(i64, bool)]) -> Self {
        let mut batch = Self { uses: met.len(), ok: None, failed: None };
        for (at, worked) in met {
            match (&mut batch.failed, worked) {
                (failed, true) => (batch.ok, *failed) = (Some(*at), None),
                (Some((_, last, count)), false) => (*last, *count) = (*at, *count + 1),
                (failed, false) => *failed = Some((*at, *at, 1)),
            }
        }
        batch
    }

    /// The call, with ages of now.
    fn statement(&self) -> String {
        let age = |at: i64| format!("array[a.age + {at} * 60000]");
        let none = || "array[-1]::bigint[]".to_owned();
        let (from, until, count) =
            self.failed.map_or((none(), none(), 0), |(first, last, count)| (age(first), age(last), count));
        let outcome = if count == 0 { "ok" } else { "rejected" };
        format!(
            "select byok_api.key_report(null, null, '{{acme}}', '{{openai}}', '{{1}}', '{{{outcome}}}', '{{{}}}', {}, {from}, {until}, '{{{count}}}') from (select (extract(epoch from clock_timestamp() - at) * 1000)::bigint as age from anchor offset 0) a;",
            self.uses,
            self.ok.map_or_else(none, age),
        )
    }
}

/// Last use, last use that worked, since when it fails, failures, uses, outcome: in minutes before the anchor.
const STATE: &str = "select concat_ws(' ', round(extract(epoch from a.at - r.last_used_at) / 60), coalesce(round(extract(epoch from a.at - r.last_ok_at) / 60)::text, 'never'),
    coalesce(round(extract(epoch from a.at - r.failing_since) / 60)::text, 'works'), r.failures, r.uses, r.outcome) from byok.key_report r, anchor a";

fn expected(batches: &[Batch]) -> String {
    let ok = batches.iter().filter_map(|batch| batch.ok).min();
    let count = batches.iter().filter_map(|batch| batch.failed).filter(|(_, last, _)| ok.is_none_or(|ok| *last < ok));
    let since = count.clone().map(|(first, ..)| ok.map_or(first, |ok| first.min(ok))).max();
    let failures: usize = count.map(|(_, _, count)| count).sum();
    let last = batches.iter().filter_map(|batch| batch.failed.map(|(_, last, _)| last).or(batch.ok)).min().unwrap();
    let uses: usize = batches.iter().map(|batch| batch.uses).sum();
    let told = |at: Option<i64>, otherwise: &str| at.map_or_else(|| otherwise.to_owned(), |at| at.to_string());
    let outcome = if since.is_some() { "rejected" } else { "ok" };
    format!("{last} {} {} {failures} {uses} {outcome}", told(ok, "never"), told(since, "works"))
}

#[test]
fn reports_of_several_servers_give_the_same_in_whatever_order_they_come() {
    let (world, ..) = world();
    world.root("update byok.org set created_at = now() - interval '1 day'; update byok.provider_key set created_at = now() - interval '1 day'; create table anchor as select now() as at");
    let mut chance = Chance(0x5EED_0B5E_47ED_0001);
    for round in 0..25 {
        let mut met: [Vec<(i64, bool)>; 3] = Default::default();
        for minute in (1..=40).rev() {
            met[chance.below(3)].push((minute, chance.roll(3) == 0));
        }
        let mut batches = Vec::new();
        for server in &met {
            let mut rest = &server[..];
            while !rest.is_empty() {
                let (one, more) = rest.split_at(1 + chance.below(rest.len()));
                batches.push(Batch::of(one));
                rest = more;
            }
        }
        for order in 0..3 {
            for place in (1..batches.len()).rev() {
                batches.swap(place, chance.below(place + 1));
            }
            let calls: String = batches.iter().map(Batch::statement).collect();
            world.root(&format!("truncate byok.key_report; {calls}"));
            assert_eq!(world.root(STATE), [expected(&batches)], "round {round}, order {order}");
        }
    }
}

#[test]
fn what_is_kept_of_a_key_that_fails_for_long_is_bounded() {
    let (world, ..) = world();
    world.root("update byok.org set created_at = now() - interval '1 day'; update byok.provider_key set created_at = now() - interval '1 day'; create table anchor as select now() as at");
    let failed = |at: i64| Batch { uses: 2, ok: None, failed: Some((at, at, 2)) }.statement();
    world.root(&(50..150).rev().map(|number| failed(2 * number)).collect::<String>());
    assert_eq!(world.root(STATE), ["100 never 298 200 200 rejected"]);
    assert_eq!(world.root("select cardinality(failed)::text from byok.key_report"), ["32"]);
    // A server that reports late that it worked: the key fails at the earliest since then.
    world.root(&Batch { uses: 1, ok: Some(251), failed: None }.statement());
    assert_eq!(world.root(STATE), ["100 251 251 200 201 rejected"]);
    world.root(&Batch { uses: 1, ok: Some(105), failed: None }.statement());
    assert_eq!(world.root(STATE), ["100 105 104 6 202 rejected"]);
}

#[test]
fn a_key_that_its_provider_refuses_is_an_event_when_that_begins_and_when_it_ends() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let events = || {
        let kinds = "kind in ('key.failing', 'key.recovered')";
        world.root(&format!("select concat_ws(' ', kind, org, provider, version, detail ->> 'outcome', detail ->> 'failures') from byok.event where {kinds} order by seq"))
    };
    // Too many requests, and no answer, are no fault of the key.
    for outcome in ["ok", "rate_limited", "unreachable"] {
        owner.ok(&report(outcome, "1"));
    }
    assert!(events().is_empty(), "{:?}", events());
    for outcome in ["rejected", "no_credit", "unreachable", "rejected"] {
        owner.ok(&report(outcome, "1"));
    }
    let failing = "key.failing acme openai 1 rejected 3";
    assert_eq!(events(), [failing]);
    owner.ok(&report("ok", "1"));
    owner.ok(&report("ok", "1"));
    let recovered = "key.recovered acme openai 1 ok";
    assert_eq!(events(), [failing, recovered]);
    // It is told in the transaction of the report, or not at all.
    owner.ok(&[&report("rejected", "1")[..], &["--dry-run"]].concat());
    assert_eq!(events().len(), 2);
    owner.ok(&report("no_credit", "1"));
    assert_eq!(events(), [failing, recovered, "key.failing acme openai 1 no_credit 1"]);
    // Nobody is told of a key that was replaced.
    owner.clone().input(openai_key("2222")).ok(&["key", "rotate", "openai", "--org", "acme", "--stdin"]);
    owner.ok(&report("ok", "1"));
    owner.ok(&report("rejected", "1"));
    assert_eq!(events().len(), 3);
    let admin = world.byok("byok");
    admin.ok(&["key", "report", "openai", "--source", "platform", "--key-version", "1", "--outcome", "rejected"]);
    assert_eq!(events().last().unwrap(), "key.failing  openai 1 rejected 1");
}
