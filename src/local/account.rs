//! The account that the server runs under: the caller's own, or an unprivileged one if the caller is root.
//!
//! Accounts are looked up with the system's resolver, which knows those of a directory service (LDAP, sssd) as well as
//! `/etc/passwd`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::LocalError;
use crate::setting;
use crate::system::{FileFacts as _, account, file, process};

/// The time limit for a command of the account. The slowest is `initdb` on a slow disk.
const PATIENCE: Duration = Duration::from_secs(120);
/// At most this much of a command's output is read.
const LONGEST: u64 = 64 * 1024;

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    gid: u32,
    caller: u32,
}

impl Account {
    /// `BYOK_LOCAL_USER`, `byok`, `postgres` or `nobody` for root; the caller for everybody else.
    #[cfg(feature = "test-server")]
    pub(super) fn of_server() -> Result<Self, LocalError> {
        Self::of_server_or(None)
    }

    /// The same, with a name that counts if the variable is not set.
    pub(super) fn of_server_or(user: Option<&str>) -> Result<Self, LocalError> {
        let caller = account::user();
        if caller != account::ROOT {
            // A user without an entry runs the server under its number. `USER` only gives the name.
            let named = account::of(caller).map(|account| account.name);
            let user = || setting::bytes("USER").unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Self { name: named.unwrap_or_else(user), uid: caller, gid: account::group(), caller });
        }
        let wanted = setting::text("BYOK_LOCAL_USER")?.or_else(|| user.map(str::to_owned));
        let candidates = match &wanted {
            Some(name) => vec![name.as_str()],
            None => vec!["byok", "postgres", "nobody"],
        };
        for name in &candidates {
            let found = account::named(name).map_err(LocalError::Accounts)?;
            if let Some(found) = found.filter(|found| found.user != account::ROOT) {
                return Ok(Self { name: found.name, uid: found.user, gid: found.group, caller });
            }
        }
        Err(LocalError::NoAccount(candidates.join(", ")))
    }

    /// Whether the server runs under another account than the caller.
    pub(super) fn drops(&self) -> bool {
        self.caller != self.uid
    }

    /// A command under this account.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The caller's locale and library path must not affect the server, and its working directory may be closed to
        // the account.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
        if self.drops() {
            account::run_as(&mut command, self.uid, self.gid);
        }
        command
    }

    /// A new directory of this account that no other account can enter.
    pub(super) fn create_dir(&self, path: &Path) -> Result<(), LocalError> {
        fs::create_dir(path).map_err(LocalError::io(path))?;
        file::set_mode(path, 0o700).map_err(LocalError::io(path))?;
        if self.drops() {
            account::give(path, self.uid, self.gid).map_err(LocalError::io(path))?;
        }
        Ok(())
    }

    /// Writes a file in a directory of this account, as this account. If the file is a link to a file of root, writing
    /// fails.
    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), LocalError> {
        self.pipe("exec cat >\"$1\"", path, text)
    }

    /// Appends to a file in the same way.
    pub(super) fn append(&self, path: &Path, text: &str) -> Result<(), LocalError> {
        self.pipe("exec cat >>\"$1\"", path, text)
    }

    /// Removes a file in a directory of this account, as this account. It is not an error if the file does not exist.
    pub(super) fn remove(&self, path: &Path) -> Result<(), LocalError> {
        self.pipe("exec rm -f -- \"$1\"", path, "")
    }

    fn pipe(&self, script: &str, path: &Path, text: &str) -> Result<(), LocalError> {
        let failed = LocalError::io(path);
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", script, "sh"]).arg(path).stdin(Stdio::piped());
        let (status, said) = finish(command, text)?;
        if status.success() {
            return Ok(());
        }
        Err(failed(io::Error::other(format!("the account {} cannot change it: {}", self.name, said.trim()))))
    }

    /// Makes sure that only root and the caller can replace this directory. If the caller is root, the account of the
    /// server must not be able to do it either.
    pub(super) fn check_above(&self, path: &Path) -> Result<(), LocalError> {
        if !self.drops() {
            return Ok(());
        }
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        for above in path.ancestors().skip(1).chain(real.ancestors().skip(1)) {
            let Ok(facts) = fs::metadata(above) else { continue };
            if facts.owner() != self.caller {
                return Err(LocalError::Foreign(above.to_owned()));
            }
            // In a sticky directory such as /tmp, nobody can rename a file of another user.
            if facts.others_may_write() && !facts.is_sticky() {
                return Err(LocalError::Exposed(above.to_owned()));
            }
        }
        Ok(())
    }

    /// Whether the account can enter every directory above. Below `/root`, for example, it cannot.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), LocalError> {
        if !self.drops() {
            return Ok(());
        }
        for above in path.ancestors() {
            let Ok(facts) = fs::metadata(above) else { continue };
            if !facts.may_be_entered_by(self.uid, self.gid) {
                return Err(LocalError::Closed { path: above.to_owned(), account: self.name.clone() });
            }
        }
        Ok(())
    }

    /// The names under which the caller may connect to the server.
    pub(super) fn callers(&self) -> Vec<&str> {
        if self.drops() || self.name == "root" { vec!["root", &self.name] } else { vec![&self.name, "root"] }
    }
}

