//! The open files of this process, by their numbers.

use std::fs::{self, File, Metadata};
use std::io;
#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{FileFacts as _, Identity, file};

/// The path under which this process, and a program that inherits the descriptor, can open it.
pub fn path(number: u32) -> PathBuf {
    PathBuf::from(format!("/dev/fd/{number}"))
}

/// The numbers of all open files. Some systems list only the first three.
pub fn numbers() -> Vec<u32> {
    let open = fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let mut numbers: Vec<u32> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// What an open file is.
pub fn facts(number: u32) -> io::Result<Metadata> {
    fs::metadata(path(number))
}

/// Whether this process has the file open under another number too.
pub fn is_open_elsewhere(file: &File) -> bool {
    let identity = |facts: Metadata| facts.identity();
    let Ok(wanted) = file.metadata().map(identity) else { return false };
    let own = u32::try_from(file.as_raw_fd()).ok();
    let others = numbers().into_iter().filter(|number| Some(*number) != own);
    others.filter_map(|number| facts(number).ok()).any(|other| other.identity() == wanted)
}

/// The identity of a file that keeps what was read from it. A terminal and `/dev/null` do not, and directories are left out.
pub fn kept_identity(path: &Path) -> Option<Identity> {
    let facts = fs::metadata(path).ok()?;
    (facts.character_device().is_none() && !facts.is_dir()).then(|| facts.identity())
}

/// Waits until a pipe has something to read or its writer is gone. False if neither happens in this time, or a signal comes.
pub fn wait_for_input(file: &File, patience: Duration) -> io::Result<bool> {
    let patience = Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: patience.subsec_nanos().into() };
    match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether nobody can read any more what is written here. If the system does not say it, the answer is no.
pub fn is_other_end_gone(output: impl AsFd) -> bool {
    let mut asked = [PollFd::new(&output, PollFlags::empty())];
    let told = poll(&mut asked, Some(&Timespec::default()));
    told.is_ok() && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Copies what could be read from the beginning of a file, or from a pipe now. Nothing of it is taken away. The answer is
/// how much it is: nothing where the system does not let this process look.
pub fn peek(number: u32, into: &mut [u8]) -> usize {
    let (Ok(facts), Some(descriptor)) = (facts(number), again(number)) else { return 0 };
    let read = if facts.is_pipe() { peek_pipe(&descriptor, into) } else { rustix::io::pread(&descriptor, into, 0) };
    read.unwrap_or_default()
}

/// A second handle for a descriptor of this process. Reading from it with an offset does not change the first one.
fn again(number: u32) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
        if let Ok(us) = pidfd_open(getpid(), PidfdFlags::empty())
            && let Ok(again) = pidfd_getfd(us, number.cast_signed(), PidfdGetfdFlags::empty())
        {
            return Some(again);
        }
    }
    // Without pidfd_getfd the file is opened again. That fails for a file that this user may not open.
    file::open(&path(number)).ok().map(OwnedFd::from)
}

/// Copies what is in a pipe now, without removing it.
#[cfg(target_os = "linux")]
fn peek_pipe(pipe: &OwnedFd, into: &mut [u8]) -> rustix::io::Result<usize> {
    let (copy, end) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let most = rustix::pipe::tee(pipe, &end, into.len(), rustix::pipe::SpliceFlags::NONBLOCK)?;
    drop(end);
    let mut done = 0;
    while done < most {
        match rustix::io::read(&copy, &mut into[done..most])? {
            0 => break,
            count => done += count,
        }
    }
    Ok(done)
}

/// Only Linux can copy what is in a pipe.
#[cfg(not(target_os = "linux"))]
fn peek_pipe(_: &OwnedFd, _: &mut [u8]) -> rustix::io::Result<usize> {
    Err(rustix::io::Errno::NOTSUP)
}

/// A file that exists only in memory, and the path under which a program that inherits it can open it. Only Linux has such
/// files.
#[cfg(target_os = "linux")]
pub fn in_memory(bytes: &[u8]) -> io::Result<(File, PathBuf)> {
    let mut file = File::from(rustix::fs::memfd_create("key", rustix::fs::MemfdFlags::empty())?);
    file.write_all(bytes)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    Ok((file, path))
}

/// The same on other systems.
#[cfg(not(target_os = "linux"))]
pub fn in_memory(_: &[u8]) -> io::Result<(File, PathBuf)> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system cannot pass a document as a file in memory"))
}
