//! Files that cannot be used: each is refused at once, with its place, and nothing in it is lost.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, mknodat};

use super::Home;
use crate::harness::Byok;
use crate::odd_files::ended;

/// What every command says of a file that it cannot use.
fn refused(byok: &Byok, said: &str) {
    for line in [&["org", "list"][..], &["status", "-o", "json"], &["provider", "list"], &["config", "show"]] {
        let (code, error) = ended(byok, line);
        assert!(code == 2 && error.contains(said), "{line:?}: {code} {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert_eq!(ended(byok, &["run", "openai", "--org", "acme", "--", "true"]).0, 125);
}

#[test]
fn a_file_that_is_no_configuration_is_refused_and_not_overwritten() {
    let huge = "# hunter2\n".repeat(40_000);
    let deep = format!("x = {}", "[".repeat(60_000));
    let cases: [(&[u8], &str); 10] = [
        (huge.as_bytes(), "larger than 256 KiB"),
        (deep.as_bytes(), "not TOML"),
        (b"[profiles.a]\norg = \"hunter2\xff\"", "not UTF-8"),
        (b"[profiles.a]\norg = 'x'\norg = 'hunter2'", ":3: this is not TOML"),
        (b"[profiles.a]\n[profiles.a]\n", ":2: this is not TOML"),
        (b"[profiles.a\norg = hunter2", "not TOML"),
        (b"\0\0\0hunter2", "not TOML"),
        (b"[profiles.a]\nno_input = 'hunter2'", ":2: no_input is true or false"),
        (b"[profiles.a]\norg = ['hunter2']", ":2: org is a text"),
        (b"[profiles.a]\nhunter2-hunter2 = 1\n", ":2: a profile has no setting"),
    ];
    for (bytes, said) in cases {
        let home = Home::with("");
        home.write(bytes);
        if !said.contains("has no setting") {
            refused(&home.byok, said);
        }
        for line in
            [&["config", "set", "strict", "true", "--profile", "a"][..], &["config", "set", "default_profile", "a"]]
        {
            let (code, error) = ended(&home.byok, line);
            assert!(code == 2 && error.contains(said), "{line:?}: {code} {error}");
        }
        assert_eq!(fs::read(&home.file).unwrap(), bytes);
    }
    // A setting that nobody knows can be removed.
    let home = Home::with("[profiles.a]\ndatabse_url_file = \"/url\"\n");
    refused(&home.byok, "did you mean database_url_file");
    home.byok.ok(&["config", "unset", "databse_url_file", "--profile", "a"]);
    assert_eq!(home.text(), "[profiles.a]\n");
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let home = Home::with("");
    fs::remove_file(&home.file).unwrap();
    mknodat(CWD, &home.file, FileType::Fifo, 0o600.into(), 0).unwrap();
    refused(&home.byok, "a pipe");
    fs::remove_file(&home.file).unwrap();
    fs::create_dir(&home.file).unwrap();
    refused(&home.byok, "a directory");
    fs::remove_dir(&home.file).unwrap();
    for device in ["/dev/zero", "/dev/tty"] {
        symlink(device, &home.file).unwrap();
        refused(&home.byok, "config.toml");
        fs::remove_file(&home.file).unwrap();
    }
    symlink("/nowhere/config.toml", &home.file).unwrap();
    refused(&home.byok, "config.toml");
    fs::remove_file(&home.file).unwrap();
    assert_eq!(ended(&home.byok, &["provider", "list"]).0, 0, "no file is no fault");
}

#[test]
fn a_file_that_others_can_change_is_refused_with_the_command_that_mends_it() {
    let home = Home::with("[profiles.a]\n");
    let dir = home.file.parent().unwrap().to_owned();
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let mended = |path: &Path| format!("chmod go-w {}", path.display());
    for open in [0o620, 0o602, 0o666] {
        mode(&home.file, open);
        refused(&home.byok, &mended(&home.file));
        assert!(home.byok.fails(2, &["config", "set", "org", "x", "--profile", "a"]).contains(&mended(&home.file)));
    }
    for good in [0o600, 0o644, 0o400] {
        mode(&home.file, good);
        home.byok.ok(&["provider", "list"]);
    }
    for open in [0o777, 0o770] {
        mode(&dir, open);
        refused(&home.byok, &mended(&dir));
    }
    mode(&dir, 0o1777);
    home.byok.ok(&["provider", "list"]);
    mode(&dir, 0o700);
    if rustix::process::geteuid().is_root() {
        for path in [&home.file, &dir] {
            chown(path, Some(65534), None).unwrap();
            refused(&home.byok, "belongs to another user");
            chown(path, Some(0), None).unwrap();
        }
    }
    // A change would leave the other name with the old content.
    fs::hard_link(&home.file, home.path("second")).unwrap();
    assert!(home.byok.fails(2, &["config", "set", "org", "x", "--profile", "a"]).contains("another name"));
    assert_eq!(home.text(), "[profiles.a]\n");
}

#[test]
fn what_needs_no_settings_does_not_read_the_file() {
    let home = Home::with("hunter2");
    let lines: [&[&str]; 8] = [
        &["--version"],
        &["--help"],
        &["key", "set", "--help"],
        &["help", "environment"],
        &["completions", "bash"],
        &["schema"],
        &["schema", "config.show"],
        &["man"],
    ];
    for line in lines {
        home.byok.ok(line);
    }
    home.byok.ok(&["config", "path"]);
}

#[test]
fn a_change_that_cannot_be_written_leaves_the_file_as_it_was() {
    let home = Home::with("[profiles.a]\norg = \"acme\"\n");
    let before = home.text();
    assert!(
        home.byok
            .clone()
            .env("BYOK_CONFIG", "/dev/null")
            .fails(2, &["config", "set", "org", "x", "--profile", "a"])
            .contains("/dev/null")
    );
    // The file system of this path takes no files, whoever asks.
    let proc = home.byok.clone().env("BYOK_CONFIG", "/proc/byok/config.toml");
    let said = proc.run(&["config", "set", "org", "x", "--profile", "a"]);
    assert!(said.code == 2 && said.err.contains("nothing was changed"), "{said:?}");
    assert_eq!(home.text(), before);
}
