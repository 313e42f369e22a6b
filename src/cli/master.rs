//! Reads the master key, and makes the first one.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use byok::crypto::MasterKey;
use byok::exit;

use super::failure::Failure;
use super::settings::MasterKeySource;

/// The master key of that source; none when its file is not there.
pub(crate) fn load(source: &MasterKeySource) -> Result<Option<MasterKey>, Failure> {
    match source {
        MasterKeySource::Variable(text) => parse(text.expose(), "BYOK_MASTER_KEY").map(Some),
        MasterKeySource::File(path, _) => {
            let text = match fs::read_to_string(path) {
                Ok(text) => Zeroizing::new(text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(bad(format!("{}: {error}", path.display()))),
            };
            let facts = fs::metadata(path).map_err(|error| bad(format!("{}: {error}", path.display())))?;
            if facts.mode() & 0o077 != 0 {
                let hint = format!("chmod 600 {}", path.display());
                return Err(bad(format!("the master key in {} can be read by others", path.display())).hint(hint));
            }
            parse(&text, &path.display().to_string()).map(Some)
        }
    }
}

/// The master key, or the error that says where it was looked for.
pub(crate) fn require(source: &MasterKeySource) -> Result<MasterKey, Failure> {
    load(source)?.ok_or_else(|| {
        let MasterKeySource::File(path, _) = source else {
            return bad("there is no master key".into());
        };
        bad(format!("this needs the master key, and {} is not there", path.display()))
            .hint("name its file in BYOK_MASTER_KEY_FILE")
    })
}

/// Makes a master key and writes it where it will be looked for, before the database hears of it.
pub(crate) fn create(path: &Path) -> Result<MasterKey, Failure> {
    let cannot = |error: io::Error| bad(format!("cannot write the master key to {}: {error}", path.display()));
    let key = MasterKey::generate(1).map_err(|error| bad(error.to_string()))?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(cannot)?;
    }
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(path).map_err(cannot)?;
    let text = key.to_text();
    file.write_all(text.expose().as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(cannot)?;
    file.sync_all().map_err(cannot)?;
    Ok(key)
}

fn parse(text: &str, place: &str) -> Result<MasterKey, Failure> {
    MasterKey::parse(text).map_err(|error| bad(format!("{place}: {error}")))
}

fn bad(message: String) -> Failure {
    Failure::new(exit::NOT_AUTHORIZED, "no_master_key", message)
}
