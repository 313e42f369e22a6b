//! Inherited file descriptors: a program that byok starts cannot read a key from them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::credits::world;
use crate::harness::{Byok, Run};

/// Runs a line of bash in which `$BYOK` is the program.
fn bash(byok: &Byok, line: &str) -> Run {
    let environment = byok.command(&[]);
    let mut bash = Command::new("bash");
    bash.args(["-c", line]).env_clear();
    bash.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.env("BYOK", environment.get_program());
    let output = bash.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn key_file(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn no_program_inherits_an_open_file_of_the_key_however_it_is_named() {
    let (world, ada, _) = world();
    let dir = tempfile::tempdir().unwrap();
    let master = key_file(dir.path(), "master", crate::harness::master_text());
    let link = dir.path().join("link");
    std::os::unix::fs::symlink("/proc/self/fd/9", &link).unwrap();
    let data = dir.path().join("data-key");
    world.byok("byok").ok(&["data-key", "issue", "acme", "--to-file", data.to_str().unwrap()]);
    let data = data.to_str().unwrap();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY");
    let owner = world.byok(&ada).without("BYOK_MASTER_KEY");
    let command = |redirection: &str| format!("exec \"$BYOK\" run openai --org acme -- cat /dev/fd/9 {redirection}");
    let cat = format!("cat {master}");
    for (byok, name, value, file) in [
        (&admin, "BYOK_MASTER_KEY_FILE", "/dev/fd/9", master.as_str()),
        (&admin, "BYOK_MASTER_KEY_FILE", "/proc/self/fd/9", &master),
        (&admin, "BYOK_MASTER_KEY_FILE", link.to_str().unwrap(), &master),
        (&admin, "BYOK_MASTER_KEY_FILE", &master, &master),
        (&admin, "BYOK_MASTER_KEY_COMMAND", "cat /dev/fd/9", &master),
        (&admin, "BYOK_MASTER_KEY_COMMAND", &cat, &master),
        (&owner, "BYOK_DATA_KEY_FILE", "/dev/fd/9", data),
        (&owner, "BYOK_DATA_KEY_FILE", data, data),
    ] {
        let run = bash(&byok.clone().env(name, value), &command(&format!("9<'{file}'")));
        assert!(run.code == 125 && run.out.is_empty() && run.err.contains("descriptor 9"), "{name}={value}: {run:?}");
    }
    // Standard input is inherited like any other.
    let input = format!("exec \"$BYOK\" run openai --org acme -- cat /dev/stdin <'{master}'");
    let run = bash(&admin.clone().env("BYOK_MASTER_KEY_FILE", "/dev/stdin"), &input);
    assert!(run.code == 125 && run.out.is_empty() && run.err.contains("descriptor 0"), "{run:?}");
    // A pipe is empty once it was read, and other files are nobody's business.
    let run = bash(&admin.clone().env("BYOK_MASTER_KEY_FILE", "/dev/fd/9"), &command(&format!("9< <(cat '{master}')")));
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    let other = key_file(dir.path(), "other", "of the program");
    let run = bash(&admin.env("BYOK_MASTER_KEY_FILE", &master), &command(&format!("9<'{other}'")));
    assert_eq!((run.code, run.out.as_str()), (0, "of the program"), "{run:?}");
}

#[test]
fn no_program_inherits_a_key_of_byoks_own_however_the_key_came_here() {
    let (world, ..) = world();
    let dir = tempfile::tempdir().unwrap();
    let master = key_file(dir.path(), "master", crate::harness::master_text());
    // What stands before a key in a copy that is kept elsewhere.
    let copy = key_file(dir.path(), "copy", &format!("{}\n{}", "# words\n".repeat(700), crate::harness::master_text()));
    let byok = world.byok("byok");
    let commands = ["dd if=/dev/fd/3 status=none", "sh -c cat</dev/fd/3"]
        .map(|line| byok.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_COMMAND", line));
    let line = |more: &str| format!("exec \"$BYOK\" run openai --org acme {more}");
    for admin in commands.iter().chain([&byok]) {
        for (number, redirection) in [
            (3, format!("3<'{master}'")),
            (3, format!("3<>'{master}'")),
            (3, format!("3<'{copy}'")),
            (0, format!("<'{master}' 3<'{master}'")),
        ] {
            let run = bash(admin, &line(&format!("-- cat /dev/fd/{number} {redirection}")));
            let said = run.err.contains(&format!("descriptor {number}"));
            assert!(run.code == 125 && run.out.is_empty() && said, "{redirection}: {run:?}");
        }
    }
    // The shell has written that before it starts the program.
    let run = bash(&byok, &line(&format!("-- cat /dev/fd/3 3<<<'{}'", crate::harness::master_text())));
    assert!(run.code == 125 && run.out.is_empty() && run.err.contains("descriptor 3"), "{run:?}");
    // Nothing of that was charged, or handed out.
    assert_eq!(world.root("select count(*)::text from byok.ledger where kind = 'charge'"), ["0"]);
    // What the program is to read comes whole, and from where it was.
    let other = key_file(dir.path(), "other", "BYOKM1- is how one begins, BYOKM1-1-<key>\nof the program");
    let run = bash(&byok, &line("-- sh -c 'cat <&3; cat' 3< <(echo pipe) <<<here"));
    assert_eq!((run.code, run.out.as_str()), (0, "pipe\nhere\n"), "{run:?}");
    let run = bash(&byok, &format!("exec 3<'{other}'; head -c 5 <&3 >/dev/null; {}", line("-- sh -c 'cat <&3'")));
    assert!(run.code == 0 && run.out.ends_with("of the program"), "{run:?}");
}

/// A private server runs on, and as root under another account.
#[test]
fn no_private_server_is_started_with_an_open_file_of_the_key() {
    let dir = tempfile::Builder::new().prefix("byok-inherited-").tempdir_in("/var/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let local = dir.path().join("local");
    let byok = Byok::new().env("BYOK_LOCAL_DIR", local.to_str().unwrap());
    byok.ok(&["local", "up"]);
    let master = local.join("master.key");
    let line = |verb: &str| format!("exec \"$BYOK\" {verb} --master-key-fd 9 9<'{}'", master.display());
    let run = bash(&byok, &line("status"));
    assert_eq!(run.code, 0, "it runs already: {run:?}");
    byok.ok(&["local", "down"]);
    let run = bash(&byok, &line("status"));
    assert!(run.code == 2 && run.err.contains("descriptor 9"), "{run:?}");
    assert_eq!(byok.json(&["local", "status"]).1["item"]["running"], false);
    let byok = byok.env("BYOK_MASTER_KEY", fs::read_to_string(&master).unwrap().trim());
    let run = bash(&byok, &format!("exec \"$BYOK\" status 9<'{}'", master.display()));
    assert!(run.code == 2 && run.err.contains("descriptor 9"), "{run:?}");
    byok.ok(&["local", "up"]);
    byok.ok(&["local", "down"]);
}
