//! Whether standard output was closed when this program was started.
//!
//! If standard output is closed, the Rust runtime opens `/dev/null` in its place before `main`. Writes then seem to
//! succeed. The runtime opens it for reading and writing. A shell opens `>/dev/null` only for writing, but other
//! programs (Python's `DEVNULL`, Node's `ignore`) open it as the runtime does. So standard output counts as closed only
//! if a shell started this program, and the shell itself has another standard output.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::fd::AsFd;

use rustix::fs::{OFlags, fcntl_getfl};

use super::{FileFacts as _, descriptor, process};

const SHELLS: [&str; 9] = ["ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "sh", "zsh"];

/// Whether standard output was closed. Only Linux shows what a parent process has open; on other systems the answer is
/// no.
pub fn is_closed(stdout: impl AsFd) -> bool {
    let (Ok(ours), Ok(null)) = (descriptor::facts(1), fs::metadata("/dev/null")) else { return false };
    if !is_same_device(&ours, &null) {
        return false;
    }
    let both = fcntl_getfl(&stdout).is_ok_and(|flags| flags & OFlags::ACCMODE == OFlags::RDWR);
    let Some(parent) = process::parent().filter(|_| both) else { return false };
    let name = process::program(parent).unwrap_or_default();
    if !SHELLS.contains(&name.trim_start_matches('-')) {
        return false;
    }
    match fs::metadata(format!("/proc/{parent}/fd/1")) {
        Ok(theirs) => !is_same_device(&theirs, &null),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn is_same_device(one: &Metadata, other: &Metadata) -> bool {
    one.character_device().is_some() && one.character_device() == other.character_device()
}
