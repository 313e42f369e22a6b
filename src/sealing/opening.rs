//! Keys on their way out: opened, and held to what their provider needs. Keys that do not open are recorded.

use super::keys::Keys;
use crate::crypto::{DataKey, SealContext};
use crate::db::{Database, KeyMark, OpenedLayer};
use crate::error::{Error, KeyError, Result};
use crate::name::{Holder, ProviderId};
use crate::provider::Catalog;
use crate::resolution::{Reason, Resolution, Source};
use crate::secret::Credential;

/// Opens the key that a resolution names. If it does not open, the result is an error, never another key.
pub async fn open(database: &mut Database, keys: &Keys, resolution: &Resolution) -> Result<Opened> {
    // A key that is known not to open is tried again.
    let denied = resolution.source.is_none() && resolution.reason != Reason::KeyUnreadable;
    let (false, Some(source), Some(provider), Some(key)) =
        (denied, resolution.decided_by, &resolution.provider, resolution.deciding())
    else {
        return Err(Error::Denied(resolution.reason));
    };
    let holder = match source {
        Source::Organization => Holder::Organization(resolution.org.clone()),
        Source::Platform => Holder::Platform,
    };
    let opened = open_key(database, keys, &holder, provider, key.version).await?;
    let goes = Catalog::builtin().check_address(provider, &opened.settings);
    goes.map(|()| opened).map_err(|_| Error::Denied(Reason::AddressChanged))
}

/// An opened key, and its settings.
#[non_exhaustive]
pub struct Opened {
    /// Its secret fields.
    pub credential: Credential,
    /// Its non-secret fields as they were sealed with it, a JSON object.
    pub settings: String,
}

/// Opens one version of one key. If it does not open, or opens again, this is recorded.
pub async fn open_key(
    database: &mut Database,
    keys: &Keys,
    holder: &Holder,
    provider: &ProviderId,
    version: u32,
) -> Result<Opened> {
    keys.check(database).await?;
    let unreadable = || Error::Key(KeyError::Unreadable(format!("{provider} key of {holder}")));
    let mut tried = None;
    for _ in 0..TRIES {
        let data_key = keys.data_key_in_use(database, holder).await?.ok_or_else(unreadable)?;
        let passphrase = data_key.passphrase(holder.as_str(), provider.as_str());
        let layer = database.open_layer(holder, provider, version, &passphrase).await?;
        let epochs = Some((layer.data_epoch, data_key.epoch()));
        if layer.data_epoch != data_key.epoch() {
            // If the data key was replaced in between, the key is read again. Otherwise it does not open.
            if tried == epochs {
                break;
            }
            tried = epochs;
            continue;
        }
        let opened = open_seal(&data_key, holder, provider, version, &layer);
        if opened.is_ok() == layer.unreadable {
            let mark = KeyMark { holder, provider, version, data_epoch: layer.data_epoch, opens: opened.is_ok() };
            // If this cannot be recorded, the answer to the caller stays the same.
            database.mark_key(&mark).await.ok();
        }
        return Ok(Opened { credential: opened?, settings: layer.settings });
    }
    if let Some((data_epoch, _)) = tried {
        database.mark_key(&KeyMark { holder, provider, version, data_epoch, opens: false }).await.ok();
    }
    Err(unreadable())
}

/// How often a key is read again because its data key was replaced.
const TRIES: usize = 16;

fn open_seal(
    data_key: &DataKey,
    holder: &Holder,
    provider: &ProviderId,
    version: u32,
    layer: &OpenedLayer,
) -> Result<Credential> {
    let unreadable = || Error::Key(KeyError::Unreadable(format!("{provider} key of {holder}")));
    let place = SealContext {
        org: holder.as_str(),
        provider: provider.as_str(),
        version,
        settings: &layer.settings,
        hint: &layer.hint,
    };
    let sealed = layer.sealed.as_ref().ok_or_else(unreadable)?;
    let credential = data_key.open(&place, sealed).map_err(|_| unreadable())?;
    check_complete(holder, provider, &credential)?;
    Ok(credential)
}

/// Checks that a credential has the fields that its provider needs. The holder of a data key can seal anything, and a
/// program that gets no key might use another one that it finds.
pub(crate) fn check_complete(holder: &Holder, provider: &ProviderId, credential: &Credential) -> Result<()> {
    let there = |field: &str| credential.get(field).is_some_and(|value| !value.is_empty());
    let missing = match Catalog::builtin().find(provider) {
        Some(known) => {
            let mut wanted = known.fields.iter().filter(|field| field.secret && field.required);
            wanted.find(|field| !there(&field.name)).map(|field| field.name.clone())
        }
        None => (!credential.fields().any(there)).then(|| "api_key".to_owned()),
    };
    match missing {
        Some(field) => {
            Err(Error::Key(KeyError::KeyIncomplete { subject: format!("{provider} key of {holder}"), field }))
        }
        None => Ok(()),
    }
}

/// The reason of a denial, if an error means that the key does not open or may not be sent.
pub fn denial(error: &Error) -> Option<Reason> {
    match error {
        Error::Key(KeyError::Unreadable(_) | KeyError::DataKeyUnreadable(_) | KeyError::KeyIncomplete { .. }) => {
            Some(Reason::KeyUnreadable)
        }
        Error::Denied(reason @ Reason::AddressChanged) => Some(*reason),
        _ => None,
    }
}