/// Runs a command of the account to its end, and returns its error output. Another process of the account could stop
/// it, or make it wait for ever, so it has a time limit.
pub(super) fn finish(command: Command, text: &str) -> Result<(ExitStatus, String), LocalError> {
    finish_within(command, text, PATIENCE)
}

fn finish_within(mut command: Command, text: &str, patience: Duration) -> Result<(ExitStatus, String), LocalError> {
    let program = PathBuf::from(command.get_program());
    let failed = LocalError::io(&program);
    let spawned = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(LocalError::spawn(&program))?;
    let number = child.id();
    let (input, errors) = (child.stdin.take(), child.stderr.take());
    let text = text.to_owned();
    let (tell, told) = mpsc::channel();
    // It may never end, so it is left behind.
    thread::spawn(move || {
        let written = input.map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        let mut said = Vec::new();
        let read = errors.map(|errors| errors.take(LONGEST).read_to_end(&mut said));
        let ended = child.wait();
        tell.send((written, read.transpose(), ended, said)).ok();
    });
    let Ok((written, read, ended, said)) = told.recv_timeout(patience) else {
        process::kill(number);
        return Err(failed(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("it did not end within {} s", patience.as_secs()),
        )));
    };
    let status = ended.map_err(&failed)?;
    // A command that failed early has not read its input. Its output and exit status say why.
    if status.success() {
        written.and(read).map_err(failed)?;
    }
    Ok((status, String::from_utf8_lossy(&said).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]).stdin(Stdio::piped());
        shell
    }

    #[test]
    fn a_command_that_stops_or_never_reads_ends_at_the_time_limit() {
        for script in ["kill -STOP $$", "mkfifo \"$0\" && exec cat <\"$0\""] {
            let dir = tempfile::tempdir().expect("a directory");
            let mut command = shell(script);
            command.arg(dir.path().join("pipe"));
            let error = finish_within(command, "text", Duration::from_millis(300)).expect_err("no end");
            assert!(
                matches!(&error, LocalError::Io { source, .. } if source.kind() == io::ErrorKind::TimedOut),
                "{error}"
            );
        }
    }

    #[test]
    fn the_output_of_a_command_is_read_up_to_a_limit() {
        let (status, said) = finish(shell("cat; echo no >&2; exit 3"), "text").expect("its end");
        assert_eq!((status.code(), said.as_str()), (Some(3), "no\n"));
        let (status, said) = finish(shell("exec yes >&2"), "").expect("its end");
        assert!(!status.success() && said.len() == 64 * 1024);
    }
}
