//! The audit log: it is complete and append-only, and verification finds every change by a superuser.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Byok, World, openai_key, sql};

/// Some history for two organizations, and a seal over it; the line that was kept.
fn sealed() -> (World, String) {
    let (world, ada, bob) = World::with_owners();
    for (login, org, end) in [(&ada, "acme", "1111"), (&bob, "bolt", "2222"), (&ada, "acme", "3333")] {
        world.byok(login).input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    world.byok("byok").ok(&["enable", "third"]);
    let line = world.byok("byok").ok(&["audit", "seal", "-o", "plain"]);
    (world, line.trim().to_owned())
}

/// Exit code and codes of what was found; with the kept line, or without.
fn findings(byok: &Byok, kept: Option<&str>) -> (i32, Vec<String>) {
    let (code, document) = match kept {
        Some(line) => byok.clone().input(line).json(&["audit", "verify", "--kept", "-"]),
        None => byok.json(&["audit", "verify"]),
    };
    let list = document["item"]["findings"].as_array().unwrap();
    (code, list.iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect())
}

/// What a superuser runs to change the log, and what else it does to cover its tracks.
fn tamper(world: &World, change: &str, covers: &[&str]) {
    let quiet = "set session_replication_role = replica";
    world.root(&format!("{quiet}; {change}; {}", covers.join("; ")));
}

const SAVE: &str = "create schema saved; create table saved.audit as select * from byok.audit;
    create table saved.head as select * from byok.audit_head; create table saved.seal as select * from byok.audit_seal;
    create table saved.sealed as select * from byok.audit_sealed_head";
/// Puts back what was saved, as somebody would who has an old backup.
const RESTORE: &str = "truncate byok.audit, byok.audit_head, byok.audit_seal, byok.audit_sealed_head;
    insert into byok.audit overriding system value select * from saved.audit;
    insert into byok.audit_head select * from saved.head; insert into byok.audit_seal select * from saved.seal;
    insert into byok.audit_sealed_head select * from saved.sealed";
/// Computes every chain anew, heads too.
const RECHAIN: &str = "do $$ declare r byok.audit; v_position bigint := 0; v_hash bytea := ''; v_org text; begin
    update byok.audit set position = -position;
    for r in select * from byok.audit order by org collate \"C\", login_oid, -position loop
        if v_org is distinct from r.org || ' ' || r.login_oid then
            v_position := 0; v_hash := ''; v_org := r.org || ' ' || r.login_oid; end if;
        r.position := v_position + 1; r.previous_hash := v_hash; r.hash := byok.audit_hash(r.previous_hash, byok.audit_fields(
            r.org, r.position, r.seq, r.at, r.login, r.login_oid, r.client_addr, r.application, r.action, r.subject, r.detail));
        update byok.audit set position = r.position, previous_hash = r.previous_hash, hash = r.hash
        where org = r.org and seq = r.seq;
        v_position := r.position; v_hash := r.hash;
    end loop;
    delete from byok.audit_head;
    insert into byok.audit_head select distinct on (org, login_oid) org, login_oid, position, hash
    from byok.audit order by org, login_oid, position desc;
end $$";
/// Makes the seals say what the chains say.
const RESEAL: &str = "delete from byok.audit_sealed_head s where not exists
        (select from byok.audit a where a.org = s.org and a.login_oid = s.login_oid and a.position = s.position);
    update byok.audit_sealed_head s set hash = a.hash from byok.audit a
    where a.org = s.org and a.login_oid = s.login_oid and a.position = s.position";
/// Computes their digests anew, which takes no secret.
const REDIGEST: &str = "update byok.audit_seal s set digest = sha256(byok.length_prefixed(array['audit-seal'::bytea,
        s.seal::text::bytea, byok.unix_micros(s.sealed_at), ''::bytea]) || coalesce((select string_agg(byok.length_prefixed(array[h.org::bytea,
        h.login_oid::text::bytea, h.position::text::bytea, h.hash]), ''::bytea
        order by h.org collate \"C\", h.login_oid) from byok.audit_sealed_head h
        where h.seal = s.seal), ''))";

