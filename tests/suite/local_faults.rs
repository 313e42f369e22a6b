//! What the private server meets when the system lacks something: each error says what is wrong and how it is repaired
//! without a loss.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use byok::local::{ThrowAway, ThrowAwayOptions};
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Byok, Run, World, openai_key, skip, sql};
use crate::local::{Home, opens, set};
use crate::programs::write_script;
use crate::server_language::{GERMAN, speaks};

/// Runs a line of shell, in which `$BYOK` is the program.
pub(crate) fn shell(byok: &Byok, before: &[&str], line: &str) -> Run {
    let command = byok.command(&[]);
    let words = [before, &["sh", "-ec", line]].concat();
    let mut shell = Command::new(words[0]);
    shell.args(&words[1..]).env_clear().stdin(Stdio::null());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.env("BYOK", command.get_program()).output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn too_few_open_files_are_named_at_whatever_step_they_are_missed() {
    let home = Home::new();
    set(&home.byok);
    for running in [true, false] {
        for limit in 5..24 {
            let run = shell(&home.byok, &[], &format!("ulimit -n {limit}; exec \"$BYOK\" org list"));
            let served = running && run.code == 0;
            let told = matches!(run.code, 1 | 7) && run.err.contains("open") && run.err.contains("ulimit -n");
            assert!(served || told, "{limit}, running: {running}: {run:?}");
            for wrong in ["reset", "did not create", "not found", "internal error", "BYOK_LOCAL"] {
                assert!(!run.err.contains(wrong), "{limit}: {}", run.err);
            }
        }
        home.byok.ok(&["local", "down"]);
    }
    opens(&home.byok);
}

#[test]
fn a_server_whose_files_were_removed_while_it_runs_is_told_to_be_restarted() {
    let home = Home::new();
    set(&home.byok);
    let (_, document) = home.byok.json(&["local", "status"]);
    let url = document["item"]["url"].as_str().unwrap().to_owned();
    // What a session meets after the package was upgraded: the file that a function names is gone.
    let moved = |from: &str, to: &str| {
        let change = format!(
            "do $$ declare f record; begin
               for f in select p.oid::regprocedure as it, p.prosrc from pg_proc p where p.probin = '{from}' loop
                 update pg_proc set probin = '{to}' where oid = f.it::oid; end loop; end $$"
        );
        sql(&url, &change).unwrap();
    };
    moved("$libdir/pgcrypto", "$libdir/byok-gone");
    let run = home
        .byok
        .clone()
        .input(openai_key("4242"))
        .run(&["key", "set", "openai", "--org", "acme", "--stdin", "-o", "json"]);
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((run.code, error["error"]["code"].as_str()), (7, Some("server_files")), "{run:?}");
    let hint = error["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("byok local down") && !hint.contains("reset"), "{hint}");
    moved("$libdir/byok-gone", "$libdir/pgcrypto");
    opens(&home.byok);
}

#[test]
fn data_of_another_version_waits_for_that_version() {
    let home = Home::new();
    set(&home.byok);
    home.byok.ok(&["local", "down"]);
    let version = home.path().join("data/PG_VERSION");
    let real = fs::read_to_string(&version).unwrap();
    fs::write(&version, "14\n").unwrap();
    let bin = byok::local::programs_dir().unwrap();
    let named = home.byok.clone().env("BYOK_PG_BIN", bin.to_str().unwrap());
    for byok in [&home.byok, &named] {
        let said = byok.fails(7, &["org", "list"]);
        for part in ["PostgreSQL 14", "install PostgreSQL 14 again", "BYOK_PG_BIN", "docs/recovery.md"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("reset"), "{said}");
    }
    assert!(named.fails(7, &["org", "list"]).contains(bin.to_str().unwrap()));
    fs::write(&version, real).unwrap();
    opens(&home.byok);
}

#[test]
fn programs_that_do_not_run_are_named_with_what_they_say() {
    let home = Home::new();
    let bin = home.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    write_script(&bin.join("initdb"), "#!/bin/sh\nexit 1\n");
    let byok = home.byok.clone().env("BYOK_PG_BIN", bin.to_str().unwrap());
    let tried = |text: &str, mode: u32| {
        write_script(&bin.join("postgres"), text);
        fs::set_permissions(bin.join("postgres"), fs::Permissions::from_mode(mode)).unwrap();
        byok.fails(7, &["org", "list"])
    };
    let said = tried("#!/bin/sh\necho 'libpq.so.5: cannot open shared object file' >&2\nexit 127\n", 0o755);
    assert!(said.contains("libpq.so.5") && said.contains("install that PostgreSQL again"), "{said}");
    let said = tried("#!/bin/sh\n", 0o644);
    assert!(said.contains("cannot start") && said.contains("BYOK_PG_BIN"), "{said}");
    // A version too old is no error of the program.
    let said = tried("#!/bin/sh\necho 'postgres (PostgreSQL) 14.1'\n", 0o755);
    assert!(said.contains("of version 15 or newer"), "{said}");
}

#[test]
fn a_server_whose_socket_was_removed_is_started_again() {
    let home = Home::new();
    set(&home.byok);
    let before = home.pid();
    fs::remove_dir_all(home.path().join("run")).unwrap();
    let run = home.byok.run(&["org", "list"]);
    assert!(run.code == 0 && run.err.contains("started the private PostgreSQL"), "{run:?}");
    assert_ne!(home.pid(), before);
    fs::remove_file(home.path().join("run/.s.PGSQL.5432")).unwrap();
    opens(&home.byok);
}

#[test]
fn directories_that_are_missing_can_be_entered_by_the_server_whatever_the_umask_is() {
    let dir = tempfile::Builder::new().prefix("byok-umask-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let home = Home::at(dir, "one/two/local");
    let run = shell(&home.byok, &[], "umask 077; exec \"$BYOK\" local up");
    assert_eq!(run.code, 0, "{run:?}");
    opens_nothing_to_others(&home.dir.path().join("one/two/local"));
}

fn opens_nothing_to_others(place: &Path) {
    for below in ["data", "run"] {
        assert_eq!(fs::metadata(place.join(below)).unwrap().permissions().mode() & 0o077, 0, "{below}");
    }
}

#[test]
fn after_down_the_process_is_gone() {
    let home = Home::new();
    for _ in 0..5 {
        home.byok.ok(&["local", "up"]);
        let pid = home.pid();
        home.byok.ok(&["local", "down"]);
        let left = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(left.is_empty() || left.contains(") Z "), "{left}");
    }
}

/// A process of the server, which is not the server itself.
fn child_of(server: i32) -> Pid {
    let tasks = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
    Pid::from_raw(tasks.split_whitespace().next().unwrap().parse().unwrap()).unwrap()
}

#[test]
fn a_start_waits_in_every_language_for_the_processes_of_a_killed_server() {
    let home = Home::new();
    home.byok.ok(&["local", "up"]);
    home.byok.ok(&["local", "down"]);
    if speaks(&World::empty()) {
        let mut settings = fs::File::options().append(true).open(home.path().join("data/postgresql.conf")).unwrap();
        std::io::Write::write_all(&mut settings, format!("lc_messages = '{GERMAN}'\n").as_bytes()).unwrap();
    }
    set(&home.byok);
    let left = killed_but_for_one(home.pid());
    let log = home.path().join("log");
    let before = refused_starts(&log);
    let mut next = home.byok.command(&["org", "list"]).stdout(Stdio::null()).spawn().unwrap();
    // The server that was started did not come up and said why.
    while refused_starts(&log) == before {
        assert!(next.try_wait().unwrap().is_none(), "it did not wait");
        std::thread::yield_now();
    }
    kill_process(left, Signal::KILL).unwrap();
    assert!(next.wait().unwrap().success());
    opens(&home.byok);
}

#[test]
fn a_server_of_a_test_starts_again_when_the_last_of_its_processes_ends() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let text = fs::read_to_string(server.data_dir().join("postmaster.pid")).unwrap();
    let left = killed_but_for_one(text.lines().next().unwrap().parse().unwrap());
    let before = refused_starts(&server.log_file());
    std::thread::scope(|scope| {
        let next = scope.spawn(|| server.start_again());
        while refused_starts(&server.log_file()) == before && !next.is_finished() {
            std::thread::yield_now();
        }
        kill_process(left, Signal::KILL).unwrap();
        next.join().unwrap().unwrap();
    });
}

#[test]
fn a_killed_server_of_a_test_leaves_no_process_and_starts_again() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let text = fs::read_to_string(server.data_dir().join("postmaster.pid")).unwrap();
    // As if it had been started while the others were killed.
    let left = killed_but_for_one(text.lines().next().unwrap().parse().unwrap());
    server.kill();
    let stat = fs::read_to_string(format!("/proc/{}/stat", left.as_raw_pid())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    server.start_again().unwrap();
}

/// Kills a server, but one of its processes stays, stopped.
fn killed_but_for_one(server: i32) -> Pid {
    let left = child_of(server);
    kill_process(left, Signal::STOP).unwrap();
    kill_process(Pid::from_raw(server).unwrap(), Signal::KILL).unwrap();
    left
}

/// How many starts ended because something of an earlier server was left.
fn refused_starts(log: &Path) -> usize {
    String::from_utf8_lossy(&fs::read(log).unwrap()).matches(" F0001 ").count()
}

/// A file system of its own for the directory, which only the tested program sees.
fn on_a_file_system(options: &str, before: &str) -> Option<Run> {
    let able = Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        skip("mounting is not allowed here");
        return None;
    }
    let dir = tempfile::Builder::new().prefix("byok-full-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let byok = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
    let byok = byok.env("PLACE", dir.path().to_str().unwrap());
    let line =
        format!("mount -t tmpfs -o mode=755,{options} none \"$PLACE\"; {before}; exec \"$BYOK\" local up -o json");
    Some(shell(&byok, &["unshare", "--mount"], &line))
}

#[test]
fn a_full_or_read_only_file_system_is_named() {
    let cases = [
        ("size=8m", "true", "local_server", "free some space", true),
        ("nr_inodes=40", "true", "local_server", "free some space", true),
        ("size=8m", "mount -o remount,ro \"$PLACE\"", "local_setup", "read-only", false),
    ];
    for (options, before, code, step, retryable) in cases {
        let Some(run) = on_a_file_system(options, before) else { return };
        let error: serde_json::Value = serde_json::from_str(run.err.lines().last().unwrap()).unwrap();
        let error = &error["error"];
        assert_eq!((run.code, error["code"].as_str()), (7, Some(code)), "{options}: {run:?}");
        assert!(error["hint"].as_str().unwrap().contains(step), "{options}: {run:?}");
        assert_eq!(error["retryable"], retryable, "{options}: {run:?}");
    }
}
