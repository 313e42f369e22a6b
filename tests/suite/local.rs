//! The private PostgreSQL server: created at the first use, started when needed, recovered after a crash, and stopped
//! on request.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Byok, openai_key};
use crate::programs::{copy_byok, write_script};

/// A directory of its own that the server's account can enter; stopped and deleted at the end.
pub(crate) struct Home {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) byok: Byok,
}

impl Home {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("byok-local-").tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self::at(dir, "local")
    }

    pub(crate) fn at(dir: tempfile::TempDir, below: &str) -> Self {
        let place = dir.path().join(below);
        Self { byok: Byok::new().env("BYOK_LOCAL_DIR", place.to_str().unwrap()), dir }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("local")
    }

    pub(crate) fn pid(&self) -> i32 {
        let (_, document) = self.byok.json(&["local", "status"]);
        document["item"]["pid"].as_i64().unwrap().try_into().unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.byok.command(&["local", "down"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

pub(crate) fn set(byok: &Byok) {
    byok.ok(&["enable", "acme"]);
    byok.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
}

pub(crate) fn opens(byok: &Byok) {
    byok.ok(&["resolve", "openai", "--org", "acme", "--require", "organization", "--verify"]);
}

#[test]
fn the_first_command_makes_everything_and_says_so_once() {
    let home = Home::new();
    let run = home.byok.run(&["enable", "acme"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("no database is configured") && run.err.contains("byok local down"), "{}", run.err);
    assert_eq!(home.byok.run(&["org", "list"]).err, "");
    set(&home.byok);
    opens(&home.byok);
    let mode = fs::metadata(home.path().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_variables_of_other_programs_say_nothing_about_it() {
    let home = Home::new();
    let variables = [
        ("PGHOST", "db.example"),
        ("PGHOSTADDR", "10.0.0.7"),
        ("PGPORT", "6000"),
        ("PGUSER", "eve"),
        ("PGDATABASE", "other"),
        ("PGPASSWORD", "hunter2"),
        ("PGSSLMODE", "verify-full"),
        ("PGAPPNAME", "other"),
    ];
    let odd = variables.iter().fold(home.byok.clone(), |byok, (name, value)| byok.env(name, value));
    set(&odd);
    opens(&home.byok);
}

#[test]
fn stopped_killed_or_left_with_a_stale_pid_it_comes_back_with_everything() {
    let home = Home::new();
    set(&home.byok);
    home.byok.ok(&["local", "down"]);
    assert_eq!(home.byok.json(&["local", "down"]).1["result"], "unchanged");
    opens(&home.byok);
    kill_process(Pid::from_raw(home.pid()).unwrap(), Signal::KILL).unwrap();
    opens(&home.byok);
    // After a reboot the number may be anybody's: this process has it now.
    home.byok.ok(&["local", "down"]);
    let stale = format!("{}\n{}\n", std::process::id(), home.path().join("data").display());
    fs::write(home.path().join("data/postmaster.pid"), stale).unwrap();
    opens(&home.byok);
}

#[test]
fn of_many_first_commands_at_once_one_makes_it_and_all_succeed() {
    let home = Home::new();
    let children: Vec<_> = (0..8)
        .map(|number| {
            let org = format!("org-{number}");
            home.byok.command(&["enable", &org]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut made = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        made += i32::from(said.contains("made a private PostgreSQL"));
    }
    assert_eq!(made, 1);
    assert_eq!(home.byok.ok(&["org", "list", "-o", "jsonl"]).lines().count(), 8);
}

#[test]
fn killed_while_it_is_being_made_it_is_made_by_the_next() {
    let home = Home::new();
    for milliseconds in [30, 150, 400, 450, 700, 750, 1000, 1050] {
        let mut child =
            home.byok.command(&["enable", "acme"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
    }
    set(&home.byok);
    opens(&home.byok);
    let left =
        fs::read_dir(home.path()).unwrap().flatten().filter(|it| it.file_name().to_string_lossy().contains("making"));
    assert_eq!(left.count(), 0);
}

/// Server programs whose `initdb` takes a second longer and keeps a diary.
fn slow_programs(place: &Path) -> PathBuf {
    let real = byok::local::programs_dir().unwrap();
    let bin = place.join("bin");
    fs::create_dir(&bin).unwrap();
    let diary = place.join("diary");
    fs::write(&diary, "").unwrap();
    fs::set_permissions(&diary, fs::Permissions::from_mode(0o666)).unwrap();
    let script = format!(
        "#!/bin/sh\necho begin >>{0}\nsleep 1\n{1}/initdb \"$@\"\ncode=$?\necho end >>{0}\nexit $code\n",
        diary.display(),
        real.display()
    );
    write_script(&bin.join("initdb"), &script);
    std::os::unix::fs::symlink(real.join("postgres"), bin.join("postgres")).unwrap();
    bin
}

#[test]
fn an_initdb_that_outlives_its_killed_caller_is_waited_for() {
    let mut home = Home::new();
    let bin = slow_programs(home.dir.path());
    home.byok = home.byok.clone().env("BYOK_PG_BIN", bin.to_str().unwrap());
    let mut child = home.byok.command(&["local", "up"]).stderr(Stdio::null()).spawn().unwrap();
    let diary = home.dir.path().join("diary");
    while fs::read_to_string(&diary).unwrap().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    home.byok.ok(&["local", "up"]);
    assert_eq!(
        fs::read_to_string(&diary).unwrap().split_whitespace().collect::<Vec<_>>(),
        ["begin", "end", "begin", "end"]
    );
}

#[test]
fn where_no_server_is_installed_the_package_manager_is_run_after_consent_only() {
    let Some(command) = byok::local::install_command() else {
        return;
    };
    let mut home = Home::new();
    let real = byok::local::programs_dir().unwrap();
    let (tools, bin, diary) =
        (home.dir.path().join("tools"), home.dir.path().join("bin"), home.dir.path().join("diary"));
    fs::create_dir(&tools).unwrap();
    // The stand-in for the package manager brings the real server programs into place.
    let script =
        format!("#!/bin/sh\necho \"$@\" >>{}\nln -sfn {} {}\n", diary.display(), real.display(), bin.display());
    write_script(&tools.join(command[0]), &script);
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    home.byok = home.byok.clone().env("PATH", &path).env("BYOK_PG_BIN", bin.to_str().unwrap());
    let said = home.byok.fails(7, &["org", "list"]);
    assert!(said.contains(&command.join(" ")) && said.contains("--install-postgres"), "{said}");
    assert!(!diary.exists());
    home.byok.ok(&["org", "list", "--install-postgres"]);
    let done = fs::read_to_string(&diary).unwrap();
    assert_eq!(done.lines().last().unwrap(), command[1..].join(" "));
    home.byok.ok(&["org", "list", "--install-postgres"]);
    assert_eq!(fs::read_to_string(&diary).unwrap(), done);
}

#[test]
fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let dir = tempfile::Builder::new().prefix("byok-local-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = Home::at(dir, &"long-name/".repeat(12));
    set(&home.byok);
    opens(&home.byok);
    // What had to be elsewhere goes with it.
    let (_, document) = home.byok.json(&["local", "status"]);
    let socket = std::path::Path::new(document["item"]["socket_dir"].as_str().unwrap());
    assert!(socket.starts_with("/tmp") && socket.exists());
    home.byok.ok(&["local", "reset", "--yes"]);
    assert!(!socket.exists(), "{} is left behind", socket.display());
}

#[test]
fn what_cannot_be_used_is_said_with_the_way_out() {
    if rustix::process::geteuid().is_root() {
        // Below a directory that root keeps to itself, such as its home, the server's account cannot go.
        let closed = tempfile::tempdir().unwrap();
        fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let place = closed.path().join("byok-no");
        let said = Byok::new().env("BYOK_LOCAL_DIR", place.to_str().unwrap()).fails(7, &["local", "up"]);
        assert!(said.contains(closed.path().to_str().unwrap()) && said.contains("BYOK_LOCAL_DIR"), "{said}");
    } else {
        let said = Byok::new().fails(7, &["org", "list"]);
        assert!(said.contains("HOME") && said.contains("BYOK_LOCAL_DIR"), "{said}");
    }
    let byok = Home::new();
    let said = byok.byok.clone().env("BYOK_PG_BIN", "/nowhere").fails(7, &["org", "list"]);
    assert!(said.contains("/nowhere") && said.contains("BYOK_DATABASE_URL"), "{said}");
    let said = Byok::new().env("BYOK_LOCAL_DIR", "/proc/byok").fails(7, &["org", "list"]);
    assert!(said.contains("/proc/byok"), "{said}");
}

#[test]
fn a_reset_sets_the_master_key_aside_and_begins_anew() {
    let home = Home::new();
    set(&home.byok);
    let before = fs::read_to_string(home.path().join("master.key")).unwrap();
    home.byok.fails(2, &["local", "reset"]);
    home.byok.ok(&["local", "reset", "--yes"]);
    assert_eq!(fs::read_to_string(home.path().join("master.key.1.bak")).unwrap(), before);
    home.byok.ok(&["enable", "acme"]);
    assert_ne!(fs::read_to_string(home.path().join("master.key")).unwrap(), before);
    assert_eq!(home.byok.ok(&["key", "list", "--org", "acme"]), "");
}

#[test]
fn a_master_key_that_went_missing_is_an_error_and_never_replaced() {
    let home = Home::new();
    set(&home.byok);
    fs::remove_file(home.path().join("master.key")).unwrap();
    let said =
        home.byok.clone().input(openai_key("9999")).fails(4, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(said.contains("master.key"), "{said}");
    assert!(!home.path().join("master.key").exists());
}

#[test]
fn an_ordinary_user_has_one_too() {
    use std::os::unix::process::CommandExt as _;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = tempfile::Builder::new().prefix("byok-user-").tempdir_in("/var/tmp").unwrap();
    std::os::unix::fs::chown(dir.path(), Some(65534), Some(65534)).unwrap();
    let program = dir.path().join("byok");
    copy_byok(&program);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).env_clear().env("HOME", dir.path()).env("PATH", "/usr/bin:/bin").uid(65534).gid(65534);
        // Under CI the demonstration asks for the private database itself.
        command.env("CI", "true");
        command.current_dir("/").stdin(Stdio::null()).output().unwrap()
    };
    let output = run(&["demo"]);
    let ended = run(&["local", "down"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(ended.status.success());
    assert!(Path::new(&dir.path().join(".local/share/byok/local/master.key")).exists());
}

/// The account of a directory (LDAP, sssd) stands in no `/etc/passwd`. libnss_wrapper answers the system's resolver here as
/// such a directory does.
#[test]
fn the_account_of_a_directory_runs_the_server() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let libraries = fs::read_dir("/usr/lib").unwrap().flatten().map(|entry| entry.path().join("libnss_wrapper.so"));
    let Some(library) = libraries.into_iter().find(|path| path.exists()) else {
        assert!(std::env::var_os("CI").is_none(), "libnss-wrapper is not installed, and CI tests with it");
        let _ =
            writeln!(std::io::stderr(), "skipped: libnss-wrapper is not installed (apt-get install libnss-wrapper)");
        return;
    };
    let mut home = Home::new();
    let (accounts, groups) = (home.dir.path().join("accounts"), home.dir.path().join("groups"));
    // Of the number of `nobody`, which the server's own programs find.
    fs::write(&accounts, "directory_eve:x:65534:65534::/:/bin/false\n").unwrap();
    fs::write(&groups, "directory_eve:x:65534:\n").unwrap();
    let outside = home.byok.clone().env("BYOK_LOCAL_USER", "directory_eve").fails(7, &["local", "up"]);
    assert!(outside.contains("none of these accounts exists: directory_eve"), "{outside}");
    home.byok = (home.byok.clone())
        .env("BYOK_LOCAL_USER", "directory_eve")
        .env("LD_PRELOAD", library.to_str().unwrap())
        .env("NSS_WRAPPER_PASSWD", accounts.to_str().unwrap())
        .env("NSS_WRAPPER_GROUP", groups.to_str().unwrap());
    home.byok.ok(&["local", "up"]);
    let owner = fs::metadata(home.path().join("data")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), 65534);
}
