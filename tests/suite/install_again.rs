//! Installation over an existing schema: other functions, two installers at once, objects of other owners, and
//! interruptions.

use byok::admin::Database;
use byok::admin::crypto::MasterKey;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::harness::{World, block_on, parse, prepare, sql};

const FUNCTIONS: &str = "select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace in ('byok'::regnamespace, 'byok_api'::regnamespace) order by 1";
const GRANTS: &str = "select p.proname || coalesce(p.proacl::text, '') from pg_proc p
    where p.pronamespace in ('byok'::regnamespace, 'byok_api'::regnamespace) order by 1";

#[test]
fn functions_of_another_content_are_replaced_as_a_whole() {
    let world = World::new();
    let (functions, grants) = (world.root(FUNCTIONS), world.root(GRANTS));
    world.root(
        "set role byok_definer;
         create function byok_api.stale() returns int language sql return 1;
         drop function byok_api.route_list();
         drop function byok_api.usage_orgs(text, integer);
         create function byok_api.usage_orgs(p_after text, p_limit integer) returns integer language sql return 1;
         create function byok_api.org_enable(p_org text, p_more text) returns integer language sql return 1;
         revoke execute on function byok_api.key_set from byok_owner;
         grant execute on function byok_api.org_purge to byok_owner;
         update byok.installation set functions = 'another'",
    );
    let said = world.byok("byok").fails(9, &["org", "list"]);
    assert!(said.contains("byok init"), "{said}");
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "upgraded");
    assert_eq!(world.root(FUNCTIONS), functions);
    assert_eq!(world.root(GRANTS), grants);
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "unchanged");
}

#[test]
fn an_older_program_does_not_put_its_functions_in_place_of_newer_ones() {
    let world = World::new();
    world.root("update byok.installation set functions = 'newer', byok_version = '999.0.0'");
    let said = world.byok("byok").fails(9, &["init"]);
    assert!(said.contains("999.0.0") && said.contains("use a newer byok"), "{said}");
    assert_eq!(world.root("select functions from byok.installation"), ["newer"]);
}

