//! The server keeps the plan of a statement that it was asked for before. A plan from the first day must serve a large installation.

use std::sync::Arc;
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::credits::UndoReason;
use byok::{Charge, Resolver};

use crate::harness::{World, block_on, master_text, openai_key, parse};

/// So many postings and organizations come after the plans were made.
const LATER: i64 = 30_000;

/// One of everything that a server asks for, alone and in company.
async fn asks(resolver: &Arc<Resolver>, round: usize) {
    let (org, openai) = ("acme".parse().unwrap(), "openai".parse().unwrap());
    let now = || Charge::now("step".parse().unwrap(), 1).unwrap();
    for one in 0..8 {
        resolver.resolve(&org, &openai).await.unwrap();
        let charge = now().request(format!("again-{round}-{one}").parse().unwrap());
        resolver.acquire(&org, &openai, &charge).await.unwrap();
        resolver.acquire(&org, &openai, &charge).await.unwrap();
        let acquired = resolver.acquire(&org, &openai, &now()).await.unwrap();
        resolver.undo(&org, &acquired, UndoReason::GivenUp).await.unwrap();
        for settles in [true, false] {
            let hold = Charge::hold("step".parse().unwrap(), 2, Duration::from_secs(600)).unwrap();
            resolver.acquire(&org, &openai, &hold).await.unwrap();
            if settles {
                resolver.settle(&org, hold.request_id(), Some(1)).await.unwrap();
            } else {
                resolver.release(&org, hold.request_id()).await.unwrap();
            }
        }
    }
    let company: Vec<_> = (0..160)
        .map(|one| {
            let (resolver, openai) = (resolver.clone(), openai.clone());
            let charge = match one % 3 {
                0 => now(),
                1 => Charge::hold("step".parse().unwrap(), 1, Duration::from_secs(600)).unwrap(),
                _ => Charge::nothing().unwrap(),
            };
            let org = if one % 2 == 0 { "acme" } else { "bolt" }.parse().unwrap();
            tokio::spawn(async move { resolver.acquire(&org, &openai, &charge).await.map(drop) })
        })
        .collect();
    for one in company {
        one.await.unwrap().unwrap();
    }
}

/// The rows and index entries of our tables that were read so far, by table.
fn read(world: &World) -> Vec<(String, i64)> {
    let rows = world.root(
        "select t.relname || ' ' || coalesce(t.seq_tup_read, 0) + coalesce(t.idx_tup_fetch, 0)
                + coalesce((select sum(i.idx_tup_read) from pg_stat_all_indexes i where i.relid = t.relid), 0)
         from pg_stat_all_tables t where t.schemaname = 'byok' order by t.relname",
    );
    let parse = |row: &String| {
        let (table, count) = row.split_once(' ').unwrap();
        (table.to_owned(), count.parse().unwrap())
    };
    rows.iter().map(parse).collect()
}

fn grow(world: &World) {
    // A change of the table, such as one of its triggers, would make the server plan anew.
    let many = format!("generate_series(1, {LATER}) g");
    world.root(&format!(
        "set session_replication_role = replica;
         insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part, login_oid)
             select 'acme', 'grant', 'old-' || g, '\\x00', 1, 0, -1, 0, 0, 10 from {many};
         insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part, login_oid)
             select 'acme', k.kind, 'held-' || g, '\\x00', 0, 0, 0, 0, 0, 10 from {many}, (values ('hold'), ('settle')) k (kind);
         insert into byok.org (org, enabled) select 'many-' || g, true from {many};
         insert into byok.balance (org, available, held) select 'many-' || g, 1, 0 from {many};
         insert into byok.hold (org, request, amount, expires_at) select 'many-' || g, 'old', 1, now() + interval '1 day' from {many};
         insert into byok.provider_key
             select (jsonb_populate_record(k, jsonb_build_object('org', 'many-' || g))).*
             from byok.provider_key k, {many} where k.org = 'acme' and k.state = 'active'",
    ));
}

#[test]
fn a_plan_of_the_first_day_reads_a_few_rows_of_a_large_installation() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "step", "--platform-part", "0.000003", "--provider-part", "0.000002"]);
    for org in ["acme", "bolt"] {
        admin.ok(&["credits", "grant", "100", "--org", org]);
    }
    let login = world.server();
    block_on(async {
        let url = parse(&world.url(&login));
        let master = MasterKey::parse(master_text()).unwrap();
        let resolver = Arc::new(Resolver::builder(url).master_key(master).connections(1).open().await.unwrap());
        asks(&resolver, 1).await;
        grow(&world);
        let before = read(&world);
        asks(&resolver, 2).await;
        // The server adds up what a connection read when it ends.
        drop(resolver);
        let ended = format!("select 1 from pg_stat_activity where usename = '{login}'");
        while !world.root(&ended).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for ((table, after), (_, before)) in read(&world).iter().zip(&before) {
            assert!(
                after - before < LATER / 2,
                "{table}: {} rows or entries were read for a few requests",
                after - before
            );
        }
    });
}

