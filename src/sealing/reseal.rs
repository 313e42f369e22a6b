//! Issues, replaces and restores data keys, and opens stored keys to check them.

use std::collections::HashMap;

use super::keys::{ROTATIONS, first_data_key, unwrap, wrap_new};
use super::rotation::holder;
use crate::crypto::{DataKey, MasterKeys, SealContext};
use crate::db::{DataKeyResult, Database, Resealed, SealedKey};
use crate::error::{ChangeError, ConnectionError, DataError, Error, KeyError, Result};
use crate::name::{Holder, OrgId};
use crate::secret::Credential;

/// The data key of an organization, for its owner. One is made if there was none. The audit log records it.
pub async fn issue_data_key(database: &mut Database, keys: &MasterKeys, org: &OrgId) -> Result<DataKey> {
    keys.check(database).await?;
    let holder = Holder::Organization(org.clone());
    let mut missing = None;
    for _ in 0..ROTATIONS {
        let Some(row) = database.issue_data_key(org).await? else {
            first_data_key(database, keys, &holder).await?;
            continue;
        };
        match unwrap(database.hello(), keys, &holder, &row) {
            // The master key was replaced after the row was read.
            Err(Error::Key(KeyError::MissingMasterKey { .. })) if missing != Some(row.master_epoch) => {
                missing = Some(row.master_epoch);
                database.refresh().await?;
            }
            outcome => return outcome,
        }
    }
    Err(Error::Change(ChangeError::Changed(holder.to_string())))
}

/// Puts a data key back in use, from the copy that its owner had, after the master key that wrapped it was lost.
pub async fn restore_data_key(
    database: &mut Database,
    keys: &MasterKeys,
    holder: &Holder,
    key: &DataKey,
) -> Result<DataKeyResult> {
    for _ in 0..ROTATIONS {
        keys.check_in_use(database).await?;
        let row = wrap_new(database.hello(), keys, holder, key)?;
        match database.restore_data_key(holder, &row).await {
            Err(Error::Key(KeyError::OtherMasterKey)) => database.refresh().await?,
            outcome => return outcome,
        }
    }
    Err(Error::Key(KeyError::OtherMasterKey))
}

/// The result of replacing a data key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rotated {
    /// The new data key.
    pub data_key: DataKey,
    /// The number of stored keys that it seals.
    pub keys: usize,
    /// Stored keys that did not open and were skipped.
    pub left: Vec<Undecryptable>,
}

/// What happens to stored keys that do not open when their data key is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// One of them stops the replacement, and nothing is changed.
    Refuse,
    /// They are skipped.
    Leave,
}

/// Replaces the data key of a holder. Every stored key is opened and sealed under the new one, in one transaction.
/// `None` if there is no data key.
pub async fn rotate_data_key(
    database: &mut Database,
    keys: &MasterKeys,
    holder: &Holder,
    unreadable: Unreadable,
) -> Result<Option<Rotated>> {
    for _ in 0..ROTATIONS {
        keys.check_in_use(database).await?;
        let mut made = None;
        let outcome = database.transaction(async |database| {
            made = rotate(database, keys, holder, unreadable).await?;
            Ok(())
        });
        match outcome.await {
            // Another master key was promoted in between.
            Err(Error::Key(KeyError::OtherMasterKey)) => database.refresh().await?,
            Err(lost @ Error::Connection(ConnectionError::Lost(_))) => {
                database.reopen().await.map_err(|_| lost)?;
                let Some(made) = made else { continue };
                // This waits for the lock of the lost transaction, until that one has ended.
                let row = database.transaction(async |database| database.begin_data_key(holder).await).await?;
                let name = (made.data_key.epoch(), made.data_key.check_value(holder.as_str()));
                if row.is_some_and(|row| (row.epoch, row.check_value) == name) {
                    return Ok(Some(made));
                }
            }
            outcome => return outcome.map(|()| made),
        }
    }
    Err(Error::Change(ChangeError::Changed(holder.to_string())))
}

async fn rotate(
    database: &mut Database,
    keys: &MasterKeys,
    holder: &Holder,
    unreadable: Unreadable,
) -> Result<Option<Rotated>> {
    let Some(row) = database.begin_data_key(holder).await? else { return Ok(None) };
    let old = unwrap(database.hello(), keys, holder, &row)?;
    let new = DataKey::generate(row.epoch + 1).map_err(|_| Error::NoRandomness)?;
    let stored = database.sealed_keys(&[holder.as_str().to_owned()]).await?;
    let (opened, closed) = open_all(database, &[(holder.as_str().to_owned(), old)], &stored).await?;
    if let Some((key, _)) = closed.first().filter(|_| unreadable == Unreadable::Refuse) {
        return Err(Error::Key(KeyError::Unreadable(format!(
            "{} key (version {}) of {holder}",
            key.provider, key.version
        ))));
    }
    let resealed =
        opened.iter().map(|(key, credential)| seal_anew(&new, key, credential)).collect::<Result<Vec<_>>>()?;
    let count = resealed.len();
    let left: Vec<Undecryptable> = closed.into_iter().map(|(key, why)| Undecryptable::of(key, why)).collect();
    let row = wrap_new(database.hello(), keys, holder, &new)?;
    database.replace_data_key(holder, &row, resealed, !left.is_empty()).await?;
    Ok(Some(Rotated { data_key: new, keys: count, left }))
}

fn seal_anew(new: &DataKey, key: &SealedKey, credential: &Credential) -> Result<Resealed> {
    Ok(Resealed {
        provider: key.provider.clone(),
        version: key.version,
        sealed: new.seal(&place(key)?, credential).map_err(|_| Error::NoRandomness)?,
        passphrase: new.passphrase(&key.org, &key.provider),
        fingerprint: *new.fingerprint(&key.provider, credential).as_bytes(),
    })
}