#[test]
fn an_untouched_log_is_as_it_was_written_and_goes_on() {
    let (world, line) = sealed();
    let admin = world.byok("byok");
    assert_eq!(findings(&admin, Some(&line)), (0, vec![]));
    admin.ok(&["enable", "fourth"]);
    let second = admin.ok(&["audit", "seal", "-o", "plain"]);
    assert_eq!(findings(&admin, Some(&format!("# kept\n{line}\n{second}"))), (0, vec![]));
    let (_, document) = admin.clone().input(format!("{line}\n{second}")).json(&["audit", "verify", "--kept", "-"]);
    let item = &document["item"];
    assert_eq!((&item["seals"], &item["authenticated"], &item["kept"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(item["gaps"], 0);
    let opened = "begin; select byok_api.org_enable('fifth'); rollback";
    sql(&world.url("byok"), opened).unwrap();
    admin.ok(&["enable", "sixth"]);
    assert_eq!(admin.json(&["audit", "verify"]).1["item"]["gaps"], 1, "something was rolled back");
    admin.clone().input("rubbish").fails(2, &["audit", "verify", "--kept", "-"]);
    admin.fails(2, &["audit", "verify", "--kept", "/nowhere/seals"]);
}

#[test]
fn whatever_a_superuser_does_to_the_log_after_a_seal_is_found() {
    let edit = "update byok.audit set login = 'somebody' where org = 'acme' and action = 'key.set'";
    let delete = "delete from byok.audit where org = 'acme' and action = 'member.add'";
    let cut = "delete from byok.audit a where org = 'acme' and position = (select max(position) from byok.audit b
               where b.org = a.org and b.login_oid = a.login_oid)";
    let swap = "update byok.audit set position = case position when 2 then 1003 else 1002 end where org = 'acme' and
                position in (2, 3); update byok.audit set position = position - 1000 where position > 1000";
    let gone = "delete from byok.audit where org = 'bolt'; delete from byok.audit_head where org = 'bolt'";
    let add = "update byok.audit set position = position + 1000 where org = 'acme' and position >= 2;
               update byok.audit set position = position - 999 where position > 1000;
               insert into byok.audit overriding system value select (a).* from (select jsonb_populate_record(a,
               jsonb_build_object('seq', 9999, 'position', 2)) a from byok.audit a where org = 'acme' and position = 1
               order by login_oid limit 1) x";
    let all = "truncate byok.audit; truncate byok.audit_head";
    let (world, line) = sealed();
    let admin = world.byok("byok");
    world.root(SAVE);
    for (name, change) in
        [("edit", edit), ("delete", delete), ("cut", cut), ("swap", swap), ("gone", gone), ("add", add), ("all", all)]
    {
        for (tracks, covers) in [
            ("left", &[][..]),
            ("chains computed anew", &[RECHAIN]),
            ("sealed heads too", &[RECHAIN, RESEAL]),
            ("digests too", &[RECHAIN, RESEAL, REDIGEST]),
        ] {
            tamper(&world, RESTORE, &[&[change], covers].concat());
            let (code, found) = findings(&admin, Some(&line));
            assert!(code == 9 && !found.is_empty(), "{name}, tracks: {tracks}");
            // The master key alone tells it too, without the line.
            let (code, found) = findings(&admin, None);
            assert!(code == 9 && !found.is_empty(), "{name}, tracks: {tracks}, without the line");
        }
    }
    tamper(&world, RESTORE, &[]);
    assert_eq!(findings(&admin, Some(&line)), (0, vec![]), "as it was");
}

#[test]
fn a_log_that_was_rolled_back_as_a_whole_is_found_by_the_kept_line() {
    let (world, first) = sealed();
    let admin = world.byok("byok");
    world.root(SAVE);
    admin.ok(&["enable", "fourth"]);
    let second = admin.ok(&["audit", "seal", "-o", "plain"]);
    tamper(&world, RESTORE, &[]);
    assert_eq!(findings(&admin, None).0, 0, "it is a log that once was");
    assert_eq!(findings(&admin, Some(&first)).0, 0);
    assert_eq!(findings(&admin, Some(&second)), (9, vec!["not_as_kept".into()]));
}

#[test]
fn an_edit_is_found_before_any_seal_where_its_tracks_are_not_covered() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let admin = world.byok("byok");
    assert_eq!(findings(&admin, None), (0, vec![]));
    tamper(&world, "delete from byok.audit where org = 'acme' and action = 'key.set'", &[]);
    assert_eq!(findings(&admin, None), (9, vec!["cut".into()]));
}

#[test]
fn every_chain_that_was_cut_is_a_finding_however_many_there_are() {
    let (world, _) = sealed();
    let heads = "insert into byok.audit_head select 'org-' || n, 1, 1, '\\x00' from generate_series(1, 1001) n";
    tamper(&world, heads, &[]);
    let admin = world.byok("byok");
    assert_eq!(findings(&admin, None), (9, vec!["cut".to_owned(); 1001]));
    let run = admin.run(&["audit", "verify", "-o", "plain"]);
    assert!(run.err.lines().count() == 1001 && run.out.contains("1001 findings"), "{}", run.out);
}

#[test]
fn a_date_is_the_start_of_that_day_in_utc_for_both_ends_of_a_period() {
    let (world, _) = sealed();
    let admin = world.byok("byok");
    let all = admin.json(&["audit", "list"]).1["items"].as_array().unwrap().clone();
    let (newest, oldest) = (&all[0]["at"].as_str().unwrap()[..10], &all.last().unwrap()["at"].as_str().unwrap()[..10]);
    let after = world.root(&format!("select (date '{newest}' + 1)::text")).remove(0);
    let count = |since: &str, until: &str| {
        let list = ["audit", "list", "--since", since, "--until", until];
        admin.clone().env("TZ", "Asia/Kolkata").json(&list).1["items"].as_array().unwrap().len()
    };
    assert_eq!((count(oldest, &after), count("2020-01-01", oldest)), (all.len(), 0));
    for (line, since, until) in [
        (&["audit", "list"][..], after.as_str(), newest),
        (&["credits", "history", "--org", "acme"], newest, newest),
        (&["credits", "usage", "--org", "acme"], "2027-01-02T00:00:00Z", "2027-01-01"),
    ] {
        let said = admin.fails(2, &[line, &["--since", since, "--until", until]].concat());
        assert!(said.contains("the period ends before it begins") && said.contains("the day after"), "{said}");
    }
    let said = admin.fails(2, &["audit", "list", "--until", "yesterday"]);
    assert!(said.contains("--until takes a date") && said.contains("the start of that day in UTC"), "{said}");
}

#[test]
fn nobody_changes_the_log_not_even_a_superuser_by_accident() {
    let (world, ..) = sealed();
    for table in ["audit", "audit_seal", "audit_sealed_head"] {
        for statement in [format!("delete from byok.{table}"), format!("truncate byok.{table}")] {
            assert_eq!(sql(&world.url("byok"), &statement), Err("42501".into()), "{statement}");
        }
    }
    assert_eq!(sql(&world.url("byok"), "update byok.audit set login = 'x'"), Err("42501".into()));
}

#[test]
fn an_auditor_checks_with_the_kept_line_and_without_a_master_key_and_changes_nothing() {
    let (world, line) = sealed();
    let eve = world.login("eve");
    world.byok("byok").ok(&["role", "grant", "auditor", &eve]);
    let auditor = world.byok(&eve).without("BYOK_MASTER_KEY").env("HOME", "/nowhere");
    let (code, document) = auditor.clone().input(&line).json(&["audit", "verify", "--kept", "-"]);
    assert_eq!((code, &document["item"]["authenticated"], &document["item"]["kept"]), (0, &json!(0), &json!(1)));
    world.byok(&eve).fails(4, &["audit", "seal"]);
    tamper(&world, "update byok.audit set login = 'x' where org = 'acme'", &[RECHAIN, RESEAL, REDIGEST]);
    assert_eq!(findings(&auditor, Some(&line)).0, 9);
}

#[test]
fn chains_hold_when_many_write_at_once() {
    let (world, ada, bob) = World::with_owners();
    let children: Vec<_> = (0..16)
        .map(|number| {
            let (login, org) = if number % 2 == 0 { (&ada, "acme") } else { (&bob, "bolt") };
            let provider = ["openai", "gemini", "anthropic", "sarvam"][number / 2 % 4];
            let mut command = world.byok(login).command(&["key", "set", provider, "--org", org, "--stdin"]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(openai_key(&format!("{number:04}")).as_bytes()).unwrap();
            child
        })
        .collect();
    for mut child in children {
        child.wait().unwrap();
    }
    assert_eq!(findings(&world.byok("byok"), None), (0, vec![]));
    let gaps = "select org from byok.audit group by org, login_oid having max(position) <> count(*)";
    assert_eq!(world.root(gaps), Vec::<String>::new());
}

#[test]
fn the_list_is_filtered_and_paged_and_shows_members_their_own_alone() {
    let (world, _) = sealed();
    let admin = world.byok("byok");
    let list = |byok: &Byok, more: &[&str]| -> Vec<Value> {
        let document = byok.json(&[&["audit", "list"], more].concat()).1;
        document["items"].as_array().unwrap().clone()
    };
    let all = list(&admin, &[]);
    let seqs: Vec<i64> = all.iter().map(|it| it["seq"].as_i64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] > pair[1]), "the newest first");
    assert!(list(&admin, &["--org", "acme"]).iter().all(|it| it["org"] == "acme"));
    assert!(list(&admin, &["--platform"]).iter().all(|it| it["org"].is_null()));
    assert_eq!(list(&admin, &["--org", "acme", "--action", "key"]).len(), 2);
    assert_eq!(list(&admin, &["--action", "key.set"]).len(), 3);
    assert_eq!(list(&admin, &["--login", &world.login_name("bob"), "--action", "key"]).len(), 1);
    assert_eq!(list(&admin, &["--subject", "openai"]).len(), 3);
    assert_eq!(list(&admin, &["--since", "2099-01-01"]), Vec::<Value>::new());
    assert_eq!(list(&admin, &["--until", "2099-01-01"]).len(), all.len());
    let first = list(&admin, &["--limit", "2"]);
    let next = list(&admin, &["--limit", "2", "--before", &first[1]["seq"].to_string()]);
    assert_eq!([first, next].concat(), all[..4]);
    let owner = world.byok(&world.login_name("ada"));
    assert_eq!(list(&owner, &["--org", "acme"]), list(&admin, &["--org", "acme"]));
    owner.fails(4, &["audit", "list"]);
    owner.fails(4, &["audit", "list", "--org", "bolt"]);
    owner.fails(4, &["audit", "list", "--platform"]);
    owner.fails(4, &["audit", "verify"]);
}

