//! A file that a user names may be a pipe, a device, a directory or endless: byok reports it, and never waits or reads
//! without a limit.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, mknodat};

use crate::harness::{Byok, World, master_text, openai_key};

/// Runs it, and ends it where it hangs: exit code and standard error.
pub(crate) fn ended(byok: &Byok, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "30", env!("CARGO_BIN_EXE_byok")]).args(arguments).env_clear();
    let environment = byok.command(&[]);
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, 0o600.into(), 0).unwrap();
}

/// Each with the word that says what it is.
fn odd_files(dir: &Path) -> Vec<(PathBuf, &'static str)> {
    let endless = dir.join("endless");
    fs::File::create(&endless).unwrap().set_len(1 << 40).unwrap();
    fs::set_permissions(&endless, Permissions::from_mode(0o600)).unwrap();
    let mut all = vec![
        (PathBuf::from("/dev/zero"), "a device"),
        (PathBuf::from("/dev/tty"), "/dev/tty"),
        (dir.to_owned(), "a directory"),
        (endless, "KiB"),
    ];
    if rustix::process::geteuid().is_root() {
        let foreign = dir.join("foreign");
        pipe(&foreign);
        chown(&foreign, Some(65534), None).unwrap();
        all.push((foreign, "a pipe of another user"));
    }
    all
}

#[test]
fn no_setting_or_option_that_names_a_file_is_led_to_something_else() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme"]);
    let dir = tempfile::tempdir().unwrap();
    for (path, said) in odd_files(dir.path()) {
        let path = path.to_str().unwrap();
        for variable in ["BYOK_MASTER_KEY_FILE", "BYOK_DATA_KEY_FILE"] {
            let byok = admin.clone().without("BYOK_MASTER_KEY").env(variable, path).env("KEY", &openai_key("xK7q"));
            let (code, error) = ended(&byok, &["key", "set", "openai", "--org", "acme", "--from-env", "KEY"]);
            assert!(
                code == 4 && error.contains(said) && !error.contains("nothing was stored"),
                "{variable}={path}: {code} {error}"
            );
        }
        for line in [
            &["key", "set", "openai", "--org", "acme", "--from-file", path][..],
            &["platform-key", "set", "openai", "--from-file", path],
            &["master-key", "escrow", "--confirm", "--from-file", path],
            &["provider", "add", "lab", "--from-file", path],
            &["audit", "verify", "--kept", path],
        ] {
            let (code, error) = ended(&admin, line);
            assert!(code == 2 && error.contains(said), "{line:?}: {code} {error}");
        }
        for variable in ["PGPASSFILE", "PGSSLROOTCERT", "SSL_CERT_FILE"] {
            let (code, error) = ended(&admin.clone().env(variable, path), &["org", "list"]);
            assert!(code == 2 && error.contains("is a pipe, a device"), "{variable}={path}: {code} {error}");
        }
    }
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
}

#[test]
fn whoever_waits_for_what_is_written_into_a_pipe_says_so_and_goes_on() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    pipe(&path);
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", path.to_str().unwrap());
    let waiting = byok.waits(&["master-key", "verify"]);
    let said = &waiting.said;
    assert!(said.contains("waiting for") && said.contains(path.to_str().unwrap()), "{said}");
    let mut writer = fs::File::options().write(true).open(&path).unwrap();
    writeln!(writer, "{}", master_text()).unwrap();
    drop(writer);
    waiting.goes_on();
}

#[test]
fn a_pipe_that_the_shell_makes_is_read_whoever_runs_the_program() {
    let (world, ada, _) = World::with_owners();
    let byok = world.byok(&ada);
    let mut bash = Command::new("bash");
    let line = "exec \"$BYOK\" key set openai --org acme --from-file <(printf %s \"$KEY\")";
    let environment = byok.command(&[]);
    bash.args(["-c", line]).env_clear();
    bash.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.env("BYOK", environment.get_program()).env("KEY", openai_key("xK7q"));
    let output = bash.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(world.root("select hint from byok.provider_key"), ["xK7q"]);
}
