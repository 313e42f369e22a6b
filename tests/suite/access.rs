//! Rights: PostgreSQL itself refuses a login everything that `byok` refuses it, so `psql` can do no more.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::harness::{World, block_on, openai_key, sql};

fn world() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    world.byok(&ada).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    (world, ada, bob)
}

/// A platform admin that is no superuser.
fn admin(world: &World) -> String {
    let login = world.login("root");
    world.grant("admin", &login);
    login
}

/// Every function of the API with arguments that change nothing (ORG stands for the organization), and for whom it answers.
/// `o` the organization that owner and viewer belong to, `t` another one, `u` one that nobody knows, `p` the platform; for a
/// function without an organization `x`. Whoever may see all organizations is told that one does not exist: that is an answer. In the order of owner, viewer, admin, resolver, auditor; a stranger never.
pub(crate) const API: &[(&str, [&str; 5])] = &[
    ("acquire(ORG,'openai',null,null,null,null,null,null,'a',null,null,null)", ["", "", "", "otu", ""]),
    (
        "acquire_many(array[ORG],'{openai}','{null}','{null}','{null}','{null}','{null}','{null}','{a}','{null}','{null}','{null}')",
        ["", "", "", "otu", ""],
    ),
    ("acquire_undo(ORG,'c','\\x00','given_up')", ["", "", "", "otu", ""]),
    ("audit_list(ORG,null,null,null,null,null,null,9)", ["o", "o", "otup", "", "otup"]),
    ("audit_records('',0,0,9)", ["", "", "x", "", "x"]),
    ("audit_seal_begin()", ["", "", "x", "", ""]),
    ("audit_seal_end(1,now(),'\\x00',1,'\\x00','\\x00')", ["", "", "x", "", ""]),
    ("audit_sealed_heads(0,'',0,9)", ["", "", "x", "", "x"]),
    ("audit_seals()", ["", "", "x", "", "x"]),
    ("audit_stray_heads()", ["", "", "x", "", "x"]),
    ("balance_list(ORG,null,9)", ["o", "o", "otu", "otu", "otu"]),
    ("blockers(true,true,null)", ["", "", "x", "x", ""]),
    ("consumer_done('c','h',9,1,null)", ["", "", "x", "", "x"]),
    ("consumer_due('c','h',9,null,null,9)", ["", "", "x", "", "x"]),
    ("consumer_failures('c',0,9)", ["", "", "x", "", "x"]),
    ("consumer_leave('c','h')", ["", "", "x", "", "x"]),
    ("consumer_list()", ["", "", "x", "", "x"]),
    ("consumer_remove('c')", ["", "", "x", "", "x"]),
    ("consumer_retry('c',null)", ["", "", "x", "", "x"]),
    ("consumer_take('c','h',9,null)", ["", "", "x", "", "x"]),
    ("credit_alert(ORG,null)", ["", "", "otu", "", ""]),
    ("credit_charge(ORG,'openai','interview',1,'c',null)", ["", "", "", "otu", ""]),
    ("credit_expire(ORG)", ["", "", "otu", "otu", ""]),
    ("credit_findings(ORG)", ["o", "o", "otu", "otu", "otu"]),
    ("credit_grant(ORG,'g',1,null,false)", ["", "", "otu", "", ""]),
    ("credit_history(ORG,null,null,null,null,9)", ["o", "o", "otu", "otu", "otu"]),
    ("credit_quote(ORG,'openai','interview',1)", ["o", "o", "otu", "otu", "otu"]),
    ("credit_refund(ORG,'nothing','f',1,null)", ["", "", "otu", "", ""]),
    ("credit_refused(ORG,1)", ["o", "", "", "otu", ""]),
    ("credit_release(ORG,'h')", ["", "", "", "otu", ""]),
    ("credit_settle(ORG,'h',1)", ["", "", "", "otu", ""]),
    ("credit_totals(ORG)", ["o", "o", "otu", "otu", "otu"]),
    ("data_key_discard(ORG,9)", ["", "", "otup", "", ""]),
    ("data_key_get(ORG)", ["o", "", "p", "otup", ""]),
    ("data_key_issue(ORG)", ["", "", "otu", "", ""]),
    ("data_key_next(ORG)", ["o", "", "otup", "", ""]),
    ("data_key_of(ORG,1)", ["o", "", "", "otup", ""]),
    ("data_key_put(ORG,1,1,'\\x00','\\x00','\\x00')", ["o", "", "otup", "", ""]),
    ("data_key_restore(ORG,1,1,'\\x00','\\x00','\\x00')", ["", "", "otup", "", ""]),
    ("data_key_rotate(ORG,2,1,'\\x00','\\x00','\\x00','{}','{}','{}','{}','{}',false)", ["", "", "otup", "", ""]),
    ("data_key_rotate_begin(ORG)", ["", "", "otup", "", ""]),
    ("data_keys_leaked('',9)", ["", "", "x", "", ""]),
    ("denied('denied')", ["x", "x", "x", "x", "x"]),
    ("event_follow(ORG,null,null,0,0,0,'{}',9)", ["o", "o", "otup", "otup", "otup"]),
    ("event_list(ORG,null,null,null,null,9)", ["o", "o", "otup", "otup", "otup"]),
    ("event_scan(0,9)", ["x", "x", "x", "x", "x"]),
    ("event_tide()", ["x", "x", "x", "x", "x"]),
    ("event_tidy(1,1,9)", ["", "", "x", "", ""]),
    ("health()", ["x", "x", "x", "x", "x"]),
    ("health_findings()", ["x", "x", "x", "x", "x"]),
    ("hello()", ["x", "x", "x", "x", "x"]),
    ("key_context(ORG,'openai')", ["o", "", "up", "", ""]),
    ("key_contexts(array[ORG])", ["otup", "otup", "otup", "", ""]),
    (
        "key_copy(ORG,1,false,'zeta','openai',1,1,1,'\\x00','\\x00','x','','','\\x00',null,null,false,9)",
        ["", "", "up", "", ""],
    ),
    ("key_expire(ORG,'openai',0,null)", ["o", "", "up", "", ""]),
    ("key_list(ORG,null,null,null,9,null,null,null,null,null,false)", ["o", "o", "otup", "otup", "otup"]),
    ("key_mark(ORG,'openai',1,1,true)", ["o", "", "otup", "otup", ""]),
    ("key_open(ORG,'openai',1,'x')", ["o", "", "p", "otup", ""]),
    ("key_remove(ORG,'openai',0)", ["o", "", "up", "", ""]),
    (
        "key_report(null,null,array[ORG],'{openai}','{9}','{ok}','{1}','{0}','{-1}','{-1}','{0}')",
        ["otup", "", "otup", "otup", ""],
    ),
    ("key_serving(ORG,'openai',null,null,null,null)", ["o", "", "", "otu", ""]),
    ("key_set(ORG,'openai',1,1,1,'\\x00','\\x00','x','','','\\x00',null,null,false,9)", ["o", "", "up", "", ""]),
    (
        "key_set_many(ORG,1,'\\x00',9,'{openai}','{1}','{1}','{00}','{x}','{x}','{x}','{00}','{null}','{null}','{false}')",
        ["o", "", "up", "", ""],
    ),
    ("key_test_record(ORG,'openai',1,'{}')", ["o", "", "p", "otup", ""]),
    ("key_tidy(9)", ["x", "", "x", "", ""]),
    ("key_undecryptable(ORG,'openai',null,null,null,null)", ["o", "", "", "otu", ""]),
    ("key_use(ORG,'openai','organization',1,null,null,'u','test',null)", ["o", "", "", "otu", ""]),
    ("key_versions(ORG,'openai',null,9)", ["o", "o", "otup", "otup", "otup"]),
    ("keyring_create(7,'\\x0000000000000000')", ["", "", "x", "", ""]),
    ("master_key_begin(9,'\\x0000000000000000',false)", ["", "", "x", "", ""]),
    ("master_key_cancel()", ["", "", "x", "", ""]),
    ("master_key_escrowed(9,'\\x00')", ["", "", "x", "", ""]),
    ("master_key_finish(1)", ["", "", "x", "", ""]),
    ("master_key_holders()", ["", "", "x", "x", "x"]),
    ("master_key_loaded('host','{}','{}')", ["", "", "x", "x", ""]),
    ("master_key_lost(9,'\\x00')", ["", "", "x", "", ""]),
    ("master_key_promote(9,false)", ["", "", "x", "", ""]),
    ("master_key_status()", ["", "", "x", "x", "x"]),
    ("member_add(ORG,'no_such','owner',null)", ["", "", "otu", "", ""]),
    ("member_list(ORG)", ["o", "o", "otu", "otu", "otu"]),
    ("member_rebind()", ["", "", "x", "", ""]),
    ("member_remove(ORG,'no_such')", ["", "", "otu", "", ""]),
    ("org_disable(ORG)", ["", "", "otu", "", ""]),
    ("org_enable(ORG)", ["", "", "otu", "", ""]),
    ("org_list(ORG,null,9)", ["o", "o", "otup", "otup", "otup"]),
    ("org_purge(ORG,'something else')", ["", "", "otu", "", ""]),
    ("provider_list(null)", ["x", "x", "x", "x", "x"]),
    ("provider_put('mine','{}',false)", ["", "", "x", "", ""]),
    ("provider_remove('mine')", ["", "", "x", "", ""]),
    ("rate_list(null,true)", ["x", "x", "x", "x", "x"]),
    ("rate_remove('x','')", ["", "", "x", "", ""]),
    ("rate_set('x','','request',1,1,1)", ["", "", "x", "", ""]),
    ("resolve(ORG,'openai',null,'')", ["o", "o", "otu", "otu", "otu"]),
    ("rewrap_read(1,'',9)", ["", "", "x", "", ""]),
    ("rewrap_write(1,2,'\\x00','{}','{}','{}')", ["", "", "x", "", ""]),
    ("role_grant('admin','no_such',null)", ["", "", "x", "", ""]),
    ("role_list()", ["", "", "x", "", "x"]),
    ("role_revoke('admin','no_such')", ["", "", "x", "", ""]),
    ("route_list()", ["x", "x", "x", "x", "x"]),
    ("route_set('llm','',null)", ["", "", "x", "", ""]),
    ("session_end(ORG,'no_such')", ["", "", "", "", ""]),
    ("summary()", ["x", "x", "x", "x", "x"]),
    ("usage(array[ORG],'key',null,null)", ["o", "o", "otup", "otup", "otup"]),
    ("usage_orgs(null,9)", ["x", "x", "x", "x", "x"]),
    ("verify_data_keys(null,false,9)", ["", "", "x", "x", ""]),
    ("verify_keys('{acme}')", ["", "", "x", "x", ""]),
    ("verify_open('{acme}','{openai}','{1}','{x}')", ["", "", "x", "x", ""]),
    ("verify_orphans()", ["", "", "x", "x", ""]),
    ("warnings()", ["", "", "x", "", "x"]),
];

