//! What a server of PostgreSQL can answer, and what byok says about it: exit code, code, whether to try again, next step.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::Duration;

use byok::admin::Database;
use byok::local::{ThrowAway, ThrowAwayOptions};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use crate::cluster::Cluster;
use crate::harness::{Byok, World, block_on, parse, sql};

/// When a server answers with an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Instead of a session.
    Connecting,
    /// To the first statement.
    Asked,
}

/// A class of errors: when and with which SQLSTATE, and the answer of byok.
struct Row {
    when: When,
    states: &'static [&'static str],
    exit: u8,
    code: &'static str,
    retryable: bool,
    hint: &'static str,
}

const fn row(when: When, states: &'static [&'static str], exit: u8, code: &'static str, hint: &'static str) -> Row {
    Row { when, states, exit, code, retryable: exit == 7, hint }
}

const TABLE: &[Row] = &[
    row(When::Connecting, &["28P01"], 4, "login_refused", "PGPASSWORD"),
    row(When::Connecting, &["28000"], 4, "not_admitted", "pg_hba.conf"),
    row(When::Connecting, &["42501"], 4, "may_not_connect", "grant connect on database"),
    row(When::Connecting, &["55000"], 5, "database_closed", "allow_connections"),
    row(When::Connecting, &["3D000"], 3, "no_such_database", "createdb"),
    row(When::Connecting, &["08P01"], 2, "pooler", "BYOK_POOLER=transaction"),
    row(When::Connecting, &["08004"], 7, "unavailable", "try again"),
    row(When::Asked, &["42P05", "26000"], 2, "pooler", "BYOK_POOLER=transaction"),
    row(When::Asked, &["57P01", "57P02", "08006"], 7, "unavailable", "try again"),
    row(When::Asked, &["57P04"], 3, "no_such_database", "createdb"),
    row(When::Asked, &["57014"], 7, "cancelled", "statement_timeout"),
    row(When::Asked, &["55P03"], 7, "locked", "pg_blocking_pids"),
    row(When::Asked, &["25006"], 7, "read_only", "primary"),
    row(When::Asked, &["25P03", "25P04", "57P05"], 7, "idle", "idle_session_timeout"),
    row(When::Asked, &["40001", "40P01"], 7, "contended", "run the same command again"),
    row(When::Asked, &["53100"], 7, "disk_full", "free space"),
    row(When::Asked, &["53200"], 7, "out_of_memory", "memory"),
    row(When::Asked, &["53000", "53400", "54000", "54001"], 7, "server_limit", "raise the limit"),
    row(When::Asked, &["58000", "58030"], 7, "server_io", "log of the server"),
    row(When::Asked, &["58P01"], 7, "server_files", "contrib"),
    row(When::Asked, &["XX001", "XX002"], 9, "damaged", "backup"),
    row(When::Asked, &["XX000"], 1, "server_error", "log"),
    row(When::Asked, &["22021", "22P05"], 2, "encoding", "UTF8"),
    row(When::Asked, &["0A000"], 9, "missing_feature", "pgcrypto"),
    row(When::Asked, &["3F000", "42883", "42P01"], 9, "not_initialized", "byok init"),
    row(When::Asked, &["42501"], 4, "not_authorized", "byok member add"),
    row(When::Asked, &["99999"], 1, "failure", "server's log"),
];

/// A server that speaks the protocol up to one error.
struct Scripted {
    port: u16,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scripted {
    fn answering(when: When, state: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // A client that is satisfied ends in the middle.
                let _ = serve(client, when, state);
            }
        });
        Self { port, stopping, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("postgres://ada:hunter2@127.0.0.1:{}/app?sslmode=disable", self.port)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        self.thread.take().map(JoinHandle::join);
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind][..], &length, body].concat()
}

/// An error as a server in another language sends it: the texts say nothing that could be parsed.
fn error(severity: &str, state: &str) -> Vec<u8> {
    let body = format!("SSCHWER\0V{severity}\0C{state}\0Mdies und das\0Fsrc.c\0L1\0Rsome_routine\0\0");
    message(b'E', body.as_bytes())
}

