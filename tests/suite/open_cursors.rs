//! Open cursors: a login that has lost a right gets no rows from a cursor that it declared before.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::access::API;
use crate::harness::{World, block_on};
use crate::open_transactions::world;

/// A session of its own for each call, which knows the call well and has a cursor for it that was not fetched from yet.
async fn declared(url: &str, calls: &[String]) -> Vec<PgConnection> {
    let mut sessions = Vec::new();
    for call in calls {
        let mut session = PgConnection::connect(url).await.unwrap();
        for _ in 0..2 {
            session.execute(sqlx::raw_sql(call)).await.ok();
        }
        let begin = format!("begin isolation level read committed; declare c cursor for {call}");
        session.execute(sqlx::raw_sql(&begin)).await.unwrap_or_else(|error| panic!("{call}: {error}"));
        sessions.push(session);
    }
    sessions
}

/// What the first rows of each cursor are: the SQLSTATE.
async fn fetched(sessions: Vec<PgConnection>) -> Vec<Result<(), String>> {
    let mut states = Vec::new();
    for mut session in sessions {
        let fetched = session.execute(sqlx::raw_sql("fetch 1 from c")).await.map(drop);
        states.push(fetched.map_err(|error| match error {
            sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
            other => other.to_string(),
        }));
    }
    states
}

/// Every call that this login may make, of acme or without an organization; `at` is its place in the list of the API.
fn calls(at: usize) -> Vec<String> {
    let may = API.iter().filter(|(_, letters)| letters[at].contains(['o', 'x']));
    may.map(|(call, _)| format!("select byok_api.{}", call.replace("ORG", "'acme'"))).collect()
}

#[test]
fn whoever_lost_a_right_gets_nothing_more_by_a_cursor_that_was_declared_before() {
    for (at, name) in [(0, "owner"), (1, "viewer"), (2, "admin"), (3, "resolver"), (4, "auditor")] {
        let (world, ..) = world();
        let (login, admin) = (world.login("late"), world.byok("byok"));
        let member = at < 2;
        if member {
            admin.ok(&["member", "add", "acme", &login, "--role", name]);
        } else {
            admin.ok(&["role", "grant", name, &login]);
        }
        let taken = if member { ["member", "remove", "acme", &login] } else { ["role", "revoke", name, &login] };
        let calls = calls(at);
        block_on(async {
            let sessions = declared(&world.url(&login), &calls).await;
            std::thread::scope(|scope| {
                scope.spawn(|| admin.ok(&taken)).join().unwrap();
            });
            for (call, state) in calls.iter().zip(fetched(sessions).await) {
                assert_eq!(state, Err("42501".into()), "{name}: {call}");
            }
        });
    }
}

#[test]
fn an_admin_that_knows_its_functions_well_makes_no_other_admin_after_it_was_one() {
    let (world, ..) = world();
    let (boss, mallory) = (world.login("boss"), world.login("mallory"));
    let admin = world.byok("byok");
    admin.ok(&["role", "grant", "admin", &boss]);
    block_on(async {
        let mut session = PgConnection::connect(&world.url(&boss)).await.unwrap();
        let grant = |role: &str| format!("select byok_api.role_grant('{role}', '{mallory}', null)");
        for _ in 0..2 {
            session.execute(sqlx::raw_sql(&grant("auditor"))).await.unwrap();
        }
        session.execute(sqlx::raw_sql(&format!("begin; declare c cursor for {}", grant("admin")))).await.unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| admin.ok(&["role", "revoke", "admin", &boss])).join().unwrap();
        });
        assert!(session.execute(sqlx::raw_sql("fetch 1 from c")).await.is_err());
        session.execute(sqlx::raw_sql("commit")).await.unwrap();
    });
    assert_eq!(world.root(&format!("select pg_has_role('{mallory}', 'byok_admin', 'member')::text")), ["false"]);
}

#[test]
fn an_admin_that_nobody_ended_makes_no_other_admin_with_the_roles_that_its_session_remembers() {
    let (world, ..) = world();
    let (boss, mallory) = (world.login("boss"), world.login("mallory"));
    world.byok("byok").ok(&["role", "grant", "admin", &boss]);
    let grant = |role: &str| format!("select byok_api.role_grant('{role}', '{mallory}', null)");
    block_on(async {
        let mut session = PgConnection::connect(&world.url(&boss)).await.unwrap();
        for statement in [
            grant("auditor"),
            grant("auditor"),
            // All that the grant will lock is locked already.
            format!("begin; declare c cursor for {}", grant("admin")),
            format!("select byok_api.role_list(); {}", grant("auditor")),
        ] {
            session.execute(sqlx::raw_sql(&statement)).await.unwrap();
        }
        world.root(&format!("revoke byok_admin from {boss} granted by byok_definer"));
        assert!(session.execute(sqlx::raw_sql("fetch 1 from c")).await.is_err());
    });
}

#[test]
fn a_list_over_all_organizations_that_was_begun_as_a_member_of_two_shows_one_after_a_removal() {
    let (world, ada, _) = world();
    let admin = world.byok("byok");
    admin.ok(&["member", "add", "bolt", &ada]);
    for call in
        ["org_list(null,null,9)", "balance_list(null,null,9)", "key_list(null,null,null,null,9,null,null,null,null)"]
    {
        block_on(async {
            let list = format!("select k.org::text from byok_api.{call} k");
            let mut sessions = declared(&world.url(&ada), &[list]).await;
            std::thread::scope(|scope| {
                scope.spawn(|| admin.ok(&["member", "remove", "bolt", &ada])).join().unwrap();
            });
            let rows = sessions[0].fetch_all(sqlx::raw_sql("fetch all from c")).await.unwrap();
            let orgs: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
            assert_eq!(orgs, ["acme"], "{call}");
        });
        admin.ok(&["member", "add", "bolt", &ada]);
    }
}

#[test]
fn a_key_that_was_removed_does_not_open_by_a_cursor_of_a_server() {
    let (world, ada, _) = world();
    let server = world.login("res");
    world.grant("resolver", &server);
    let serving = "select k.version::text from byok_api.key_serving('acme', 'openai', null, null, null, null) k";
    block_on(async {
        let mut sessions = declared(&world.url(&server), &[serving.to_owned()]).await;
        std::thread::scope(|scope| {
            scope.spawn(|| replace(&world, &ada)).join().unwrap();
        });
        let row = sessions[0].fetch_one(sqlx::raw_sql("fetch 1 from c")).await.unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&row, 0), "2");
    });
}

fn replace(world: &World, owner: &str) {
    let key = crate::harness::openai_key("9999");
    world.byok(owner).input(key).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
}

#[test]
fn no_function_of_the_api_answers_by_the_sight_of_its_caller() {
    let sights = "select p.oid::regprocedure::text from pg_proc p
                  where p.pronamespace = 'byok_api'::regnamespace and p.provolatile <> 'v'";
    assert_eq!(World::new().root(sights), Vec::<String>::new());
}