/// Whether each statement gets past authorization; each is taken back again.
fn answers(url: &str, statements: &[String]) -> Vec<bool> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let mut answers = Vec::new();
        for statement in statements {
            connection.execute("begin").await.unwrap();
            let outcome = connection.execute(sqlx::raw_sql(statement)).await;
            connection.execute("rollback").await.unwrap();
            let code = outcome.err().and_then(|error| Some(error.as_database_error()?.code()?.into_owned()));
            assert_ne!(code.as_deref(), Some("42883"), "the arguments do not fit: {statement}");
            answers.push(code.as_deref() != Some("42501"));
        }
        answers
    })
}

#[test]
fn every_function_of_the_catalog_answers_whom_it_should_and_nobody_else() {
    let (world, ada, _) = world();
    let viewer = world.login("vic");
    world.byok("byok").ok(&["member", "add", "acme", &viewer, "--role", "viewer"]);
    let (resolver, auditor) = (world.login("res"), world.login("aud"));
    world.grant("resolver", &resolver);
    world.grant("auditor", &auditor);
    // A member that was removed, one whose organization was purged, and somebody who was given the door alone.
    let (former, purged, doorman) = (world.login("former"), world.login("purged"), world.login("door"));
    world.byok("byok").ok(&["member", "add", "acme", &former]);
    world.byok("byok").ok(&["member", "remove", "acme", &former]);
    world.byok("byok").ok(&["enable", "gone", "--owner", &purged]);
    world.byok("byok").ok(&["org", "purge", "gone", "--confirm", "gone"]);
    world.root(&format!("grant byok_owner to {former}, {purged}, {doorman} granted by byok_definer"));
    let logins = [ada, viewer, admin(&world), resolver, auditor, world.login("eve"), former, purged, doorman];

    let catalog = "select proname::text from pg_proc where pronamespace = 'byok_api'::regnamespace order by proname collate \"C\"";
    let expected: Vec<&str> = API.iter().map(|(call, _)| call.split('(').next().unwrap()).collect();
    assert_eq!(world.root(catalog), expected, "every function has one row in `API`, in alphabetical order");

    let orgs = [('o', "'acme'"), ('t', "'bolt'"), ('u', "'nobody'"), ('p', "''")];
    let mut calls = Vec::new();
    for (at, (call, _)) in API.iter().enumerate() {
        if call.contains("ORG") {
            calls.extend(
                orgs.map(|(letter, org)| (at, letter, format!("select byok_api.{}", call.replace("ORG", org)))),
            );
        } else {
            calls.push((at, 'x', format!("select byok_api.{call}")));
        }
    }
    let statements: Vec<String> = calls.iter().map(|(.., statement)| statement.clone()).collect();
    for (role, login) in logins.iter().enumerate() {
        for ((at, letter, statement), answered) in calls.iter().zip(answers(&world.url(login), &statements)) {
            let allowed = API[*at].1.get(role).is_some_and(|letters| letters.contains(*letter));
            assert_eq!(answered, allowed, "{login}: {statement}");
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

/// Every table that there is, by the catalog.
fn tables(world: &World) -> Vec<String> {
    let tables =
        world.root("select relname::text from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'r'");
    assert!(tables.len() > 10);
    tables
}

#[test]
fn nobody_reads_a_table_or_calls_pgcrypto() {
    let (world, ada, bob) = world();
    let (admin, tables) = (admin(&world), tables(&world));
    for login in [&ada, &bob, &admin] {
        for table in &tables {
            for statement in [format!("select * from byok.{table}"), format!("delete from byok.{table}")] {
                assert_eq!(sql(&world.url(login), &statement), Err("42501".into()), "{login}: {statement}");
            }
        }
        for statement in [
            "select byok_crypto.pgp_sym_decrypt_bytea('\\x00','x')",
            "select byok_crypto.decrypt_sealed('\\x00','x')",
            "select byok.decision('acme','openai')",
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
    for table in tables(&world) {
        assert_eq!(sql(&world.url(&ada), &format!("select 'row' from byok.{table}")), Ok(vec![]), "{table}");
    }
}

#[test]
fn a_login_that_was_dropped_and_made_again_inherits_nothing() {
    let (world, ada, _) = world();
    world.root(&format!("drop role {ada}; create role {ada} login; grant byok_owner to {ada} granted by byok_definer"));
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
             where n.nspname in ('byok', 'byok_api') and (p.prosecdef or p.prosqlbody is null) and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)",
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
        (
            "inner functions that a login may execute",
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
             cross join unnest(array['byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor']) g(role)
             where n.nspname in ('byok', 'byok_crypto') and has_function_privilege(g.role, p.oid, 'execute')",
        ),
        (
            "powers of the definer beyond its own things",
            "select rolname::text from pg_roles
             where rolname = 'byok_definer' and (rolcanlogin or rolsuper or rolcreatedb or rolbypassrls)",
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
