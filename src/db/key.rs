//! Provider keys of organizations. The platform's keys have the empty organization id.

use std::time::Duration;

use time::OffsetDateTime;

use super::key_list::seconds;
use super::keyring::RawDataKey;
use super::{DataKeyRow, Database, NewTest};
use crate::crypto::{CheckValue, Passphrase};
use crate::error::{AccessError, ChangeError, DataError, Error, Result, Subject};
use crate::name::{Holder, OrgId, ProviderId};
use crate::observed::{Observed, Production, ProductionColumns};
use crate::provider::Verdict;
use crate::resolution::{LastTest, Reason, Source};
use crate::secret::Hint;
use crate::word::{ListedWord, words};

words! {
    /// What a version of a key is.
    #[non_exhaustive]
    pub enum KeyState: "state of a key" {
        /// In force.
        Active = "active",
        /// The one before, which can be put back in force.
        Previous = "previous",
        /// Replaced, and erased.
        Retired = "retired",
        /// Removed, and erased.
        Removed = "removed",
    }
}

/// One version of a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyVersion {
    /// The version.
    pub version: i32,
    /// What it is.
    pub state: ListedWord<KeyState>,
    /// The hint's characters.
    pub hint: String,
    /// The non-secret fields, as a JSON object.
    pub settings: String,
    /// The fingerprint, which tells whether two keys are the same.
    pub fingerprint: Vec<u8>,
    /// The epoch of the data key that seals it.
    pub data_epoch: i32,
    /// Its end date.
    pub expires_at: Option<OffsetDateTime>,
    /// Whether the end date has passed, by the database's clock.
    pub expired: bool,
    /// Since when it is known that it does not open.
    pub unreadable_at: Option<OffsetDateTime>,
    /// When it was stored.
    pub created_at: OffsetDateTime,
    /// The login that stored it.
    pub created_by: String,
    /// When it stopped being active.
    pub ended_at: Option<OffsetDateTime>,
    /// The login that replaced or removed it.
    pub ended_by: Option<String>,
    /// Until when it can be put back in force, if it is the previous one.
    pub keep_until: Option<OffsetDateTime>,
    /// The verdict of its last test.
    pub verdict: Option<ListedWord<Verdict>>,
    /// The detail of the verdict.
    pub detail: Option<String>,
    /// When it was last tested.
    pub tested_at: Option<OffsetDateTime>,
    /// When the provider last accepted it.
    pub verified_at: Option<OffsetDateTime>,
    /// What the latest use by a server met.
    pub outcome: Option<ListedWord<Observed>>,
    /// When a server last used it.
    pub last_used_at: Option<OffsetDateTime>,
    /// When it last worked.
    pub last_ok_at: Option<OffsetDateTime>,
    /// The first failure after that.
    pub failing_since: Option<OffsetDateTime>,
    /// The number of failures since then.
    pub failures: Option<i64>,
    /// The number of uses.
    pub uses: Option<i64>,
}

impl KeyVersion {
    /// Its last test.
    pub fn last_test(&self) -> Option<LastTest> {
        LastTest::of(self.verdict.clone(), self.detail.clone(), self.tested_at, self.verified_at)
    }

    /// What servers met when they used it.
    pub fn production(&self) -> Option<Production> {
        let outcome = self.outcome.clone();
        let Self { last_used_at, last_ok_at, failing_since, failures, uses, .. } = *self;
        ProductionColumns { outcome, last_used_at, last_ok_at, failing_since, failures, uses }.production()
    }
}

/// What a client must know before it seals a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyContext {
    /// Whether keys may be stored.
    pub enabled: bool,
    /// The highest version so far. 0 if there was none.
    pub last_version: u32,
    /// The active key.
    pub active: Option<StoredKey>,
    /// The current data key.
    pub data_key: Option<DataKeyRow>,
    /// The time of the database.
    pub at: OffsetDateTime,
}

impl KeyContext {
    /// The last version and the active version. With every change of the key, one of them changes.
    pub fn stand(&self) -> KeyStand {
        KeyStand { last: self.last_version, active: self.active.as_ref().map_or(0, |key| key.version) }
    }
}

/// What a caller saw of a key before it changes the key. A removal changes it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStand {
    /// The highest version so far. 0 if there was none.
    pub last: u32,
    /// The active version. 0 if there is none.
    pub active: u32,
}

