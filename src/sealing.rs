//! Keys on their way in and out: the cryptography and the database together.
//!
//! The database never sees what it stores: a key is sealed here before it goes, and what comes back is opened here. A
//! key that does not open is an error of that key, and never a reason to take another one.

mod audit;
mod keys;
mod reseal;
mod rotation;

pub use audit::{Finding, FindingCode, KeptSeal, SealLine, Verification, seal_audit, verify_audit};
pub use keys::Keys;
pub use reseal::{
    Rotated, Undecryptable, Unreadable, Verified, discard_data_key, issue_data_key, restore_data_key, rotate_data_key,
    rotate_leaked, verify,
};
pub use rotation::{Rewrapped, rewrap};

use time::OffsetDateTime;

use crate::crypto::{CheckValue, DataKey, MasterKey, MasterKeys, SealContext};
use crate::db::{Database, KeyContext, KeyVersion, KeyringResult, NewKey, NewTest, StoredKey};
use crate::error::{ChangeError, DataError, Error, KeyError, Result};
use crate::name::{Holder, ProviderId};
use crate::provider::Catalog;
use crate::resolution::{Reason, Resolution, Source};
use crate::secret::{Credential, Hint};

/// A credential to store, and for whom.
pub struct Submission<'a> {
    /// Whose it becomes.
    pub holder: &'a Holder,
    /// The provider that issued it.
    pub provider: &'a ProviderId,
    /// Its secret fields.
    pub credential: &'a Credential,
    /// Its non-secret fields as a JSON object, sealed with it: to send a key elsewhere takes the key again.
    pub settings: &'a str,
    /// What will be shown of it.
    pub hint: &'a Hint,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// What must be there before.
    pub existing: Existing,
}

/// What a new key expects to find in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// A key, which it replaces, or none.
    #[default]
    Any,
    /// None.
    None,
    /// A key: what is not there is not created.
    Key,
}

/// What storing a key did.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The version in force.
    pub version: u32,
    /// False when the same key was in force already; nothing was written then.
    pub written: bool,
    /// The key in force before.
    pub previous: Option<StoredKey>,
    /// The fingerprint: the same key has the same one within an organization.
    pub fingerprint: [u8; 8],
}

/// What was found before storing: nothing is written yet, so a key can be tested in between.
pub struct Prepared {
    context: KeyContext,
    data_key: Option<DataKey>,
    unchanged: bool,
}

impl Prepared {
    /// Whether this very key is in force already.
    pub fn is_unchanged(&self) -> bool {
        self.unchanged
    }

    /// The key in force.
    pub fn active(&self) -> Option<&StoredKey> {
        self.context.active.as_ref()
    }
}

/// Makes sure that a key may be stored, and under what.
pub async fn prepare(database: &mut Database, keys: &Keys, submission: &Submission<'_>) -> Result<Prepared> {
    keys.check(database).await?;
    let Submission { holder, provider, .. } = *submission;
    let context = database.key_context(holder, provider).await?;
    if !context.enabled {
        return Err(Error::Change(ChangeError::NotEnabled(holder.clone())));
    }
    match (submission.existing, &context.active) {
        (Existing::None, Some(_)) => {
            return Err(Error::Change(ChangeError::Exists(format!("{provider} key of {holder}"))));
        }
        (Existing::Key, None) => {
            return Err(Error::Change(ChangeError::NoSuchKey(format!("{provider} key of {holder}"))));
        }
        _ => {}
    }
    let row = context.data_key.as_ref();
    let data_key = row.map(|row| keys.data_key(database.hello(), holder, row)).transpose()?;
    let unchanged = match (&context.active, &data_key) {
        (Some(active), Some(data_key)) => {
            active.fingerprint == data_key.fingerprint(provider.as_str(), submission.credential).as_bytes()
                && active.settings == submission.settings
                && active.expires_at == submission.expires_at
        }
        _ => false,
    };
    Ok(Prepared { context, data_key, unchanged })
}

/// Seals a credential and stores it as the key in force, with what a test of it said; the audit notes when there was
/// none.
pub async fn store(
    database: &mut Database,
    keys: &Keys,
    submission: &Submission<'_>,
    mut prepared: Prepared,
    test: Option<&NewTest>,
) -> Result<Stored> {
    let changed =
        || Error::Change(ChangeError::Changed(format!("{} key of {}", submission.provider, submission.holder)));
    let last_version = prepared.context.last_version;
    for _ in 0..3 {
        match seal_and_store(database, keys, submission, prepared, test).await {
            // The data key was replaced between reading and writing.
            Err(Error::Key(KeyError::OtherMasterKey)) => database.refresh().await?,
            outcome => return outcome,
        }
        prepared = prepare(database, keys, submission).await?;
        if prepared.context.last_version != last_version {
            return Err(changed());
        }
    }
    Err(changed())
}

