//! The exit code and the next command for errors of the private server, of lock files and of the operating system.
//!
//! No hint may lose data unasked: `byok local reset` deletes every key of the private database, so it is only named where nothing
//! else of it can be used, as the last way, and with what it deletes.

use std::io;
use std::path::Path;

use byok::local::{LocalError, install_command};
use byok::lock::LockError;
use byok::mask::masked;
use byok::system::fault::{ALL_FILES_SETTING, Fault};

use super::Failure;
use super::hints::of_setting;
use byok::exit;

/// What to do where a place cannot be used.
const OTHER_PLACE: &str = "set BYOK_LOCAL_DIR to a directory of your own";

/// What to do about a private database that this program can neither use nor upgrade. The first way keeps everything, and
/// the last one deletes it.
const OTHER_PRIVATE: &str = "use the byok that made it; or begin with an empty one in another directory: BYOK_LOCAL_DIR=PATH; or, \
                             if its keys are not needed any more, delete it with all of them: byok local reset";

impl Failure {
    /// The failure of a private database. Nobody else can upgrade it, and another one is easily made.
    pub(crate) fn of_private(self) -> Self {
        let upgradable = self.hint.as_ref().is_some_and(|hint| hint.ends_with("it: byok init"));
        match self.code {
            "other_migration" | "migration" | "schema_newer" => self.hint(OTHER_PRIVATE),
            "other_functions" if !upgradable => self.hint(OTHER_PRIVATE),

            _ => self,
        }
    }
}

impl From<&LocalError> for Failure {
    fn from(error: &LocalError) -> Self {
        if let LocalError::Setting(error) = error {
            return error.into();
        }
        let (exit, code) = match error {
            LocalError::NotOurs(_) => (exit::CONFLICT, "not_ours"),
            _ if passes(error) => (exit::UNAVAILABLE, "local_server"),
            _ => (exit::UNAVAILABLE, "local_setup"),
        };
        Self::new(exit, code, error.to_string()).hint(of_local(error))
    }
}

/// Whether the same command may succeed later although nobody has changed a setting.
fn passes(error: &LocalError) -> bool {
    match error {
        LocalError::Io { source, .. }
        | LocalError::Spawn { source, .. }
        | LocalError::Accounts(source)
        | LocalError::Lock(LockError::Io { source, .. }) => {
            Fault::of(source).is_some_and(Fault::passes) || source.kind() == io::ErrorKind::TimedOut
        }
        LocalError::NoSpace { .. }
        | LocalError::Program { .. }
        | LocalError::InUse(_)
        | LocalError::Silent(_)
        | LocalError::DoesNotStop(_)
        | LocalError::Lock(LockError::Held { .. }) => true,
        _ => false,
    }
}

fn of_local(error: &LocalError) -> String {
    match error {
        LocalError::NoPrograms(_) => match install_command() {
            Some(command) => {
                format!("{}   (--install-postgres runs it; or set BYOK_DATABASE_URL)", command.join(" "))
            }
            None => "install PostgreSQL 15 or newer, or set BYOK_DATABASE_URL".into(),
        },
        LocalError::Setting(error) => of_setting(error),
        LocalError::BrokenPrograms { .. } => {
            "install that PostgreSQL again, or set BYOK_PG_BIN to the directory of other server programs".into()
        }
        LocalError::OtherVersion { wanted, .. } => format!(
            "install PostgreSQL {wanted} again, or set BYOK_PG_BIN to the directory of its programs; no data is lost; to \
             move it to a newer version, see docs/recovery.md in byok's repository"
        ),
        LocalError::NoHome => "set HOME; or set BYOK_LOCAL_DIR to a directory for the private database; or set BYOK_DATABASE_URL".into(),
        LocalError::NoAccount(_) => "set BYOK_LOCAL_USER to an unprivileged account".into(),
        LocalError::Accounts(error) => of_os(error, None, "set BYOK_LOCAL_USER to an unprivileged account"),
        LocalError::Closed { .. } => {
            "set BYOK_LOCAL_DIR to a directory that this account can enter, such as /var/lib/byok".into()
        }
        LocalError::Exposed(path) => format!(
            "set BYOK_LOCAL_DIR to a directory that only you can change; or, if nobody else needs to write there: chmod go-w {}",
            masked(&path.to_string_lossy())
        ),
        LocalError::NotOurs(_) | LocalError::Foreign(_) => OTHER_PLACE.into(),
        LocalError::Lock(error) => of_lock(error, OTHER_PLACE),
        LocalError::Io { path, source } => of_os(source, Some(path), OTHER_PLACE),
        LocalError::Spawn { source, .. } if Fault::of(source) == Some(Fault::NotPermitted) => {
            "byok may not change to the account of the server here: run it as an ordinary user".into()
        }
        LocalError::Spawn { source, .. } => {
            of_os(source, None, "set BYOK_PG_BIN to the directory of PostgreSQL's server programs")
        }
        LocalError::FewFiles { .. } => RAISE_FILES.into(),
        LocalError::NoSpace { path, .. } => free_space(Some(path)),
        LocalError::Program { program: "initdb", .. } => {
            "correct what initdb names, then run the same command again; nothing was left behind".into()
        }
        LocalError::InUse(_) => {
            "end the processes of the earlier server, then run the same command again".into()
        }
        LocalError::DoesNotStop(_) => "wait until the programs that use it have ended, then: byok local down".into(),
        LocalError::Silent(_) => {
            "the server may still be recovering from a crash: run the same command again; to find its log: byok local status".into()
        }
        _ => "the path of its log is shown by: byok local status; correct what the log names, then run the same command again".into(),
    }
}

