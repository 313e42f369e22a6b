//! Checks of the database server and of its roles.

use super::{admin_and_owner, check, doctor, expect, run_fix};
use crate::cluster::{Cluster, Pooler};
use crate::harness::{Byok, World, sql};
use crate::lost_connections::Ground;

/// Makes a condition, sees the check turn, runs its statement as a superuser, and sees it turn back.
fn turns(world: &World, admin: &Byok, id: &str, statement: &str, (status, words): (&str, &str)) {
    expect(admin, id, "ok", "");
    world.root(statement);
    let row = expect(admin, id, status, words);
    assert_eq!(row.by, "superuser", "{row:?}");
    world.root(&row.fix);
    expect(admin, id, "ok", "");
}

#[test]
fn a_missing_or_weaker_constraint_of_the_header_is_made_again_by_the_statement() {
    let (world, admin, _) = admin_and_owner();
    let drop = "alter table byok.provider_key drop constraint provider_key_header_check";
    turns(&world, &admin, "db.header", drop, ("fail", "constraint"));
    let weaker =
        format!("{drop}, add constraint provider_key_header_check check (length(encrypted) between 100 and 80000)");
    turns(&world, &admin, "db.header", &weaker, ("fail", "another one"));
    let unchecked = format!(
        "{drop}, add constraint provider_key_header_check check (substr(encrypted, 1, 6) = '\\xc30c04090102'
         and get_byte(encrypted, 14) = 210 and length(encrypted) between 100 and 80000) not valid"
    );
    turns(&world, &admin, "db.header", &unchecked, ("fail", "constraint"));
}

#[test]
fn a_setting_that_logs_arguments_is_named_and_the_statement_ends_it() {
    let (world, admin, _) = admin_and_owner();
    let database = world.root("select current_database()::text").concat();
    let set = |setting: &str| format!("alter database {database} set {setting}");
    let explain = [set("session_preload_libraries = 'auto_explain'"), set("auto_explain.log_min_duration = 0")];
    for (statement, words) in [
        (set("log_statement = 'all'"), "log_statement = all"),
        (set("log_min_duration_statement = 0"), "log_min_duration_statement"),
        (set("log_parameter_max_length_on_error = 40"), "on_error = 40"),
        (set("debug_print_plan = on"), "debug_print_plan"),
        (explain.join("; "), "auto_explain.log_min_duration = 0"),
    ] {
        turns(&world, &admin, "db.log", &statement, ("warn", words));
        world.root(&format!("alter database {database} reset all"));
    }
    // What is logged without arguments is no warning.
    world.root(&format!("{}; {}", set("log_statement = 'all'"), set("log_parameter_max_length = 0")));
    expect(&admin, "db.log", "ok", "");
    world.root(&format!("{}; {}", set("log_statement = 'mod'"), set("log_parameter_max_length = -1")));
    expect(&admin, "db.log", "ok", "");
}

#[test]
fn a_database_that_is_read_only_is_made_writable_by_the_statement() {
    let (world, admin, _) = admin_and_owner();
    let database = world.root("select current_database()::text").concat();
    let statement = format!("alter database {database} set default_transaction_read_only = on");
    turns(&world, &admin, "db.writable", &statement, ("fail", "default_transaction_read_only"));
}

#[test]
fn a_pgcrypto_that_does_not_do_what_it_should_is_noticed_and_init_repairs_it() {
    let (world, admin, _) = admin_and_owner();
    let encrypt = |body: &str| {
        format!(
            "create or replace function byok_crypto.encrypt_sealed(sealed bytea, passphrase text) returns bytea
             language sql volatile strict return {body}"
        )
    };
    let decrypt = |body: &str| {
        format!(
            "create or replace function byok_crypto.decrypt_sealed(encrypted bytea, passphrase text) returns bytea
             language sql stable return {body}"
        )
    };
    let made = "byok_crypto.pgp_sym_encrypt_bytea(sealed, passphrase, ";
    let known = "convert_to('byok: known text of the live probe, ' || repeat('0123456789', 4), 'UTF8')";
    for (statement, words) in [
        (encrypt(&format!("{made}'cipher-algo=aes128,s2k-mode=1')")), "another cipher"),
        (encrypt(&format!("{made}'cipher-algo=aes256,s2k-mode=1,disable-mdc=1')")), "integrity"),
        (encrypt("sealed"), "another cipher"),
        (encrypt(&format!("{made}'cipher-algo=none')")), "fails"),
        (decrypt("encrypted"), "known value"),
        (decrypt(known), "wrong passphrase"),
        ("drop extension pgcrypto cascade".to_owned(), "not there"),
    ] {
        expect(&admin, "db.pgcrypto", "ok", "known values");
        world.root(&statement);
        let row = expect(&admin, "db.pgcrypto", "fail", words);
        assert_eq!((row.fix.as_str(), row.by.as_str()), ("byok init", "admin"));
        run_fix(&world.byok("byok"), &row);
    }
    expect(&admin, "db.pgcrypto", "ok", "known values");
}

