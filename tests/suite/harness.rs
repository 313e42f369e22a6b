//! The harness: one server for the whole run, one database for each test, and the program as a user runs it.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Lines, PipeWriter, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::contract;
use crate::simulated_providers::Stage;
use byok::admin::crypto::MasterKey;
use byok::admin::{Database, DatabaseUrl};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::secret::SecretText;
use rustix::event::{PollFd, PollFlags, poll};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

/// Stands in every key of every test, and so must stand in no output.
pub(crate) const CANARY: &str = "cAnArYcAnArY";

/// A key of the right shape for OpenAI, with the canary in it.
pub(crate) fn openai_key(end: &str) -> String {
    format!("sk-proj-{CANARY}T3BlbkFJ{CANARY}{end}")
}

struct Lab {
    server: ThrowAway,
    master: String,
}

static LAB: OnceLock<Lab> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);
/// PostgreSQL copies one template at a time.
static COPYING: Mutex<()> = Mutex::new(());
const TEMPLATE: &str = "byok_template";

/// The server of this run: it ends with the process, through its watchdog.
fn lab() -> &'static Lab {
    LAB.get_or_init(|| {
        let server = ThrowAway::start(&ThrowAwayOptions::default()).expect("a PostgreSQL server on this machine");
        let master = MasterKey::generate(1).expect("random bytes");
        sql(&server.url("byok", "postgres"), &format!("create database {TEMPLATE}")).expect("the template");
        block_on(prepare(&server.url("byok", TEMPLATE), &master));
        Lab { master: master.to_text().expose().to_owned(), server }
    })
}

/// Installs the schema and registers the master key.
pub(crate) async fn prepare(url: &str, master: &MasterKey) {
    let url = parse(url);
    Database::install(&url).await.expect("the schema");
    let mut database = Database::open(&url).await.expect("a connection");
    byok::admin::sealing::register_master(&mut database, master).await.expect("the master key");
}

pub(crate) fn parse(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse(SecretText::new(url.to_owned())).expect("a URL")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Runs SQL as that login; the first column of every row as text, or the SQLSTATE.
pub(crate) fn sql(url: &str, statement: &str) -> Result<Vec<String>, String> {
    let ask = async || answers(&mut PgConnection::connect(url).await.map_err(state)?, statement).await;
    // In a thread of its own: a test that is asynchronous itself may ask as well.
    std::thread::scope(|scope| scope.spawn(|| block_on(ask())).join().expect("an answer"))
}

async fn answers(connection: &mut PgConnection, statement: &str) -> Result<Vec<String>, String> {
    let rows = connection.fetch_all(sqlx::raw_sql(statement)).await.map_err(state)?;
    Ok(rows.iter().map(|row| row.try_get::<String, _>(0).unwrap_or_default()).collect())
}

/// A session that is kept for many questions. To begin one costs the server more than most of them.
pub(crate) struct Asking {
    runtime: tokio::runtime::Runtime,
    connection: RefCell<PgConnection>,
}

impl Asking {
    pub(crate) fn begin(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connection = RefCell::new(runtime.block_on(PgConnection::connect(url)).expect("a connection"));
        Self { runtime, connection }
    }

    /// The first column of every row as text, or the SQLSTATE.
    pub(crate) fn sql(&self, statement: &str) -> Result<Vec<String>, String> {
        self.runtime.block_on(answers(&mut self.connection.borrow_mut(), statement))
    }
}

fn state(error: sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
        other => other.to_string(),
    }
}

/// A database of one test, and logins of its own.
pub(crate) struct World {
    name: String,
}

impl World {
    /// With the schema and the run's master key.
    pub(crate) fn new() -> Self {
        Self::from_template(TEMPLATE)
    }

    /// Without anything.
    pub(crate) fn empty() -> Self {
        Self::from_template("template0")
    }

    fn from_template(template: &str) -> Self {
        let name = format!("w{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let server = &lab().server;
        let _one = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
        sql(&server.url("byok", "postgres"), &format!("create database {name} template {template} strategy file_copy"))
            .expect("a database");
        Self { name }
    }

    /// A login of this test's own: `ada` becomes `w7_ada`.
    pub(crate) fn login(&self, name: &str) -> String {
        let login = self.login_name(name);
        sql(&self.url("byok"), &format!("create role {login} login")).expect("a login");
        login
    }

    /// The login of a server of the platform: a member of the role of servers and of no other. It is made when it is first asked for.
    pub(crate) fn server(&self) -> String {
        let login = self.login_name("server");
        if self.root(&format!("select rolname from pg_roles where rolname = '{login}'")).is_empty() {
            self.login("server");
            self.grant("resolver", &login);
        }
        login
    }

    pub(crate) fn login_name(&self, name: &str) -> String {
        format!("{}_{name}", self.name)
    }

    /// Gives a login a group role of byok, as `role grant` does. Roles are those of the whole server: a grant of the
    /// superuser would be a warning in the status of other tests.
    pub(crate) fn grant(&self, role: &str, login: &str) {
        self.root(&format!("grant byok_{role} to {login} granted by byok_definer"));
    }

    /// The connection string of a login, as PostgreSQL spells it.
    pub(crate) fn url(&self, login: &str) -> String {
        lab().server.url(login, &self.name)
    }

    /// Runs SQL as the superuser.
    pub(crate) fn root(&self, statement: &str) -> Vec<String> {
        sql(&self.url("byok"), statement).unwrap_or_else(|state| panic!("{state}: {statement}"))
    }

    /// A platform admin (the superuser installed it), two organizations and an owner each.
    pub(crate) fn with_owners() -> (Self, String, String) {
        let world = Self::new();
        let (ada, bob) = (world.login("ada"), world.login("bob"));
        world.byok("byok").ok(&["enable", "acme", "--owner", &ada]);
        world.byok("byok").ok(&["enable", "bolt", "--owner", &bob]);
        (world, ada, bob)
    }

    /// The program with this database, that login and the master key.
    pub(crate) fn byok(&self, login: &str) -> Byok {
        Byok::new().env("BYOK_DATABASE_URL", &self.url(login)).env("BYOK_MASTER_KEY", &lab().master)
    }
}

/// The program as it is led to a stage: keys are tested there.
pub(crate) fn on_stage(stage: &Stage, byok: Byok) -> Byok {
    stage.lead(byok).without("BYOK_NO_TEST")
}

/// Says that a test does not run here, and why. What a test prints is only shown if it fails, so this goes past it.
pub(crate) fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// Where the server of this run has its socket.
pub(crate) fn socket_dir() -> &'static Path {
    lab().server.socket_dir()
}