/// Both in one, for a key that nobody tests now.
pub async fn store_untested(database: &mut Database, keys: &Keys, submission: &Submission<'_>) -> Result<Stored> {
    let prepared = prepare(database, keys, submission).await?;
    store(database, keys, submission, prepared, None).await
}

async fn seal_and_store(
    database: &mut Database,
    keys: &Keys,
    submission: &Submission<'_>,
    prepared: Prepared,
    test: Option<&NewTest>,
) -> Result<Stored> {
    let Submission { holder, provider, .. } = *submission;
    let Prepared { context, data_key, unchanged } = prepared;
    let data_key = match data_key {
        Some(key) => key,
        None => keys.data_key_or_first(database, holder, None).await?,
    };
    let fingerprint = *data_key.fingerprint(provider.as_str(), submission.credential).as_bytes();
    if let Some(active) = context.active.as_ref().filter(|_| unchanged) {
        let version = active.version;
        if let Some(test) = test {
            database.record_test(holder, provider, version, test).await?;
        }
        return Ok(Stored { version, written: false, previous: context.active, fingerprint });
    }
    let facts = Sealing { last_version: context.last_version, fingerprint, test };
    let version = seal_and_set(database, &data_key, submission, facts).await?;
    Ok(Stored { version, written: true, previous: context.active, fingerprint })
}

/// What a sealed key is stored with.
struct Sealing<'a> {
    last_version: u32,
    fingerprint: [u8; 8],
    test: Option<&'a NewTest>,
}

async fn seal_and_set(
    database: &mut Database,
    data_key: &DataKey,
    submission: &Submission<'_>,
    Sealing { last_version, fingerprint, test }: Sealing<'_>,
) -> Result<u32> {
    let Submission { holder, provider, credential, settings, hint, expires_at, .. } = *submission;
    let place = SealContext {
        org: holder.as_str(),
        provider: provider.as_str(),
        version: last_version + 1,
        settings,
        hint: hint.as_str(),
    };
    let sealed = data_key.seal(&place, credential).map_err(|_| Error::NoRandomness)?;
    let key = NewKey {
        after_version: last_version,
        data_epoch: data_key.epoch(),
        data_check: data_key.check_value(holder.as_str()),
        sealed: &sealed,
        passphrase: &data_key.passphrase(holder.as_str(), provider.as_str()),
        settings,
        hint,
        fingerprint: &fingerprint,
        expires_at,
        test,
        private: Catalog::builtin().find(provider).is_none(),
    };
    match database.ask(async |database| database.set_key(holder, provider, &key).await).await {
        // Whose change it was that came in between: perhaps this one, whose answer was lost.
        Err(error @ Error::Change(ChangeError::Changed(_))) => {
            let active = database.key_context(holder, provider).await?.active;
            let ours = active.filter(|it| {
                (it.version, it.fingerprint.as_slice()) == (last_version + 1, fingerprint.as_slice())
                    && (it.settings.as_str(), it.expires_at) == (settings, expires_at)
            });
            ours.map(|it| it.version).ok_or(error)
        }
        outcome => outcome,
    }
}

