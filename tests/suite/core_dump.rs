//! A process that holds a key writes no core dump, and no other process can read its memory.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::harness::{Byok, CANARY, World, on_stage, openai_key, skip};
use crate::programs::copy_byok;
use crate::simulated_providers::Stage;

/// As a shell starts it where cores are wanted, in a directory of its own.
fn with_cores(command: &Command, dir: &Path) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""]).arg(command.get_program());
    shell.args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(dir);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// What lies in a directory, and whether a key is in it.
fn found(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).unwrap().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

fn soft_limit(child: &Child) -> String {
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    line.split_whitespace().nth(4).unwrap().to_owned()
}

#[test]
fn a_quit_in_the_middle_of_key_set_leaves_no_core() {
    let dir = tempfile::tempdir().unwrap();
    // Where this machine puts a core of somebody who wants one.
    let mut sleeper = with_cores(Command::new("sleep").arg("60"), dir.path()).spawn().unwrap();
    kill_process(Pid::from_child(&sleeper), Signal::QUIT).unwrap();
    let dumped = sleeper.wait().unwrap().core_dumped();
    for file in found(dir.path()) {
        fs::remove_file(dir.path().join(file)).unwrap();
    }

    let (world, ada, _) = World::with_owners();
    let (stage, heard) = Stage::silent();
    for raised in [false, true] {
        let mut byok =
            on_stage(&stage, world.byok(&ada)).command(&["key", "set", "openai", "--org", "acme", "--from-env", "KEY"]);
        byok.env("KEY", openai_key("good"));
        let child = with_cores(&byok, dir.path()).spawn().unwrap();
        heard.recv().unwrap();
        assert_eq!(soft_limit(&child), "0");
        if raised {
            // Whoever lifts the limit from outside gets none either.
            let any = Rlimit { current: None, maximum: None };
            prlimit(Some(Pid::from_child(&child)), Resource::Core, any).unwrap();
        }
        kill_process(Pid::from_child(&child), Signal::QUIT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(3), "{output:?}");
        assert!(!output.status.core_dumped(), "a core, where one of sleep was {dumped}");
        assert_eq!(found(dir.path()), Vec::<String>::new());
    }
}

#[test]
fn a_process_of_the_same_user_reads_neither_its_memory_nor_its_environment() {
    let (world, ada, _) = World::with_owners();
    let (stage, heard) = Stage::silent();
    let mut byok =
        on_stage(&stage, world.byok(&ada)).command(&["test-key", "openai", "--candidate", "--from-env", "KEY"]);
    let file = unprivileged_program();
    let mut command = Command::new(file.path().join("byok"));
    command.args(byok.env("KEY", openai_key("good")).get_args()).env_clear();
    command.envs(byok.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // Its own user cannot read the certificate's file otherwise.
    fs::set_permissions(stage.certificate_file(), Permissions::from_mode(0o644)).unwrap();
    let mut child = as_nobody(&mut command).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    heard.recv().unwrap();
    for place in ["environ", "mem", "maps"] {
        let mut cat = Command::new("head");
        let output = as_nobody(cat.args(["-c", "1"]).arg(format!("/proc/{}/{place}", child.id()))).output().unwrap();
        assert!(output.stdout.is_empty() && !output.status.success(), "{place}: {output:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The program where everybody can run it.
fn unprivileged_program() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("byok-nobody-").tempdir_in("/var/tmp").unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(dir.path(), Some(65534), Some(65534)).unwrap();
    }
    copy_byok(&dir.path().join("byok"));
    dir
}

/// As root under an account that is nobody's; else as we are.
fn as_nobody(command: &mut Command) -> &mut Command {
    if rustix::process::geteuid().is_root() { command.uid(65534).gid(65534) } else { command }
}

#[test]
fn descriptors_documents_and_the_limit_of_the_child_work_for_an_ordinary_user() {
    let dir = unprivileged_program();
    let line = |line: &str| {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -S -c 4096; {line}")]).env_clear();
        shell.env("PATH", "/usr/bin:/bin").env("HOME", dir.path()).env("BYOK_NO_TEST", "1");
        shell.env("BYOK", dir.path().join("byok")).env("KEY", openai_key("good"));
        let output = as_nobody(&mut shell).current_dir("/").stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), output)
    };
    let service = format!(
        r#"{{"type":"service_account","project_id":"p-1","private_key":"{CANARY}","client_email":"a@b.example","token_uri":"https://x.example"}}"#
    );
    let set = format!(
        "\"$BYOK\" enable acme && \"$BYOK\" key set openai --org acme --from-env KEY && printf %s '{service}' |
         \"$BYOK\" key set vertex --org acme --stdin --setting project_id=p-123 --setting location=eu-west1"
    );
    let set = line(&set);
    let master = "3< <(cat \"$HOME/.local/share/byok/local/master.key\")";
    let by_descriptor = line(&format!("\"$BYOK\" --master-key-fd 3 master-key verify {master}"));
    let document = "test \"$(stat -c %u /proc/$$/environ)\" = \"$(id -u)\" && test \"$(cat \"$GOOGLE_APPLICATION_CREDENTIALS\" | wc -c)\" -gt 100 && ulimit -S -c && ulimit -H -c";
    let run = line(&format!("\"$BYOK\" --master-key-fd 3 run vertex --org acme -- bash -c '{document}' {master}"));
    line("\"$BYOK\" local down");
    assert_eq!(set.0, Some(0), "{:?}", set.2);
    assert_eq!(by_descriptor.0, Some(0), "{:?}", by_descriptor.2);
    let hard = line("ulimit -H -c").1;
    assert_eq!((run.0, run.1), (Some(0), format!("4096\n{hard}")), "{:?}", run.2);
}

#[test]
fn every_command_closes_itself_before_it_reads_anything() {
    let byok = Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x");
    let traced = Command::new("strace").args(["-V"]).output();
    if traced.is_err() {
        skip("strace is not installed");
        return;
    }
    let command = byok.command(&["status"]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=prctl,prlimit64,setrlimit,openat,connect"]).arg(command.get_program());
    strace.args(command.get_args()).env_clear();
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().unwrap();
    let calls = String::from_utf8_lossy(&output.stderr).into_owned();
    let at = |text: &str| calls.lines().position(|line| line.contains(text));
    let (closed, connects) = (at("PR_SET_DUMPABLE, SUID_DUMP_DISABLE"), at("connect("));
    assert!(closed.is_some() && closed < connects, "{calls}");
}
