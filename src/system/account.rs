//! The user of this process, and the accounts of the system.
//!
//! Accounts are looked up with the system's resolver, which knows those of a directory service (LDAP, sssd) as well as
//! `/etc/passwd`.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::unistd::User;
use rustix::process::{getegid, geteuid, getgroups};

/// The user who may do everything.
pub const ROOT: u32 = 0;

/// An account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its user.
    pub user: u32,
    /// Its main group.
    pub group: u32,
}

/// The user of this process.
pub fn user() -> u32 {
    geteuid().as_raw()
}

/// The group of this process.
pub fn group() -> u32 {
    getegid().as_raw()
}

/// Whether this process is one of root.
pub fn is_root() -> bool {
    user() == ROOT
}

/// Whether this process is in a group.
pub fn is_in_group(wanted: u32) -> io::Result<bool> {
    Ok(group() == wanted || getgroups()?.iter().any(|known| known.as_raw() == wanted))
}

/// The account of this name.
pub fn named(name: &str) -> io::Result<Option<Account>> {
    Ok(User::from_name(name)?.map(Account::from))
}

/// The account of this user. A user need not have one.
pub fn of(user: u32) -> Option<Account> {
    User::from_uid(user.into()).ok().flatten().map(Account::from)
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, user: user.uid.as_raw(), group: user.gid.as_raw() }
    }
}

/// Gives a file to a user and a group.
pub fn give(path: &Path, user: u32, group: u32) -> io::Result<()> {
    std::os::unix::fs::chown(path, Some(user), Some(group))
}

/// Gives a file to a group.
pub fn give_to_group(path: &Path, group: u32) -> io::Result<()> {
    std::os::unix::fs::chown(path, None, Some(group))
}

/// Makes a command run as another user.
pub fn run_as(command: &mut Command, user: u32, group: u32) {
    command.uid(user).gid(group);
}
