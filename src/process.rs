//! What a process does about itself before it holds a key.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit of core dumps as it was before, for a program that this process becomes.
#[derive(Clone, Copy, Debug)]
pub struct CoreLimit {
    soft: Option<u64>,
    hard: Option<u64>,
}

/// Keeps the memory of this process from files and from other processes of the same user: no core dump, and on Linux nobody
/// but root attaches to it or reads its `/proc/PID/mem` and `/proc/PID/environ`. Call it first in `main`, before a key or a
/// password is read. A program that is executed afterwards can be dumped again and inherits the limit of no core dumps;
/// [`CoreLimit::give_back`] undoes that for a program that shall have what it would have had.
pub fn harden() -> io::Result<CoreLimit> {
    let before = getrlimit(Resource::Core);
    let limit = CoreLimit { soft: before.current, hard: before.maximum };
    limit.forbid()?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(limit)
}

impl CoreLimit {
    /// No core dumps. The hard limit stays, so that this can be undone without a privilege.
    pub fn forbid(self) -> io::Result<()> {
        Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: self.hard })?)
    }

    /// The limit as it was. The process itself stays closed until it becomes another program.
    pub fn give_back(self) -> io::Result<()> {
        Ok(setrlimit(Resource::Core, Rlimit { current: self.soft, maximum: self.hard })?)
    }
}