/// For a lock file. `elsewhere` is what to do where the lock's directory cannot be used.
pub(crate) fn of_lock(error: &LockError, elsewhere: &str) -> String {
    match error {
        LockError::Held { .. } => "find out what that process waits for, then try again".into(),
        LockError::Io { path, source } => of_os(source, Some(path), elsewhere),
        _ => elsewhere.to_owned(),
    }
}

/// For a file that byok could not write. `elsewhere` says how another place is named. The exit code is 7 if the same
/// command may succeed later, and 2 if another place must be named.
pub(crate) fn cannot_write(what: &str, path: &Path, error: &io::Error, elsewhere: &str) -> Failure {
    let (exit, code) = match Fault::of(error) {
        Some(fault) if fault.passes() => (exit::UNAVAILABLE, "cannot_write"),
        Some(Fault::Exists) => (exit::CONFLICT, "exists"),
        Some(Fault::Disk | Fault::OurFiles) => (exit::FAILURE, "cannot_write"),
        _ => (exit::USAGE, "cannot_write"),
    };
    let message = format!("cannot write {what}{}: {error}", masked(&path.to_string_lossy()));
    Failure::new(exit, code, message).hint(of_os(error, Some(path), elsewhere))
}

pub(crate) const RAISE_FILES: &str = "raise the limit of open files, then run the same command again: ulimit -n 1024";

/// For an error of the operating system. `elsewhere` is what to do where a place or a program cannot be used.
pub(crate) fn of_os(error: &io::Error, path: Option<&Path>, elsewhere: &str) -> String {
    match Fault::of(error) {
        Some(Fault::NoSpace) => free_space(path),
        Some(Fault::OurFiles) => RAISE_FILES.into(),
        Some(Fault::AllFiles) => format!(
            "the system has too many open files: end programs, or raise its limit (sysctl {ALL_FILES_SETTING})"
        ),
        Some(Fault::Exhausted) => {
            "memory or processes are used up: end programs, or raise the limits (ulimit -u, ulimit -v, the container's), \
             then run the same command again"
                .into()
        }
        Some(Fault::Disk) => "the disk reports an error: look for it in the system's log (dmesg) before you go on".into(),
        Some(Fault::ReadOnly) => format!("this file system is read-only: {elsewhere}"),
        _ if error.kind() == io::ErrorKind::TimedOut => "run the same command again when the machine is less busy".into(),
        _ => elsewhere.to_owned(),
    }
}

