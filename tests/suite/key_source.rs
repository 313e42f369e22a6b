//! Where the master key and data keys come from. A source that cannot be used is never replaced by another one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use byok::admin::crypto::MasterKey;

use crate::harness::{Byok, World, master_text, openai_key};
use crate::programs::write_script;

/// A directory with the right key and a wrong one in it, as files.
fn files() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (right, wrong) = (dir.path().join("byok-master"), dir.path().join("wrong"));
    write(&right, master_text());
    write(&wrong, MasterKey::generate(1).unwrap().to_text().expose());
    (dir, right, wrong)
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// A world whose program has no master key yet, and a verb that takes one.
fn keyless() -> (World, Byok) {
    let world = World::new();
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere").input(openai_key("4242"));
    (world, byok)
}

const SET: [&str; 4] = ["platform-key", "set", "openai", "--stdin"];

#[test]
fn every_source_gives_the_key() {
    let (_world, byok) = keyless();
    let (dir, right, _) = files();
    let file = right.to_str().unwrap();
    byok.fails(4, &SET);
    byok.clone().env("BYOK_MASTER_KEY_FILE", file).ok(&SET);
    byok.clone().env("BYOK_MASTER_KEY_COMMAND", &format!("cat  {file}")).ok(&SET);
    byok.clone().env("CREDENTIALS_DIRECTORY", dir.path().to_str().unwrap()).ok(&SET);
    byok.clone().env("BYOK_MASTER_KEY", master_text()).ok(&SET);
    // An open descriptor: a file, and a pipe.
    let with_fd = |line: &str| {
        let command = byok.command(&SET);
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("BYOK", command.get_program()).env("FILE", file);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = openai_key("4242");
    with_fd(&format!("echo {key} | \"$BYOK\" platform-key set openai --stdin --master-key-fd 3 3<\"$FILE\""));
    with_fd(&format!("echo {key} | \"$BYOK\" --master-key-fd 9 platform-key set openai --stdin 9< <(cat \"$FILE\")"));
}

#[test]
fn a_source_that_was_named_and_does_not_work_is_an_error_and_no_other_is_tried() {
    let (_world, byok) = keyless();
    let (dir, right, wrong) = files();
    // The default place has the right key, and must not be looked at.
    let home = dir.path().join("home");
    std::fs::create_dir_all(home.join(".config/byok")).unwrap();
    write(&home.join(".config/byok/master.key"), master_text());
    let byok = byok.env("HOME", home.to_str().unwrap());
    byok.ok(&SET);
    let of = |name: &str, value: &str| byok.clone().env(name, value).fails(4, &SET);
    assert!(of("BYOK_MASTER_KEY_FILE", "/nowhere/key").contains("/nowhere/key"));
    assert!(of("BYOK_MASTER_KEY_COMMAND", "false").contains("false failed"));
    assert!(of("BYOK_MASTER_KEY_COMMAND", "no-such-program x").contains("no-such-program"));
    assert!(of("BYOK_MASTER_KEY_COMMAND", "true").contains("BYOK_MASTER_KEY_COMMAND"));
    assert!(of("BYOK_MASTER_KEY", "hunter2").contains("BYOK_MASTER_KEY"));
    let fd = byok.fails(4, &[&SET[..], &["--master-key-fd", "77"]].concat());
    assert!(fd.contains("77"), "{fd}");
    let given = MasterKey::parse(std::fs::read_to_string(&wrong).unwrap().trim()).unwrap().check_value().to_string();
    let wanted = MasterKey::parse(master_text()).unwrap().check_value().to_string();
    let said = of("BYOK_MASTER_KEY_FILE", wrong.to_str().unwrap());
    assert!(said.contains(&given) && said.contains(&wanted), "{said}");
    std::fs::set_permissions(&right, Permissions::from_mode(0o644)).unwrap();
    assert!(of("CREDENTIALS_DIRECTORY", dir.path().to_str().unwrap()).contains("chmod 600"));
}

#[test]
fn two_sources_at_once_are_refused_by_name() {
    let (_world, byok) = keyless();
    let (_dir, right, _) = files();
    let file = right.to_str().unwrap();
    let named = [
        ("BYOK_MASTER_KEY_FILE", file.to_owned()),
        ("BYOK_MASTER_KEY_COMMAND", format!("cat {file}")),
        ("BYOK_MASTER_KEY", master_text().to_owned()),
        ("BYOK_DATA_KEY", "BYOKD1-1-x".into()),
        ("BYOK_DATA_KEY_FILE", file.to_owned()),
        ("BYOK_DATA_KEY_COMMAND", format!("cat {file}")),
    ];
    for (at, (first, one)) in named.iter().enumerate() {
        for (second, two) in &named[at + 1..] {
            let said = byok.clone().env(first, one).env(second, two).fails(2, &SET);
            assert!(said.contains(first) && said.contains(second), "{first} {second}: {said}");
        }
    }
}

#[test]
fn a_command_is_not_a_shells_and_sees_none_of_our_settings() {
    let (_world, byok) = keyless();
    let (dir, right, _) = files();
    let file = right.to_str().unwrap();
    let witness = dir.path().join("witness");
    let script = dir.path().join("script");
    write_script(&script, &format!("#!/bin/sh\nenv > {}\necho for people >&2\ncat {file}\n", witness.display()));
    let run = byok.clone().env("BYOK_MASTER_KEY_COMMAND", script.to_str().unwrap()).env("VAULT_ADDR", "kept").run(&SET);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("for people"), "its words are shown: {run:?}");
    let seen = std::fs::read_to_string(&witness).unwrap();
    assert!(seen.contains("VAULT_ADDR=kept") && !seen.contains("BYOK_"), "{seen}");
    // Neither a pipe nor a substitution means anything.
    let line = format!("cat {file} ; touch {}", dir.path().join("ran").display());
    byok.clone().env("BYOK_MASTER_KEY_COMMAND", &line).fails(4, &SET);
    assert!(!dir.path().join("ran").exists());
}

