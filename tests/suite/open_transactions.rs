//! Open transactions: a login that keeps one open blocks no administrator and no other organization.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::access::API;
use crate::cluster::Cluster;
use crate::harness::{Byok, World, openai_key, sql};

/// A session that has begun, and goes on as long as this lives.
pub(crate) struct Open {
    runtime: tokio::runtime::Runtime,
    connection: PgConnection,
    login: String,
}

impl Open {
    pub(crate) fn begin(url: &str, login: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut connection = runtime.block_on(PgConnection::connect(url)).unwrap();
        // Of those that hold something here, none waits for another one.
        runtime.block_on(connection.execute("set lock_timeout = 100; begin")).unwrap();
        Self { runtime, connection, login: login.into() }
    }

    /// The SQLSTATE where it fails; then everything before it still stands.
    pub(crate) fn call(&mut self, statement: &str) -> Result<(), String> {
        self.runtime.block_on(self.connection.execute("savepoint before")).unwrap();
        let outcome = self.runtime.block_on(self.connection.execute(sqlx::raw_sql(statement)));
        let state = outcome.map(drop).map_err(|error| match error {
            sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
            other => panic!("{statement}: {other}"),
        });
        if state.is_err() {
            self.runtime.block_on(self.connection.execute("rollback to before")).unwrap();
        }
        state
    }

    pub(crate) fn want(&mut self, statement: &str) {
        let login = self.login.clone();
        assert_eq!(self.call(statement), Ok(()), "{login}: {statement}");
    }

    /// Every function of the catalog, with these organizations; and every lock that a login could think of.
    fn everything(&mut self, orgs: &[&str]) {
        for (call, _) in API {
            for org in orgs {
                self.call(&format!("select byok_api.{}", call.replace("ORG", org))).ok();
            }
        }
        for table in ["org", "member", "keyring", "audit", "audit_head", "provider_key", "balance", "migration"] {
            for lock in ["lock table", "truncate", "analyze", "cluster", "reindex table"] {
                self.call(&format!("{lock} byok.{table}")).ok();
            }
            self.call(&format!("select from byok.{table} for update")).ok();
        }
        for lock in [
            "lock table pg_authid",
            "lock table pg_auth_members",
            "select from pg_auth_members for update",
            "set role byok_owner",
            "comment on schema byok_api is 'mine'",
            "alter role current_user set work_mem = '8MB'",
            "select pg_try_advisory_lock(hashtextextended('byok bootstrap', 0))",
            "listen byok; notify byok",
        ] {
            self.call(lock).ok();
        }
        self.call("reset role").unwrap();
    }

    /// Whether nobody ended it.
    pub(crate) fn lives(mut self) -> bool {
        self.runtime.block_on(self.connection.execute("rollback")).is_ok()
    }

    pub(crate) fn commits(mut self) -> bool {
        self.runtime.block_on(self.connection.execute("commit")).is_ok()
    }
}

/// A key of an owner with psql: nobody checks what is in it but its readers.
pub(crate) const SET: &str = "select byok_api.key_set('acme', 'openai', c.last_version, coalesce(c.active_version, 0), c.data_epoch, c.check_value,
    decode(repeat('ab', 100), 'hex'), repeat('a', 64), '{}', 'zzzz', '\\x0000000000000000', null, null, false, 3600)
    from byok_api.key_context('acme', 'openai') c";
const OPEN: &str = "select byok_api.key_open('acme', 'openai', 1, 'x')";
pub(crate) const TESTED: &str = "select byok_api.key_test_record('acme', 'openai', 1, '{\"verdict\": \"verified\"}')";
/// What an owner holds who makes a first data key: what the database tells of the master key is all it takes.
const DATA_KEY: &str = "select byok_api.data_key_put('acme', 9, h.epochs[1], h.check_values[1],
    decode(repeat('00', 61), 'hex'), decode(repeat('00', 8), 'hex'))
    from byok_api.hello() h";

pub(crate) fn world() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    for (login, org, end) in [(&ada, "acme", "1111"), (&bob, "bolt", "2222")] {
        world.byok(login).input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    }
    let admin = world.byok("byok");
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    (world, ada, bob)
}