fn serve(mut client: TcpStream, when: When, state: &str) -> std::io::Result<()> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    client.read_exact(&mut startup)?;
    if when == When::Connecting {
        return client.write_all(&error("FATAL", state));
    }
    client.write_all(&[message(b'R', &[0; 4]), message(b'K', &[0; 8]), message(b'Z', b"I")].concat())?;
    let mut refused = false;
    loop {
        let mut head = [0; 5];
        client.read_exact(&mut head)?;
        let mut body = vec![0; u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4];
        client.read_exact(&mut body)?;
        match head[0] {
            b'P' if !refused => {
                refused = true;
                client.write_all(&error("ERROR", state))?;
            }
            b'S' => client.write_all(&message(b'Z', b"I"))?,
            b'X' => return Ok(()),
            _ => {}
        }
    }
}

/// The error of a command, as JSON.
fn told(byok: &Byok, arguments: &[&str]) -> Value {
    let run = byok.run(&[arguments, &["-o", "json"]].concat());
    let lines: Vec<&str> = run.err.lines().collect();
    let document: Value =
        serde_json::from_str(lines.last().unwrap()).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    assert_eq!(document["error"]["exit_code"], run.code, "{run:?}");
    document["error"].clone()
}

fn fits(error: &Value, row: &Row, what: &str) {
    assert_eq!(error["code"], row.code, "{what}: {error}");
    assert_eq!(error["exit_code"], row.exit, "{what}: {error}");
    assert_eq!(error["retryable"], row.retryable, "{what}: {error}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(row.hint)), "{what}: {error}");
}

#[test]
fn every_error_of_a_server_has_its_exit_code_and_a_next_step_and_names_the_database() {
    for row in TABLE {
        for state in row.states {
            let server = Scripted::answering(row.when, state);
            let byok = Byok::new().env("BYOK_DATABASE_URL", &server.url()).env("BYOK_POOLER", "none");
            let error = told(&byok, &["key", "list", "--org", "acme"]);
            fits(&error, row, state);
            let message = error["message"].as_str().unwrap();
            let place = format!("database app on 127.0.0.1:{} as ada, named by BYOK_DATABASE_URL", server.port);
            assert!(message.contains(&place) && !message.contains("hunter2"), "{state}: {message}");
        }
    }
}

#[test]
fn the_page_about_errors_lists_these() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md")).unwrap();
    for row in TABLE.iter().filter(|row| !["failure", "not_authorized", "not_initialized"].contains(&row.code)) {
        let line = format!("| `{}` | {} | {} |", row.code, row.exit, if row.retryable { "yes" } else { "no" });
        assert!(page.contains(&line), "docs/errors.md has no line {line}");
        assert!(row.states.iter().all(|state| page.contains(&format!("`{state}`"))), "{line}");
    }
}

/// A login with a setting of its own, for which everything else is as it should be.
fn with_setting(world: &World, setting: &str) -> Byok {
    let login = world.login("limited");
    world.grant("admin", &login);
    world.root(&format!("alter role {login} set {setting}"));
    world.byok(&login)
}

#[test]
fn settings_of_a_login_that_are_in_the_way_are_overridden_or_named() {
    let world = World::new();
    with_setting(&world, "row_security = off").ok(&["enable", "acme"]);
    let world = World::new();
    with_setting(&world, "statement_timeout = '50'").ok(&["enable", "acme"]);
    let world = World::new();
    let error = told(&with_setting(&world, "default_transaction_read_only = on"), &["enable", "acme"]);
    assert_eq!((&error["code"], &error["exit_code"]), (&"read_only".into(), &7.into()), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("default_transaction_read_only"), "{error}");
}

#[test]
fn a_server_without_a_free_connection_is_waited_for_and_then_named() {
    let world = World::new();
    let login = world.login("one");
    world.grant("admin", &login);
    world.root(&format!("alter role {login} connection limit 1"));
    let open = block_on(PgConnection::connect(&world.url(&login))).unwrap();
    let error = told(&world.byok(&login), &["org", "list"]);
    assert_eq!((&error["code"], &error["exit_code"]), (&"too_many_connections".into(), &7.into()), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("max_connections"), "{error}");
    drop(open);
}

