//! Checks inherited file descriptors. A child process inherits them too, and could read a key from them.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
#[cfg(target_os = "linux")]
use rustix::process;
use zeroize::Zeroizing;

use byok::mask;

use crate::cli::session::settings::{KeySource, NamedKey};
use crate::cli::terminal::failure::Failure;

/// The largest file of keys, in bytes.
const LONGEST: usize = 64 * 1024;

/// The program of `run` inherits nothing that it could read the key from. A file is read again from its beginning by whoever
/// opens it again; a pipe is empty by then.
pub(crate) fn refuse_for_program(key: &NamedKey) -> anyhow::Result<()> {
    let unread = |number: &u32| {
        let facts = fs::metadata(format!("/dev/fd/{number}"));
        !facts.is_ok_and(|facts| facts.file_type().is_fifo())
    };
    refuse("the program", kind(key), holding(key).into_iter().find(unread))
}

/// The same, by what stands in the descriptors that it would inherit, however the key came here. Once the keys are read, a pipe
/// that they came from is empty.
pub(crate) fn refuse_keys_for_program() -> anyhow::Result<()> {
    refuse("the program", "a key of byok's own", numbers().into_iter().find(|number| has_key(*number)))
}

/// A private server inherits none of them, read or not: it runs on, and as root under another account.
pub(crate) fn refuse_for_server(key: Option<&NamedKey>) -> anyhow::Result<()> {
    if let Some(key) = key {
        refuse("the private server", kind(key), holding(key).into_iter().next())?;
    }
    let inside = numbers().into_iter().find(|number| has_key(*number));
    refuse("the private server", "a key of byok's own", inside)
}

fn kind(key: &NamedKey) -> &'static str {
    match key {
        NamedKey::Master(_) => "the master key",
        NamedKey::Data(_) => "the data key",
    }
}

fn refuse(who: &str, what: &str, number: Option<u32>) -> anyhow::Result<()> {
    let Some(number) = number else { return Ok(()) };
    let message = format!("{who} would inherit descriptor {number} and could read {what} from it");
    let hint = match who {
        "the program" => "give it through a pipe, such as 3< <(cat FILE), or name the file and leave it closed",
        _ => "start the server first: byok local up, without that descriptor; or name the file and leave it closed",
    };
    Err(Failure::usage("inherited_key", message).hint(hint).into())
}

/// The descriptors of this process.
fn numbers() -> Vec<u32> {
    let open = fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let mut numbers: Vec<u32> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// Whether a key of byok's own stands in what a program would read from that descriptor: in a file, or in a pipe by now. What is
/// written to is no input.
fn has_key(number: u32) -> bool {
    let Ok(facts) = fs::metadata(format!("/dev/fd/{number}")) else { return false };
    let kind = facts.file_type();
    if [1, 2].contains(&number) || !(kind.is_file() || kind.is_fifo()) {
        return false;
    }
    let Some(descriptor) = again(number) else { return false };
    let mut bytes = Zeroizing::new(vec![0; LONGEST]);
    let read =
        if kind.is_file() { rustix::io::pread(&descriptor, &mut bytes[..], 0) } else { peek(&descriptor, &mut bytes) };
    mask::holds_own_key(&bytes[..read.unwrap_or_default()])
}

/// A descriptor of this process once more: neither its offset nor what is in it is touched.
fn again(number: u32) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    if let Ok(us) = process::pidfd_open(process::getpid(), process::PidfdFlags::empty())
        && let Ok(again) = process::pidfd_getfd(us, number.cast_signed(), process::PidfdGetfdFlags::empty())
    {
        return Some(again);
    }
    // Where that is not to be had: not for files that were opened by somebody who could read more.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).ok()?;
    let file = File::options().read(true).custom_flags(flags).open(format!("/dev/fd/{number}"));
    file.ok().map(OwnedFd::from)
}

/// What is in a pipe by now, without taking it out.
#[cfg(target_os = "linux")]
fn peek(pipe: &OwnedFd, into: &mut [u8]) -> rustix::io::Result<usize> {
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

/// Elsewhere that is not to be had.
#[cfg(not(target_os = "linux"))]
fn peek(_: &OwnedFd, _: &mut [u8]) -> rustix::io::Result<usize> {
    Ok(0)
}

/// Every descriptor of this process that leads to where the key is, whatever it was called there.
fn holding(key: &NamedKey) -> Vec<u32> {
    let (NamedKey::Master(source) | NamedKey::Data(source)) = key;
    let places: Vec<PathBuf> = match source {
        KeySource::File(path, _) => vec![path.clone()],
        KeySource::Descriptor(number) => vec![format!("/dev/fd/{number}").into()],
        // What the command is told to read; what else it reads only it knows.
        KeySource::Command(line, _) => line.split_ascii_whitespace().map(PathBuf::from).collect(),
        KeySource::Variable(..) => Vec::new(),
    };
    let places: Vec<(u64, u64)> = places.iter().filter_map(|path| identity(path)).collect();
    let mut held: Vec<u32> = numbers()
        .into_iter()
        .filter(|number| identity(Path::new(&format!("/dev/fd/{number}"))).is_some_and(|it| places.contains(&it)))
        .collect();
    if let KeySource::Descriptor(number) = source
        && !held.contains(number)
    {
        // Where no list of them can be had.
        held.push(*number);
    }
    held.sort_unstable();
    held
}

/// Which file it is, by whatever name. A terminal or `/dev/null` is no place that keeps what was read.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let facts = fs::metadata(path).ok()?;
    let kind = facts.file_type();
    (!kind.is_char_device() && !kind.is_dir()).then(|| (facts.dev(), facts.ino()))
}
