//! Lost connections: every writing command with its connection cut before and after every message. The command exits
//! with 7 or finds out what was done. A second run succeeds, does nothing twice, and loses no secret.

mod cases;
mod files;
mod requests;

use std::cell::Cell;
use std::path::PathBuf;

use crate::cluster::Cluster;
use crate::cutting_proxy::{Cut, Wiretap};
use crate::harness::{Asking, Byok, Run};

/// A server behind a proxy, with passwords for everybody but the superuser.
pub(crate) struct Ground {
    pub(crate) cluster: Cluster,
    pub(crate) tap: Wiretap,
    pub(crate) dir: tempfile::TempDir,
    count: Cell<u32>,
    asking: Asking,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("byok-cut-").tempdir_in("/var/tmp").unwrap();
        open_to(dir.path(), 0o755);
        let hba = dir.path().join("hba");
        std::fs::write(&hba, "local all byok trust\nlocal all all scram-sha-256\n").unwrap();
        open_to(&hba, 0o644);
        let cluster = Cluster::with(&["synchronous_commit = on", &format!("hba_file = '{}'", hba.display())]);
        let tap = Wiretap::before(cluster.server.socket_dir());
        std::fs::write(dir.path().join("master.key"), cluster.master.to_text().expose()).unwrap();
        open_to(&dir.path().join("master.key"), 0o600);
        let asking = Asking::begin(&cluster.url);
        Self { cluster, tap, dir, count: Cell::new(1000), asking }
    }

    /// A name that nothing has yet; its last four characters are digits.
    fn tag(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("t{}", self.count.get())
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program through the proxy, as the superuser.
    pub(crate) fn byok(&self) -> Byok {
        self.byok_in("postgres").env("BYOK_MASTER_KEY_FILE", self.file("master.key").to_str().unwrap())
    }

    pub(crate) fn byok_in(&self, database: &str) -> Byok {
        Byok::new().env("BYOK_DATABASE_URL", &self.tap.url("byok", database))
    }

    /// Asks the server itself.
    pub(crate) fn sql(&self, statement: &str) -> Vec<String> {
        self.asking.sql(statement).unwrap_or_else(|state| panic!("{state}: {statement}"))
    }

    /// Waits until the sessions of earlier commands are gone. A command that ends open transactions looks at them again and
    /// again, so it would send more messages.
    fn settle(&self) {
        let others = "pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
        while self.count(others) != "0" {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    pub(crate) fn count(&self, from: &str) -> String {
        self.sql(&format!("select count(*)::text from {from}")).remove(0)
    }
}

fn open_to(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// One command: the ground under it, its line, what is piped in, and what must be true afterwards.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) before: fn(&Ground, &str),
    pub(crate) line: fn(&Ground, &str) -> Vec<String>,
    pub(crate) input: fn(&str) -> String,
    pub(crate) after: fn(&Ground, &str),
}

impl Case {
    pub(crate) fn run(&self, ground: &Ground, tag: &str) -> Run {
        let line = (self.line)(ground, tag);
        let input = (self.input)(tag);
        let byok = if input.is_empty() { ground.byok() } else { ground.byok().input(input) };
        byok.run(&line.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Uncut, for the number of messages; then cut at each of them.
    pub(crate) fn prove(&self, ground: &Ground) {
        let tag = ground.tag();
        (self.before)(ground, &tag);
        ground.settle();
        self.cut(ground, None);
        let run = self.run(ground, &tag);
        assert_eq!(run.code, 0, "{}: {run:?}", self.name);
        let messages = ground.tap.seen();
        (self.after)(ground, &tag);
        // The first two are a question that changes nothing, prepared and asked.
        for cut in (2..messages).flat_map(|at| [Cut::Before(at), Cut::After(at)]) {
            self.prove_at(ground, || self.cut(ground, Some(cut)), &format!("{cut:?}"));
        }
    }

    /// `run` asks over two connections one after the other. Every other command has a second one only where it is kept waiting, to
    /// see by whom.
    fn cut(&self, ground: &Ground, cut: Option<Cut>) {
        if self.name.starts_with("run") { ground.tap.cut(cut) } else { ground.tap.cut_next(cut) }
    }

    pub(crate) fn prove_at(&self, ground: &Ground, cut: impl Fn(), place: &str) {
        let tag = ground.tag();
        (self.before)(ground, &tag);
        cut();
        let first = self.run(ground, &tag);
        let place = format!("{} cut {place}", self.name);
        assert!(!ground.tap.is_whole(), "{place}: the message never came: {first:?}");
        assert!(matches!(first.code, 0 | 7 | 125), "{place}: {first:?}");
        if first.code != 0 {
            assert!(first.err.contains("hint:"), "{place}: {first:?}");
        }
        ground.tap.cut(None);
        if first.code != 0 {
            let second = self.run(ground, &tag);
            assert_eq!(second.code, 0, "{place}, again: {second:?}\nfirst: {first:?}");
        }
        (self.after)(ground, &tag);
    }
}