/// Opens the key that a resolution names; an error, never another key, when it does not open.
pub async fn open(database: &mut Database, keys: &Keys, resolution: &Resolution) -> Result<Opened> {
    let (Some(source), Some(provider), Some(key)) = (resolution.source, &resolution.provider, resolution.serving())
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

/// A key that was opened, and where it may be used.
pub struct Opened {
    /// Its secret fields.
    pub credential: Credential,
    /// Its non-secret fields, a JSON object, as they were sealed with it.
    pub settings: String,
}

/// Opens one version of one key.
pub async fn open_key(
    database: &mut Database,
    keys: &Keys,
    holder: &Holder,
    provider: &ProviderId,
    version: u32,
) -> Result<Opened> {
    keys.check(database).await?;
    let unreadable = || Error::Key(KeyError::Unreadable(format!("{provider} key of {holder}")));
    for _ in 0..3 {
        let row = database.data_key(holder).await?.ok_or_else(unreadable)?;
        let data_key = keys.data_key(database.hello(), holder, &row)?;
        let passphrase = data_key.passphrase(holder.as_str(), provider.as_str());
        let layer = database.open_layer(holder, provider, version, &passphrase).await?;
        if layer.data_epoch != data_key.epoch() {
            // The data key was replaced in between; else it is not what sealed this, and never will be.
            continue;
        }
        let place = SealContext {
            org: holder.as_str(),
            provider: provider.as_str(),
            version,
            settings: &layer.settings,
            hint: &layer.hint,
        };
        let credential = data_key.open(&place, &layer.sealed.ok_or_else(unreadable)?).map_err(|_| unreadable())?;
        check_complete(holder, provider, &credential)?;
        return Ok(Opened { credential, settings: layer.settings });
    }
    Err(unreadable())
}

/// Makes sure that a credential has what its provider needs. Whoever holds a data key can seal anything; without this a
/// program would be given no key, and take another one that it finds.
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

/// Puts an earlier version back in force, as a new one; only where it still opens.
pub async fn restore(
    database: &mut Database,
    keys: &Keys,
    holder: &Holder,
    provider: &ProviderId,
    before: &KeyVersion,
) -> Result<Stored> {
    let version = u32::try_from(before.version)
        .map_err(|_| Error::Data(DataError::Corrupt { table: "provider_key", column: "version" }))?;
    let opened = open_key(database, keys, holder, provider, version).await?;
    let submission = Submission {
        holder,
        provider,
        credential: &opened.credential,
        settings: &opened.settings,
        hint: &Hint::stored(before.hint.clone()),
        expires_at: before.expires_at,
        existing: Existing::Any,
    };
    store_untested(database, keys, &submission).await
}

/// The reason in the words of the resolution, when an error means that its key does not open, or goes nowhere.
pub fn denial(error: &Error) -> Option<Reason> {
    match error {
        Error::Key(KeyError::Unreadable(_) | KeyError::DataKeyUnreadable(_) | KeyError::KeyIncomplete { .. }) => {
            Some(Reason::KeyUnreadable)
        }
        Error::Denied(reason @ Reason::AddressChanged) => Some(*reason),
        _ => None,
    }
}

/// Makes sure that this is the master key of this database, before anything is written or opened.
pub fn check_master(database: &Database, master: &MasterKey) -> Result<()> {
    database.hello().check_master_key(master.epoch(), master.check_value())
}

/// The same for all that somebody holds.
pub fn check_masters(database: &Database, keys: &MasterKeys) -> Result<()> {
    keys::check_masters(database.hello(), keys)
}

/// The same, and the one in use must be among them.
pub fn check_in_use(database: &Database, keys: &MasterKeys) -> Result<()> {
    keys::check_in_use(database.hello(), keys)
}

/// Makes sure that these open every data key that is stored: the one in use is among them, and during a rotation the
/// one that still wraps something. Says how many data keys depend on them.
pub async fn check_complete_copy(database: &mut Database, keys: &MasterKeys) -> Result<i64> {
    keys.check_in_use(database).await?;
    let records = database.master_keys().await?;
    let held = |epoch| keys.of_epoch(epoch).is_some();
    match records.iter().find(|record| record.data_keys > 0 && !held(record.epoch)) {
        Some(record) => Err(keys::missing(database.hello(), record.epoch)),
        None => Ok(records.iter().filter(|record| held(record.epoch)).map(|record| record.data_keys).sum()),
    }
}

/// Says which of these master keys this process has loaded, as far as the database knows them.
pub async fn report_loaded(database: &mut Database, instance: &str, keys: &MasterKeys) -> Result<()> {
    let known: Vec<u32> = database.hello().master_keys.iter().map(|(epoch, _)| *epoch).collect();
    let loaded: Vec<_> = keys.names().into_iter().filter(|(epoch, _)| known.contains(epoch)).collect();
    database.report_master_keys(instance, &loaded).await
}

/// Registers the first of these where none is known: true when it was not known before.
pub async fn register_masters(database: &mut Database, keys: &MasterKeys) -> Result<bool> {
    match keys.iter().next() {
        Some(first) => register_master(database, first).await,
        None => Err(Error::Key(KeyError::NoMasterKey)),
    }
}

/// Registers a first master key: true when it was not known before.
pub async fn register_master(database: &mut Database, master: &MasterKey) -> Result<bool> {
    let check: CheckValue = master.check_value();
    let result = database.create_keyring(master.epoch(), check).await?;
    Ok(result == KeyringResult::Created)
}
