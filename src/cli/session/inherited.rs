//! What a child process must not inherit: file descriptors from which it could read a key, and variables that give access.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::Command;

use rustix::fs::OFlags;
#[cfg(target_os = "linux")]
use rustix::process;
use zeroize::Zeroizing;

use byok::{mask, setting};

use crate::cli::session::settings::{self, NamedKey, SecretSource};
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;

/// Variables of PostgreSQL's clients that would give access to the database.
const SCRUBBED: &[&str] = &["DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGSSLPASSWORD"];

/// The largest file of keys, in bytes.
const LONGEST: usize = 64 * 1024;

/// Takes byok's own variables, and those that give access to the database, out of the environment of a program.
pub(crate) fn without_access(command: &mut Command) {
    for name in setting::names() {
        let text = name.to_string_lossy();
        let ours = text == settings::CREDENTIALS && !matches!(settings::credential(), Ok(None));
        if ours || text.starts_with("BYOK_") || SCRUBBED.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
}

/// Refuses to start the program of `run` if it would inherit a file from which it can read the key. A pipe is allowed,
/// because it is empty once byok has read it.
pub(crate) fn refuse_for_program(key: &NamedKey) -> anyhow::Result<()> {
    refuse("the program", kind(key), holding(key.source()).into_iter().find(|number| unread(*number)))
}

/// The same for the source of the database's URL, which may have a password in it.
pub(crate) fn refuse_address_for_program(source: &SecretSource) -> anyhow::Result<()> {
    refuse("the program", "the database's URL", holding(source).into_iter().find(|number| unread(*number)))
}

/// Whether somebody could still read what was in this descriptor.
fn unread(number: u32) -> bool {
    let facts = fs::metadata(format!("/dev/fd/{number}"));
    !facts.is_ok_and(|facts| facts.file_type().is_fifo())
}

/// Refuses to start the program of `run` if any descriptor that it would inherit contains a key of byok. This is called
/// after the keys were read, so the pipes that they came from are empty.
pub(crate) fn refuse_keys_for_program() -> anyhow::Result<()> {
    refuse("the program", "a key of byok's own", numbers().into_iter().find(|number| has_key(*number)))
}

/// Refuses to start the private server with any of these descriptors, even an empty pipe. The server keeps running
/// after the command, and under root it runs as another account.
pub(crate) fn refuse_for_server(key: Option<&NamedKey>) -> anyhow::Result<()> {
    if let Some(key) = key {
        refuse("the private server", kind(key), holding(key.source()).into_iter().next())?;
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
        "the program" => "use a pipe, such as 3< <(cat FILE), or name the file without opening it",
        _ => "start the server first without this descriptor: byok local up; or name the file without opening it",
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

/// Whether a program could read a key of byok from this descriptor: from a file, or from what is in a pipe now.
/// Standard output and standard error are only written to.
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

/// A second handle for a descriptor of this process. Reading from it with an offset does not change the first one.
fn again(number: u32) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    if let Ok(us) = process::pidfd_open(process::getpid(), process::PidfdFlags::empty())
        && let Ok(again) = process::pidfd_getfd(us, number.cast_signed(), process::PidfdGetfdFlags::empty())
    {
        return Some(again);
    }
    // Without pidfd_getfd the file is opened again. That fails for a file that this user may not open.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).ok()?;
    let file = File::options().read(true).custom_flags(flags).open(format!("/dev/fd/{number}"));
    file.ok().map(OwnedFd::from)
}

/// Copies what is in a pipe now, without removing it.
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

/// Only Linux can copy what is in a pipe.
#[cfg(not(target_os = "linux"))]
fn peek(_: &OwnedFd, _: &mut [u8]) -> rustix::io::Result<usize> {
    Ok(0)
}

/// The descriptors of this process that lead to the same file as the source of a secret.
fn holding(source: &SecretSource) -> Vec<u32> {
    let places = sources::files(source);
    let places: Vec<(u64, u64)> = places.iter().filter_map(|path| identity(path)).collect();
    let mut held: Vec<u32> = numbers()
        .into_iter()
        .filter(|number| identity(Path::new(&format!("/dev/fd/{number}"))).is_some_and(|it| places.contains(&it)))
        .collect();
    if let SecretSource::Descriptor(number) = source
        && !held.contains(number)
    {
        // Some systems do not list the descriptors.
        held.push(*number);
    }
    held.sort_unstable();
    held
}

/// The identity of a file. A terminal and `/dev/null` do not keep what was read from them.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let facts = fs::metadata(path).ok()?;
    let kind = facts.file_type();
    (!kind.is_char_device() && !kind.is_dir()).then(|| (facts.dev(), facts.ino()))
}
