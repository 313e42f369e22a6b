//! Which key seals the keys of an organization: the master key, a data key, or one of a directory of data keys.

use std::path::{Path, PathBuf};

use byok::admin::crypto::DataKey;
use byok::admin::sealing::Keys;
use byok::exit;
use byok::name::OrgId;

use crate::cli::session::settings::SecretSource;
use crate::cli::session::{Session, keys};
use crate::cli::terminal::data_key_file;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// Where the sealing keys come from.
pub(super) enum Sealer {
    /// The settings name one key.
    One(Keys),
    /// A directory has the data keys of several organizations.
    Directory(PathBuf),
}

/// The key of one organization.
pub(super) enum Sealing<'a> {
    Shared(&'a Keys),
    Own(Keys),
}

impl Sealer {
    pub(super) async fn choose(session: &mut Session, directory: Option<&Path>) -> anyhow::Result<Self> {
        let Some(directory) = directory else { return Ok(Self::One(session.keys().await?)) };
        let known = std::fs::read_dir(directory);
        known.map_err(|error| Failure::usage("cannot_read", format!("{}: {error}", output::path(directory))))?;
        Ok(Self::Directory(directory.to_owned()))
    }

    /// The key that seals for this organization.
    pub(super) fn of(&self, org: &OrgId) -> Result<Sealing<'_>, Failure> {
        let directory = match self {
            Self::One(keys) => return Ok(Sealing::Shared(keys)),
            Self::Directory(directory) => directory,
        };
        let file = data_key_file::path(directory, org);
        if !file.exists() {
            let message = format!("there is no data key of {org} in {}", output::path(directory));
            return Err(Failure::new(exit::NOT_AUTHORIZED, "no_data_key", message)
                .hint(format!("a platform admin writes it: byok data-key issue --org {org} --to-dir DIR")));
        }
        let read: anyhow::Result<DataKey> = keys::data_key(&SecretSource::File(file, "--data-keys"));
        read.map(|key| Sealing::Own(Keys::Organization(key))).map_err(|error| Failure::of(&error))
    }
}

impl Sealing<'_> {
    pub(super) fn keys(&self) -> &Keys {
        match self {
            Self::Shared(keys) => keys,
            Self::Own(keys) => keys,
        }
    }
}
