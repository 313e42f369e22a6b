//! Checks of this machine: variables, terminal, completion script, private server.

use std::fs;
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::{doctor, expect, rows};
use crate::full_private_disk::SmallDisk;
use crate::harness::{Byok, CANARY};
use crate::local::Home;
use crate::local_faults::shell;
use crate::pty::Terminal;

#[test]
fn every_variable_that_cannot_be_used_is_named_and_nothing_of_its_value() {
    let home = tempfile::tempdir().unwrap();
    let byok = Byok::new().env("HOME", home.path().to_str().unwrap());
    expect(&byok, "settings.variables", "ok", "");
    let bad = byok.clone().env("BYOK_OGR", CANARY).env("BYOK_POOLER", "").env("BYOK_NO_PROGRESS", "perhaps");
    let row = expect(&bad, "settings.variables", "fail", "byok has no variable BYOK_OGR; did you mean BYOK_ORG?");
    assert!(row.reason.contains("BYOK_POOLER is empty") && row.reason.contains("BYOK_NO_PROGRESS"), "{row:?}");
    let unset: Vec<&str> = row.fix.strip_prefix("unset ").unwrap().split(' ').collect();
    let mended = unset.into_iter().fold(bad, Byok::without);
    expect(&mended, "settings.variables", "ok", "");
}

#[test]
fn a_key_can_be_asked_for_at_a_terminal_of_this_session_and_nowhere_else() {
    let home = tempfile::tempdir().unwrap();
    let byok = Byok::new().env("HOME", home.path().to_str().unwrap());
    expect(&byok, "terminal.prompt", "skipped", "standard input is not a terminal");
    let at = |byok: &Byok| {
        let file = home.path().join("out");
        let line = format!("\"$BYOK\" doctor -o plain >{}; echo ended", file.display());
        Terminal::shell(byok, &line).expect("ended");
        rows(&fs::read_to_string(&file).unwrap()).remove("terminal.prompt").unwrap()
    };
    assert_eq!(at(&byok).status, "ok");
    let row = at(&byok.clone().env("CI", "true"));
    assert!(row.status == "skipped" && row.reason.contains("CI is set"), "{row:?}");
    // A terminal that is not that of the session.
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let byok = byok.command(&[]);
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(byok.get_program()).args(["doctor", "-o", "plain"]).env_clear();
    command.envs(byok.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::from(theirs)).stderr(Stdio::null()).output().unwrap();
    let row = rows(&String::from_utf8(output.stdout).unwrap()).remove("terminal.prompt").unwrap();
    assert!(row.status == "warn" && row.fix.contains("--from-file"), "{row:?}");
}

#[test]
fn a_completion_script_of_another_version_is_written_anew() {
    let home = tempfile::tempdir().unwrap();
    for (name, place) in [
        ("bash", ".local/share/bash-completion/completions/byok"),
        ("zsh", ".zfunc/_byok"),
        ("fish", ".config/fish/completions/byok.fish"),
    ] {
        let byok = Byok::new().env("HOME", home.path().to_str().unwrap()).env("SHELL", &format!("/bin/{name}"));
        expect(&byok, "shell.completion", "skipped", "nobody types here");
        let path = home.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "of another version").unwrap();
        let row = expect(&byok, "shell.completion", "warn", "another version");
        typed(&byok, &row.fix);
        expect(&byok, "shell.completion", "ok", path.to_str().unwrap());
    }
    // Where somebody types, a script that is missing is written too.
    let fresh = tempfile::tempdir().unwrap();
    let byok = Byok::new().env("HOME", fresh.path().to_str().unwrap()).env("SHELL", "/usr/bin/bash");
    let file = fresh.path().join("out");
    Terminal::shell(&byok, &format!("\"$BYOK\" doctor -o plain >{}; echo ended", file.display())).expect("ended");
    let row = rows(&fs::read_to_string(&file).unwrap()).remove("shell.completion").unwrap();
    assert_eq!(row.status, "warn", "{row:?}");
    typed(&byok, &row.fix);
    expect(&byok, "shell.completion", "ok", "is that of this program");
    // One that a start-up file loads has no file of its own.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join(".bashrc"), "source <(byok completions bash)\n").unwrap();
    let byok = byok.env("HOME", other.path().to_str().unwrap());
    expect(&byok, "shell.completion", "ok", ".bashrc loads it");
    expect(&byok.env("SHELL", "/bin/rc"), "shell.completion", "skipped", "");
}

/// Types a line in a shell in which `byok` is the program.
fn typed(byok: &Byok, line: &str) {
    let run = shell(byok, &[], &format!("byok() {{ \"$BYOK\" \"$@\"; }}; {line}"));
    assert_eq!(run.code, 0, "{line}: {run:?}");
}

#[test]
fn a_private_server_is_neither_made_nor_started_for_it() {
    let home = Home::new();
    let (code, rows) = doctor(&home.byok);
    assert_eq!((code, rows["db.connection"].status.as_str()), (0, "skipped"), "{rows:?}");
    assert!(rows["db.connection"].reason.contains("no private database yet"), "{rows:?}");
    assert!(!home.path().exists(), "it made something");
    assert_eq!(rows["db.connection"].fix, "byok local up");
    home.byok.ok(&["local", "up"]);
    let (code, rows) = doctor(&home.byok);
    assert_eq!((code, rows["db.connection"].status.as_str()), (0, "ok"), "{rows:?}");
    assert_eq!((rows["master_key.active"].status.as_str(), rows["roles.login"].status.as_str()), ("ok", "ok"));
    assert_eq!(rows["roles.superuser"].status, "skipped", "one login has all roles there");
    home.byok.ok(&["local", "down"]);
    expect(&home.byok, "db.connection", "skipped", "is stopped");
    assert_eq!(home.byok.json(&["local", "status"]).1["item"]["running"], false);
}

#[test]
fn server_programs_that_are_not_where_a_variable_says_are_named() {
    let home = Home::new();
    expect(&home.byok, "local.server", "ok", "PostgreSQL");
    let empty = tempfile::tempdir().unwrap();
    let byok = home.byok.clone().env("BYOK_PG_BIN", empty.path().to_str().unwrap());
    let row = expect(&byok, "local.server", "fail", "no PostgreSQL server programs");
    assert_eq!(row.fix, "unset BYOK_PG_BIN");
}

#[test]
fn a_private_server_on_a_small_disk_is_moved() {
    let Some(disk) = SmallDisk::mount("300m") else { return };
    disk.ok("enable acme");
    let row = rows(&disk.run("doctor -o plain", "").out).remove("local.disk").unwrap();
    assert_eq!(row.status, "warn", "{row:?}");
    disk.fill(1 << 20);
    let run = disk.run("doctor -o plain", "");
    let row = rows(&run.out).remove("local.disk").unwrap();
    assert!(run.code == 9 && row.status == "fail", "{run:?}");
    assert!(row.fix.starts_with("byok local down && mv ") && row.fix.contains("BYOK_LOCAL_DIR="), "{row:?}");
    disk.free();
    let row = rows(&disk.run("doctor -o plain", "").out).remove("local.disk").unwrap();
    assert_eq!(row.status, "warn", "{row:?}");
}
