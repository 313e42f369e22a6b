//! Lock files: no other user can take one, and a process that waits says so.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Byok, World};

fn open_to(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A place that everybody can get to; the private server in it, or only its directory.
fn place() -> (tempfile::TempDir, Byok) {
    let dir = tempfile::Builder::new().prefix("byok-locks-").tempdir_in("/var/tmp").unwrap();
    open_to(dir.path(), 0o755);
    let byok = Byok::new().env("BYOK_LOCAL_DIR", dir.path().join("local").to_str().unwrap());
    (dir, byok)
}

/// Whether a stranger of this machine could hold that file locked.
fn a_stranger_can_open(path: &Path) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 9<'{}'", path.display())]).uid(65534).gid(65534).current_dir("/");
    shell.stderr(Stdio::null()).status().unwrap().success()
}

#[test]
fn no_stranger_can_open_a_lock_of_the_private_server_or_of_the_master_key() {
    let (dir, byok) = place();
    byok.ok(&["enable", "acme"]);
    byok.ok(&["master-key", "rotate", "--yes"]);
    byok.ok(&["local", "down"]);
    let local = dir.path().join("local");
    for lock in ["lock", "master.key.lock"] {
        assert_eq!(mode(&local.join(lock)), 0o600, "{lock}");
        if rustix::process::geteuid().is_root() {
            assert!(!a_stranger_can_open(&local.join(lock)), "{lock}");
        }
    }
}

#[test]
fn who_waits_says_for_whom_and_goes_on_when_it_is_free() {
    let (dir, byok) = place();
    let local = dir.path().join("local");
    fs::create_dir(&local).unwrap();
    let held = fs::File::create(local.join("lock")).unwrap();
    held.lock().unwrap();
    let waiting = byok.waits(&["local", "up"]);
    let said = &waiting.said;
    assert!(said.contains("waiting for") && said.contains("lock"), "{said}");
    if Path::new("/proc/locks").exists() {
        assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    }
    drop(held);
    waiting.goes_on();
    byok.ok(&["local", "down"]);
}

#[test]
fn a_directory_that_others_can_change_and_a_lock_that_is_a_link_are_refused() {
    let (dir, byok) = place();
    let local = dir.path().join("local");
    fs::create_dir(&local).unwrap();
    for open in [0o777, 0o775, 0o1777] {
        open_to(&local, open);
        let said = byok.fails(7, &["local", "up"]);
        assert!(said.contains("other users can write to") && said.contains("chmod go-w"), "{said}");
    }
    open_to(&local, 0o755);
    std::os::unix::fs::symlink("/etc/passwd", local.join("lock")).unwrap();
    let said = byok.fails(7, &["local", "up"]);
    assert!(said.contains("lock"), "{said}");
    fs::remove_file(local.join("lock")).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&local, Some(65534), Some(65534)).unwrap();
        let said = byok.env("BYOK_LOCAL_USER", "postgres").fails(7, &["local", "up"]);
        assert!(said.contains("belongs to another user"), "{said}");
    }
}

/// The directory of the master key can be read by everybody, and so be locked by everybody.
#[test]
fn a_lock_on_the_directory_of_the_master_key_stops_no_rotation() {
    let world = World::new();
    let (dir, _) = place();
    let file = dir.path().join("master.key");
    fs::write(&file, crate::harness::master_text()).unwrap();
    open_to(&file, 0o600);
    let held = fs::File::open(dir.path()).unwrap();
    held.lock().unwrap();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    admin.ok(&["master-key", "rotate", "--yes"]);
}
