//! Reads master keys and data keys, and writes master keys to files.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use byok::admin::crypto::{CheckValue, DataKey, KeyTextError, MasterKey, MasterKeys, key_lines};
use byok::secret::SecretText;
use byok::{exit, setting};

use crate::cli::session::settings::KeySource;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::readers::{Readers, may_change};
use crate::cli::terminal::{dry_run, file, input, output};

/// Reads master keys. `None` if the file does not exist.
pub(crate) fn load(source: &KeySource) -> anyhow::Result<Option<MasterKeys>> {
    let Some(text) = read(source)? else { return Ok(None) };
    Ok(MasterKeys::parse(text.expose()).map(Some).map_err(|error| unfit(source, error))?)
}

/// Reads master keys. If there are none, the error names the source.
pub(crate) fn require(source: &KeySource) -> anyhow::Result<MasterKeys> {
    Ok(load(source)?.ok_or_else(|| {
        let message = format!("this needs the master key, but {} does not exist", place(source));
        bad(message)
            .hint("set BYOK_MASTER_KEY_FILE to its file; an owner sets BYOK_DATA_KEY_FILE to the file of a data key")
    })?)
}

/// Reads a file again. A descriptor cannot be read twice, and a command is not run twice.
pub(crate) fn reload(source: &KeySource) -> Option<MasterKeys> {
    match source {
        KeySource::File(..) => load(source).ok().flatten(),
        _ => None,
    }
}

/// Reads the data key of an organization.
pub(crate) fn data_key(source: &KeySource) -> anyhow::Result<DataKey> {
    let text = read(source)?.ok_or_else(|| bad(format!("{} does not exist", place(source))))?;
    let mut lines = key_lines(text.expose());
    let key = DataKey::parse(lines.next().unwrap_or_default()).map_err(|error| unfit(source, error))?;
    if lines.next().is_some() {
        return Err(bad(format!("{} has more than one key; a data key is a single key", place(source))).into());
    }
    Ok(key)
}

/// The place of a key, in words.
pub(crate) fn place(source: &KeySource) -> String {
    match source {
        KeySource::File(path, _) => output::path(path),
        KeySource::Descriptor(number) => format!("--master-key-fd {number}"),
        KeySource::Command(_, name) | KeySource::Variable(_, name) => (*name).to_owned(),
    }
}

fn read(source: &KeySource) -> anyhow::Result<Option<SecretText>> {
    match source {
        KeySource::Variable(text, _) => Ok(Some(text.clone())),
        KeySource::File(path, _) => read_file(path),
        KeySource::Descriptor(number) => {
            let opened = file::open(Path::new(&format!("/dev/fd/{number}")));
            let opened = opened.map_err(|error| bad(format!("--master-key-fd {number}: {error}")))?;
            input::key_text(opened, &place(source)).map(Some)
        }
        KeySource::Command(line, name) => command(line, name).map(Some),
    }
}

fn read_file(path: &Path) -> anyhow::Result<Option<SecretText>> {
    let cannot = || bad(output::path(path));
    let opened = match file::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(cannot),
    };
    let (facts, place) = (&opened.facts, output::path(path));
    let us = rustix::process::geteuid().as_raw();
    if facts.is_file() && facts.uid() != us && facts.uid() != 0 {
        return Err(bad(format!("the key in {place} belongs to another user"))
            .hint(format!("its owner must be you or root; {OTHER_WAYS}"))
            .into());
    }
    if let Some(readers) = opened.readers().with_context(cannot)? {
        check_readers(readers, facts, &place)?;
    }
    input::key_text(opened, &place).map(Some)
}

/// Whether every user of this machine or container can read the file of a key, because it was mounted so.
pub(crate) fn everybody_reads(path: &Path) -> bool {
    let readers = file::open(path).ok().and_then(|opened| opened.readers().ok().flatten());
    readers == Some(Readers::Mounted { everybody: true })
}

/// Refuses a file that others can read, unless it was mounted so. Then it warns if all users can read it.
fn check_readers(readers: Readers, facts: &Metadata, place: &str) -> anyhow::Result<()> {
    let mode = facts.mode() & 0o7777;
    let strict = *STRICT.get_or_init(bool::default);
    let hint = match readers {
        Readers::Owner => return Ok(()),
        Readers::Group | Readers::Mounted { everybody: false } if !strict => return Ok(()),
        Readers::Mounted { .. } if !strict => {
            if !WARNED.swap(true, Ordering::Relaxed) {
                output::warn(&format!(
                    "all users of this machine or container can read the key in {place} (mode {mode:o}); mount it \
                     with mode 0440, and with a group of byok's user"
                ));
            }
            return Ok(());
        }
        Readers::Mounted { .. } => {
            format!(
                "its mount is read-only: mount it with mode 0400 and your user as owner, or leave out --strict; {OTHER_WAYS}"
            )
        }
        Readers::Group | Readers::Others if may_change(facts) => {
            format!("make it private: chmod 600 {place}; {OTHER_WAYS}")
        }
        Readers::Group | Readers::Others => {
            format!("root makes it private: mode 0440 and a group that you are in, or your user as owner; {OTHER_WAYS}")
        }
    };
    Err(bad(format!("others can read the key in {place} (mode {mode:o})")).hint(hint).into())
}

