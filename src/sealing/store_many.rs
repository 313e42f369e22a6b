//! Many keys of one organization on their way in: sealed and stored in one transaction.

use std::time::Duration;

use time::OffsetDateTime;

use super::keys::{Keys, ROTATIONS};
use crate::crypto::{DataKey, Passphrase, SealContext};
use crate::db::{DataKeyRow, Database, KeyOf, KeyStand, NewKey, NewTest};
use crate::error::{ChangeError, ConnectionError, Error, KeyError, Result};
use crate::name::{Holder, OrgId, ProviderId};
use crate::provider::Catalog;
use crate::secret::{Credential, Hint};

/// A key to store, and what must be there before.
pub struct Incoming<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// Its secret fields.
    pub credential: &'a Credential,
    /// Its non-secret fields as a JSON object.
    pub settings: &'a str,
    /// Its hint.
    pub hint: &'a Hint,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// What the caller saw. Nothing was set or removed since then.
    pub after: KeyStand,
    /// The result of the test before storing.
    pub test: Option<&'a NewTest>,
}

/// The keys of one organization that are stored together.
pub struct Together<'a> {
    /// The organization.
    pub org: &'a OrgId,
    /// Its data key, as it was read before. `None` if it had none: the first one is made.
    pub data_key: Option<&'a DataKeyRow>,
    /// The keys, one for each provider.
    pub keys: &'a [Incoming<'a>],
    /// How long a key that is replaced is kept for a rollback.
    pub keep: Duration,
}

/// The data key of an organization, from a row that was read before. `None` if it has none, and one can be made.
pub async fn data_key(
    database: &mut Database,
    keys: &Keys,
    org: &OrgId,
    row: Option<&DataKeyRow>,
) -> Result<Option<DataKey>> {
    let holder = Holder::Organization(org.clone());
    match (keys, row) {
        (_, Some(row)) => keys.data_key_of_row(database, &holder, row).await.map(Some),
        (Keys::Master(masters), None) => masters.check_in_use(database).await.map(|()| None),
        (Keys::Organization(_), None) => Err(Error::Key(KeyError::NoDataKey(org.clone()))),
    }
}

/// Seals keys and stores them as the active ones, in one transaction: all of them, or none. Returns their versions. If the answer is
/// lost, the database is asked whether they were stored.
pub async fn store_many(database: &mut Database, keys: &Keys, together: &Together<'_>) -> Result<Vec<u32>> {
    let holder = Holder::Organization(together.org.clone());
    let mut row = together.data_key.cloned();
    for _ in 0..ROTATIONS {
        let data_key = keys.data_key_or_first(database, &holder, row.as_ref()).await?;
        match seal_and_set(database, &data_key, together).await {
            // The data key was replaced after it was read.
            Err(Error::Key(KeyError::OtherMasterKey)) => {
                database.refresh().await?;
                row = database.data_key(&holder).await?;
            }
            outcome => return outcome,
        }
    }
    Err(Error::Change(ChangeError::Changed(format!("data key of {holder}"))))
}

/// A key that is sealed.
struct Sealed {
    bytes: Vec<u8>,
    passphrase: Passphrase,
    fingerprint: [u8; 8],
}

fn seal(data_key: &DataKey, org: &OrgId, key: &Incoming<'_>) -> Result<Sealed> {
    let (org, provider) = (org.as_str(), key.provider.as_str());
    let version = key.after.last + 1;
    let place = SealContext { org, provider, version, settings: key.settings, hint: key.hint.as_str() };
    let bytes = data_key.seal(&place, key.credential).map_err(|_| Error::NoRandomness)?;
    let fingerprint = *data_key.fingerprint(provider, key.credential).as_bytes();
    Ok(Sealed { bytes, passphrase: data_key.passphrase(org, provider), fingerprint })
}

async fn seal_and_set(database: &mut Database, data_key: &DataKey, together: &Together<'_>) -> Result<Vec<u32>> {
    let Together { org, keys, keep, .. } = *together;
    let sealed: Vec<Sealed> = keys.iter().map(|key| seal(data_key, org, key)).collect::<Result<_>>()?;
    let (data_epoch, data_check) = (data_key.epoch(), data_key.check_value(org.as_str()));
    let new: Vec<KeyOf<'_>> = keys
        .iter()
        .zip(&sealed)
        .map(|(key, sealed)| {
            let new = NewKey {
                after: key.after,
                data_epoch,
                data_check,
                sealed: &sealed.bytes,
                passphrase: &sealed.passphrase,
                settings: key.settings,
                hint: key.hint,
                fingerprint: &sealed.fingerprint,
                expires_at: key.expires_at,
                test: key.test,
                origin: None,
                private: Catalog::builtin().find(key.provider).is_none(),
                keep,
            };
            KeyOf { provider: key.provider, key: new }
        })
        .collect();
    let lost = match database.set_keys(org, &new).await {
        Err(lost @ Error::Connection(ConnectionError::Lost(_))) => lost,
        outcome => return outcome,
    };
    // If the second connection fails too, the first error is returned, because its result is not known.
    if database.reopen().await.is_err() {
        return Err(lost);
    }
    let known = database.org_keys(std::slice::from_ref(org)).await?;
    let ours = |(key, sealed): (&Incoming<'_>, &Sealed)| {
        let active = known.get(org)?.active(key.provider)?;
        let same = (active.version, active.fingerprint.as_slice())
            == (key.after.last + 1, sealed.fingerprint.as_slice())
            && (active.settings.as_str(), active.expires_at) == (key.settings, key.expires_at);
        same.then_some(active.version)
    };
    match keys.iter().zip(&sealed).map(ours).collect::<Option<_>>() {
        Some(versions) => Ok(versions),
        None => database.set_keys(org, &new).await,
    }
}