#[test]
fn eight_that_install_at_once_all_succeed() {
    let world = World::empty();
    let url = parse(&world.url("byok"));
    let installed: Vec<_> = std::thread::scope(|scope| {
        let one = || block_on(Database::install(&url));
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for outcome in installed {
        outcome.unwrap();
    }
    assert_eq!(world.root("select count(*)::text from byok.migration"), ["3"]);
}

#[test]
fn advisory_locks_that_a_stranger_holds_do_not_stop_an_installation() {
    let world = World::empty();
    let eve = world.login("eve");
    let url = world.url(&eve);
    block_on(async {
        let mut stranger = PgConnection::connect(&url).await.unwrap();
        // Whatever key an installer may think of: the lock table of the server is the limit.
        let name = "hashtextextended('byok bootstrap', 0)";
        let migrator = "1026730398";
        stranger
            .execute(format!("select pg_advisory_lock({name}), pg_advisory_lock({migrator})").as_str())
            .await
            .unwrap();
        prepare(&world.url("byok"), &MasterKey::generate(1).unwrap()).await;
    });
}

/// A login that is no superuser, and may install. From PostgreSQL 16 on the right to grant a role is not the role.
fn dba(world: &World) -> String {
    let dba = world.login("dba");
    let database = dba.strip_suffix("_dba").unwrap();
    let how = if has_options(world) { "admin true, inherit false, set false" } else { "admin option" };
    world.root(&format!(
        "alter role {dba} createrole; grant create on database {database} to {dba};
         grant byok_definer, byok_admin, byok_owner to {dba} with {how}"
    ));
    dba
}

/// Whether a grant of a role has options, which it has from PostgreSQL 16 on.
fn has_options(world: &World) -> bool {
    world.root("select current_setting('server_version_num')").remove(0).as_str() >= "160000"
}

/// What happens when an installation has made nearly everything.
fn near_its_end(world: &World, what: &str) {
    world.root(&format!(
        "create function public.near_its_end() returns event_trigger language plpgsql as $$ begin
             if exists (select from pg_event_trigger_ddl_commands() c where c.object_identity like '%credit_findings%')
             then {what}; end if; end $$;
         create event trigger near_its_end on ddl_command_end when tag in ('CREATE FUNCTION')
             execute function public.near_its_end()"
    ));
}

#[test]
fn an_installation_that_fails_leaves_nothing_behind_and_the_installer_without_the_definers_rights() {
    let world = World::empty();
    let dba = dba(&world);
    near_its_end(&world, "raise exception 'the disk is full' using errcode = '53100'");
    let failed = block_on(Database::install(&parse(&world.url(&dba))));
    assert!(failed.is_err());
    assert_eq!(world.root("select nspname::text from pg_namespace where nspname like 'byok%'"), Vec::<String>::new());
    world.root("drop event trigger near_its_end");
    block_on(prepare(&world.url(&dba), &MasterKey::generate(1).unwrap()));
    assert_eq!(sql(&world.url(&dba), "select org from byok.org"), Err("42501".into()));
    assert_eq!(sql(&world.url(&dba), "set role byok_definer"), Err("42501".into()));
}

/// The same, with no more than a login that creates roles has: it may give itself the definer's role, and has not.
fn plain_dba(world: &World) -> String {
    let dba = dba(world);
    if !has_options(world) {
        world.root(&format!("revoke byok_definer from {dba}"));
    }
    dba
}

#[test]
fn an_installation_that_is_killed_in_the_middle_leaves_nothing_behind() {
    let world = World::empty();
    let dba = plain_dba(&world);
    near_its_end(&world, "perform pg_advisory_xact_lock(7)");
    block_on(async {
        let mut holder = PgConnection::connect(&world.url("byok")).await.unwrap();
        holder.execute("select pg_advisory_lock(7)").await.unwrap();
        let mut installer = world.byok(&dba).command(&["init", "--schema-only"]).spawn().unwrap();
        let waits = "select pid::text from pg_locks where locktype = 'advisory' and not granted
                     and database = (select oid from pg_database where datname = current_database())";
        until(&world, waits, |pids| !pids.is_empty());
        installer.kill().unwrap();
        installer.wait().unwrap();
        holder.execute("select pg_advisory_unlock(7)").await.unwrap();
        let sessions = format!("select 'there' from pg_stat_activity where usename = '{dba}'");
        until(&world, &sessions, <[String]>::is_empty);
    });
    assert_eq!(sql(&world.url(&dba), "set role byok_definer"), Err("42501".into()));
    assert_eq!(world.root("select nspname::text from pg_namespace where nspname like 'byok%'"), Vec::<String>::new());
    assert_eq!(world.byok(&dba).json(&["init", "--schema-only"]).1["result"], "created");
    assert_eq!(sql(&world.url(&dba), "set role byok_definer"), Err("42501".into()));
}

#[test]
fn a_membership_that_an_installer_kept_is_ended_by_its_next_init() {
    let world = World::empty();
    let dba = plain_dba(&world);
    let init = || world.byok(&dba).json(&["init", "--schema-only"]).1["result"].clone();
    assert_eq!(init(), "created");
    // What an installation does first, and what was left where one did not come to its end.
    sql(&world.url(&dba), &format!("grant byok_definer to {dba}")).unwrap();
    assert_eq!(sql(&world.url(&dba), "set role byok_definer"), Ok(vec![]));
    assert_eq!(init(), "upgraded");
    assert_eq!(sql(&world.url(&dba), "set role byok_definer"), Err("42501".into()));
    assert_eq!(init(), "unchanged");
}

/// Asks until the answer is as wanted.
fn until(world: &World, question: &str, wanted: impl Fn(&[String]) -> bool) {
    let begun = std::time::Instant::now();
    while !wanted(&world.root(question)) {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "never: {question}");
        std::thread::yield_now();
    }
}

#[test]
fn a_schema_or_function_of_ours_that_somebody_else_owns_is_not_taken() {
    let world = World::empty();
    let eve = world.login("eve");
    for schema in ["byok", "byok_api", "byok_crypto"] {
        world.root(&format!("create schema {schema} authorization {eve}"));
        let said = world.byok("byok").fails(9, &["init"]);
        assert!(said.contains(&format!("schema {schema}")) && said.contains(&eve), "{said}");
        assert!(said.contains("drop schema"), "{said}");
        world.root(&format!("drop schema {schema}"));
    }
    // The schema is the definer's by now, and what is in it, or may be put into it, is not.
    for theirs in [
        format!("create schema byok_api authorization byok_definer; grant create on schema byok_api to {eve}"),
        format!(
            "create schema byok_crypto authorization byok_definer;
             create function byok_crypto.decrypt_sealed(encrypted bytea, passphrase text) returns bytea language sql return null::bytea;
             alter function byok_crypto.decrypt_sealed owner to {eve}"
        ),
        format!(
            "create schema byok authorization byok_definer; create table byok.org (org text);
             alter table byok.org owner to {eve}"
        ),
    ] {
        world.root(&format!("set role none; {theirs}"));
        let said = world.byok("byok").fails(9, &["init"]);
        assert!(said.contains(&eve), "{said}");
        world.root("drop schema if exists byok_api cascade; drop schema if exists byok_crypto cascade;
                    drop schema if exists byok cascade");
    }
    block_on(prepare(&world.url("byok"), &MasterKey::parse(crate::harness::master_text()).unwrap()));
    let warnings = || world.byok("byok").json(&["status"]).1["item"]["warnings"].to_string();
    assert!(!warnings().contains("foreign_owner"), "{}", warnings());
    world.root(&format!("alter schema byok_crypto owner to {eve}"));
    assert!(warnings().contains("foreign_owner") && warnings().contains(&eve), "{}", warnings());
    world.root("update byok.installation set functions = 'older'");
    let said = world.byok("byok").fails(9, &["init"]);
    assert!(said.contains(&eve), "{said}");
}

#[test]
fn pgcrypto_that_its_owner_dropped_is_noticed_and_installed_again() {
    let world = World::empty();
    let dba = dba(&world);
    let master = MasterKey::parse(crate::harness::master_text()).unwrap();
    world.root(&format!("create schema crypto authorization {dba}"));
    sql(&world.url(&dba), "create extension pgcrypto schema crypto").unwrap();
    block_on(prepare(&world.url("byok"), &master));
    let warnings = || world.byok("byok").json(&["status"]).1["item"]["warnings"].to_string();
    assert!(warnings().contains("owns_pgcrypto") && warnings().contains(&dba), "{}", warnings());
    sql(&world.url(&dba), "drop extension pgcrypto cascade").unwrap();
    assert!(warnings().contains("no_pgcrypto"), "{}", warnings());
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "upgraded");
    assert!(!warnings().contains("pgcrypto"), "{}", warnings());
    world.byok("byok").input(crate::harness::openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "unchanged");
}