#[test]
fn a_server_whose_clock_differs_is_noticed() {
    let (world, admin, _) = admin_and_owner();
    let clock = |body: &str| {
        world.root(&format!(
            "set allow_system_table_mods = on;
             create or replace function pg_catalog.clock_timestamp() returns timestamptz {body}"
        ))
    };
    expect(&admin, "db.clock", "ok", "agrees");
    for (sign, words) in [("+", "ahead of"), ("-", "behind")] {
        clock(&format!("language sql as $$select pg_catalog.now() {sign} interval '2 hours'$$"));
        let row = expect(&admin, "db.clock", "warn", words);
        assert!(row.by == "operator" && row.fix.starts_with("timedatectl"), "{row:?}");
    }
    clock("language internal volatile as 'clock_timestamp'");
    expect(&admin, "db.clock", "ok", "agrees");
}

#[test]
fn a_login_with_rights_that_it_should_not_have_is_named_until_the_statement_ran() {
    let (world, admin, _) = admin_and_owner();
    let version: i32 = world.root("select current_setting('server_version_num')").concat().parse().unwrap();
    let eve = world.login("eve");
    world.grant("auditor", &eve);
    let mut cases = vec![
        ("roles.definer", format!("grant byok_definer to {eve}"), "warn"),
        (
            "roles.objects",
            format!(
                "create function byok.trap() returns int language sql return 1; alter function byok.trap owner to {eve}"
            ),
            "fail",
        ),
    ];
    if version < 160_000 {
        cases.push(("roles.createrole", format!("alter role {eve} createrole"), "warn"));
        // It was granted, and is not inherited.
        cases.push(("roles.effect", format!("alter role {eve} noinherit"), "warn"));
    } else {
        let anew = format!(
            "revoke byok_auditor from {eve} granted by byok_definer; grant byok_auditor to {eve} with inherit false"
        );
        cases.push(("roles.effect", anew, "warn"));
    }
    for (id, statement, status) in cases {
        assert!(!check(&admin, id).reason.contains(&eve), "{id}");
        world.root(&statement);
        let row = expect(&admin, id, status, &eve);
        assert_eq!(row.by, "superuser", "{row:?}");
        // Other tests have logins on this server too: only this one is put right here.
        let own = row.fix.split("; ").filter(|part| part.contains(&eve) || part.contains("trap")).collect::<Vec<_>>();
        world.root(&own.join("; "));
        assert!(!check(&admin, id).reason.contains(&eve), "{id}: {row:?}");
    }
    world.root("drop function byok.trap");
}

#[test]
fn a_login_without_any_role_is_told_so() {
    let world = World::new();
    let nobody = world.login("nobody");
    let (code, rows) = doctor(&world.byok(&nobody));
    assert_eq!((code, rows["roles.login"].status.as_str(), rows["db.connection"].status.as_str()), (9, "fail", "ok"));
    assert_eq!(rows["keys.open"].status, "skipped");
}

#[test]
fn a_member_without_a_login_is_removed_or_bound_again() {
    let (world, admin, _) = admin_and_owner();
    let (eve, fay) = (world.login("eve"), world.login("fay"));
    for login in [&eve, &fay] {
        admin.ok(&["member", "add", "acme", login]);
    }
    expect(&admin, "members.logins", "ok", "");
    world.root(&format!("drop role {eve}"));
    let row = expect(&admin, "members.logins", "warn", "was dropped");
    run_fix(&admin, &row);
    expect(&admin, "members.logins", "ok", "");
    world.root(&format!("drop role {fay}; create role {fay} login"));
    let row = expect(&admin, "members.logins", "warn", "after a restore");
    assert_eq!(row.fix, "byok member rebind");
    admin.ok(&["member", "rebind", "--yes"]);
    expect(&admin, "members.logins", "ok", "");
}

#[test]
fn a_schema_that_is_not_there_is_made_by_init() {
    let world = World::empty();
    let byok = world.byok("byok");
    let (code, rows) = doctor(&byok);
    assert_eq!((code, rows["db.connection"].status.as_str()), (9, "ok"));
    let row = expect(&byok, "db.schema", "fail", "not initialized");
    run_fix(&byok, &row);
    expect(&byok, "db.schema", "ok", "installed by byok");
    world.root("update byok.installation set byok_version = '99.0.0', functions = 'newer'");
    expect(&byok, "db.schema", "warn", "99.0.0");
    world.root("update byok.installation set oldest_served = 1000");
    expect(&byok, "db.schema", "fail", "no longer supports");
}

#[test]
fn without_a_database_that_answers_the_rest_is_checked() {
    let home = tempfile::tempdir().unwrap();
    let byok = Byok::new().env("HOME", home.path().to_str().unwrap());
    let byok = byok.env("BYOK_DATABASE_URL", "postgres://ada@127.0.0.1:1/x");
    let (code, rows) = doctor(&byok);
    assert_eq!((code, rows["db.connection"].status.as_str()), (9, "fail"));
    assert_eq!((rows["settings.variables"].status.as_str(), rows["master_key.loaded"].status.as_str()), ("ok", "warn"));
    assert_eq!(rows["db.pgcrypto"].status, "skipped");
    assert!(rows["db.pgcrypto"].reason.contains("not reached"));
    let (code, rows) = doctor(&byok.env("BYOK_DATABASE_URL", "mysql://x"));
    assert_eq!((code, rows["db.connection"].status.as_str()), (9, "fail"), "{rows:?}");
}

