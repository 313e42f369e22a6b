//! Service roles in several databases of one server: a login that loses its role can commit nothing more in any of
//! them.

use crate::cluster::Cluster;
use crate::harness::{Byok, sql};
use crate::open_transactions::Open;

/// Two databases of one server with byok, and an admin of both who made nobody an admin yet.
struct Two {
    cluster: Cluster,
}

impl Two {
    fn new() -> Self {
        let cluster = Cluster::with(&["max_prepared_transactions = 5"]);
        let this = Self { cluster };
        for statement in ["create role adm2 login", "create role vic login", "create database second"] {
            this.root(statement);
        }
        this.second().ok(&["init"]);
        this.cluster.byok().ok(&["role", "grant", "admin", "adm2"]);
        this
    }

    fn root(&self, statement: &str) -> Vec<String> {
        sql(&self.cluster.url, statement).unwrap_or_else(|state| panic!("{state}: {statement}"))
    }

    fn second(&self) -> Byok {
        self.cluster.byok().env("BYOK_DATABASE_URL", &self.cluster.server.url("byok", "second"))
    }

    fn open(&self, database: &str) -> Open {
        Open::begin(&self.cluster.server.url("adm2", database), "adm2")
    }

    fn vic_is_auditor(&self) -> bool {
        self.root("select pg_has_role('vic', 'byok_auditor', 'member')::text") == ["true"]
    }
}

// Of another role than the one that is taken: from PostgreSQL 16 on, who grants a role locks it.
const GRANT: &str = "select byok_api.role_grant('auditor', 'vic', null)";
const REVOKE: &[&str] = &["role", "revoke", "admin", "adm2"];

#[test]
fn an_admin_whose_role_was_taken_commits_nothing_in_another_database_either() {
    let two = Two::new();
    let mut open = two.open("second");
    open.want(GRANT);
    // What has nothing to do with byok, and what has nothing open, goes on.
    two.root("create database other");
    let other = two.open("other");
    let (code, document) = two.cluster.byok().json(REVOKE);
    assert_eq!((code, &document["item"]["ended"], &document["item"]["open"]), (0, &1.into(), &0.into()), "{document}");
    assert!(!open.commits());
    assert!(!two.vic_is_auditor());
    assert!(other.lives());
    assert_eq!(two.second().json(REVOKE).0, 0);
}

#[test]
fn where_a_database_does_not_know_that_a_role_was_taken_an_open_transaction_is_named_and_no_success() {
    let two = Two::new();
    let mut open = two.open("second");
    open.want(GRANT);
    two.root("revoke byok_admin from adm2 granted by byok_definer");
    let said = two.second().run(REVOKE);
    assert!(said.code == 8 && said.err.contains("database second"), "{said:?}");
    assert!(said.err.contains("select pg_terminate_backend("), "{said:?}");
    let statement = said.err.split_once("can end it: ").unwrap().1.lines().next().unwrap().to_owned();
    two.root(&statement);
    assert!(!open.commits());
    assert_eq!(two.second().run(REVOKE).code, 0);
    assert!(!two.vic_is_auditor());
}

#[test]
fn a_prepared_transaction_in_another_database_is_named_with_its_place() {
    let two = Two::new();
    let url = two.cluster.server.url("adm2", "second");
    sql(&url, &format!("begin; {GRANT}; prepare transaction 'late'")).unwrap();
    let said = two.cluster.byok().run(REVOKE);
    assert!(
        said.code == 8 && said.err.contains("in database second as a superuser: rollback prepared 'late'"),
        "{said:?}"
    );
    sql(&two.cluster.server.url("byok", "second"), "rollback prepared 'late'").unwrap();
    assert_eq!(two.cluster.byok().run(REVOKE).code, 0);
    assert!(!two.vic_is_auditor());
}

#[test]
fn a_session_that_calls_itself_byok_has_nobody_ended_who_holds_nothing_of_byoks() {
    let two = Two::new();
    for statement in [
        "create role app login",
        "create role server login",
        "create table public.work as select 1 as at",
        "grant all on public.work to app, server",
        "grant byok_resolver to server",
    ] {
        two.root(statement);
    }
    let url = |login: &str| two.cluster.server.url(login, "postgres");
    let mut theirs = Open::begin(&url("app"), "app");
    theirs.want("select from public.work for update");
    let mut named = Open::begin(&url("server"), "server");
    named.want("set application_name = 'byok/9.9.9'");
    named.want("set lock_timeout = 0");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || named.call("select from public.work for update"));
        let waits = "select count(*)::text from pg_locks l join pg_stat_activity s on s.pid = l.pid
                     where not l.granted and s.usename = 'server'";
        while two.root(waits) != ["1"] {
            std::thread::yield_now();
        }
        let blockers = "select b.outcome from byok_api.blockers(true, true) b";
        assert_eq!(sql(&url("server"), blockers), Ok(vec!["not_ours".into()]));
        assert!(theirs.lives());
        assert_eq!(waiting.join().unwrap(), Ok(()));
    });
}