#[test]
fn refused_attempts_are_counted_by_the_hour_whatever_time_zone_a_session_has() {
    let (world, ada, _) = World::with_owners();
    for zone in ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "+00:01", "-00:17"] {
        let denied = format!("set timezone = '{zone}'; select byok_api.denied('hello')");
        crate::harness::sql(&world.url(&ada), &denied).unwrap();
    }
    let hours = "select distinct extract(minute from hour at time zone 'UTC')::integer::text from byok.denied_attempt";
    assert_eq!(world.root(hours), ["0"]);
    // The clock may have struck in between.
    let hours = world.root("select max(attempts)::text from byok.denied_attempt");
    assert!(["3", "4", "5"].contains(&hours[0].as_str()), "{hours:?}");
}

#[test]
fn a_server_writes_no_record_that_a_list_cannot_show() {
    let (world, ..) = World::with_owners();
    let server = world.login("res");
    world.grant("resolver", &server);
    let open = |org: &str| {
        let call = format!("select byok_api.verify_open(array[{org}], '{{openai}}', '{{1}}', array[repeat('a', 64)])");
        sql(&world.url(&server), &call).map(drop)
    };
    for org in ["repeat('x', 7000)", "repeat('x', 129)", "E'a\\nb'"] {
        assert_eq!(open(org), Err("22023".into()), "{org}");
    }
    // A name that nobody has is not the name of a log.
    for org in ["'nobody'", "'-x'", "'acme'"] {
        assert_eq!(open(org), Ok(()), "{org}");
    }
    assert_eq!(world.root("select org from byok.audit where action = 'keys.open' order by seq"), ["", "", "acme"]);
    world.byok("byok").ok(&["audit", "list"]);
    // Nor does a function that forgets to look.
    let long = "select byok.record(repeat('x', 7000), 'key.use', '', '{}')";
    assert_eq!(sql(&world.url("byok"), long), Err("23514".into()));
}
