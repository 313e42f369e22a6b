//! Protects the memory of a process before it holds a key.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit of core dumps before it was changed, for a program that this process becomes.
#[derive(Clone, Copy, Debug)]
pub struct CoreLimit {
    soft: Option<u64>,
    hard: Option<u64>,
}

/// Protects the memory of this process: it writes no core dump, and on Linux only root can attach to it or read its
/// `/proc/PID/mem` and `/proc/PID/environ`. On FreeBSD no debugger can attach to it. On macOS this is left to the system. Call it first in `main`, before a key or a password is read. A program that
/// is executed afterwards is not protected, but inherits the limit of no core dumps. [`CoreLimit::give_back`] restores
/// the previous limit.
pub fn harden() -> io::Result<CoreLimit> {
    let before = getrlimit(Resource::Core);
    let limit = CoreLimit { soft: before.current, hard: before.maximum };
    limit.forbid()?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    #[cfg(target_os = "freebsd")]
    rustix::process::set_dumpable_behavior(None, rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(limit)
}

impl CoreLimit {
    /// Forbids core dumps. The hard limit stays, so that this can be undone without a privilege.
    pub fn forbid(self) -> io::Result<()> {
        Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: self.hard })?)
    }

    /// Restores the limit. This process stays protected until it becomes another program.
    pub fn give_back(self) -> io::Result<()> {
        Ok(setrlimit(Resource::Core, Rlimit { current: self.soft, maximum: self.hard })?)
    }
}
