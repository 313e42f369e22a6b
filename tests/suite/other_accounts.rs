//! The private server and other accounts of the machine: which files byok believes, and which it does not touch.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::fs::{CWD, FileType, mknodat};

use crate::harness::Byok;
use crate::odd_files::ended;
use crate::programs::write_script;

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
        write_script(&bin.join("initdb"), &script);
        std::os::unix::fs::symlink(real.join("postgres"), bin.join("postgres")).unwrap();
        let run = place.byok.clone().env("BYOK_PG_BIN", bin.to_str().unwrap()).run(&["local", "up"]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "root's own\n", "{name}: {run:?}");
        assert_eq!(run.code, 7, "{name}: {run:?}");
    }
}

const SHAPES: [&str; 5] = ["a pipe", "a link to a device", "a link to a file", "a directory", "an endless file"];

/// Puts another thing into the place of a file, as the account of the server could.
fn put(shape: &str, path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|facts| facts.is_dir()) {
        fs::remove_dir(path).unwrap();
    } else {
        let _ = fs::remove_file(path);
    }
    match shape {
        "a pipe" => mknodat(CWD, path, FileType::Fifo, 0o600.into(), 0).unwrap(),
        "a link to a device" => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
        "a link to a file" => std::os::unix::fs::symlink("/etc/hostname", path).unwrap(),
        "a directory" => fs::create_dir(path).unwrap(),
        _ => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
    }
    std::os::unix::fs::lchown(path, Some(server_account()), None).unwrap();
}

#[test]
fn whatever_the_account_of_the_server_puts_into_the_place_of_a_file_nobody_waits_for_it() {
    let place = Place::new();
    place.byok.ok(&["local", "up"]);
    place.byok.ok(&["local", "down"]);
    for name in ["PG_VERSION", "pg_ident.conf", "postmaster.pid"] {
        let file = place.local().join("data").join(name);
        let aside = place.local().join("aside");
        let was_there = fs::rename(&file, &aside).is_ok();
        for shape in SHAPES {
            put(shape, &file);
            for line in [&["local", "status"][..], &["org", "list"], &["local", "up"], &["local", "reset", "--yes"]] {
                let (code, said) = ended(&place.byok, line);
                assert!(
                    code == 5 && said.contains(name) && said.contains("byok did not create"),
                    "{shape} {line:?}: {said}"
                );
            }
            let (code, said) = ended(&place.byok, &["local", "down"]);
            assert!([0, 5].contains(&code), "{shape}: {code} {said}");
        }
        fs::remove_file(&file).unwrap();
        if was_there {
            fs::rename(&aside, &file).unwrap();
        }
    }
    if rustix::process::geteuid().is_root() {
        // A file of a third account is nobody's word.
        let file = place.local().join("data/PG_VERSION");
        chown(&file, Some(1), None).unwrap();
        assert_eq!(ended(&place.byok, &["local", "status"]).0, 5);
        chown(&file, Some(server_account()), None).unwrap();
    }
    assert_eq!(place.byok.json(&["local", "status"]).1["item"]["created"], true);
    place.byok.ok(&["org", "list"]);
}

#[test]
fn of_an_endless_log_the_last_words_are_read() {
    let place = Place::new();
    place.byok.ok(&["local", "up"]);
    place.byok.ok(&["local", "down"]);
    fs::File::options().append(true).open(place.local().join("log")).unwrap().set_len(1 << 40).unwrap();
    let settings = place.local().join("data/postgresql.conf");
    fs::write(&settings, "no_such_setting = 1\n").unwrap();
    let (code, said) = ended(&place.byok, &["local", "up"]);
    assert!(code == 7 && said.contains("configuration file"), "{code} {said}");
}

#[test]
fn a_socket_that_lets_nobody_in_is_no_server_and_is_not_waited_for() {
    let place = Place::new();
    let run = place.make("run", 0o700);
    chown(&run, Some(server_account()), None).unwrap();
    let path = run.join(".s.PGSQL.5432");
    let _listener = UnixListener::bind(&path).unwrap();
    let mut queue = Vec::new();
    crate::harness::block_on(async {
        // Until it is full, which this says instead of waiting.
        while let Ok(stream) = tokio::net::UnixStream::connect(&path).await {
            queue.push(stream.into_std().unwrap());
        }
    });
    let (code, said) = ended(&place.byok, &["local", "status"]);
    assert_eq!(code, 0, "{said}");
    let status = place.byok.json(&["local", "status"]).1;
    assert_eq!(status["item"]["running"], false);
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
    assert!(said.contains("other users can write to"), "{said}");
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
        assert!(said.contains("data") && said.contains("byok did not create"), "{line:?}: {said}");
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
