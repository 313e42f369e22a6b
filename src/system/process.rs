//! Other processes, and programs that this process starts or becomes.

use std::fs;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Signal, WaitId, WaitIdOptions, getppid, getrlimit, kill_process, kill_process_group,
    test_kill_process, waitid,
};

/// How many files this process may have open. None if there is no limit.
pub fn most_open_files() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Makes the program run in a process group of its own, so that Ctrl-C at the terminal does not reach it.
pub fn in_own_group(command: &mut Command) {
    command.process_group(0);
}

/// This process becomes the program. The error says why it did not.
pub fn become_program(command: &mut Command) -> io::Error {
    command.exec()
}

/// Interrupts a process, as Ctrl-C does. It is not an error if there is none.
pub fn interrupt(process: i32) -> io::Result<()> {
    match Pid::from_raw(process).map(|process| kill_process(process, Signal::INT)) {
        None | Some(Ok(()) | Err(Errno::SRCH)) => Ok(()),
        Some(Err(error)) => Err(error.into()),
    }
}

/// Kills a process, if there is one.
pub fn kill(process: u32) {
    of(process).map(|process| kill_process(process, Signal::KILL));
}

/// Kills a program that runs in its own group, and all that it started.
pub fn kill_group(leader: u32) {
    of(leader).map(|leader| kill_process_group(leader, Signal::KILL));
}

fn of(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw)
}

/// Waits for the end of a program. Its number is not given to another process before it is collected.
pub fn wait_for_end(program: &Child) -> io::Result<()> {
    waitid(WaitId::Pid(Pid::from_child(program)), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
    Ok(())
}

/// The signal that ended a program.
pub fn ending_signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Whether there is a process of this number.
pub fn exists(process: i32) -> bool {
    Pid::from_raw(process).is_some_and(|process| test_kill_process(process) != Err(Errno::SRCH))
}

/// The process that started this one.
pub fn parent() -> Option<i32> {
    getppid().map(Pid::as_raw_pid)
}

/// Whether there is a process of this number that works in this directory: it is its working directory. Where the system
/// does not show that, an argument of the process names the directory. If nothing is shown, the answer is yes.
pub fn works_in(process: i32, directory: &Path) -> bool {
    if !exists(process) {
        return false;
    }
    let Ok(directory) = fs::canonicalize(directory) else { return false };
    match fs::read_link(format!("/proc/{process}/cwd")) {
        Ok(place) => place == directory,
        Err(_) if Path::new("/proc/self/cwd").exists() => false,
        Err(_) => arguments(process).is_none_or(|arguments| names(&arguments, &directory)),
    }
}

/// The command line of a process.
fn arguments(process: i32) -> Option<String> {
    let mut list = Command::new("/bin/ps");
    list.args(["-ww", "-o", "args=", "-p", &process.to_string()]).env_clear().env("LC_ALL", "C");
    let listed = list.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    listed.status.success().then(|| String::from_utf8_lossy(&listed.stdout).into_owned())
}

/// Whether an argument is a path of this directory. A path may have spaces in it, so it ends before an option or at the end.
fn names(arguments: &str, directory: &Path) -> bool {
    let paths = arguments.match_indices(" /").map(|(at, _)| arguments[at + 1..].trim_end());
    let shorter = |path: &'_ str| path.match_indices(" -").map(|(end, _)| end).chain([path.len()]).collect::<Vec<_>>();
    let named = |path: &str| shorter(path).into_iter().any(|end| is(&path[..end], directory));
    paths.into_iter().any(named)
}

fn is(path: &str, directory: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path == directory)
}

/// The processes whose working directory this is. Only Linux lists them.
pub fn all_in(directory: &Path) -> Vec<i32> {
    let Ok(directory) = fs::canonicalize(directory) else { return Vec::new() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_there = |process: &i32| fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|place| place == directory);
    numbers.filter(is_there).collect()
}

/// Whether a process still runs. One that only waits for its parent to collect it does not count on Linux, and counts on
/// other systems.
pub fn runs(process: i32) -> bool {
    match state(process) {
        Some(state) => state != 'Z',
        None => !Path::new("/proc/self/stat").exists() && exists(process),
    }
}

/// The state of a process. Only Linux tells it.
fn state(process: i32) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

/// The name of the program of a process. Only Linux tells it.
pub fn program(process: i32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{process}/comm")).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_the_directory_that_it_works_in_and_elsewhere_by_its_arguments() {
        let dir = tempfile::tempdir().expect("a directory");
        let place = fs::canonicalize(dir.path()).expect("its path").join("with a -space");
        fs::create_dir(&place).expect("a directory");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "read -r _", "-D"]).arg(&place).args(["-k", "/tmp"]).current_dir(&place);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("a process");
        let process = i32::try_from(child.id()).expect("a number");
        assert!(works_in(process, &place));
        assert!(!works_in(process, dir.path()));
        if Path::new("/bin/ps").exists() {
            let arguments = arguments(process).expect("its arguments");
            assert!(names(&arguments, &place), "{arguments}");
            assert!(!names(&arguments, dir.path()), "{arguments}");
        }
        child.kill().expect("killed");
        child.wait().expect("its end");
        assert!(!works_in(process, &place));
        assert_eq!(arguments(process), None);
    }
}
