//! What `byok` refuses a login, PostgreSQL refuses it too: with `psql` nobody can do more.

use crate::harness::{World, openai_key, sql};

fn world() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    world.byok(&ada).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    (world, ada, bob)
}

/// A platform admin that is no superuser.
fn admin(world: &World) -> String {
    let login = world.login("root");
    world.root(&format!("grant byok_admin to {login}"));
    login
}

#[test]
fn each_login_may_call_what_is_its_own_and_nothing_else() {
    let (world, ada, bob) = world();
    let (admin, stranger) = (admin(&world), world.login("eve"));
    let viewer = world.login("vic");
    world.byok("byok").ok(&["member", "add", "acme", &viewer, "--role", "viewer"]);
    let set = "select byok_api.key_set('acme','openai',1,1,'\\x00','\\x00','x','','','\\x00',null,null)";
    // Statement, and whether owner, viewer, another organization's owner, admin and stranger get past authorization.
    let table = [
        ("select byok_api.key_context('acme','openai')", [true, false, false, false, false]),
        (set, [true, false, false, false, false]),
        ("select byok_api.key_open('acme','openai',1,'x')", [true, false, false, false, false]),
        ("select byok_api.data_key_get('acme')", [true, false, false, false, false]),
        ("select byok_api.data_key_get('')", [false, false, false, true, false]),
        ("select byok_api.key_open('','openai',1,'x')", [false, false, false, true, false]),
        ("select byok_api.key_context('','openai')", [false, false, false, true, false]),
        ("select byok_api.key_list('acme',null,null,null,9)", [true, true, false, true, false]),
        ("select byok_api.key_list('',null,null,null,9)", [false, false, false, true, false]),
        ("select byok_api.key_versions('acme','openai')", [true, true, false, true, false]),
        ("select byok_api.resolve('acme','openai',null,'')", [true, true, false, true, false]),
        ("select byok_api.member_list('acme')", [true, true, false, true, false]),
        ("select byok_api.org_list('acme',null,9)", [true, true, false, true, false]),
        ("select byok_api.member_add('acme','x','owner')", [false, false, false, true, false]),
        ("select byok_api.member_remove('acme','x')", [false, false, false, true, false]),
        ("select byok_api.org_enable('acme')", [false, false, false, true, false]),
        ("select byok_api.org_disable('nobody')", [false, false, false, true, false]),
        ("select byok_api.route_set('llm','',null)", [false, false, false, true, false]),
        (
            "select byok_api.key_test_record('acme','openai',1,'{\"verdict\":\"verified\"}')",
            [true, false, false, false, false],
        ),
        (
            "select byok_api.key_test_record('','openai',1,'{\"verdict\":\"verified\"}')",
            [false, false, false, true, false],
        ),
        ("select byok_api.provider_put('lab','{}',false)", [false, false, false, true, false]),
        ("select byok_api.provider_list(null)", [true, true, true, true, false]),
        ("select byok_api.provider_remove('lab')", [false, false, false, true, false]),
        ("select byok_api.keyring_create(7,'\\x0000000000000000')", [false, false, false, true, false]),
        ("select byok_api.hello()", [true, true, true, true, false]),
    ];
    for (statement, allowed) in table {
        for (login, allowed) in [&ada, &viewer, &bob, &admin, &stranger].into_iter().zip(allowed) {
            let refused = sql(&world.url(login), statement) == Err("42501".into());
            assert_eq!(!refused, allowed, "{login}: {statement}");
        }
    }
}

#[test]
fn an_unknown_organization_and_somebody_elses_give_the_same_answer() {
    let (world, _, bob) = world();
    let said = |org: &str| {
        let said = world.byok(&bob).fails(4, &["resolve", "openai", "--org", org]);
        said.replace(org, "ORG")
    };
    assert_eq!(said("acme"), said("nobody"));
}