/// Identifies a stored key without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredKey {
    /// Its version.
    pub version: u32,
    /// Its hint.
    pub hint: Hint,
    /// Its fingerprint under the organization's data key.
    pub fingerprint: Vec<u8>,
    /// Its non-secret fields.
    pub settings: String,
    /// Its end date.
    pub expires_at: Option<OffsetDateTime>,
}

/// A sealed key on its way into the database.
pub struct NewKey<'a> {
    /// What must still be stored.
    pub after: KeyStand,
    /// The data key that seals it.
    pub data_epoch: u32,
    /// That data key's check value.
    pub data_check: CheckValue,
    /// The sealed payload.
    pub sealed: &'a [u8],
    /// pgcrypto's passphrase for it.
    pub passphrase: &'a Passphrase,
    /// Non-secret fields.
    pub settings: &'a str,
    /// The hint.
    pub hint: &'a Hint,
    /// The fingerprint.
    pub fingerprint: &'a [u8],
    /// The end date.
    pub expires_at: Option<OffsetDateTime>,
    /// The result of the test before storing. Without one, the audit log records that the key was not tested.
    pub test: Option<&'a NewTest>,
    /// Whether an admin added the provider. If so, it must still exist.
    pub private: bool,
    /// How long the key that it replaces is kept for a rollback, in whole seconds. It is erased at once if this is zero.
    pub keep: Duration,
    /// The key of another organization that it is a copy of.
    pub origin: Option<&'a Origin>,
}

/// The key that a copy was made of.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its organization.
    pub org: OrgId,
    /// Its version, which must still be active.
    pub version: u32,
    /// Whether it is erased in the same transaction.
    pub moved: bool,
}

/// The result of a removal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Removal {
    /// The key that was removed. `None` if there was none.
    pub key: Option<RemovedKey>,
    /// Whose key serves requests of the organization from now on. `None` if they are denied, and for a platform key.
    pub source: Option<Source>,
    /// Why this source serves, or why requests are denied. `None` for a platform key.
    pub reason: Option<Reason>,
}

/// What a removal erased.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemovedKey {
    /// The version.
    pub version: u32,
    /// The hint.
    pub hint: Hint,
    /// The non-secret fields, as JSON.
    pub settings: String,
}

impl Database {
    /// Returns what a client must know to seal a key of this holder and provider.
    pub async fn key_context(&mut self, holder: &Holder, provider: &ProviderId) -> Result<KeyContext> {
        let row = sqlx::query!(
            r#"select enabled as "enabled!", last_version as "last_version!", active_version, active_hint,
                      active_fingerprint, active_settings, active_expires_at,
                      data_epoch, master_epoch, wrapped, check_value, at as "at!"
               from byok_api.key_context($1, $2)"#,
            holder.as_str(),
            provider.as_str()
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about(holder))?
        .ok_or_else(|| Error::Access(AccessError::NotAllowed(holder.to_string().into())))?;
        let active = match (row.active_version, row.active_hint, row.active_fingerprint, row.active_settings) {
            (Some(version), Some(hint), Some(fingerprint), Some(settings)) => Some(StoredKey {
                version: super::to_u32(version, "provider_key", "version")?,
                hint: Hint::stored(hint),
                fingerprint,
                settings,
                expires_at: row.active_expires_at,
            }),
            (None, None, None, None) => None,
            _ => return Err(partial("the key in force")),
        };
        let data_key = match (row.data_epoch, row.master_epoch, row.wrapped, row.check_value) {
            (Some(epoch), Some(master_epoch), Some(wrapped), Some(check_value)) => {
                Some(RawDataKey { epoch, master_epoch, wrapped, check_value }.try_into()?)
            }
            (None, None, None, None) => None,
            _ => return Err(partial("the data key in use")),
        };
        let last_version = super::to_u32(row.last_version, "provider_key", "version")?;
        Ok(KeyContext { enabled: row.enabled, last_version, active, data_key, at: row.at })
    }

