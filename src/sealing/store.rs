//! Keys on their way in: sealed and stored.

use std::time::Duration;

use time::OffsetDateTime;

use super::keys::{Keys, ROTATIONS};
use crate::crypto::{DataKey, SealContext};
use crate::db::{Database, KeyContext, KeyStand, NewKey, NewTest, Origin, StoredKey};
use crate::error::{ChangeError, Error, KeyError, Result};
use crate::name::{Holder, ProviderId};
use crate::provider::Catalog;
use crate::secret::{Credential, Hint};

/// A credential to store, and its holder.
pub struct Submission<'a> {
    /// Whose it becomes.
    pub holder: &'a Holder,
    /// The provider.
    pub provider: &'a ProviderId,
    /// Its secret fields.
    pub credential: &'a Credential,
    /// Its non-secret fields as a JSON object. They are sealed with it, so sending the key elsewhere needs the key
    /// again.
    pub settings: &'a str,
    /// Its hint.
    pub hint: &'a Hint,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
    /// What the database must have before.
    pub existing: Existing,
    /// How long the key that it replaces is kept for a rollback, in whole seconds. It is erased at once if this is zero.
    pub keep: Duration,
}

/// How long a replaced key is usually kept.
pub const KEEP_PREVIOUS: Duration = Duration::from_secs(24 * 3600);

/// What must exist before a new key is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// A key, which is replaced, or none.
    #[default]
    Any,
    /// None.
    None,
    /// None, or this same key.
    Same,
    /// A key. A first key is not stored.
    Key,
    /// This version, which is replaced. 0 means none.
    Version(u32),
    /// What the caller saw. Nothing was set or removed since then.
    Seen(KeyStand),
}

/// The result of storing a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stored {
    /// The active version.
    pub version: u32,
    /// False if the same key was already active. Nothing was written then.
    pub written: bool,
    /// The previous active key.
    pub previous: Option<StoredKey>,
    /// The fingerprint. Within an organization, the same key has the same one.
    pub fingerprint: [u8; 8],
}

/// What was found before storing. Nothing is written yet, so the key can be tested in between.
pub struct Prepared {
    context: KeyContext,
    data_key: Option<DataKey>,
    same: bool,
    origin: Option<Origin>,
}

impl Prepared {
    /// The same for a copy of another organization's key.
    #[must_use]
    pub fn copied_from(self, origin: Option<Origin>) -> Self {
        Self { origin, ..self }
    }

    /// Whether this key is already the active one, whatever its end date.
    pub fn is_same_key(&self) -> bool {
        self.same
    }

    /// Whether this key is already the active one, with this end date.
    pub fn is_unchanged(&self, expires_at: Option<OffsetDateTime>) -> bool {
        self.same && self.active().is_some_and(|active| active.expires_at == expires_at)
    }

    /// Whether there is a data key that will seal it. Without one, the first is made.
    pub fn has_data_key(&self) -> bool {
        self.data_key.is_some()
    }

    /// The active key.
    pub fn active(&self) -> Option<&StoredKey> {
        self.context.active.as_ref()
    }
}

/// Checks that a key may be stored, and gets what is needed to seal it.
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
        (Existing::Version(version), _) if version != context.stand().active => return Err(changed(submission)),
        (Existing::Seen(stand), _) if stand != context.stand() => return Err(changed(submission)),
        _ => {}
    }
    if submission.expires_at.is_some_and(|end| end <= context.at) {
        return Err(Error::Change(ChangeError::PastDate(format!("{provider} key of {holder}"))));
    }
    let data_key = match &context.data_key {
        Some(row) => Some(keys.data_key_of_row(database, holder, row).await?),
        None => None,
    };
    let same = match (&context.active, &data_key) {
        (Some(active), Some(data_key)) => {
            active.fingerprint == data_key.fingerprint(provider.as_str(), submission.credential).as_bytes()
                && active.settings == submission.settings
        }
        _ => false,
    };
    let prepared = Prepared { context, data_key, same, origin: None };
    let other = prepared.active().is_some() && !prepared.is_unchanged(submission.expires_at);
    if submission.existing == Existing::Same && other {
        return Err(Error::Change(ChangeError::Exists(format!("{provider} key of {holder}"))));
    }
    Ok(prepared)
}

