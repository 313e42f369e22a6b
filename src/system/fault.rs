//! What an error of the system means.

use std::io;

use rustix::io::Errno;

/// What an error of the system means, as far as somebody acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file system, or what this user may use of it, is full.
    NoSpace,
    /// This process has as many open files as it may.
    OurFiles,
    /// The system has as many open files as it can.
    AllFiles,
    /// Memory, processes or places in a queue are used up.
    Exhausted,
    /// A signal came first.
    Interrupted,
    /// The disk reports an error.
    Disk,
    /// The file system is read-only.
    ReadOnly,
    /// There is something of this name.
    Exists,
    /// The mode of a file or directory forbids it.
    Closed,
    /// Only root may do it.
    NotPermitted,
    /// There is a symbolic link, or too many of them.
    Link,
    /// Nothing answers behind a device, a pipe or a socket.
    NoDevice,
}

/// The setting of the system that limits how many files all processes have open.
pub const ALL_FILES_SETTING: &str = if cfg!(target_os = "linux") { "fs.file-max" } else { "kern.maxfiles" };

impl Fault {
    /// What this error means. None if it is not one of the system, or another one.
    pub fn of(error: &io::Error) -> Option<Self> {
        Some(match Errno::from_io_error(error)? {
            Errno::NOSPC | Errno::DQUOT => Self::NoSpace,
            Errno::MFILE => Self::OurFiles,
            Errno::NFILE => Self::AllFiles,
            Errno::NOMEM | Errno::NOBUFS | Errno::AGAIN => Self::Exhausted,
            Errno::INTR => Self::Interrupted,
            Errno::IO => Self::Disk,
            Errno::ROFS => Self::ReadOnly,
            Errno::EXIST => Self::Exists,
            Errno::ACCESS => Self::Closed,
            Errno::PERM => Self::NotPermitted,
            Errno::LOOP => Self::Link,
            // What FreeBSD says where a link was not to be followed.
            #[cfg(target_os = "freebsd")]
            Errno::MLINK => Self::Link,
            Errno::NXIO => Self::NoDevice,
            _ => return None,
        })
    }

    /// Whether the system lacks something that every step needs: descriptors, memory or processes. Such an error says nothing
    /// about the file or program that it was met with.
    pub fn is_shortage(self) -> bool {
        matches!(self, Self::OurFiles | Self::AllFiles | Self::Exhausted)
    }

    /// Whether it may be gone later although nobody has changed a setting.
    pub fn passes(self) -> bool {
        matches!(self, Self::AllFiles | Self::Exhausted | Self::NoSpace | Self::Interrupted)
    }
}