    /// Stores a sealed key as the active one, and returns its version.
    pub async fn set_key(&mut self, holder: &Holder, provider: &ProviderId, key: &NewKey<'_>) -> Result<u32> {
        if let Some(origin) = key.origin {
            return self.copy_key(origin, holder, provider, key).await;
        }
        let version = sqlx::query_scalar!(
            r#"select version as "version!" from byok_api.key_set($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"#,
            holder.as_str(),
            provider.as_str(),
            super::to_i32(key.after.last)?,
            super::to_i32(key.after.active)?,
            super::to_i32(key.data_epoch)?,
            key.data_check.as_bytes().as_slice(),
            key.sealed,
            key.passphrase.expose(),
            key.settings,
            key.hint.as_str(),
            key.fingerprint,
            key.expires_at,
            key.test.map(NewTest::to_json),
            key.private,
            seconds(Some(key.keep))
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(of_key(holder, provider))?;
        super::to_u32(version, "provider_key", "version")
    }

    /// Stores a copy as the active key of another organization, and returns its version there.
    async fn copy_key(
        &mut self,
        origin: &Origin,
        holder: &Holder,
        provider: &ProviderId,
        key: &NewKey<'_>,
    ) -> Result<u32> {
        let version = sqlx::query_scalar!(
            r#"select version as "version!" from byok_api.key_copy($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                                                                    $16, $17, $18)"#,
            origin.org.as_str(),
            super::to_i32(origin.version)?,
            origin.moved,
            holder.as_str(),
            provider.as_str(),
            super::to_i32(key.after.last)?,
            super::to_i32(key.after.active)?,
            super::to_i32(key.data_epoch)?,
            key.data_check.as_bytes().as_slice(),
            key.sealed,
            key.passphrase.expose(),
            key.settings,
            key.hint.as_str(),
            key.fingerprint,
            key.expires_at,
            key.test.map(NewTest::to_json),
            key.private,
            seconds(Some(key.keep))
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(of_key(holder, provider))?;
        super::to_u32(version, "provider_key", "version")
    }

    /// Erases the active key, and returns which key serves from then on. With `seen`, only this version is removed.
    pub async fn remove_key(&mut self, holder: &Holder, provider: &ProviderId, seen: Option<u32>) -> Result<Removal> {
        let row = sqlx::query!(
            r#"select version, hint, source as "source: Source", reason as "reason: Reason", settings from byok_api.key_remove($1, $2, $3)"#,
            holder.as_str(),
            provider.as_str(),
            super::to_i32(seen.unwrap_or_default())?
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(of_key(holder, provider))?;
        let key = match (row.version, row.hint, row.settings) {
            (Some(version), Some(hint), Some(settings)) => {
                let version = super::to_u32(version, "provider_key", "version")?;
                Some(RemovedKey { version, hint: Hint::stored(hint), settings })
            }
            (None, None, None) => None,
            _ => return Err(partial("the key that was removed")),
        };
        Ok(Removal { key, source: row.source, reason: row.reason })
    }

    /// A page of the versions of one key, newest first, before this version.
    pub async fn key_versions(
        &mut self,
        holder: &Holder,
        provider: &ProviderId,
        before: Option<i32>,
        limit: i32,
    ) -> Result<Vec<KeyVersion>> {
        sqlx::query_as!(
            KeyVersion,
            r#"select version as "version!", state as "state!: ListedWord<KeyState>", hint as "hint!", settings as "settings!",
                      fingerprint as "fingerprint!", data_epoch as "data_epoch!", expires_at,
                      expired as "expired!", unreadable_at, created_at as "created_at!", created_by as "created_by!", ended_at, ended_by, keep_until,
                      verdict as "verdict: ListedWord<Verdict>", detail, tested_at, verified_at,
                      outcome as "outcome: ListedWord<Observed>", last_used_at, last_ok_at, failing_since, failures, uses
               from byok_api.key_versions($1, $2, $3, $4)"#,
            holder.as_str(),
            provider.as_str(),
            before,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(holder))
    }
}

/// Maps an error. If it is about the key itself, it names the key, and otherwise its holder.
pub(super) fn of_key(holder: &Holder, provider: &ProviderId) -> impl Fn(sqlx::Error) -> Error {
    let (about, key) = (Error::about(holder), Subject::Key(provider.clone(), holder.clone()).to_string());
    move |error| match about(error) {
        Error::Change(ChangeError::Changed(_)) => Error::Change(ChangeError::Changed(key.clone())),
        Error::Change(ChangeError::NoSuchKey(_)) => Error::Change(ChangeError::NoSuchKey(key.clone())),
        Error::Change(ChangeError::PastDate(_)) => Error::Change(ChangeError::PastDate(key.clone())),
        Error::Change(ChangeError::OtherAddress(_)) => Error::Change(ChangeError::OtherAddress(key.clone())),
        Error::Change(ChangeError::ProviderGone(_)) => Error::Change(ChangeError::ProviderGone(key.clone())),
        other => other,
    }
}

/// Some columns of it, and not the others: that is not the same as none.
pub(super) fn partial(what: &str) -> Error {
    Error::Data(DataError::Malformed(format!("only a part of {what}")))
}
