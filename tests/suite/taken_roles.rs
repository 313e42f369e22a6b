//! Roles belong to the whole server, and somebody may have created byok's roles before byok.

use byok::local::{ThrowAway, ThrowAwayOptions};

use crate::harness::{Byok, Run, sql};

/// A server on which byok was never installed, and the file of a master key.
struct Fresh {
    server: ThrowAway,
    dir: tempfile::TempDir,
}

impl Fresh {
    fn new() -> Self {
        let this =
            Self { server: ThrowAway::start(&ThrowAwayOptions::default()).unwrap(), dir: tempfile::tempdir().unwrap() };
        this.root("create role mal login createrole");
        this
    }

    fn root(&self, statement: &str) -> Vec<String> {
        sql(&self.server.url("byok", "postgres"), statement).unwrap_or_else(|state| panic!("{state}: {statement}"))
    }

    fn mal(&self, statement: &str) {
        sql(&self.server.url("mal", "postgres"), statement).unwrap();
    }

    fn byok(&self, login: &str, database: &str) -> Byok {
        let file = self.dir.path().join("master.key");
        let byok = Byok::new().env("BYOK_DATABASE_URL", &self.server.url(login, database));
        byok.env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap())
    }

    fn init(&self) -> Run {
        self.byok("byok", "postgres").run(&["init"])
    }

    /// Whether `init` refuses, changes nothing, and names these statements; and goes on once they were run.
    fn refuses(&self, statements: &[&str]) {
        let said = self.init();
        assert_eq!(said.code, 9, "{said:?}");
        for statement in statements {
            assert!(said.err.contains(statement), "{statement}: {said:?}");
        }
        assert_eq!(
            self.root("select nspname::text from pg_namespace where nspname like 'byok%'"),
            Vec::<String>::new()
        );
        let repair = said.err.split_once("to undo that: ").unwrap().1.lines().next().unwrap().to_owned();
        self.root(&repair);
        let said = self.init();
        assert_eq!(said.code, 0, "{said:?}");
    }
}

const GROUPS: [&str; 5] = ["byok_definer", "byok_admin", "byok_owner", "byok_resolver", "byok_auditor"];

#[test]
fn a_group_that_somebody_made_first_with_a_login_is_not_taken() {
    let fresh = Fresh::new();
    for group in GROUPS {
        fresh.mal(&format!("create role {group} login password 'x'"));
    }
    let wanted = GROUPS.map(|group| format!("alter role {group} nologin"));
    fresh.refuses(&wanted.each_ref().map(String::as_str));
    for group in GROUPS {
        assert!(sql(&fresh.server.url(group, "postgres"), "select byok_api.hello()").is_err(), "{group}");
    }
}

#[test]
fn other_attributes_that_a_group_should_not_have_are_refused_too() {
    for (attribute, repair) in [
        ("superuser", "nosuperuser"),
        ("replication", "noreplication"),
        ("bypassrls", "nobypassrls"),
        ("createrole", "nocreaterole"),
    ] {
        let fresh = Fresh::new();
        fresh.root(&format!("create role byok_admin {attribute}"));
        fresh.refuses(&[&format!("alter role byok_admin {repair}")]);
    }
}

#[test]
fn whoever_was_put_into_a_group_before_byok_was_there_is_not_let_in() {
    for group in ["byok_definer", "byok_admin", "byok_resolver", "byok_auditor"] {
        let fresh = Fresh::new();
        fresh.root("create role plant login");
        fresh.mal(&format!("create role {group}; grant {group} to plant"));
        fresh.refuses(&[&format!("revoke {group} from plant")]);
        let holds = format!("select pg_has_role('plant', '{group}', 'member')::text");
        assert_eq!(fresh.root(&holds), ["false"]);
    }
    // A group in a group is a way in as well.
    let fresh = Fresh::new();
    fresh.mal("create role byok_admin; create role byok_owner; grant byok_admin to byok_owner");
    fresh.refuses(&["revoke byok_admin from byok_owner"]);
}

#[test]
fn a_second_database_has_the_roles_of_the_first_and_says_so() {
    let fresh = Fresh::new();
    assert_eq!(fresh.init().code, 0);
    fresh.root("create role boss login");
    fresh.root("create database second");
    fresh.byok("byok", "postgres").ok(&["role", "grant", "admin", "boss"]);
    let said = fresh.byok("byok", "second").env("BYOK_MASTER_KEY_FILE", "/nowhere").run(&["init", "--schema-only"]);
    assert!(said.code == 0 && said.err.contains("boss (admin)") && said.err.contains("byok role revoke"), "{said:?}");
    fresh.byok("boss", "second").ok(&["org", "list"]);
    let said = fresh.init();
    assert!(said.code == 0 && !said.err.contains("boss"), "{said:?}");
}

#[test]
fn a_grant_of_a_superuser_is_revoked_and_what_it_may_do_anyway_is_said() {
    let fresh = Fresh::new();
    assert_eq!(fresh.init().code, 0);
    fresh.root("create role chief superuser login; set role byok_definer; grant byok_admin to chief");
    let byok = fresh.byok("byok", "postgres");
    assert!(byok.ok(&["role", "list"]).contains("chief"));
    assert_eq!(byok.json(&["role", "revoke", "admin", "chief"]).1["result"], "revoked");
    assert!(!byok.ok(&["role", "list"]).contains("chief"));
    let said = byok.fails(5, &["role", "revoke", "admin", "chief"]);
    assert!(said.contains("still has the role"), "{said}");
    // One's own role is not taken by a slip.
    assert!(byok.fails(2, &["role", "revoke", "admin", "byok"]).contains("--yes"));
}

#[test]
fn a_group_that_was_made_a_login_later_is_told_by_status_init_and_the_list_of_roles() {
    let fresh = Fresh::new();
    assert_eq!(fresh.init().code, 0);
    let byok = fresh.byok("byok", "postgres");
    assert!(!byok.json(&["status"]).1["item"]["warnings"].to_string().contains("login_group"));
    assert!(!byok.ok(&["role", "list"]).contains("byok_admin"));
    fresh.root("alter role byok_admin login");
    let document = byok.json(&["status"]).1;
    assert!(document["item"]["warnings"].to_string().contains(r#""code":"login_group""#), "{document}");
    for said in [byok.run(&["status"]), fresh.init()] {
        assert!(said.code == 0 && said.err.contains("alter role \"byok_admin\" nologin"), "{said:?}");
    }
    assert!(byok.ok(&["role", "list"]).contains("byok_admin"));
    // An upgrade does not go over it.
    fresh.root("update byok.installation set functions = 'older'");
    let said = fresh.init();
    assert!(said.code == 9 && said.err.contains("alter role byok_admin nologin"), "{said:?}");
    fresh.root("alter role byok_admin nologin");
    assert_eq!(fresh.init().code, 0);
}

#[test]
fn an_installer_without_superuser_made_the_roles_itself_and_installs_twice() {
    let fresh = Fresh::new();
    for statement in [
        "create role dba login createrole",
        "create database first",
        "create database second",
        "grant create on database first, second to dba",
    ] {
        fresh.root(statement);
    }
    for database in ["first", "second"] {
        let said = fresh.byok("dba", database).run(&["init"]);
        assert_eq!(said.code, 0, "{said:?}");
    }
}
