//! Whether standard output was closed when this program was started.
//!
//! Before `main` the Rust runtime opens `/dev/null` in the place of a closed standard output, and whatever is written there seems
//! to be written. It opens it for reading and writing. Shells open `>/dev/null` for writing alone, but other programs (Python's
//! `DEVNULL`, Node's `ignore`) discard an output as the runtime does. So it counts as closed only where a shell started this
//! program and has another standard output itself.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::process::getppid;

const SHELLS: [&str; 9] = ["ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "sh", "zsh"];

/// Only Linux tells what a parent has open; elsewhere the answer is no.
pub(crate) fn is_closed(stdout: impl AsFd) -> bool {
    let (Ok(ours), Ok(null)) = (fs::metadata("/dev/fd/1"), fs::metadata("/dev/null")) else { return false };
    if !is_same_device(&ours, &null) {
        return false;
    }
    let both = fcntl_getfl(&stdout).is_ok_and(|flags| flags & OFlags::ACCMODE == OFlags::RDWR);
    let Some(parent) = getppid().filter(|_| both).map(rustix::process::Pid::as_raw_pid) else { return false };
    let name = fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
    if !SHELLS.contains(&name.trim_start_matches('-').trim_end()) {
        return false;
    }
    match fs::metadata(format!("/proc/{parent}/fd/1")) {
        Ok(theirs) => !is_same_device(&theirs, &null),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn is_same_device(one: &Metadata, other: &Metadata) -> bool {
    one.file_type().is_char_device() && one.rdev() == other.rdev()
}
