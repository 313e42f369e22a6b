//! The database moves from an older PostgreSQL to a newer one, by `pg_upgrade` or by a dump: service roles and members come with it,
//! and an admin can still take them back.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use byok::local::{ThrowAway, ThrowAwayOptions, programs_dir};

use crate::harness::{Byok, skip, sql};

/// The programs of an older version beside those of the suite; none where there is only one version.
pub(crate) fn versions() -> Option<(PathBuf, PathBuf)> {
    let new = programs_dir().unwrap();
    let mut all: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| it.path().join("bin"))
        .collect();
    all.sort_by_key(|dir| major(dir));
    let old = all.into_iter().find(|dir| major(dir).is_some_and(|it| it >= 15));
    let pair = old.filter(|old| major(old) < major(&new) && new.join("pg_upgrade").exists()).map(|old| (old, new));
    if pair.is_none() {
        skip("a move needs pg_upgrade of the server under test, and an older server in /usr/lib/postgresql");
    }
    pair
}

fn major(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_once("(PostgreSQL) ")?.1.split(['.', '\n', ' ']).next()?.parse().ok()
}

/// A server on disk that the test starts by hand, whatever its version.
struct Old {
    dir: tempfile::TempDir,
    programs: PathBuf,
}

impl Old {
    fn start(programs: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("byok-old-").tempdir_in("/var/tmp").unwrap();
        own(dir.path());
        let this = Self { dir, programs: programs.to_owned() };
        this.initdb(programs, "old", &[]);
        this.run(
            programs,
            "pg_ctl",
            &["-D", &this.path("old"), "-w", "-l", &this.path("log"), "-o", &this.options(), "start"],
        );
        this
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn options(&self) -> String {
        format!("-F -c listen_addresses='' -c unix_socket_directories='{}'", self.dir.path().display())
    }

    fn initdb(&self, programs: &Path, name: &str, more: &[&str]) {
        let fixed = ["-U", "byok", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"];
        self.run(programs, "initdb", &[&["-D", &self.path(name)], &fixed[..], more].concat());
    }

    fn url(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@localhost/{database}?host={}", self.dir.path().display())
    }

    /// Stops the old server, and starts a new one on the same data.
    fn upgrade(&self, new: &Path) {
        self.run(&self.programs, "pg_ctl", &["-D", &self.path("old"), "-w", "-m", "fast", "stop"]);
        // 18 has checksums where nothing is said, and pg_upgrade wants the same on both sides.
        let more: &[&str] = if major(new) >= Some(18) { &["--no-data-checksums"] } else { &[] };
        self.initdb(new, "new", more);
        let (from, to) = (self.programs.to_str().unwrap(), new.to_str().unwrap());
        let (old, data) = (self.path("old"), self.path("new"));
        let socket = self.dir.path().to_str().unwrap();
        self.run(new, "pg_upgrade", &["-b", from, "-B", to, "-d", &old, "-D", &data, "-U", "byok", "-s", socket]);
        self.run(new, "pg_ctl", &["-D", &data, "-w", "-l", &self.path("log"), "-o", &self.options(), "start"]);
    }

    /// Runs a program of a server as the account of the server.
    fn run(&self, programs: &Path, name: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(programs.join(name));
        command.args(arguments).current_dir(self.dir.path());
        if let Some((user, group)) = account() {
            command.uid(user).gid(group);
        }
        // A server that goes on would hold a pipe open.
        let said = self.dir.path().join("said");
        let file = std::fs::File::create(&said).unwrap();
        let status = command.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
        let said = std::fs::read_to_string(said).unwrap();
        assert!(status.success(), "{name}: {said}");
        said
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        for data in ["old", "new"] {
            let pid = std::fs::read_to_string(self.dir.path().join(data).join("postmaster.pid")).unwrap_or_default();
            if let Some(pid) =
                pid.lines().next().and_then(|line| line.parse().ok()).and_then(rustix::process::Pid::from_raw)
            {
                rustix::process::kill_process(pid, rustix::process::Signal::QUIT).ok();
            }
        }
    }
}

/// The account of the server where the suite runs as root.
fn account() -> Option<(u32, u32)> {
    rustix::process::geteuid().is_root().then(|| {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = passwd.lines().find(|line| line.starts_with("postgres:")).unwrap();
        let fields: Vec<&str> = line.split(':').collect();
        (fields[2].parse().unwrap(), fields[3].parse().unwrap())
    })
}

fn own(dir: &Path) {
    if let Some((user, group)) = account() {
        std::os::unix::fs::chown(dir, Some(user), Some(group)).unwrap();
    }
}

fn byok(url: &str, dir: &Path) -> Byok {
    Byok::new().env("BYOK_DATABASE_URL", url).env("BYOK_MASTER_KEY_FILE", dir.join("master.key").to_str().unwrap())
}

/// A platform whose installer is no superuser: `boss` is an admin, `web` a resolver, `eve` an auditor, `ada` an owner.
fn platform(url: &dyn Fn(&str, &str) -> String, dir: &Path) {
    for statement in [
        "create role dba login createrole",
        "create role boss login",
        "create role web login",
        "create role eve login",
        "create role ada login",
        "create database platform",
        "grant create on database platform to dba",
    ] {
        sql(&url("byok", "postgres"), statement).unwrap();
    }
    let dba = byok(&url("dba", "platform"), dir);
    dba.ok(&["init"]);
    for (role, login) in [("admin", "boss"), ("resolver", "web"), ("auditor", "eve")] {
        dba.ok(&["role", "grant", role, login]);
    }
    dba.ok(&["enable", "acme", "--owner", "ada"]);
}

const ROLES: &str = "admin\tboss\tlogin\nadmin\tdba\tlogin\nauditor\teve\tlogin\nresolver\tweb\tlogin\n";

/// The roles are whole; what keeps an admin from taking them is said with the statement; a superuser's `init` ends it.
fn roles_are_whole(url: &dyn Fn(&str, &str) -> String, dir: &Path) {
    let boss = byok(&url("boss", "platform"), dir);
    assert_eq!(boss.ok(&["role", "list", "-o", "plain"]), ROLES);
    let said = boss.fails(5, &["role", "revoke", "resolver", "web"]);
    assert!(said.contains("revoke byok_resolver from web granted by byok") && said.contains("byok init"), "{said}");
    let status = boss.json(&["status"]).1.to_string();
    assert!(status.contains(r#""code":"foreign_grant""#) && status.contains("byok init"), "{status}");

    let said = byok(&url("byok", "platform"), dir).run(&["init"]);
    assert!(said.code == 0 && said.out.contains("upgraded"), "{said:?}");
    assert_eq!(boss.ok(&["role", "list", "-o", "plain"]), ROLES);
    assert!(!boss.json(&["status"]).1.to_string().contains("foreign_grant"));
    for (role, login) in [("resolver", "web"), ("auditor", "eve"), ("admin", "dba")] {
        boss.ok(&["role", "revoke", role, login]);
    }
    assert_eq!(boss.ok(&["role", "list", "-o", "plain"]), "admin\tboss\tlogin\n");
    boss.ok(&["member", "remove", "acme", "ada"]);
    byok(&url("ada", "platform"), dir).fails(4, &["key", "list", "--org", "acme"]);
}

#[test]
fn after_pg_upgrade_every_role_is_there_and_can_be_taken_back() {
    let Some((old, new)) = versions() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = Old::start(&old);
    let url = |login: &str, database: &str| server.url(login, database);
    platform(&url, dir.path());
    server.upgrade(&new);
    byok(&url("ada", "platform"), dir.path()).ok(&["key", "list", "--org", "acme"]);
    // The installer of before is told what it needs, before anything is tried.
    sql(&url("byok", "platform"), "update byok.installation set functions = 'older'").unwrap();
    let said = byok(&url("dba", "platform"), dir.path()).fails(4, &["init"]);
    let grant = "grant byok_admin, byok_auditor, byok_definer, byok_owner, byok_resolver to dba with admin true";
    assert!(said.contains(grant), "{said}");
    sql(&url("byok", "platform"), &format!("{grant}, inherit false, set false")).unwrap();
    byok(&url("dba", "platform"), dir.path()).ok(&["init"]);
    roles_are_whole(&url, dir.path());
}

#[test]
fn a_dump_of_an_older_server_brings_every_role_as_the_documentation_says() {
    let Some((old, new)) = versions() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = Old::start(&old);
    platform(&|login, database| server.url(login, database), dir.path());
    let dump = server.path("dump.sql");
    server.run(&old, "pg_dump", &["-f", &dump, &server.url("byok", "platform")]);
    let roles = server.run(&old, "pg_dumpall", &["--roles-only", "-d", &server.url("byok", "postgres")]);

    // docs/recovery.md: sed -E '/^GRANT /s/ GRANTED BY .*;$/;/'
    let roles =
        roles.lines().filter(|line| !line.contains("ROLE byok;")).map(|line| match line.split_once(" GRANTED BY ") {
            Some((grant, _)) if line.starts_with("GRANT ") => format!("{grant};"),
            _ => line.to_owned(),
        });
    let file = server.dir.path().join("roles.sql");
    std::fs::write(&file, roles.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    let fresh = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let url = |login: &str, database: &str| fresh.url(login, database);
    let psql = |file: &str, database: &str| {
        server.run(&new, "psql", &["-qX", "-v", "ON_ERROR_STOP=1", "-f", file, "-d", &url("byok", database)])
    };
    psql(file.to_str().unwrap(), "postgres");
    sql(&url("byok", "postgres"), "create database platform").unwrap();
    psql(&dump, "platform");
    byok(&url("byok", "platform"), dir.path()).ok(&["member", "rebind", "--yes"]);
    byok(&url("ada", "platform"), dir.path()).ok(&["key", "list", "--org", "acme"]);
    roles_are_whole(&url, dir.path());
}

#[test]
fn an_installer_that_made_the_roles_holds_none_but_admin_and_can_be_given_any() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let url = |login: &str, database: &str| server.url(login, database);
    platform(&url, dir.path());
    let dba = byok(&url("dba", "platform"), dir.path());
    assert_eq!(dba.ok(&["role", "list", "-o", "plain"]), ROLES);
    dba.ok(&["role", "grant", "resolver", "dba"]);
    assert!(dba.ok(&["role", "list", "-o", "plain"]).contains("resolver\tdba\tlogin"));
    dba.ok(&["role", "revoke", "resolver", "dba"]);
    assert_eq!(dba.ok(&["role", "list", "-o", "plain"]), ROLES);
    // Another admin can take the installer's own role.
    byok(&url("boss", "platform"), dir.path()).ok(&["role", "revoke", "admin", "dba"]);
    dba.fails(4, &["role", "list"]);
}

#[test]
fn a_login_that_may_not_install_is_told_the_statements_that_let_it() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for statement in ["create role nobody login", "create role two login createrole", "create database second"] {
        sql(&server.url("byok", "postgres"), statement).unwrap();
    }
    let said = byok(&server.url("nobody", "postgres"), dir.path()).fails(4, &["init"]);
    assert!(said.contains("alter role nobody createrole; grant create on database postgres to nobody"), "{said}");
    byok(&server.url("byok", "postgres"), dir.path()).ok(&["init"]);
    // Where somebody else made the roles, CREATEROLE is not enough from PostgreSQL 16 on.
    let second = byok(&server.url("two", "second"), dir.path());
    let said = second.fails(4, &["init", "--schema-only"]);
    let statements = said.split("must first run: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    sql(&server.url("byok", "second"), &statements).unwrap();
    second.ok(&["init", "--schema-only"]);
}

#[test]
fn a_server_without_pgcrypto_is_said_to_be_one() {
    if major(&programs_dir().unwrap()) < Some(18) {
        skip("only from PostgreSQL 18 on a setting decides where extensions are looked for");
        return;
    }
    let settings = vec!["extension_control_path = '/nonexistent'".to_owned()];
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let said = byok(&server.url("byok", "postgres"), dir.path()).fails(9, &["init"]);
    assert!(said.contains("does not have the extension pgcrypto") && said.contains("contrib"), "{said}");
}
