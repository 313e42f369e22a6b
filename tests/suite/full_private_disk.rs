//! A real file system without free space, below the private server and its master key: every answer is true, and nothing
//! that was told as done is lost.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Byok, CANARY, Run, openai_key, skip, sql};
use crate::local_faults::shell;

/// A file system in memory that only commands on it see, with the private server.
pub(crate) struct SmallDisk {
    dir: tempfile::TempDir,
    /// It keeps the file system mounted until its input ends.
    holder: Child,
}

impl SmallDisk {
    pub(crate) fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("byok-small-").tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("unshare");
        let script = "mount -t tmpfs -o mode=755,size=\"$1\" none \"$0\" && echo mounted && exec cat";
        command.args(["--mount", "sh", "-c", script]).arg(dir.path()).arg(size);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut said = String::new();
        if let Ok(mut holder) = command.spawn() {
            BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
            if said == "mounted\n" {
                return Some(Self { dir, holder });
            }
            holder.wait().unwrap();
        }
        skip("mounting is not allowed here");
        None
    }

    /// The program on this file system. `KEY` is a provider key with this end.
    pub(crate) fn run(&self, line: &str, end: &str) -> Run {
        let local = self.dir.path().join("local");
        let byok = Byok::new().env("BYOK_LOCAL_DIR", local.to_str().unwrap()).env("KEY", &openai_key(end));
        let holder = self.holder.id().to_string();
        let run = shell(&byok, &["nsenter", "--target", &holder, "--mount", "--"], &format!("exec \"$BYOK\" {line}"));
        assert!(!run.out.contains(CANARY) && !run.err.contains(CANARY), "{line}: {run:?}");
        run
    }

    pub(crate) fn ok(&self, line: &str) -> String {
        let run = self.run(line, "");
        assert_eq!(run.code, 0, "{line}: {run:?}");
        run.out
    }

    /// The directory as this process sees it.
    fn place(&self) -> PathBuf {
        let dir = self.dir.path().strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(dir)
    }

    /// Takes all the space but this many bytes.
    pub(crate) fn fill(&self, left: usize) {
        fs::write(self.place().join("left"), vec![1; left]).unwrap();
        let mut ballast = fs::File::create(self.place().join("ballast")).unwrap();
        while ballast.write_all(&[1; 4096]).is_ok() {}
        fs::remove_file(self.place().join("left")).unwrap();
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.place().join("ballast")).unwrap();
    }

    /// A new file of the write-ahead log, for which there is no space.
    fn next_log_file(&self) {
        let socket = self.place().join("local/run");
        let url = format!("postgres://byok@localhost/byok?host={}", socket.display());
        assert!(sql(&url, "select pg_switch_wal()::text").is_ok());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let holder = self.holder.id().to_string();
        let mut down = Command::new("nsenter");
        down.args(["--target", &holder, "--mount", "--", env!("CARGO_BIN_EXE_byok"), "local", "down"]);
        down.env_clear().env("BYOK_LOCAL_DIR", self.dir.path().join("local"));
        let _ = down.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

fn error(run: &Run) -> Value {
    let last = run.err.lines().last().unwrap_or_default();
    let document: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    document["error"].clone()
}

fn says_to_free_space(hint: &str) -> bool {
    hint.contains("free") && hint.contains("space")
}

/// What was told.
#[derive(Default)]
struct Told {
    done: BTreeSet<String>,
    unknown: BTreeSet<String>,
    refused: usize,
}

impl Told {
    /// Sorts an answer of a command that makes this thing. One that failed says why, and what to do.
    fn hear(&mut self, run: &Run, thing: String) {
        if run.code == 0 {
            self.done.insert(thing);
            return;
        }
        let error = error(run);
        assert_eq!((run.code, &error["retryable"]), (7, &true.into()), "{thing}: {run:?}");
        let hint = error["hint"].as_str().unwrap();
        match error["code"].as_str().unwrap() {
            "outcome_unknown" => drop(self.unknown.insert(thing)),
            // The server ended, and starts again or tries to.
            "unavailable" | "starting" => assert!(hint.contains("try again"), "{thing}: {run:?}"),
            "disk_full" | "local_server" => {
                assert!(says_to_free_space(hint), "{thing}: {run:?}");
                self.refused += 1;
            }
            other => panic!("{other}: {thing}: {run:?}"),
        }
    }

    /// What is there is what was told, except for what nobody could know.
    fn is_true_of(&self, there: &BTreeSet<String>) {
        assert!(self.done.is_subset(there), "told and not there: {:?}", self.done.difference(there));
        let more: BTreeSet<String> = there.difference(&self.done).cloned().collect();
        assert!(more.is_subset(&self.unknown), "there and not told: {more:?}");
    }
}

/// The values of this field of all lines. A field may be one of a field.
fn all(lines: &str, field: &str) -> BTreeSet<String> {
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap().pointer(field).cloned());
    values.flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[test]
fn on_a_full_disk_every_answer_is_true_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount("128m") else { return };
    disk.ok("enable acme");
    assert_eq!(disk.run("key set openai --org acme --from-env KEY", "0000").code, 0);
    let (mut orgs, mut grants, mut keys) = (Told::default(), Told::default(), Told::default());
    orgs.done.insert("acme".into());
    keys.done.insert("0000".into());
    for (round, left) in [65_536, 0, 0].into_iter().enumerate() {
        disk.fill(left);
        for number in 0..10 {
            let it = format!("{round}-{number}");
            orgs.hear(&disk.run(&format!("enable org-{it} -o json"), ""), format!("org-{it}"));
            let line = format!("credits grant 1 --org acme --request-id grant-{it} -o json");
            grants.hear(&disk.run(&line, ""), format!("grant-{it}"));
            let end = format!("k{round}{number:02}");
            keys.hear(&disk.run("key rotate openai --org acme --from-env KEY -o json", &end), end);
            if number == 5 && round == 2 {
                disk.next_log_file();
            }
        }
        // Files beside the database.
        let run = disk.run("master-key rotate --yes -o json", "");
        let hint = error(&run)["hint"].to_string();
        assert!(run.code == 7 && (says_to_free_space(&hint) || hint.contains("try again")), "{run:?}");
        assert!(!disk.place().join("local/master.key.new").exists());
        disk.free();
        orgs.is_true_of(&all(&disk.ok("org list -o jsonl"), "/org"));
        grants.is_true_of(&all(&disk.ok("credits history --org acme -o jsonl"), "/request"));
        keys.is_true_of(&all(&disk.ok("key history openai --org acme -o jsonl"), "/detail/hint"));
        disk.ok("resolve openai --org acme --require organization --verify");
        disk.ok("master-key verify");
        disk.ok("audit verify");
    }
    assert!(orgs.refused + grants.refused + keys.refused > 0, "the disk was not full");
}