#[test]
fn a_connection_to_another_machine_is_verified_or_named() {
    let ground = Ground::new();
    let clear = ground.tap.url("byok", "postgres").replace("127.0.0.1", "127.1");
    for (mode, status, words) in
        [("disable", "fail", "nothing is encrypted"), ("prefer", "warn", "can turn the encryption off")]
    {
        let row =
            expect(&Byok::new().env("BYOK_DATABASE_URL", &clear.replace("disable", mode)), "db.tls", status, words);
        assert!(row.fix.contains("sslmode=verify-full"), "{row:?}");
    }
    expect(&Byok::new().env("BYOK_DATABASE_URL", &ground.tap.url("byok", "postgres")), "db.tls", "ok", "this machine");
    let (world, admin, _) = admin_and_owner();
    expect(&admin, "db.tls", "ok", "Unix socket");
    drop(world);
}

#[test]
fn a_pooler_that_takes_the_login_away_is_noticed_and_so_is_one_that_is_not_said() {
    let cluster = Cluster::start();
    let socket = cluster.server.socket_dir();
    sql(&cluster.url, "create role ada login; grant byok_auditor to ada").unwrap();
    let Some(pooler) = Pooler::before(socket, &["byok", "ada"]) else { return };
    let byok = |url: &str| cluster.byok().env("BYOK_DATABASE_URL", url);
    expect(&cluster.byok(), "db.pooler", "ok", "direct");
    let behind = byok(&pooler.url("byok", "postgres"));
    expect(&behind, "db.pooler", "ok", "transaction mode");
    let ignoring = "ignore_startup_parameters = extra_float_digits";
    let Some(quiet) = Pooler::with(socket, &["byok"], ignoring) else { return };
    let none = byok(&quiet.url("byok", "postgres")).env("BYOK_POOLER", "none");
    let row = expect(&none, "db.pooler", "fail", "another client");
    assert_eq!(row.fix, "unset BYOK_POOLER");
    // All its clients become one login.
    let Some(forcing) = Pooler::as_one(socket, &["byok", "ada"], "byok") else { return };
    let row = expect(&byok(&forcing.url("ada", "shared")), "db.pooler", "fail", "logs in as byok, and not as ada");
    assert!(row.fix.contains("user="), "{row:?}");
    expect(&byok(&forcing.url("ada", "postgres")), "db.pooler", "ok", "transaction mode");
}

#[test]
fn what_concerns_the_whole_server_turns_by_its_statement() {
    let cluster = Cluster::with(&["max_prepared_transactions = 5"]);
    sql(&cluster.url, "create role root login; grant byok_admin to root granted by byok_definer").unwrap();
    let admin = cluster.byok().env("BYOK_DATABASE_URL", &cluster.server.url("root", "postgres"));
    let root = |statement: &str| sql(&cluster.url, statement).unwrap_or_else(|state| panic!("{state}: {statement}"));
    for (id, statement, status, words) in [
        ("roles.groups", "alter role byok_auditor login", "fail", "byok_auditor can log in"),
        ("roles.service", "revoke pg_signal_backend from byok_definer", "warn", "cannot end sessions"),
        ("roles.service", "alter role byok_definer nocreaterole", "warn", "cannot create logins"),
        (
            "db.prepared",
            "begin; lock table byok.org in row exclusive mode; select pg_current_xact_id()::text; prepare transaction 'left'",
            "warn",
            "prepared transaction",
        ),
    ] {
        expect(&admin, id, "ok", "");
        root(statement);
        let row = expect(&admin, id, status, words);
        assert_eq!(row.by, "superuser", "{row:?}");
        root(&row.fix);
        expect(&admin, id, "ok", "");
    }
    // On a server of their own: a superuser would be a warning in the status of other tests.
    root("create role max login superuser; grant byok_auditor to max granted by byok_definer");
    expect(&admin, "roles.superuser", "warn", "max");
    let max = cluster.byok().env("BYOK_DATABASE_URL", &cluster.server.url("max", "postgres"));
    expect(&max, "roles.login", "warn", "max is a superuser");
    let others = expect(&max, "roles.superuser", "warn", "byok");
    assert!(!others.reason.contains("max"), "what is wrong with the own login is said once: {}", others.reason);
    root("alter role max nosuperuser");
    expect(&max, "roles.login", "ok", "max: auditor");
    let version: i32 = root("select current_setting('server_version_num')").concat().parse().unwrap();
    if version >= 160_000 {
        expect(&admin, "roles.grants", "ok", "");
        root("create role eve login; grant byok_resolver to eve");
        let row = expect(&admin, "roles.grants", "warn", "eve");
        run_fix(&cluster.byok(), &row);
        expect(&admin, "roles.grants", "ok", "");
    }
}
