//! Files that byok writes, on a file system that is full or read-only: the right exit code and the next step, and nothing is
//! left half written.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Byok, World, master_text};

/// A small file system with the master key on it, filled or made read-only. What is in it at the end is printed after `left:`.
const PLACE: &str = "mount -t tmpfs -o size=20k,mode=700 none \"$PLACE\"
test -z \"$KEY\" || { umask 077; printf '%s\\n' \"$KEY\" >\"$PLACE/master.key\"; }
: >\"$PLACE/made\"; chmod 600 \"$PLACE/made\"
case $FAULT in
full) dd if=/dev/zero of=\"$PLACE/fill\" bs=4k 2>/dev/null || true;;
read-only) mount -o remount,ro \"$PLACE\";;
esac
code=0
\"$BYOK\" \"$@\" || code=$?
echo \"left:\" $(cd \"$PLACE\"; find . -type f ! -name fill -size +0 | sort) >&2
exit $code";

struct Disk {
    place: PathBuf,
    _dir: tempfile::TempDir,
}

impl Disk {
    /// `None` where mounting is not allowed.
    fn new() -> Option<Self> {
        let mounts = Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]).output();
        if !mounts.is_ok_and(|output| output.status.success()) {
            std::io::stderr().write_all(b"skipped: mounting is not allowed here\n").unwrap();
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("disk");
        std::fs::create_dir(&place).unwrap();
        Some(Self { place, _dir: dir })
    }

    fn file(&self, name: &str) -> String {
        self.place.join(name).to_str().unwrap().to_owned()
    }

    /// Exit code and standard error.
    fn run(&self, byok: &Byok, fault: &str, line: &[&str]) -> (Option<i32>, String) {
        let command = byok.command(&[]);
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "sh", "-ec", PLACE, "sh"]).args(line).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("BYOK", command.get_program()).env("PLACE", &self.place).env("FAULT", fault);
        let output = shell.output().unwrap();
        assert!(!String::from_utf8_lossy(&output.stdout).contains(&master_text()[9..40]));
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_with_the_next_step_and_nothing_is_left_of_it() {
    let Some(disk) = Disk::new() else { return };
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok");
    let eve = world.login_name("eve");
    let on_disk = admin.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &disk.file("master.key"));
    let holding = on_disk.clone().env("KEY", master_text());
    let empty = World::empty();
    let new = empty.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &disk.file("first/master.key"));
    let (file, made) = (disk.file("new"), disk.file("made"));
    let table: [(&Byok, &[&str], &str); 10] = [
        (&new, &["init"], "BYOK_MASTER_KEY_FILE"),
        (&holding, &["master-key", "rotate"], "--new-key-file"),
        (&admin, &["master-key", "rotate", "begin", "--new-key-file", &file], "--new-key-file"),
        (&admin, &["master-key", "create", "--only", "--to-file", &file], "--to-file"),
        (&admin, &["master-key", "create", "--only", "--to-file", &made], "--to-file"),
        (&admin, &["master-key", "escrow", "--to-file", &file], "--to-file"),
        (&admin, &["data-key", "issue", "acme", "--to-file", &file], "--to-file"),
        (&admin, &["data-key", "rotate", "acme", "--yes", "--to-file", &file], "--to-file"),
        (&admin, &["member", "add", "acme", &eve, "--create-login", "--to-file", &file], "--to-file"),
        (&admin, &["man", "--dir", &disk.file("man")], "--dir"),
    ];
    for (byok, line, option) in table {
        for (fault, code, step) in [("full", 7, "free some space on the file system"), ("read-only", 2, option)] {
            // A file that is there and cannot be written is in the way.
            let code = if fault == "read-only" && line.contains(&made.as_str()) { 5 } else { code };
            let (found, said) = disk.run(byok, fault, line);
            let done = said.contains("but this was done");
            let code = if done { 1 } else { code };
            let step = if code == 5 { "name a new file" } else { step };
            let step = if done { "to get it again: byok data-key issue --org acme" } else { step };
            assert!(found == Some(code) && said.contains(step), "{fault} {line:?}: {found:?} {said}");
            let reason = ["cannot write", "where a new one cannot be written", "already exists"];
            assert!(reason.iter().any(|words| said.contains(words)), "{said}");
            let kept = if line == ["master-key", "rotate"] { "left: ./master.key\n" } else { "left:\n" };
            assert!(said.ends_with(kept), "{fault} {line:?}: {said}");
        }
    }
    // Nothing was begun that cannot be continued.
    assert_eq!(world.root("select count(*)::text from byok.keyring"), ["1"]);
    assert_eq!(world.root(&format!("select count(*)::text from pg_roles where rolname = '{eve}'")), ["0"]);
    let json = disk.run(&admin, "full", &["master-key", "escrow", "--to-file", &file, "-o", "json"]).1;
    assert!(json.contains(r#""code":"cannot_write""#) && json.contains(r#""retryable":true"#), "{json}");
}
