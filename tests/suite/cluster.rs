//! A PostgreSQL server for a single test, which the test may kill and restart, and a pooler in front of a server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use byok::admin::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions};

use crate::harness::{Byok, block_on, prepare};

/// A server that keeps what it answered, with the schema and a master key.
pub(crate) struct Cluster {
    pub(crate) server: ThrowAway,
    pub(crate) url: String,
    pub(crate) master: MasterKey,
}

impl Cluster {
    /// Without fsync a power cut loses commits; the end of the processes does not, once a commit waits for its write.
    pub(crate) fn start() -> Self {
        Self::with(&["synchronous_commit = on"])
    }

    pub(crate) fn with(settings: &[&str]) -> Self {
        let settings = settings.iter().map(ToString::to_string).collect();
        let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
        let url = server.url("byok", "postgres");
        let master = MasterKey::generate(1).unwrap();
        block_on(prepare(&url, &master));
        Self { server, url, master }
    }

    /// The program as the superuser, who is everything.
    pub(crate) fn byok(&self) -> Byok {
        Byok::new().env("BYOK_DATABASE_URL", &self.url).env("BYOK_MASTER_KEY", self.master.to_text().expose())
    }

    pub(crate) fn restart(&self) {
        self.server.kill();
        self.server.start_again().unwrap();
    }
}

/// PgBouncer in transaction mode before a server; ends with the value.
pub(crate) struct Pooler {
    child: Child,
    dir: tempfile::TempDir,
}

impl Pooler {
    /// None where it is not installed; in CI that is a failure.
    pub(crate) fn before(socket_dir: &Path, logins: &[&str]) -> Option<Self> {
        Self::with(socket_dir, logins, "")
    }

    /// The same, with further lines of its settings.
    pub(crate) fn with(socket_dir: &Path, logins: &[&str], settings: &str) -> Option<Self> {
        Self::configured(socket_dir, logins, "", settings)
    }

    /// The same, with a database `shared` in which every client becomes this login.
    pub(crate) fn as_one(socket_dir: &Path, logins: &[&str], login: &str) -> Option<Self> {
        let shared = format!("shared = host={} port=5432 dbname=postgres user={login}\n", socket_dir.display());
        Self::configured(socket_dir, logins, &shared, "")
    }

    fn configured(socket_dir: &Path, logins: &[&str], databases: &str, settings: &str) -> Option<Self> {
        let places =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let program = places.iter().map(PathBuf::from).find(|path| path.exists());
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "pgbouncer is not installed, and CI tests with it");
            let _ = writeln!(std::io::stderr(), "skipped: pgbouncer is not installed (apt-get install pgbouncer)");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path().display().to_string();
        let users: Vec<String> = logins.iter().map(|login| format!("\"{login}\" \"\"")).collect();
        std::fs::write(dir.path().join("users"), users.join("\n") + "\n").unwrap();
        let root = rustix::process::geteuid().is_root();
        let config = format!(
            "[databases]\n{databases}* = host={} port=5432\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {here}\n\
             auth_type = trust\nauth_file = {here}/users\npool_mode = transaction\ndefault_pool_size = 6\nmax_client_conn = 200\n\
             logfile = {here}/log\n{settings}\n{}",
            socket_dir.display(),
            if root { "user = postgres\n" } else { "" }
        );
        std::fs::write(dir.path().join("ini"), config).unwrap();
        if root {
            let opened = Command::new("chown").args(["-R", "postgres"]).arg(dir.path()).status().unwrap();
            assert!(opened.success());
        }
        let child = Command::new(program)
            .arg(dir.path().join("ini"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let this = Self { child, dir };
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(this.dir.path().join(".s.PGSQL.6432")).is_err() {
            let log = std::fs::read_to_string(this.dir.path().join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(20), "pgbouncer does not answer: {log}");
            std::thread::yield_now();
        }
        Some(this)
    }

    pub(crate) fn url(&self, login: &str, database: &str) -> String {
        let host = self.dir.path().display().to_string().replace('/', "%2F");
        format!("postgres://{login}@localhost:6432/{database}?host={host}")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
