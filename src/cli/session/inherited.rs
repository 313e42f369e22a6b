//! Open files that this process was given: whatever it starts is given them too, and could read a key from them.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::cli::session::settings::{KeySource, NamedKey};
use crate::cli::terminal::failure::Failure;

/// The program of `run` inherits nothing that it could read the key from. A file is read again from its beginning by whoever
/// opens it again; a pipe is empty by then.
pub(crate) fn refuse_for_program(key: &NamedKey) -> Result<(), Failure> {
    let unread = |number: &u32| {
        let facts = fs::metadata(format!("/dev/fd/{number}"));
        !facts.is_ok_and(|facts| facts.file_type().is_fifo())
    };
    refuse("the program", key, holding(key).into_iter().find(unread))
}

/// A private server inherits none of them, read or not: it runs on, and as root under another account.
pub(crate) fn refuse_for_server(key: &NamedKey) -> Result<(), Failure> {
    refuse("the private server", key, holding(key).into_iter().next())
}

fn refuse(who: &str, key: &NamedKey, number: Option<u32>) -> Result<(), Failure> {
    let Some(number) = number else { return Ok(()) };
    let what = match key {
        NamedKey::Master(_) => "master key",
        NamedKey::Data(_) => "data key",
    };
    let message = format!("{who} would inherit descriptor {number} and could read the {what} from it");
    let hint = match who {
        "the program" => "give it through a pipe, such as 3< <(cat FILE), or name the file and leave it closed",
        _ => "start the server first: byok local up, without that descriptor; or name the file and leave it closed",
    };
    Err(Failure::usage("inherited_key", message).hint(hint))
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
    let open = fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let open = open.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut held: Vec<u32> = open
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