#[test]
fn a_login_that_may_not_connect_or_that_is_not_there_is_told_so() {
    let world = World::new();
    let (eve, name) = (world.login("eve"), world.root("select current_database()::text").remove(0));
    world.root(&format!("revoke connect on database {name} from public"));
    assert_eq!(told(&world.byok(&eve), &["org", "list"])["code"], "may_not_connect");
    assert_eq!(told(&world.byok(&world.login_name("nobody")), &["org", "list"])["code"], "not_admitted");
}

#[test]
fn a_server_that_refuses_tcp_or_has_no_socket_gets_the_hint_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().display().to_string().replace('/', "%2F");
    for (url, hint) in [
        // Nobody listens at port 1. A port that was free a moment ago may be somebody else's.
        ("postgres://ada@127.0.0.1:1/app".to_owned(), "no server answers there"),
        (format!("postgres://ada@localhost/app?host={socket}"), "socket"),
        ("postgres://ada@no-such-host.invalid/app".to_owned(), "DNS"),
    ] {
        let error = told(&Byok::new().env("DATABASE_URL", &url), &["org", "list"]);
        assert_eq!((&error["code"], &error["retryable"]), (&"unavailable".into(), &true.into()), "{error}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error}");
        assert!(error["message"].as_str().unwrap().contains("named by DATABASE_URL"), "{error}");
    }
}

#[test]
fn another_session_that_keeps_a_lock_is_named_as_the_reason() {
    let cluster = Cluster::with(&["lock_timeout = '100'"]);
    cluster.byok().ok(&["enable", "acme"]);
    let (locked, done) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let url = cluster.url.clone();
    let (here, there) = ((locked.clone(), done.clone()), (locked, done));
    let holder = std::thread::spawn(move || {
        block_on(async {
            use sqlx::Executor as _;
            let mut connection = PgConnection::connect(&url).await.unwrap();
            connection.execute("begin; lock table byok.installation in access exclusive mode").await.unwrap();
            there.0.wait();
            there.1.wait();
        });
    });
    here.0.wait();
    // The first question of a session has the limit of the server; later ones have byok's own.
    let error = told(&cluster.byok(), &["org", "list"]);
    here.1.wait();
    holder.join().unwrap();
    assert_eq!((&error["code"], &error["exit_code"]), (&"locked".into(), &7.into()), "{error}");
}

#[test]
fn a_session_that_the_server_ended_because_it_was_idle_is_another_attempt() {
    let cluster = Cluster::start();
    cluster.byok().ok(&["enable", "acme"]);
    let sessions = "select pid::text from pg_stat_activity where application_name like 'byok/%'";
    block_on(async {
        // A session has what holds when it begins: only this one is ended, and not before it has opened.
        sql(&cluster.url, "alter role byok set idle_session_timeout = '3s'").unwrap();
        let mut database = Database::open(&parse(&cluster.url)).await.unwrap();
        sql(&cluster.url, "alter role byok reset idle_session_timeout").unwrap();
        while !sql(&cluster.url, sessions).unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let error = database.members(&"acme".parse().unwrap()).await.expect_err("no session");
        assert!(error.may_pass(), "{error:?}");
    });
}

#[test]
fn a_login_is_not_admitted_where_pg_hba_has_no_line_for_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let file = dir.path().join("hba");
    std::fs::write(&file, "local all byok trust\n").unwrap();
    let server =
        ThrowAway::start(&ThrowAwayOptions { settings: vec![format!("hba_file = '{}'", file.display())], port: None });
    let server = server.unwrap();
    sql(&server.url("byok", "postgres"), "create role eve login").unwrap();
    let byok = Byok::new().env("BYOK_DATABASE_URL", &server.url("eve", "postgres"));
    assert_eq!(told(&byok, &["org", "list"])["code"], "not_admitted");
}