#[test]
fn a_page_late_in_a_long_list_of_keys_reads_little_more_than_it_shows() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    grow(&world);
    world.root("analyze byok.org; analyze byok.provider_key; analyze byok.key_test");
    let login = world.login("reader");
    world.grant("auditor", &login);
    let ended = format!("select 1 from pg_stat_activity where usename = '{login}'");
    for after in ["many-10000", "many-20000", "many-29000"] {
        let before = read(&world);
        let page = format!(
            "select count(*)::text from byok_api.key_list(null, null, '{after}', 'openai', 100, null, null, null, null)"
        );
        assert_eq!(crate::harness::sql(&world.url(&login), &page), Ok(vec!["100".into()]));
        while !world.root(&ended).is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        for ((table, after), (_, before)) in read(&world).iter().zip(&before) {
            assert!(after - before < 5_000, "{table}: {} rows or entries were read for a page of 100", after - before);
        }
    }
}

#[test]
fn an_import_into_tables_that_were_empty_reads_none_of_them_from_the_first_row() {
    let (world, ada, _) = World::with_owners();
    let login = world.login_name("ada");
    world.root(&format!(
        "insert into byok.org (org, enabled) select 'many-' || g, true from generate_series(1, 200) g;
         insert into byok.member (org, login_oid, login, role)
             select 'many-' || g, '{login}'::regrole::oid, '{login}', 'owner' from generate_series(1, 200) g"
    ));
    // A plan that is made now is one for empty tables, and the connection keeps it.
    world.root("vacuum analyze");
    let read = || {
        let rows = "select coalesce(sum(seq_tup_read), 0)::text from pg_stat_user_tables
                    where relname in ('provider_key', 'data_key', 'key_writer', 'audit_head', 'key_test')";
        world.root(rows).remove(0).parse::<u64>().unwrap()
    };
    let before = read();
    let line =
        |org: u32| format!("{{\"org\":\"many-{org}\",\"provider\":\"openai\",\"key\":\"{}\"}}\n", openai_key("1111"));
    let list: String = (1..=200).map(line).collect();
    world.byok(&ada).input(list).ok(&["key", "import", "-", "--yes", "-q"]);
    let ended = format!("select 1 from pg_stat_activity where usename = '{login}'");
    while !world.root(&ended).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let rows = read() - before;
    assert!(rows < 20_000, "{rows} rows were read one after another");
}

#[test]
fn doctor_looks_at_so_many_keys_and_says_what_it_left_out() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let many = "generate_series(1, 250000) g";
    world.root(&format!(
        "set session_replication_role = replica;
         insert into byok.org (org, enabled) select 'many-' || g, true from {many};
         insert into byok.provider_key (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint, state, created_by)
             select 'many-' || g, k.provider, k.version, k.data_epoch, k.encrypted, k.settings, k.hint, k.fingerprint, k.state, k.created_by
             from byok.provider_key k, {many} where k.org = 'acme'"
    ));
    world.root("analyze byok.org; analyze byok.provider_key; analyze byok.key_test");
    let login = world.login("reader");
    world.grant("auditor", &login);
    let before = read(&world);
    let findings = "select code || ' ' || total from byok_api.health_findings() where code like 'key%' order by 1";
    let found = crate::harness::sql(&world.url(&login), findings).unwrap();
    assert_eq!(found, ["key_untested 100001", "keys_beyond 100000"]);
    let ended = format!("select 1 from pg_stat_activity where usename = '{login}'");
    while !world.root(&ended).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    for ((table, after), (_, before)) in read(&world).iter().zip(&before) {
        assert!(after - before < 230_000, "{table}: {} rows or entries were read", after - before);
    }
    let row = crate::doctor::expect(&world.byok(&login), "keys.dates", "skipped", "the first 100000 keys are good");
    assert_eq!(row.fix, "byok key list --all-orgs --expiring 14d --fail");
    crate::doctor::expect(&world.byok(&login), "keys.tests", "warn", "were never tested");
}