/// How to give a key without a file.
const OTHER_WAYS: &str = "without a file: --master-key-fd, a command (BYOK_MASTER_KEY_COMMAND, BYOK_DATA_KEY_COMMAND) or a systemd credential";

/// Whether only its owner may be able to read the file of a key.
static STRICT: OnceLock<bool> = OnceLock::new();
static WARNED: AtomicBool = AtomicBool::new(false);

/// Sets how the files of keys are checked. This is called once, before any of them is read.
pub(crate) fn check_files(strict: bool) {
    STRICT.get_or_init(|| strict);
}

/// Runs a command and reads its output. No shell is involved: the line is split at white space.
fn command(line: &str, name: &'static str) -> anyhow::Result<SecretText> {
    let mut words = line.split_ascii_whitespace();
    let program = words.next().ok_or_else(|| bad(format!("{name} has no command")))?;
    let mut command = Command::new(program);
    // The messages of the command are shown. It gets no input, and none of byok's settings.
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    for variable in setting::names() {
        let variable = variable.to_string_lossy();
        if variable.starts_with("BYOK_") || matches!(&*variable, "DATABASE_URL" | "PGPASSWORD") {
            command.env_remove(&*variable);
        }
    }
    let failed = || bad(format!("{name}: cannot run {program}"));
    let mut child = command.spawn().with_context(failed)?;
    let printed = child.stdout.take().map(|out| input::key_text(out, name));
    let status = child.wait().with_context(failed)?;
    if !status.success() {
        return Err(bad(format!("{name}: {program} failed ({status})")).into());
    }
    printed.ok_or_else(|| bad(format!("{name}: {program} printed nothing")))?
}

/// Makes a master key and writes it to its file. This happens before it is registered with the database.
pub(crate) fn create(path: &Path) -> anyhow::Result<MasterKeys> {
    let key = generate(1)?;
    if dry_run::is_on() {
        let known = path.ancestors().find(|above| above.parent().is_none_or(Path::exists)).unwrap_or(path);
        file::may_create(known).map_err(|error| unwritten(path, &error))?;
        return Ok(MasterKeys::new(key, Vec::new()).map_err(|error| bad(error.to_string()))?);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(|error| unwritten(path, &error))?;
    }
    write_new(path, &[&key])?;
    Ok(MasterKeys::new(key, Vec::new()).map_err(|error| bad(error.to_string()))?)
}

/// Generates a master key.
pub(crate) fn generate(epoch: u32) -> anyhow::Result<MasterKey> {
    Ok(MasterKey::generate(epoch).map_err(|error| bad(error.to_string()))?)
}

/// Writes keys to a new file, and waits until they are on disk. A file that was not written whole is removed.
pub(crate) fn write_new(path: &Path, keys: &[&MasterKey]) -> anyhow::Result<()> {
    if dry_run::is_on() {
        return Ok(file::may_create(path).map_err(|error| unwritten(path, &error))?);
    }
    let created = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = created.map_err(|error| unwritten(path, &error))?;
    let mut write = || {
        for key in keys {
            file.write_all(key.to_text().expose().as_bytes())?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        sync_directory(path)
    };
    Ok(write().map_err(|error| {
        fs::remove_file(path).ok();
        unwritten(path, &error)
    })?)
}

/// Replaces the keys in a file atomically. The caller holds the lock of the file.
pub(crate) fn replace(path: &Path, keys: &[&MasterKey]) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // A killed process may have left it.
    fs::remove_file(&beside).ok();
    write_new(&beside, keys)?;
    let put = || {
        // A group that reads the key goes on reading it.
        if let Ok(facts) = fs::metadata(path)
            && facts.mode() & 0o040 != 0
        {
            chown(&beside, None, Some(facts.gid()))?;
            fs::set_permissions(&beside, Permissions::from_mode(facts.mode() & 0o640))?;
        }
        fs::rename(&beside, path)
    };
    put().map_err(|error| {
        fs::remove_file(&beside).ok();
        unwritten(path, &error)
    })?;
    Ok(sync_directory(path).map_err(|error| unwritten(path, &error))?)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let elsewhere = "name a new file in a directory where you can write: BYOK_MASTER_KEY_FILE, and for the new key of a \
                     rotation --new-key-file";
    cannot_write("the master key to ", path, error, elsewhere)
}

fn unfit(source: &KeySource, error: KeyTextError) -> Failure {
    bad(format!("{}: {error}", place(source)))
}

fn bad(message: String) -> Failure {
    Failure::new(exit::NOT_AUTHORIZED, "no_master_key", message)
        .hint("check this setting; to see which key the database needs: byok status")
}

/// The name of a key in messages: fingerprint and epoch.
pub(crate) fn named(epoch: u32, value: CheckValue) -> String {
    format!("{value} (epoch {epoch})")
}
