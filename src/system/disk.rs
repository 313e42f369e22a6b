//! File systems: what is free on them, and whether anybody can write to them.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{StatVfs, StatVfsMountFlags, fstatvfs, statvfs};

/// What is free on a file system.
#[derive(Clone, Copy, Debug)]
pub struct Free {
    /// Bytes that this user may fill.
    pub bytes: u64,
    /// How many more files this user may make, if there is a limit.
    pub files: Option<u64>,
}

/// What is free where this path is.
pub fn free(path: &Path) -> io::Result<Free> {
    let facts = statvfs(path)?;
    let files = (facts.f_files > 0).then_some(facts.f_favail);
    Ok(Free { bytes: facts.f_bavail.saturating_mul(facts.f_frsize), files })
}

/// Whether nobody can write below this path, because its mount is read-only.
pub fn is_read_only(path: &Path) -> bool {
    statvfs(path).is_ok_and(|facts| forbids_writing(&facts))
}

/// Whether nobody can write to this file, because its mount is read-only.
pub fn is_file_read_only(file: &File) -> io::Result<bool> {
    Ok(forbids_writing(&fstatvfs(file)?))
}

fn forbids_writing(facts: &StatVfs) -> bool {
    facts.f_flag.contains(StatVfsMountFlags::RDONLY)
}