/// Everything that an admin may do, to another organization and to the platform. Purges bolt at the end.
fn administer(world: &World, admin: &Byok, owner: &str) {
    let (file, line) =
        (tempfile::tempdir().unwrap(), |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let key = file.path().join("bolt.key");
    let new = world.login("new");
    for command in [
        "init".into(),
        "disable bolt".into(),
        "enable bolt carp".into(),
        format!("member add {new} --org bolt --role viewer"),
        format!("member remove {new} --org bolt"),
        format!("member add {owner} --org carp"),
        format!("role grant auditor {new}"),
        format!("role revoke auditor {new}"),
        "member rebind --yes".into(),
        "provider add gateway --base-url https://gw.example.org/v1".into(),
        "provider route llm gateway".into(),
        "provider route llm openai".into(),
        "provider remove gateway".into(),
        "credits rates set interview --platform-part 2 --provider-part 2".into(),
        "credits grant 9 --org bolt --request-id g1".into(),
        "credits charge interview --provider openai --org bolt --request-id c1".into(),
        "credits refund c1 --org bolt".into(),
        "credits reconcile".into(),
        format!("data-key issue --org bolt --to-file {}", key.display()),
        "data-key rotate --org bolt --yes".into(),
        "master-key rotate".into(),
        "audit seal".into(),
        "audit verify".into(),
        "audit list".into(),
        "key list --all-orgs".into(),
        "status".into(),
        "org purge bolt --confirm bolt".into(),
    ] {
        let words = line(&command);
        admin.ok(&words.iter().map(String::as_str).collect::<Vec<_>>());
    }
    admin.clone().input(openai_key("4243")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["platform-key", "remove", "openai", "--yes"]);
}

/// The program as that login, with a master key in a file of its own, which a rotation replaces.
fn with_file(world: &World, dir: &tempfile::TempDir) -> Byok {
    let file = dir.path().join("master.key");
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.write(true).create_new(true).open(&file).unwrap();
    std::io::Write::write_all(&mut open, crate::harness::master_text().as_bytes()).unwrap();
    world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap())
}

#[test]
fn whatever_a_login_keeps_open_the_platform_and_other_organizations_go_on_and_nobody_had_to_be_ended() {
    let (world, ada, bob) = world();
    let (viewer, auditor, former) = (world.login("vic"), world.login("aud"), world.login("former"));
    let (stranger, resolver) = (world.login("eve"), world.login("res"));
    let admin = world.byok("byok");
    admin.ok(&["member", "add", "acme", &viewer, "--role", "viewer"]);
    admin.ok(&["member", "add", "acme", &former]);
    admin.ok(&["member", "remove", "acme", &former]);
    world.grant("auditor", &auditor);
    world.grant("resolver", &resolver);
    let mut open: Vec<Open> = [&ada, &viewer, &auditor, &former, &stranger, &resolver]
        .into_iter()
        .map(|login| Open::begin(&world.url(login), login))
        .collect();
    for call in [TESTED, OPEN, DATA_KEY, SET, "select byok_api.denied('hello')"] {
        open[0].want(call);
    }
    for session in &mut open[1..=2] {
        session.want("select byok_api.denied('hello')");
    }
    open[5].want("select byok_api.key_open('', 'openai', 1, 'x')");
    open[5].want("select byok_api.key_open('bolt', 'openai', 1, 'x')");
    for session in &mut open {
        session.everything(&["'acme'", "'bolt'", "''", "'nobody'"]);
    }
    let dir = tempfile::tempdir().unwrap();
    administer(&world, &with_file(&world, &dir), &bob);
    for session in open {
        let login = session.login.clone();
        assert!(session.lives(), "{login} was ended");
    }
}

#[test]
fn of_its_own_organization_too_most_goes_on_and_for_the_rest_the_member_is_ended() {
    let (world, ada, _) = world();
    let (admin, vic) = (world.byok("byok"), world.login("vic"));
    let hold = || {
        let mut open = Open::begin(&world.url(&ada), &ada);
        for call in [TESTED, OPEN, DATA_KEY, SET] {
            open.want(call);
        }
        open
    };
    let open = hold();
    for line in [
        &["disable", "acme"][..],
        &["enable", "acme"],
        &["member", "add", "acme", &vic],
        &["member", "remove", "acme", &vic],
        &["credits", "grant", "5", "--org", "acme"],
        &["audit", "list", "--org", "acme"],
    ] {
        admin.ok(line);
    }
    assert!(open.lives(), "nobody had to be ended");
    let open = hold();
    admin.ok(&["data-key", "rotate", "acme", "--yes"]);
    assert!(!open.lives());
    let open = hold();
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    assert!(!open.lives());
    admin.ok(&["audit", "verify"]);
}

#[test]
fn a_member_that_is_removed_commits_nothing_more() {
    let (world, ada, _) = world();
    let (admin, mut open) = (world.byok("byok"), Open::begin(&world.url(&ada), &ada));
    open.want(SET);
    let idle = Open::begin(&world.url(&ada), &ada);
    let (code, document) = admin.json(&["member", "remove", "acme", &ada]);
    assert_eq!((code, &document["item"]["ended"], &document["item"]["open"]), (0, &1.into(), &0.into()), "{document}");
    assert!(!open.commits());
    assert_eq!(world.root("select max(version)::text from byok.provider_key where org = 'acme'"), ["1"]);
    assert!(idle.lives(), "what touched nothing of ours goes on");
    assert_eq!(sql(&world.url(&ada), "select byok_api.denied('hello')"), Err("42501".into()));
    // Nobody's sessions are ended who was never a member.
    let eve = world.login("eve");
    let call = format!("select byok_api.session_end('acme', '{eve}')");
    assert_eq!(sql(&world.url("byok"), &call), Err("42501".into()));
    let call = "select byok_api.session_end('bolt', (select owners[1] from byok_api.org_list('bolt', null, 1)))";
    assert_eq!(sql(&world.url("byok"), call), Err("42501".into()), "nor those of a member");
}