#[test]
fn nobody_reads_a_table_or_calls_pgcrypto() {
    let (world, ada, bob) = world();
    let admin = admin(&world);
    for login in [&ada, &bob, &admin] {
        for table in [
            "provider_key",
            "data_key",
            "org",
            "member",
            "audit",
            "keyring",
            "route",
            "key_test",
            "provider",
            "_sqlx_migrations",
        ] {
            for statement in [format!("select * from byok.{table}"), format!("delete from byok.{table}")] {
                assert_eq!(sql(&world.url(login), &statement), Err("42501".into()), "{login}: {statement}");
            }
        }
        for statement in [
            "select byok_crypto.pgp_sym_decrypt_bytea('\\x00','x')",
            "select byok_crypto.decrypt_sealed('\\x00','x')",
            "select byok.decide('acme','openai')",
            "set role byok_definer",
            "set session authorization byok",
        ] {
            assert_eq!(sql(&world.url(login), statement), Err("42501".into()), "{login}: {statement}");
        }
    }
}

#[test]
fn a_table_granted_by_mistake_still_shows_nothing() {
    let (world, ada, _) = world();
    world.root(&format!("grant usage on schema byok to {ada}; grant select on all tables in schema byok to {ada}"));
    for table in [
        "provider_key",
        "data_key",
        "org",
        "member",
        "audit",
        "keyring",
        "route",
        "key_test",
        "provider",
        "_sqlx_migrations",
    ] {
        assert_eq!(sql(&world.url(&ada), &format!("select 'row' from byok.{table}")), Ok(vec![]), "{table}");
    }
}

#[test]
fn a_login_that_was_dropped_and_made_again_inherits_nothing() {
    let (world, ada, _) = world();
    world.root(&format!("drop role {ada}; create role {ada} login; grant byok_owner to {ada}"));
    world.byok(&ada).fails(4, &["key", "list", "--org", "acme"]);
    let (_, members) = world.byok("byok").json(&["member", "list", "acme"]);
    assert_eq!(members["items"][0]["present"], false);
    world.byok("byok").ok(&["member", "add", "acme", &ada]);
    world.byok(&ada).ok(&["key", "list", "--org", "acme"]);
}

#[test]
fn an_owner_cannot_pretend_with_settings_or_a_schema_of_its_own() {
    let (world, _, bob) = world();
    world.root(&format!("create schema evil authorization {bob}"));
    let hijack = "
        set search_path = evil, pg_temp, public;
        create function evil.pg_has_role(name, text, text) returns boolean language sql as 'select true';
        create temp table member as select 'acme'::text as org, 0::oid as login_oid, 'owner'::text as role;
        set byok.org = 'acme';
        select byok_api.key_context('acme', 'openai')";
    assert_eq!(sql(&world.url(&bob), hijack), Err("42501".into()));
}

#[test]
fn the_catalog_holds_what_the_architecture_promises() {
    let world = World::new();
    let none = [
        (
            "functions that PUBLIC may execute",
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where n.nspname in ('byok', 'byok_api', 'byok_crypto') and has_function_privilege('public', p.oid, 'execute')",
        ),
        (
            "functions of ours without a pinned search_path",
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where n.nspname in ('byok', 'byok_api') and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)",
        ),
        (
            "api functions that do not run as the definer",
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             where n.nspname = 'byok_api' and not p.prosecdef",
        ),
        (
            "tables without forced row security",
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'byok' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)",
        ),
        (
            "tables granted to anybody",
            "select g.table_name || ' ' || g.grantee from information_schema.role_table_grants g
             where g.table_schema like 'byok%' and g.grantee <> 'byok_definer'",
        ),
        ("group roles that can log in", "select rolname::text from pg_roles where rolname like 'byok\\__%' and rolcanlogin"),
        (
            "things that somebody else owns",
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname in ('byok', 'byok_api') and pg_get_userbyid(c.relowner) <> 'byok_definer'",
        ),
    ];
    for (what, query) in none {
        assert_eq!(world.root(query), Vec::<String>::new(), "{what}");
    }
}