fn free_space(path: Option<&Path>) -> String {
    let place = path.map(|path| format!(" that has {}", masked(&path.to_string_lossy()))).unwrap_or_default();
    format!("free some space on the file system{place}, then run the same command again")
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    fn failure(error: &LocalError) -> (u8, &'static str, String) {
        let Failure { exit, code, hint, message, .. } = Failure::from(error);
        assert!(!message.is_empty());
        (exit, code, hint.unwrap_or_default())
    }

    /// Every error of the system that the private server or a lock file can meet.
    const TABLE: [(Errno, &str, &str); 16] = [
        (Errno::NOSPC, "local_server", "free some space"),
        (Errno::DQUOT, "local_server", "free some space"),
        (Errno::MFILE, "local_setup", "ulimit -n"),
        (Errno::NFILE, "local_server", "fs.file-max"),
        (Errno::NOMEM, "local_server", "memory or processes"),
        (Errno::NOBUFS, "local_server", "memory or processes"),
        (Errno::AGAIN, "local_server", "memory or processes"),
        (Errno::IO, "local_setup", "dmesg"),
        (Errno::ROFS, "local_setup", "read-only"),
        (Errno::ACCESS, "local_setup", ""),
        (Errno::PERM, "local_setup", ""),
        (Errno::NOENT, "local_setup", ""),
        (Errno::NOTDIR, "local_setup", ""),
        (Errno::LOOP, "local_setup", ""),
        (Errno::NAMETOOLONG, "local_setup", ""),
        (Errno::NOEXEC, "local_setup", ""),
    ];

    #[test]
    fn every_error_of_the_system_has_its_own_next_step_and_none_loses_data() {
        type Make = fn(io::Error) -> LocalError;
        let made: [(Make, &str); 4] = [
            (|source| LocalError::Io { path: "/data".into(), source }, "BYOK_LOCAL_DIR"),
            (|source| LocalError::Lock(LockError::Io { path: "/data/lock".into(), source }), "BYOK_LOCAL_DIR"),
            (|source| LocalError::Spawn { program: "/bin/postgres".into(), source }, "BYOK_PG_BIN"),
            (LocalError::Accounts, "BYOK_LOCAL_USER"),
        ];
        for (make, elsewhere) in made {
            for (errno, code, step) in TABLE {
                let error = make(errno.into());
                let (exit, found, hint) = failure(&error);
                assert_eq!((exit, found), (exit::UNAVAILABLE, code), "{error}");
                let other_account = matches!(error, LocalError::Spawn { .. }) && errno == Errno::PERM;
                let wanted = match step {
                    "" if other_account => "ordinary user",
                    "" => elsewhere,
                    step => step,
                };
                assert!(hint.contains(wanted) && !hint.contains("reset"), "{error}: {hint}");
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_has_the_exit_code_and_the_next_step_of_its_reason() {
        let table = [
            (Errno::NOSPC, exit::UNAVAILABLE, "free some space"),
            (Errno::DQUOT, exit::UNAVAILABLE, "free some space"),
            (Errno::NFILE, exit::UNAVAILABLE, "fs.file-max"),
            (Errno::NOMEM, exit::UNAVAILABLE, "memory or processes"),
            (Errno::MFILE, exit::FAILURE, "ulimit -n"),
            (Errno::IO, exit::FAILURE, "dmesg"),
            (Errno::ROFS, exit::USAGE, "read-only: --to-file"),
            (Errno::ACCESS, exit::USAGE, "--to-file"),
            (Errno::PERM, exit::USAGE, "--to-file"),
            (Errno::NOENT, exit::USAGE, "--to-file"),
            (Errno::NOTDIR, exit::USAGE, "--to-file"),
            (Errno::ISDIR, exit::USAGE, "--to-file"),
            (Errno::NAMETOOLONG, exit::USAGE, "--to-file"),
            (Errno::EXIST, exit::CONFLICT, "--to-file"),
        ];
        for (errno, exit, step) in table {
            let error: io::Error = errno.into();
            let failure = cannot_write("the copy to ", Path::new("/mnt/copy"), &error, "--to-file");
            assert!(failure.message.starts_with("cannot write the copy to /mnt/copy: "), "{}", failure.message);
            assert_eq!(failure.exit, exit, "{error}");
            assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains(step)), "{error}: {:?}", failure.hint);
        }
    }

    #[test]
    fn every_error_of_the_private_server_has_a_next_step_that_loses_nothing() {
        let path = || std::path::PathBuf::from("/data");
        let program = |program| LocalError::Program { program, said: "no".into() };
        let held = LockError::Held { path: path(), holder: "process 7".into(), seconds: 90 };
        let table = [
            (LocalError::NoPrograms(None), exit::UNAVAILABLE, "local_setup", "BYOK_DATABASE_URL"),
            (LocalError::BrokenPrograms { path: path(), said: String::new() }, 7, "local_setup", "BYOK_PG_BIN"),
            (LocalError::OtherVersion { wanted: 15, named: None }, 7, "local_setup", "install PostgreSQL 15 again"),
            (LocalError::NoHome, 7, "local_setup", "HOME"),
            (LocalError::NoAccount("byok".into()), 7, "local_setup", "BYOK_LOCAL_USER"),
            (LocalError::Closed { path: path(), account: "byok".into() }, 7, "local_setup", "BYOK_LOCAL_DIR"),
            (LocalError::Foreign(path()), 7, "local_setup", "BYOK_LOCAL_DIR"),
            (LocalError::NotOurs(path()), exit::CONFLICT, "not_ours", "BYOK_LOCAL_DIR"),
            (LocalError::Exposed(path()), 7, "local_setup", "chmod go-w"),
            (LocalError::FewFiles { limit: 12, needed: 128 }, 7, "local_setup", "ulimit -n"),
            (
                LocalError::NoSpace { path: path(), free: 1, files: None, failure: Box::new(program("initdb")) },
                7,
                "local_server",
                "free some space",
            ),
            (program("initdb"), 7, "local_server", "initdb"),
            (program("postgres"), 7, "local_server", "byok local status"),
            (LocalError::InUse("no".into()), 7, "local_server", "end the processes of the earlier server"),
            (LocalError::Silent(60), 7, "local_server", "byok local status"),
            (LocalError::DoesNotStop(7), 7, "local_server", "byok local down"),
            (LocalError::Lock(held), 7, "local_server", "what that process waits for"),
            (LocalError::Lock(LockError::Foreign(path())), 7, "local_setup", "BYOK_LOCAL_DIR"),
            (LocalError::Lock(LockError::Exposed(path())), 7, "local_setup", "BYOK_LOCAL_DIR"),
        ];
        for (error, exit, code, step) in table {
            let (found, found_code, hint) = failure(&error);
            assert_eq!((found, found_code), (exit, code), "{error}");
            assert!(hint.contains(step) && !hint.contains("reset"), "{error}: {hint}");
        }
    }
}
