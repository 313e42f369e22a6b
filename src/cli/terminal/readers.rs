//! Decides whether the file of a key is private enough.
//!
//! Kubernetes, Docker and systemd mount secrets for a process: read-only, or owned by root and readable for one group. `chmod`
//! cannot change such a file from inside. Everywhere else, a file that other users can read is a mistake, and its key may
//! have been read already.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use byok::system::{FileFacts as _, account, disk, file};

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// Whether only its owner may be able to read the file of a secret.
static STRICT: OnceLock<bool> = OnceLock::new();

/// Sets how the files of secrets are checked. This is called once, before any of them is read.
pub(crate) fn demand(strict: bool) {
    STRICT.get_or_init(|| strict);
}

pub(crate) fn is_strict() -> bool {
    *STRICT.get_or_init(bool::default)
}

/// Checks the file of a key that a user hands over. If others can read it, that is said, and refused where it was asked for. A
/// pipe has no readers.
pub(crate) fn check(readers: Option<Readers>, path: &Path) -> Result<(), Failure> {
    let place = output::path(path);
    let (who, remedy) = match readers {
        None | Some(Readers::Owner) => return Ok(()),
        Some(Readers::Mounted { everybody: true }) => ("all", "mount it with mode 0440".to_owned()),
        Some(Readers::Others) => ("other", format!("to change it: chmod 600 {place}")),
        Some(_) if !is_strict() => return Ok(()),
        Some(_) => ("other", "only its owner may: mode 0400".to_owned()),
    };
    let message = format!("{who} users can read {place}");
    if is_strict() {
        let hint = format!("{remedy}; or leave out --strict (BYOK_STRICT)");
        return Err(Failure::usage("not_private", message).hint(hint));
    }
    output::warn(&format!("{message}; {remedy}"));
    Ok(())
}

/// Who can read a file, apart from root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only.
    Owner,
    /// A group that this process is in. The owner is root.
    Group,
    /// Others, on a mount where nobody can change that. `everybody` is false if the mount is for one group or one user.
    Mounted {
        /// Whether every user of this machine or container is among them.
        everybody: bool,
    },
    /// Others.
    Others,
}

/// What decides it.
#[derive(Clone, Copy)]
struct Facts {
    mode: u32,
    owner: u32,
    in_group: bool,
    read_only: bool,
    /// Whether an access control list names more users or groups.
    listed: bool,
}

impl Readers {
    /// Of an open file.
    pub(crate) fn of(opened: &File, facts: &Metadata) -> io::Result<Self> {
        Ok(Self::by(Facts {
            mode: facts.mode(),
            owner: facts.owner(),
            in_group: account::is_in_group(facts.group())?,
            read_only: disk::is_file_read_only(opened)?,
            listed: file::has_access_list(opened),
        }))
    }

    fn by(facts: Facts) -> Self {
        let allows = |bits: u32| facts.mode & bits != 0;
        match facts {
            _ if !allows(0o077) => Self::Owner,
            Facts { read_only: true, .. } => Self::Mounted { everybody: allows(0o007) },
            Facts { owner: 0, in_group: true, listed: false, .. } if !allows(0o037) => Self::Group,
            _ => Self::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: u32 = 0;
    const EVE: u32 = 1000;

    fn plain(mode: u32, owner: u32, in_group: bool) -> Facts {
        Facts { mode, owner, in_group, read_only: false, listed: false }
    }

    #[test]
    fn only_root_and_a_group_of_ours_or_a_mount_that_nobody_can_change_may_show_a_key() {
        let mounted = |mode, in_group| Facts { read_only: true, ..plain(mode, ROOT, in_group) };
        let cases = [
            (plain(0o600, EVE, false), Readers::Owner),
            (plain(0o400, ROOT, false), Readers::Owner),
            // Kubernetes with `fsGroup`, and a service's file in /etc.
            (plain(0o440, ROOT, true), Readers::Group),
            (plain(0o640, ROOT, true), Readers::Group),
            // A group that others are in and we are not; one that may write; a file that its owner could close.
            (plain(0o440, ROOT, false), Readers::Others),
            (plain(0o660, ROOT, true), Readers::Others),
            (plain(0o640, EVE, true), Readers::Others),
            (plain(0o444, ROOT, true), Readers::Others),
            (plain(0o644, EVE, true), Readers::Others),
            (Facts { listed: true, ..plain(0o440, ROOT, true) }, Readers::Others),
            // A systemd credential of a service, whose list names its user; a Docker secret.
            (Facts { listed: true, ..mounted(0o440, false) }, Readers::Mounted { everybody: false }),
            (mounted(0o440, true), Readers::Mounted { everybody: false }),
            (mounted(0o444, false), Readers::Mounted { everybody: true }),
            (mounted(0o644, true), Readers::Mounted { everybody: true }),
            (mounted(0o400, false), Readers::Owner),
        ];
        for (facts, expected) in cases {
            assert_eq!(Readers::by(facts), expected, "{:o} of {}", facts.mode, facts.owner);
        }
    }
}