/// Seals a credential and stores it as the active key, with the result of its test. Without a test, the audit log says
/// so. The end date may be another one than that with which it was prepared, because a test may tell it.
pub async fn store(
    database: &mut Database,
    keys: &Keys,
    submission: &Submission<'_>,
    mut prepared: Prepared,
    test: Option<&NewTest>,
) -> Result<Stored> {
    let stand = prepared.context.stand();
    let origin = prepared.origin.clone();
    for _ in 0..ROTATIONS {
        match seal_and_store(database, keys, submission, prepared, test).await {
            // The data key was replaced after it was read.
            Err(Error::Key(KeyError::OtherMasterKey)) => database.refresh().await?,
            outcome => return outcome,
        }
        prepared = prepare(database, keys, submission).await?.copied_from(origin.clone());
        if prepared.context.stand() != stand {
            return Err(changed(submission));
        }
    }
    Err(changed(submission))
}

fn changed(submission: &Submission<'_>) -> Error {
    Error::Change(ChangeError::Changed(format!("{} key of {}", submission.provider, submission.holder)))
}

/// Prepares and stores in one step, for a key that is not tested now.
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
    let unchanged = prepared.is_unchanged(submission.expires_at);
    let Prepared { context, data_key, origin, .. } = prepared;
    let data_key = match data_key {
        Some(key) => key,
        None => keys.data_key_or_first(database, holder, None).await?,
    };
    let fingerprint = *data_key.fingerprint(provider.as_str(), submission.credential).as_bytes();
    if let Some(active) = context.active.as_ref().filter(|_| unchanged) {
        let version = active.version;
        // It may have been removed or replaced during its test.
        if database.key_context(holder, provider).await?.stand() != context.stand() {
            return Err(changed(submission));
        }
        if let Some(test) = test {
            match database.record_test(holder, provider, version, test).await {
                Err(Error::Change(ChangeError::NoSuchKey(_))) => return Err(changed(submission)),
                recorded => recorded?,
            };
        }
        return Ok(Stored { version, written: false, previous: context.active, fingerprint });
    }
    let facts = Sealing { after: context.stand(), fingerprint, test, origin };
    let version = seal_and_set(database, &data_key, submission, facts).await?;
    Ok(Stored { version, written: true, previous: context.active, fingerprint })
}

/// The parts that a sealed key is stored with.
struct Sealing<'a> {
    after: KeyStand,
    fingerprint: [u8; 8],
    test: Option<&'a NewTest>,
    origin: Option<Origin>,
}

async fn seal_and_set(
    database: &mut Database,
    data_key: &DataKey,
    submission: &Submission<'_>,
    Sealing { after, fingerprint, test, origin }: Sealing<'_>,
) -> Result<u32> {
    let Submission { holder, provider, credential, settings, hint, expires_at, keep, .. } = *submission;
    let place = SealContext {
        org: holder.as_str(),
        provider: provider.as_str(),
        version: after.last + 1,
        settings,
        hint: hint.as_str(),
    };
    let sealed = data_key.seal(&place, credential).map_err(|_| Error::NoRandomness)?;
    let key = NewKey {
        after,
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
        keep,
        origin: origin.as_ref(),
    };
    match database.ask(async |database| database.set_key(holder, provider, &key).await).await {
        // The change in between may be this call's own, whose answer was lost.
        Err(error @ Error::Change(ChangeError::Changed(_))) => {
            let active = database.key_context(holder, provider).await?.active;
            let ours = active.filter(|it| {
                (it.version, it.fingerprint.as_slice()) == (after.last + 1, fingerprint.as_slice())
                    && (it.settings.as_str(), it.expires_at) == (settings, expires_at)
            });
            ours.map(|it| it.version).ok_or(error)
        }
        outcome => outcome,
    }
}
