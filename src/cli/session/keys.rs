//! Reads master keys and data keys, and writes master keys to files.

use std::io;
use std::path::Path;

use byok::admin::crypto::{CheckValue, DataKey, MasterKey, MasterKeys, key_lines};
use byok::exit;
use byok::system;
use zeroize::Zeroizing;

use crate::cli::session::settings::SecretSource;
use crate::cli::session::sources::{self, place};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::{dry_run, file, replaced};

/// Longer than the text of a key. A buffer that grows would leave copies in memory.
const LINE: usize = 128;

/// Reads master keys. `None` if the file does not exist.
pub(crate) fn load(source: &SecretSource) -> anyhow::Result<Option<MasterKeys>> {
    let Some(text) = sources::read(source, &sources::KEY)? else { return Ok(None) };
    Ok(MasterKeys::parse(text.expose())
        .map(Some)
        .map_err(|error| sources::KEY.unfit(format!("{}: {error}", place(source)), source))?)
}

/// Reads master keys. If there are none, the error names the source.
pub(crate) fn require(source: &SecretSource) -> anyhow::Result<MasterKeys> {
    Ok(load(source)?.ok_or_else(|| {
        let message = format!("this needs the master key, but {} does not exist", place(source));
        bad(message)
            .hint("set BYOK_MASTER_KEY_FILE to its file; an owner sets BYOK_DATA_KEY_FILE to the file of a data key")
    })?)
}

/// Reads a file again. A descriptor cannot be read twice, and a command is not run twice.
pub(crate) fn reload(source: &SecretSource) -> Option<MasterKeys> {
    match source {
        SecretSource::File(..) => load(source).ok().flatten(),
        _ => None,
    }
}

/// Reads the data key of an organization.
pub(crate) fn data_key(source: &SecretSource) -> anyhow::Result<DataKey> {
    let wrong = |message: String| sources::DATA_KEY.unfit(message, source);
    let text = sources::read(source, &sources::DATA_KEY)?;
    let text = text.ok_or_else(|| wrong(format!("{} does not exist", place(source))))?;
    let mut lines = key_lines(text.expose());
    let key = DataKey::parse(lines.next().unwrap_or_default());
    let key = key.map_err(|error| wrong(format!("{}: {error}", place(source))))?;
    if lines.next().is_some() {
        let message = format!("{} has more than one key; a data key is a single key", place(source));
        return Err(wrong(message).into());
    }
    Ok(key)
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
        system::file::create_directory(parent).map_err(|error| unwritten(path, &error))?;
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
    Ok(replaced::write_new(path, &lines(keys)).map_err(|error| unwritten(path, &error))?)
}

/// Replaces the keys in a file atomically. The caller holds the lock of the file.
pub(crate) fn replace(path: &Path, keys: &[&MasterKey]) -> anyhow::Result<()> {
    Ok(replaced::replace(path, &lines(keys), replaced::Group::Keeps).map_err(|error| unwritten(path, &error))?)
}

fn lines(keys: &[&MasterKey]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(keys.len() * LINE));
    for key in keys {
        bytes.extend_from_slice(key.to_text().expose().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let elsewhere = "name a new file in a directory where you can write: BYOK_MASTER_KEY_FILE, and for the new key of a \
                     rotation --new-key-file";
    cannot_write("the master key to ", path, error, elsewhere)
}

fn bad(message: String) -> Failure {
    Failure::new(exit::NOT_AUTHORIZED, "no_master_key", message)
        .hint("check this setting; to see which key the database needs: byok status")
}

/// The name of a key in messages: fingerprint and epoch.
pub(crate) fn named(epoch: u32, value: CheckValue) -> String {
    format!("{value} (epoch {epoch})")
}