pub(crate) fn master_text() -> &'static str {
    &lab().master
}

/// A pipe whose reader has gone.
pub(crate) fn without_a_reader() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    // A process that another thread starts at this moment has the reader too, until it runs its program.
    loop {
        let mut ready = [PollFd::new(&writer, PollFlags::OUT)];
        poll(&mut ready, None).unwrap();
        if ready[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            return writer;
        }
        std::thread::yield_now();
    }
}

/// One way of running the program: an empty environment and what was added to it.
#[derive(Clone)]
pub(crate) struct Byok {
    env: Vec<(String, String)>,
    input: Option<Vec<u8>>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Byok {
    pub(crate) fn new() -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        // Keys of tests are made up: they are tested where a test plays their provider.
        // Tables are as wide as they like, where a test does not give them a width.
        // No configuration of who runs the tests has a say.
        let env = [("PATH", path.as_str()), ("BYOK_NO_TEST", "1"), ("COLUMNS", "1000"), ("BYOK_CONFIG", "/dev/null")];
        let this = Self { env: env.map(|(name, value)| (name.into(), value.into())).to_vec(), input: None };
        // The private server too is of the version under test.
        match std::env::var("BYOK_PG_BIN") {
            Ok(programs) => this.env("BYOK_PG_BIN", &programs),
            Err(_) => this,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    /// What is piped in.
    pub(crate) fn input(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.input = Some(bytes.as_ref().to_vec());
        self
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byok"));
        command.args(arguments).env_clear().envs(self.env.iter().cloned());
        command
    }

    /// Runs it; no run of any test may put a canary or the master key out.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.finish(self.command(arguments), arguments)
    }

    /// Runs a script that finds the program, and whatever is in these directories, by its name.
    pub(crate) fn script(&self, program: &Path, arguments: &[&str], more: &Path) -> Run {
        let own = Path::new(env!("CARGO_BIN_EXE_byok")).parent().expect("a directory");
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", more.display(), own.display());
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.env.iter().cloned()).env("PATH", path);
        self.finish(command, arguments)
    }

    fn finish(&self, mut command: Command, arguments: &[&str]) -> Run {
        command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), &self.input) {
            // The program may have refused before it read.
            let _ = pipe.write_all(bytes);
        }
        let output = child.wait_with_output().expect("its end");
        let run = Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        contract::check(&run.out);
        run.err.lines().for_each(contract::check);
        let failed = |text: &str| text.lines().any(|line| line.starts_with("error: "));
        assert!(
            !failed(&run.out) && (run.code != 0 || !failed(&run.err)),
            "a failure that is none: {arguments:?}: {run:?}"
        );
        let all = format!("{}{}", run.out, run.err);
        assert!(!all.contains(CANARY), "a key was put out by {arguments:?}: {all}");
        if let Some(lab) = LAB.get() {
            assert!(!all.contains(&lab.master[9..40]), "the master key was put out by {arguments:?}");
        }
        run
    }

    /// Runs it where it has to wait, until its first message.
    pub(crate) fn waits(&self, arguments: &[&str]) -> Waiting {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let mut lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        let said = lines.next().expect("a message").expect("text");
        Waiting { said, child, lines }
    }

    /// Runs while the reader of standard output has gone: exit code and standard error.
    pub(crate) fn unread(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(without_a_reader()).stderr(Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs it and wants exit 0; its standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
        run.out
    }

    /// Runs it and wants that exit code; its standard error.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {run:?}");
        run.err
    }

    /// Runs it with `-o json`; exit code and document.
    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let run = self.run(&[arguments, &["-o", "json"]].concat());
        let document = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        (run.code, document)
    }
}

/// A run that waits for something, and what it said of it.
pub(crate) struct Waiting {
    pub(crate) said: String,
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Waiting {
    /// What it waited for is there: it ends well.
    pub(crate) fn goes_on(mut self) {
        assert!(self.child.wait().expect("its end").success(), "{:?}", self.lines.collect::<Vec<_>>());
    }
}