#[test]
fn a_source_may_hold_several_keys_and_remarks() {
    let (world, byok) = keyless();
    let (_dir, right, _) = files();
    let next = MasterKey::generate(2).unwrap().to_text();
    write(&right, &format!("# copy of 2027\n{}\n\n{}", master_text(), next.expose()));
    let byok = byok.env("BYOK_MASTER_KEY_FILE", right.to_str().unwrap());
    byok.ok(&SET);
    // Of a key that is known and wrong it is not true that another one will do.
    let other = MasterKey::generate(2).unwrap();
    let check = data_encoding::HEXLOWER.encode(other.check_value().as_bytes());
    world.root(&format!(
        "insert into byok.keyring (epoch, check_value, state) values (2, decode('{check}', 'hex'), 'pending')"
    ));
    let said = byok.fails(4, &SET);
    assert!(said.contains(&other.check_value().to_string()), "{said}");
    write(&right, &format!("{}\n{}", master_text(), MasterKey::generate(1).unwrap().to_text().expose()));
    assert!(byok.fails(4, &SET).contains("two different keys of epoch 1"));
}

const VERIFY: [&str; 2] = ["master-key", "verify"];

/// Kubernetes gives a secret to a group, and a package gives `/etc/byok/master.key` to the group of its service.
#[test]
fn a_file_of_root_that_a_group_of_ours_can_read_is_private_enough_and_not_when_strict() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (_world, byok) = keyless();
    let (dir, right, _) = files();
    let link = dir.path().join("master");
    std::os::unix::fs::symlink(&right, &link).unwrap();
    let byok = byok.env("BYOK_MASTER_KEY_FILE", link.to_str().unwrap());
    let set = |mode: u32, group: u32| {
        std::os::unix::fs::chown(&right, Some(0), Some(group)).unwrap();
        std::fs::set_permissions(&right, Permissions::from_mode(mode)).unwrap();
    };
    for mode in [0o440, 0o640] {
        set(mode, 0);
        assert_eq!(byok.run(&VERIFY).err, "");
        for strict in [
            byok.fails(4, &["master-key", "verify", "--strict"]),
            byok.clone().env("BYOK_STRICT", "1").fails(4, &VERIFY),
        ] {
            assert!(strict.contains("chmod 600"), "{strict}");
        }
    }
    // Another group, one that may write, and everybody.
    for (mode, group) in [(0o440, 4242), (0o660, 0), (0o444, 0), (0o644, 0)] {
        set(mode, group);
        let said = byok.fails(4, &VERIFY);
        for part in ["others can read", "chmod 600", "--master-key-fd", "BYOK_MASTER_KEY_COMMAND", "systemd credential"]
        {
            assert!(said.contains(part), "{mode:o}: {said}");
        }
    }
}

#[test]
fn a_new_master_key_keeps_the_group_that_reads_the_file() {
    use std::os::unix::fs::MetadataExt as _;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (_world, byok) = keyless();
    let (_dir, right, _) = files();
    std::fs::set_permissions(&right, Permissions::from_mode(0o440)).unwrap();
    byok.env("BYOK_MASTER_KEY_FILE", right.to_str().unwrap()).ok(&["master-key", "rotate", "begin"]);
    let facts = std::fs::metadata(&right).unwrap();
    assert_eq!(
        (facts.mode() & 0o777, facts.gid(), std::fs::read_to_string(&right).unwrap().lines().count()),
        (0o440, 0, 2)
    );
}

/// The layout of Kubernetes, whose files have mode 0644 unless somebody says otherwise. Docker's have 0444.
const MOUNTED: &str = "mount -t tmpfs -o mode=755 none \"$PLACE\"
mkdir \"$PLACE/..2026\"
cat \"$KEY\" >\"$PLACE/..2026/master\"
chmod \"$MODE\" \"$PLACE/..2026/master\"
ln -s ..2026 \"$PLACE/..data\"
ln -s ..data/master \"$PLACE/master\"
mount -o remount,ro \"$PLACE\"
BYOK_MASTER_KEY_FILE=\"$PLACE/master\" exec \"$BYOK\" \"$@\"";

#[test]
fn a_key_on_a_read_only_mount_is_taken_with_a_warning_if_all_can_read_it_and_not_when_strict() {
    let mounts = Command::new("unshare").args(["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: mounting is not allowed here\n");
        return;
    }
    let (_world, byok) = keyless();
    let (dir, right, _) = files();
    let place = dir.path().join("mount");
    std::fs::create_dir(&place).unwrap();
    let run = |mode: &str, line: &[&str]| {
        let command = byok.command(&[]);
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "sh", "-ec", MOUNTED, "sh"]).args(line).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("BYOK", command.get_program()).env("KEY", &right).env("PLACE", &place).env("MODE", mode);
        let output = shell.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run("440", &VERIFY), (Some(0), String::new()));
    for mode in ["444", "644"] {
        // It is a risk, so --quiet does not leave it out.
        for line in [&VERIFY[..], &["master-key", "verify", "--quiet"]] {
            let (code, said) = run(mode, line);
            assert!(
                code == Some(0) && said.matches("warning: all users").count() == 1 && said.contains("0440"),
                "{said}"
            );
        }
        let (code, said) = run(mode, &["master-key", "verify", "--strict"]);
        assert!(code == Some(4) && said.contains("--strict") && !said.contains("chmod"), "{said}");
    }
    let (code, said) = run("400", &["master-key", "rotate", "begin"]);
    assert!(code == Some(2) && said.contains("--new-key-file"), "{said}");
}
