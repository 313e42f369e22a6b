//! Where the tool's own settings come from: a BYOK_ variable, the user's own `DATABASE_URL`, or a default. Nothing in the
//! working directory is ever read.

use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};

use byok::db::{DatabaseUrl, Pooler};
use byok::local::LocalDir;
use byok::secret::SecretText;

use super::failure::Failure;

/// Which database.
pub(crate) enum Target {
    /// A configured one, and which variable said so.
    Configured(DatabaseUrl, &'static str),
    /// The private one.
    Private(LocalDir),
}

/// Where the master key is.
pub(crate) enum MasterKeySource {
    /// In a file, and which setting said so.
    File(PathBuf, &'static str),
    /// In a variable.
    Variable(SecretText),
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The configured database, else the private one.
pub(crate) fn target() -> Result<Target, Failure> {
    for name in ["BYOK_DATABASE_URL", "DATABASE_URL"] {
        if let Some(text) = variable(name) {
            let url = DatabaseUrl::parse(SecretText::new(text)).map_err(|error| {
                let failure = Failure::from(error);
                Failure { message: format!("{}: {name}", failure.message), ..failure }
            })?;
            let url = url.behind(pooler()?);
            return Ok(Target::Configured(url, name));
        }
    }
    Ok(Target::Private(private_dir()?))
}

/// What stands between here and the configured database.
fn pooler() -> Result<Pooler, Failure> {
    match variable("BYOK_POOLER").as_deref() {
        None | Some("none") => Ok(Pooler::None),
        Some("transaction") => Ok(Pooler::Transaction),
        Some(_) => Err(Failure::usage("bad_pooler", "BYOK_POOLER is `transaction` or `none`")),
    }
}

/// The directory of the private server.
pub(crate) fn private_dir() -> Result<LocalDir, Failure> {
    Ok(LocalDir::resolve(std::env::var_os("BYOK_LOCAL_DIR").as_deref())?)
}

/// The master key's place: what a variable says, else beside the private database or the user's configuration. A place that
/// was named is the only one looked at.
pub(crate) fn master_key(target: &Target) -> Result<MasterKeySource, Failure> {
    if let Some(path) = variable("BYOK_MASTER_KEY_FILE") {
        return Ok(MasterKeySource::File(path.into(), "BYOK_MASTER_KEY_FILE"));
    }
    if let Some(text) = variable("BYOK_MASTER_KEY") {
        return Ok(MasterKeySource::Variable(SecretText::new(text)));
    }
    if let Target::Private(dir) = target {
        return Ok(MasterKeySource::File(dir.master_key_file(), "default"));
    }
    let dirs = choose_base_strategy().map_err(|_| {
        Failure::usage("no_home", "there is no home directory to keep the master key in")
            .hint("name a file for it in BYOK_MASTER_KEY_FILE")
    })?;
    Ok(MasterKeySource::File(dirs.config_dir().join("byok/master.key"), "default"))
}
