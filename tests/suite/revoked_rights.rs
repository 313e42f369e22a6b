//! Revoked rights: neither a transaction with an older snapshot nor one that had begun before keeps them.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::access::API;
use crate::harness::{World, block_on, openai_key, sql};
use crate::open_transactions::{Open, SET, TESTED, world};

const USE: &str = "select byok_api.key_use('acme', 'openai', 'organization', 1, 'interview', 1, 'late', 'test', null)";
const REMOVE: &str = "select byok_api.key_remove('acme', 'openai', 0)";

/// The SQLSTATE of the last of these statements, all in one session; `between` runs before that.
fn last(url: &str, statements: &[&str], between: impl FnOnce() + Send) -> Result<(), String> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let (end, before) = statements.split_last().unwrap();
        for statement in before {
            connection.execute(sqlx::raw_sql(statement)).await.unwrap();
        }
        std::thread::scope(|scope| scope.spawn(between).join().unwrap());
        connection.execute(sqlx::raw_sql(end)).await.map(drop).map_err(|error| match error {
            sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
            other => other.to_string(),
        })
    })
}

#[test]
fn a_transaction_with_an_older_sight_keeps_no_membership() {
    for (isolation, refused) in [("read committed", "42501"), ("repeatable read", "BK011"), ("serializable", "BK011")] {
        let begin = format!("begin isolation level {isolation}");
        for (removal, call) in [
            (&["member", "remove", "acme", "ADA"][..], SET),
            (&["member", "add", "acme", "ADA", "--role", "viewer"], REMOVE),
            (&["org", "purge", "acme", "--confirm", "acme"], USE),
        ] {
            let (world, ada, _) = world();
            let admin = world.byok("byok");
            let cursor = format!("declare d cursor for select k.* from generate_series(1,3) g, lateral ({call}) k");
            let words: Vec<&str> =
                removal.iter().map(|word| if *word == "ADA" { ada.as_str() } else { word }).collect();
            let late = last(&world.url(&ada), &[&begin, &cursor, "fetch 1 from d"], || drop(admin.ok(&words)));
            assert_eq!(late, Err(refused.into()), "{isolation}: {removal:?}");
        }
    }
}

#[test]
fn nobody_writes_keys_or_moves_credits_with_an_older_sight() {
    let (world, ada, _) = world();
    let resolver = world.login("res");
    world.grant("resolver", &resolver);
    let begin = "begin isolation level repeatable read";
    for (call, letters) in API {
        // What it shows is as old as the transaction; the rights of service roles are always read anew.
        let member = letters[0].contains('o') && !letters[2].contains('o');
        if member {
            let call = format!("select byok_api.{}", call.replace("ORG", "'acme'"));
            assert_eq!(last(&world.url(&ada), &[begin, &call], || {}), Err("BK011".into()), "{call}");
        }
    }
    for call in [
        "acquire('acme','openai',null,null,null,null,null,null,'a',null,null,null)",
        "acquire_undo('acme','c','\\x00','given_up')",
        "credit_charge('acme','openai','interview',1,'c',null)",
        "credit_settle('acme','h',1)",
        "credit_release('acme','h')",
        "key_serving('acme','openai',null,null,null,null)",
        "key_use('acme','openai','organization',1,null,null,'u','test',null)",
    ] {
        let call = format!("select byok_api.{call}");
        assert_eq!(last(&world.url(&resolver), &[begin, &call], || {}), Err("BK011".into()), "{call}");
    }
    for call in ["credit_refund('acme','c','f',1,null)", "credit_grant('acme','g',1,null,false)"] {
        let call = format!("select byok_api.{call}");
        assert_eq!(last(&world.url("byok"), &[begin, &call], || {}), Err("BK011".into()), "{call}");
    }
}

#[test]
fn a_database_whose_transactions_are_serializable_by_default_is_worked_with() {
    let (world, ada, _) = World::with_owners();
    let name = world.root("select current_database()::text").remove(0);
    world.root(&format!("alter database {name} set default_transaction_isolation = 'serializable'"));
    let admin = world.byok("byok");
    for byok in [world.byok(&ada), world.byok(&ada).env("BYOK_POOLER", "transaction")] {
        byok.clone().input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        byok.ok(&["key", "list", "--org", "acme"]);
        byok.ok(&["run", "openai", "--org", "acme", "--", "true"]);
        byok.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    }
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    admin.ok(&["audit", "seal"]);
    admin.ok(&["data-key", "rotate", "acme", "--yes"]);
}

#[test]
fn an_admin_whose_role_was_taken_commits_nothing_more() {
    let (world, ..) = world();
    let (boss, mallory) = (world.login("boss"), world.login("mallory"));
    let admin = world.byok("byok");
    admin.ok(&["role", "grant", "admin", &boss]);
    admin.ok(&["role", "grant", "auditor", &boss]);
    let mut open = Open::begin(&world.url(&boss), &boss);
    open.want(&format!("select byok_api.role_grant('admin', '{mallory}', null)"));
    let call = format!("select byok_api.session_end('', '{boss}')");
    assert_eq!(sql(&world.url("byok"), &call), Err("42501".into()), "nobody who has the role is ended");
    let (code, document) = admin.json(&["role", "revoke", "admin", &boss]);
    assert_eq!((code, &document["item"]["ended"], &document["item"]["open"]), (0, &1.into(), &0.into()), "{document}");
    assert!(!open.commits());
    let holds = format!("select pg_has_role('{mallory}', 'byok_admin', 'member')::text");
    assert_eq!(world.root(&holds), ["false"]);
    // A server of the platform too; once more ends what was begun before.
    admin.ok(&["role", "grant", "resolver", &boss]);
    let mut open = Open::begin(&world.url(&boss), &boss);
    open.want(TESTED);
    world.root(&format!("revoke byok_resolver from {boss} granted by byok_definer"));
    let (code, document) = admin.json(&["role", "revoke", "resolver", &boss]);
    assert_eq!((code, &document["result"], &document["item"]["ended"]), (0, &"unchanged".into(), &1.into()));
    assert!(!open.commits());
}

