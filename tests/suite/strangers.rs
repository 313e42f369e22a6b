//! The private server, its account and other users of the machine: whom byok obeys, and whose files it leaves alone.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::Byok;

const NOBODY: u32 = 65534;

/// A place that everybody can get to, and the program with a private server in it.
struct Place {
    dir: tempfile::TempDir,
    byok: Byok,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("byok-strangers-").tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let byok = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
        Self { dir, byok }
    }

    fn local(&self) -> PathBuf {
        self.dir.path().join("local")
    }

    fn make(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.local().join(name);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.byok.command(&["local", "down"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The account that the private server runs under, as the test's own user would have it.
fn server_account() -> u32 {
    let us = rustix::process::geteuid();
    if !us.is_root() {
        return us.as_raw();
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        line.split(':').nth(2)?.parse().ok()
    };
    ["byok", "postgres", "nobody"].into_iter().find_map(of).unwrap()
}

#[test]
fn the_account_of_the_server_leads_root_to_no_file_of_its_own() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let real = byok::local::programs_dir().unwrap();
    for name in ["pg_hba.conf", "pg_ident.conf", "postgresql.conf"] {
        let place = Place::new();
        let victim = place.dir.path().join("victim");
        fs::write(&victim, "root's own\n").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o600)).unwrap();
        let bin = place.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        // It runs under the account of the server, and does what any other process of that account could do.
        let script = format!(
            "#!/bin/sh\n{}/initdb \"$@\" || exit\nfor dir; do :; done\nln -sf {} \"$dir/{name}\"\n",
            real.display(),
            victim.display()
        );
        fs::write(bin.join("initdb"), script).unwrap();
        fs::set_permissions(bin.join("initdb"), Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(real.join("postgres"), bin.join("postgres")).unwrap();
        let run = place.byok.clone().env("BYOK_PG_BIN", bin.to_str().unwrap()).run(&["local", "up"]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "root's own\n", "{name}: {run:?}");
        assert_eq!(run.code, 7, "{name}: {run:?}");
    }
}

#[test]
fn a_directory_that_another_account_can_change_is_not_used_by_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    chown(place.make("", 0o755), Some(server_account()), None).unwrap();
    let said = place.byok.fails(7, &["local", "up"]);
    assert!(said.contains("belongs to another user"), "{said}");
    // Whoever can rename the directory can put another one into its place.
    chown(place.local(), Some(0), None).unwrap();
    chown(place.dir.path(), Some(server_account()), None).unwrap();
    let said = place.byok.fails(7, &["local", "up"]);
    assert!(said.contains("belongs to another user"), "{said}");
    assert_eq!(fs::read_dir(place.local()).unwrap().count(), 0, "nothing was made there");
    chown(place.dir.path(), Some(0), None).unwrap();
    fs::set_permissions(place.dir.path(), Permissions::from_mode(0o777)).unwrap();
    let said = place.byok.fails(7, &["local", "up"]);
    assert!(said.contains("others can change"), "{said}");
}

#[test]
fn whoever_made_the_directory_first_is_not_asked_for_anything() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    let run = place.make("run", 0o700);
    let listener = UnixListener::bind(run.join(".s.PGSQL.5432")).unwrap();
    listener.set_nonblocking(true).unwrap();
    let byok = place.byok.clone().env("BYOK_LOCAL_USER", "postgres").env("PGPASSWORD", "hunter2");
    // The directory is a stranger's; or only the one of the socket is.
    for (root, run_owner) in [(NOBODY, NOBODY), (0, NOBODY)] {
        chown(place.local(), Some(root), None).unwrap();
        chown(&run, Some(run_owner), None).unwrap();
        for line in [&["org", "list"][..], &["local", "status"], &["local", "down"], &["local", "up"]] {
            let said = byok.fails(7, line);
            assert!(said.contains("belongs to another user"), "{line:?}: {said}");
        }
        let asked = listener.accept().map(|_| ()).map_err(|error| error.kind());
        assert_eq!(asked, Err(std::io::ErrorKind::WouldBlock), "nobody talked to the stranger");
    }
}

/// A server that asks everybody for a password, and what it was told.
fn ask_for_passwords(socket: &Path) -> Arc<Mutex<Vec<u8>>> {
    let listener = UnixListener::bind(socket).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]);
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                heard.lock().unwrap().extend_from_slice(&bytes[..count]);
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    });
    told
}

#[test]
fn no_password_of_another_server_goes_to_the_private_one() {
    let place = Place::new();
    let run = place.make("run", 0o700);
    chown(&run, Some(server_account()), None).unwrap();
    let told = ask_for_passwords(&run.join(".s.PGSQL.5432"));
    let file = place.dir.path().join("pgpass");
    fs::write(&file, "*:*:*:*:hunter2\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    for (name, value) in [("PGPASSWORD", "hunter2"), ("PGPASSFILE", file.to_str().unwrap())] {
        let run = place.byok.clone().env(name, value).run(&["org", "list"]);
        assert_ne!(run.code, 0, "{run:?}");
        let told = String::from_utf8_lossy(&told.lock().unwrap()).into_owned();
        assert!(!told.contains("hunter2"), "{name}: {told}");
    }
}

#[test]
fn what_is_not_byoks_own_is_neither_deleted_nor_started_nor_stopped() {
    let place = Place::new();
    for (name, text) in [
        ("data/table.csv", "mine"),
        ("log", "mine"),
        ("master.key", "mine"),
        ("making.of/film", "mine"),
        ("making.7/film", "mine"),
        ("byok-making.7/film", "mine"),
    ] {
        let path = place.local().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let all = || {
        let mut found = Vec::new();
        let mut open = vec![place.local()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { open.push(path) } else { found.push((fs::read_to_string(&path).unwrap(), path)) }
            }
        }
        found.sort();
        found
    };
    let before = all();
    for line in [&["local", "reset", "--yes"][..], &["local", "up"], &["org", "list"]] {
        let said = place.byok.fails(5, line);
        assert!(said.contains("data") && said.contains("not made by byok"), "{line:?}: {said}");
    }
    assert_eq!(all(), before);
    assert_eq!(place.byok.json(&["local", "down"]).1["result"], "unchanged");
    assert_eq!(place.byok.json(&["local", "status"]).1["item"]["created"], false);
    // A cluster that somebody else made is no more byok's than a folder of tables.
    fs::write(place.local().join("data/PG_VERSION"), "15\n").unwrap();
    place.byok.fails(5, &["local", "reset", "--yes"]);
    place.byok.fails(5, &["local", "up"]);
    assert_eq!(all().len(), before.len() + 1);
}

#[test]
fn a_reset_where_nothing_is_says_so_and_makes_nothing() {
    let place = Place::new();
    assert_eq!(place.byok.json(&["local", "reset", "--yes"]).1["result"], "unchanged");
    assert!(!place.local().exists());
    fs::create_dir(place.local()).unwrap();
    fs::write(place.local().join("log"), "mine").unwrap();
    assert_eq!(place.byok.json(&["local", "reset", "--yes"]).1["result"], "unchanged");
    assert_eq!(fs::read_dir(place.local()).unwrap().count(), 1);
}