fn place(key: &SealedKey) -> Result<SealContext<'_>> {
    let version = u32::try_from(key.version)
        .map_err(|_| Error::Data(DataError::Corrupt { table: "provider_key", column: "version" }))?;
    Ok(SealContext { org: &key.org, provider: &key.provider, version, settings: &key.settings, hint: &key.hint })
}

/// Replaces every data key that is older than a leak. Returns how many, and what did not open and was skipped.
pub async fn rotate_leaked(
    database: &mut Database,
    keys: &MasterKeys,
    mut progress: impl FnMut(u64),
) -> Result<(u64, Vec<Undecryptable>)> {
    let (mut count, mut left, mut after) = (0, Vec::new(), None::<String>);
    loop {
        let orgs = database.leaked_data_keys(after.as_deref(), 500).await?;
        if orgs.is_empty() {
            return Ok((count, left));
        }
        for org in &orgs {
            let rotated = match holder(org) {
                Ok(holder) => rotate_data_key(database, keys, &holder, Unreadable::Leave).await,
                Err(error) => Err(error),
            };
            match rotated {
                Ok(rotated) => {
                    count += u64::from(rotated.is_some());
                    left.extend(rotated.into_iter().flat_map(|rotated| rotated.left));
                }
                // A damaged or forged row must not keep all others under a key that leaked.
                Err(
                    error @ (Error::Key(KeyError::DataKeyUnreadable(_)) | Error::Data(DataError::NotOurOrg { .. })),
                ) => {
                    left.push(Undecryptable::data_key(org.clone(), &error));
                }
                Err(error) => return Err(error),
            }
            progress(1);
        }
        after = orgs.into_iter().next_back();
    }
}

/// Erases the data key of a holder, if it does not open. Returns its epoch, or `None` if there is no data key.
pub async fn discard_data_key(database: &mut Database, keys: &MasterKeys, holder: &Holder) -> Result<Option<u32>> {
    keys.check(database).await?;
    database
        .transaction(async |database| {
            let Some(row) = database.begin_data_key(holder).await? else { return Ok(None) };
            match unwrap(database.hello(), keys, holder, &row) {
                Ok(_) => Err(Error::Change(ChangeError::DataKeyOpens(holder.clone()))),
                Err(Error::Key(KeyError::DataKeyUnreadable(_))) => {
                    database.discard_data_key(holder, row.epoch).await?;
                    Ok(Some(row.epoch))
                }
                Err(error) => Err(error),
            }
        })
        .await
}

/// Something that does not open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Undecryptable {
    /// The organization, empty for the platform.
    pub org: String,
    /// The provider. `None` if the data key itself does not open.
    pub provider: Option<String>,
    /// The version of the key.
    pub version: Option<i32>,
    /// Why, in words.
    pub why: String,
}

impl Undecryptable {
    /// What does not open and why, in one line.
    pub fn in_words(&self) -> String {
        let org = if self.org.is_empty() { "(platform)" } else { &self.org };
        match (&self.provider, self.version) {
            (Some(provider), Some(version)) => format!("{org} {provider} version {version}: {}", self.why),
            _ => format!("{org} data key: {}", self.why),
        }
    }

    pub(super) fn of(key: &SealedKey, why: &'static str) -> Self {
        let (provider, version) = (Some(key.provider.clone()), Some(key.version));
        Self { org: key.org.clone(), provider, version, why: why.into() }
    }

    pub(super) fn data_key(org: String, error: &Error) -> Self {
        Self { org, provider: None, version: None, why: error.to_string() }
    }
}

pub(super) type Good<'a> = Vec<(&'a SealedKey, Credential)>;
pub(super) type Bad<'a> = Vec<(&'a SealedKey, &'static str)>;

/// Opens stored keys of holders whose data keys are given. Returns those that open, and those that do not.
pub(super) async fn open_all<'a>(
    database: &mut Database,
    data_keys: &[(String, DataKey)],
    stored: &'a [SealedKey],
) -> Result<(Good<'a>, Bad<'a>)> {
    let by_org: HashMap<&str, &DataKey> = data_keys.iter().map(|(org, key)| (org.as_str(), key)).collect();
    let (mut good, mut bad) = (Good::new(), Bad::new());
    let mut asked = Vec::with_capacity(stored.len());
    for key in stored {
        match by_org.get(key.org.as_str()) {
            Some(data_key) if i64::from(data_key.epoch()) == i64::from(key.data_epoch) => {
                asked.push((key, data_key.passphrase(&key.org, &key.provider)));
            }
            _ => bad.push((key, "it is sealed under a data key that is not the current one")),
        }
    }
    if asked.is_empty() {
        return Ok((good, bad));
    }
    let layers = database.open_layers(&asked).await?;
    let mut sealed: HashMap<_, _> =
        layers.into_iter().map(|layer| ((layer.org, layer.provider, layer.version), layer.sealed)).collect();
    for (key, _) in asked {
        let layer = sealed.remove(&(key.org.clone(), key.provider.clone(), key.version)).flatten();
        let (Some(layer), Some(data_key)) = (layer, by_org.get(key.org.as_str())) else {
            bad.push((key, "pgcrypto does not decrypt it: it was damaged, moved or forged"));
            continue;
        };
        match data_key.open(&place(key)?, &layer) {
            Ok(credential) => good.push((key, credential)),
            Err(_) => bad.push((key, "the seal does not open: it was damaged, moved or forged")),
        }
    }
    Ok((good, bad))
}