#[test]
fn a_server_of_the_platform_that_keeps_the_platforms_key_is_ended_and_an_admin_is_not() {
    let (world, ada, _) = world();
    let (resolver, other) = (world.login("res"), world.login("boss"));
    world.grant("resolver", &resolver);
    world.grant("admin", &other);
    let tested = TESTED.replace("'acme'", "''");
    let mut open = Open::begin(&world.url(&resolver), &resolver);
    open.want(&tested);
    // And a member that keeps its organization's balance is ended for the server that wants to charge.
    let mut owner = Open::begin(&world.url(&ada), &ada);
    let used = "select byok_api.key_use('acme', 'openai', 'organization', 1, 'interview', 1, 'mine', 'test', null)";
    owner.want(used);
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "acme", "--request-id", "c1"];
    world.byok(&resolver).ok(&charge);
    assert!(!owner.lives());
    let set = |end: &str| world.byok("byok").input(openai_key(end)).run(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(set("4243").code, 0);
    assert!(!open.commits());
    let mut open = Open::begin(&world.url(&other), &other);
    open.want(&tested.replace(", 1,", ", 2,"));
    let run = set("4244");
    assert!(run.code == 7 && run.err.contains(&other), "{run:?}");
    assert!(open.lives());
}

#[test]
fn where_sessions_cannot_be_ended_the_message_says_who_and_how() {
    let cluster = Cluster::with(&["max_prepared_transactions = 5"]);
    let admin = cluster.byok();
    let url = cluster.server.url("ada", "postgres");
    let root = |statement: &str| sql(&cluster.url, statement).unwrap();
    root("create role ada login");
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    let owner = admin.clone().env("BYOK_DATABASE_URL", &url);
    owner.input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    root("revoke pg_signal_backend from byok_definer");
    let mut open = Open::begin(&url, "ada");
    open.want(SET);
    let run = admin.run(&["data-key", "rotate", "acme", "--yes"]);
    assert!(run.code == 7 && run.err.contains("ada (process "), "{run:?}");
    assert!(run.err.contains("pg_terminate_backend(") && run.err.contains("grant pg_signal_backend to byok_definer"));
    assert!(admin.json(&["status"]).1["item"]["warnings"].to_string().contains("no_signal"));
    admin.ok(&["disable", "acme"]);
    let run = admin.run(&["member", "remove", "acme", "ada"]);
    assert!(run.code == 8 && run.err.contains("grant pg_signal_backend to byok_definer"), "{run:?}");
    root("grant pg_signal_backend to byok_definer");
    let (code, again) = admin.json(&["member", "remove", "acme", "ada"]);
    assert_eq!((code, &again["result"], &again["item"]["ended"]), (0, &"unchanged".into(), &1.into()), "{again}");
    assert!(!open.commits());

    // A prepared transaction has no session that could be ended.
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    sql(&url, &format!("begin; {SET}; prepare transaction 'it''s'")).unwrap();
    admin.ok(&["disable", "acme"]);
    let run = admin.run(&["org", "purge", "acme", "--confirm", "acme"]);
    assert!(run.code == 7 && run.err.contains("rollback prepared 'it''s'"), "{run:?}");
    let run = admin.run(&["member", "remove", "acme", "ada"]);
    assert!(run.code == 8 && run.err.contains("rollback prepared 'it''s'"), "{run:?}");
    assert!(admin.run(&["status"]).err.contains("rollback prepared 'it''s'"));
    root("rollback prepared 'it''s'");
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    admin.ok(&["audit", "verify"]);
}

#[test]
fn a_data_key_whose_master_key_was_replaced_meanwhile_is_not_stored() {
    let (world, ada, _) = World::with_owners();
    let mut open = Open::begin(&world.url(&ada), &ada);
    open.want(&DATA_KEY.replace("9, h.", "1, h."));
    let dir = tempfile::tempdir().unwrap();
    let admin = with_file(&world, &dir);
    admin.ok(&["master-key", "rotate"]);
    assert!(!open.commits());
    assert_eq!(world.root("select count(*)::text from byok.data_key where org = 'acme'"), ["0"]);
    admin.ok(&["master-key", "verify"]);
}

#[test]
fn rows_of_the_catalog_that_an_owner_holds_do_not_stop_an_upgrade() {
    let (world, ada, bob) = World::with_owners();
    let mut open = Open::begin(&world.url(&ada), &ada);
    // It takes nothing away, and holds every function that owners may call.
    open.want("drop owned by byok_owner");
    world.root("update byok.installation set functions = 'older'");
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "upgraded");
    assert!(!open.lives());
    world.byok(&bob).ok(&["key", "list", "--org", "bolt"]);
}