/// From PostgreSQL 16 on a grant that is not committed locks the role: the first of these holds up the others.
#[test]
fn an_admin_holds_up_its_own_revocation_with_no_number_of_sessions() {
    let (world, ..) = world();
    let (boss, mallory, carol) = (world.login("boss"), world.login("mallory"), world.login("carol"));
    let admin = world.byok("byok");
    admin.ok(&["role", "grant", "admin", &boss]);
    let grant = |login: &str| format!("select byok_api.role_grant('admin', '{login}', null)");
    let mut first = Open::begin(&world.url(&boss), &boss);
    first.want(&grant(&mallory));
    let mut second = Open::begin(&world.url(&boss), &boss);
    second.want("set lock_timeout = 0");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            // It may be ended while it waits, and its thread with it.
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| second.call(&grant(&carol)).ok()));
            ended.is_ok()
        });
        let waits = format!(
            "select count(*)::text from pg_stat_activity where usename = '{boss}' and wait_event_type = 'Lock'"
        );
        while !waiting.is_finished() && world.root(&waits) != ["1"] {
            std::thread::yield_now();
        }
        admin.ok(&["role", "revoke", "admin", &boss]);
        waiting.join().unwrap();
    });
    assert!(!first.commits() && !second.commits());
    for login in [&boss, &mallory, &carol] {
        assert_eq!(world.root(&format!("select pg_has_role('{login}', 'byok_admin', 'member')::text")), ["false"]);
    }
}

#[test]
fn an_owner_that_becomes_a_viewer_commits_nothing_more() {
    let (world, ada, _) = world();
    let admin = world.byok("byok");
    let mut open = Open::begin(&world.url(&ada), &ada);
    open.want(SET);
    let (code, document) = admin.json(&["member", "add", "acme", &ada]);
    assert_eq!((code, &document["result"], &document["item"]["ended"]), (0, &"unchanged".into(), &0.into()));
    let (code, document) = admin.json(&["member", "add", "acme", &ada, "--role", "viewer"]);
    assert_eq!((code, &document["item"]["ended"], &document["item"]["open"]), (0, &1.into(), &0.into()), "{document}");
    assert!(!open.commits());
    assert_eq!(world.root("select max(version)::text from byok.provider_key where org = 'acme'"), ["1"]);
    // A viewer that was never more keeps what it has open.
    let vic = world.login("vic");
    admin.ok(&["member", "add", "acme", &vic, "--role", "viewer"]);
    let mut open = Open::begin(&world.url(&vic), &vic);
    open.want("select byok_api.denied('hello')");
    admin.ok(&["member", "add", "acme", &vic, "--role", "viewer"]);
    assert!(open.lives());
}

#[test]
fn a_member_of_an_organization_that_was_purged_commits_nothing_more() {
    let (world, ada, _) = world();
    let mut open = Open::begin(&world.url(&ada), &ada);
    open.want("select byok_api.denied('hello')");
    let (code, document) = world.byok("byok").json(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!((code, &document["item"]["ended"], &document["item"]["open"]), (0, &1.into(), &0.into()), "{document}");
    assert!(!open.commits());
}

#[test]
fn a_purge_ends_the_member_that_holds_the_credits_that_it_writes_off() {
    let (world, ada, _) = world();
    let mut open = Open::begin(&world.url(&ada), &ada);
    open.want(USE);
    world.byok("byok").ok(&["org", "purge", "acme", "--confirm", "acme"]);
    assert!(!open.commits());
    assert_eq!(world.root("select count(*)::text from byok.ledger where request = 'late'"), ["0"]);
}

#[test]
fn a_session_that_has_nothing_to_do_with_byok_is_not_ended_and_the_member_that_waits_for_it_is() {
    let (world, ada, _) = world();
    let app = world.login("app");
    let mut theirs = Open::begin(&world.url(&app), &app);
    theirs.want("select pg_advisory_lock(42)");
    let mut open = Open::begin(&world.url(&ada), &ada);
    open.want("set lock_timeout = 0");
    open.want(SET);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            // Until it is ended.
            let ended =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| open.call("select pg_advisory_lock(42)")));
            assert!(!matches!(ended, Ok(Ok(()))));
        });
        let waits = "select count(*)::text from pg_locks where locktype = 'advisory' and not granted
                     and database = (select oid from pg_database where datname = current_database())";
        while world.root(waits) != ["1"] {
            std::thread::yield_now();
        }
        world.byok("byok").ok(&["data-key", "rotate", "acme", "--yes"]);
        waiting.join().unwrap();
    });
    assert!(theirs.lives());
}
