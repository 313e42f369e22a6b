//! Which account the server runs under: the caller's own, or an unprivileged one when the caller is root.
//!
//! Accounts are asked for at the system's resolver, which knows those of a directory (LDAP, sssd) as well as `/etc/passwd`.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::User;

use super::LocalError;
use crate::setting;

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    gid: u32,
    caller: u32,
}

impl Account {
    /// `BYOK_LOCAL_USER`, `byok`, `postgres` or `nobody` for root; the caller for everybody else.
    pub(super) fn of_server() -> Result<Self, LocalError> {
        let caller = rustix::process::geteuid().as_raw();
        if caller != 0 {
            // Who has no entry runs under its number all the same: `USER` is only for its name.
            let named = User::from_uid(caller.into()).ok().flatten().map(|user| user.name);
            let user = || setting::bytes("USER").unwrap_or_default().to_string_lossy().into_owned();
            let gid = rustix::process::getegid().as_raw();
            return Ok(Self { name: named.unwrap_or_else(user), uid: caller, gid, caller });
        }
        let wanted = setting::text("BYOK_LOCAL_USER")?;
        let candidates = match &wanted {
            Some(name) => vec![name.as_str()],
            None => vec!["byok", "postgres", "nobody"],
        };
        for name in &candidates {
            let found = User::from_name(name).map_err(|error| LocalError::Accounts(error.into()))?;
            if let Some(user) = found.filter(|user| !user.uid.is_root()) {
                return Ok(Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), caller });
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
        // A locale or library path of the caller has no business in the server, and a working directory may be closed to it.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
        if self.drops() {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// A new directory of this account that nobody else enters.
    pub(super) fn create_dir(&self, path: &Path) -> Result<(), LocalError> {
        fs::create_dir(path).map_err(LocalError::io(path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(LocalError::io(path))?;
        if self.drops() {
            std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).map_err(LocalError::io(path))?;
        }
        Ok(())
    }

    /// Writes a file inside a directory of this account, as this account: a file of root's that a link there leads to is closed
    /// to it, and so to what is written here.
    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), LocalError> {
        self.pipe("exec cat >\"$1\"", path, text)
    }

    /// The same, behind what is there.
    pub(super) fn append(&self, path: &Path, text: &str) -> Result<(), LocalError> {
        self.pipe("exec cat >>\"$1\"", path, text)
    }

    /// Removes a file inside a directory of this account, as this account; one that is not there is no error.
    pub(super) fn remove(&self, path: &Path) -> Result<(), LocalError> {
        self.pipe("exec rm -f -- \"$1\"", path, "")
    }

    fn pipe(&self, script: &str, path: &Path, text: &str) -> Result<(), LocalError> {
        let failed = LocalError::io(path);
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", script, "sh"]).arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(&failed)?;
        // One that refused has read nothing; its words and its end say why.
        let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        let output = child.wait_with_output().map_err(&failed)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(failed(io::Error::other(format!("the account {} cannot change it: {said}", self.name))));
        }
        written.map_err(failed)
    }

    /// Makes sure that nobody but root and the caller can put another directory into the place of this one, where root is the
    /// caller: the account that the server runs under is one of those who must not.
    pub(super) fn check_above(&self, path: &Path) -> Result<(), LocalError> {
        if !self.drops() {
            return Ok(());
        }
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        for above in path.ancestors().skip(1).chain(real.ancestors().skip(1)) {
            let Ok(facts) = fs::metadata(above) else { continue };
            if facts.uid() != self.caller {
                return Err(LocalError::Foreign(above.to_owned()));
            }
            // In a sticky directory such as /tmp nobody moves what is another's.
            if facts.mode() & 0o022 != 0 && facts.mode() & 0o1000 == 0 {
                return Err(LocalError::Exposed(above.to_owned()));
            }
        }
        Ok(())
    }

    /// Whether every directory above can be passed by the account: nothing below `/root` can, for example.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), LocalError> {
        if !self.drops() {
            return Ok(());
        }
        for above in path.ancestors() {
            let Ok(facts) = fs::metadata(above) else { continue };
            let bit = match (facts.uid() == self.uid, facts.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if facts.mode() & bit == 0 {
                return Err(LocalError::Closed { path: above.to_owned(), account: self.name.clone() });
            }
        }
        Ok(())
    }

    /// The names under which the caller may show itself to the server.
    pub(super) fn callers(&self) -> Vec<&str> {
        if self.drops() || self.name == "root" { vec!["root", &self.name] } else { vec![&self.name, "root"] }
    }
}
