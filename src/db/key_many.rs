//! Many keys in one call: what a client must know before it seals them, and their storing.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::key::{of_key, partial};
use super::key_list::seconds;
use super::keyring::RawDataKey;
use super::{DataKeyRow, Database, KeyStand, NewKey, NewTest, StoredKey};
use crate::error::{ChangeError, DataError, Error, Result, Subject};
use crate::name::{Holder, OrgId, ProviderId};
use crate::secret::Hint;

/// At most so many organizations, or keys of one organization, go into one call.
const MOST: usize = 500;

/// What a client must know before it seals keys of an organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrgKeys {
    /// Whether this login may change its keys. If not, nothing else is told of them.
    pub allowed: bool,
    /// Whether keys may be stored.
    pub enabled: bool,
    /// The current data key.
    pub data_key: Option<DataKeyRow>,
    /// The time of the database.
    pub at: OffsetDateTime,
    /// What there is of each provider of which a key was ever stored.
    keys: BTreeMap<String, KnownKey>,
}

/// The keys of an organization at one provider.
#[derive(Clone, Debug, Default)]
struct KnownKey {
    last: u32,
    active: Option<StoredKey>,
}

impl OrgKeys {
    /// The last version and the active version of a key.
    pub fn stand(&self, provider: &ProviderId) -> KeyStand {
        let known = self.keys.get(provider.as_str());
        let active = known.and_then(|key| key.active.as_ref()).map_or(0, |key| key.version);
        KeyStand { last: known.map_or(0, |key| key.last), active }
    }

    /// The active key.
    pub fn active(&self, provider: &ProviderId) -> Option<&StoredKey> {
        self.keys.get(provider.as_str())?.active.as_ref()
    }
}

/// A sealed key of one provider.
pub(crate) struct KeyOf<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) key: NewKey<'a>,
}

/// A row: an organization, or what there is of one of its keys.
struct Row {
    org: String,
    provider: Option<String>,
    allowed: bool,
    enabled: bool,
    last_version: Option<i32>,
    active_version: Option<i32>,
    active_hint: Option<String>,
    active_fingerprint: Option<Vec<u8>>,
    active_settings: Option<String>,
    active_expires_at: Option<OffsetDateTime>,
    data_epoch: Option<i32>,
    master_epoch: Option<i32>,
    wrapped: Option<Vec<u8>>,
    check_value: Option<Vec<u8>>,
    at: Option<OffsetDateTime>,
}

impl Row {
    fn data_key(&mut self) -> Result<Option<DataKeyRow>> {
        match (self.data_epoch, self.master_epoch, self.wrapped.take(), self.check_value.take()) {
            (Some(epoch), Some(master_epoch), Some(wrapped), Some(check_value)) => {
                Ok(Some(RawDataKey { epoch, master_epoch, wrapped, check_value }.try_into()?))
            }
            (None, None, None, None) => Ok(None),
            _ => Err(partial("the data key in use")),
        }
    }

    fn key(self) -> Result<KnownKey> {
        let version = |version| super::to_u32(version, "provider_key", "version");
        let last = version(self.last_version.ok_or_else(|| partial("a key"))?)?;
        let active = match (self.active_version, self.active_hint, self.active_fingerprint, self.active_settings) {
            (Some(active), Some(hint), Some(fingerprint), Some(settings)) => Some(StoredKey {
                version: version(active)?,
                hint: Hint::stored(hint),
                fingerprint,
                settings,
                expires_at: self.active_expires_at,
            }),
            (None, None, None, None) => None,
            _ => return Err(partial("the key in force")),
        };
        Ok(KnownKey { last, active })
    }
}

impl Database {
    /// What a client must know to seal keys of these organizations. Those that do not exist, or that this login may not see, are
    /// left out.
    pub async fn org_keys(&mut self, orgs: &[OrgId]) -> Result<BTreeMap<OrgId, OrgKeys>> {
        let mut found = BTreeMap::new();
        for some in orgs.chunks(MOST) {
            self.some_org_keys(some, &mut found).await?;
        }
        Ok(found)
    }

    async fn some_org_keys(&mut self, orgs: &[OrgId], found: &mut BTreeMap<OrgId, OrgKeys>) -> Result<()> {
        let names: Vec<String> = orgs.iter().map(ToString::to_string).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"select org as "org!", provider, allowed as "allowed!", enabled as "enabled!", last_version, active_version,
                      active_hint, active_fingerprint, active_settings, active_expires_at, data_epoch, master_epoch, wrapped,
                      check_value, at
               from byok_api.key_contexts($1)"#,
            &names
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let (mut orgs, mut keys) = (Vec::new(), Vec::new());
        for row in rows {
            if row.provider.is_none() { orgs.push(row) } else { keys.push(row) }
        }
        for mut row in orgs {
            let (data_key, at) = (row.data_key()?, row.at.ok_or_else(|| partial("an organization"))?);
            let (allowed, enabled) = (row.allowed, row.enabled);
            found.insert(of_row(&row.org)?, OrgKeys { allowed, enabled, data_key, at, keys: BTreeMap::new() });
        }
        for row in keys {
            let (org, provider) = (of_row(&row.org)?, row.provider.clone().unwrap_or_default());
            if let Some(known) = found.get_mut(&org) {
                known.keys.insert(provider, row.key()?);
            }
        }
        Ok(())
    }

    /// Stores several sealed keys of one organization in one transaction, and returns their versions. All of them are stored, or
    /// none.
    pub(crate) async fn set_keys(&mut self, org: &OrgId, keys: &[KeyOf<'_>]) -> Result<Vec<u32>> {
        let Some(KeyOf { provider: first, key }) = keys.first() else { return Ok(Vec::new()) };
        let (holder, columns) = (Holder::Organization(org.clone()), Columns::of(keys)?);
        let rows = sqlx::query!(
            r#"select at as "at!", version as "version!"
               from byok_api.key_set_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) order by 1"#,
            org.as_str(),
            super::to_i32(key.data_epoch)?,
            key.data_check.as_bytes().as_slice(),
            seconds(Some(key.keep)),
            &columns.providers as &[&str],
            &columns.after,
            &columns.active,
            &columns.sealed as &[&[u8]],
            &columns.wraps as &[&str],
            &columns.settings as &[&str],
            &columns.hints as &[&str],
            &columns.fingerprints as &[&[u8]],
            &columns.expires as &[Option<OffsetDateTime>],
            &columns.tests as &[Option<serde_json::Value>],
            &columns.private
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(of_key(&holder, first))
        .map_err(|error| of_several(error, &holder, keys.len()))?;
        if rows.len() != keys.len() {
            return Err(Error::Data(DataError::Malformed("another number of keys than were stored".into())));
        }
        rows.into_iter().map(|row| super::to_u32(row.version, "provider_key", "version")).collect()
    }

    /// How many keys go of one organization can be stored in one transaction.
    pub const KEYS_AT_ONCE: usize = MOST;
}

/// A change of several keys says of whom they are, because it is not known which of them was changed.
fn of_several(error: Error, holder: &Holder, count: usize) -> Error {
    match error {
        Error::Change(ChangeError::Changed(_)) if count > 1 => {
            Error::Change(ChangeError::Changed(format!("keys of {holder}")))
        }
        other => other,
    }
}

fn of_row(org: &str) -> Result<OrgId> {
    org.parse().map_err(|_| Error::Data(DataError::Corrupt { table: "org", column: "org" }))
}

/// The keys as the columns of the call.
#[derive(Default)]
struct Columns<'a> {
    providers: Vec<&'a str>,
    after: Vec<i32>,
    active: Vec<i32>,
    sealed: Vec<&'a [u8]>,
    wraps: Vec<&'a str>,
    settings: Vec<&'a str>,
    hints: Vec<&'a str>,
    fingerprints: Vec<&'a [u8]>,
    expires: Vec<Option<OffsetDateTime>>,
    tests: Vec<Option<serde_json::Value>>,
    private: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(keys: &'a [KeyOf<'a>]) -> Result<Self> {
        let mut columns = Self::default();
        for KeyOf { provider, key } in keys {
            columns.providers.push(provider.as_str());
            columns.after.push(super::to_i32(key.after.last)?);
            columns.active.push(super::to_i32(key.after.active)?);
            columns.sealed.push(key.sealed);
            columns.wraps.push(key.passphrase.expose());
            columns.settings.push(key.settings);
            columns.hints.push(key.hint.as_str());
            columns.fingerprints.push(key.fingerprint);
            columns.expires.push(key.expires_at);
            columns.tests.push(key.test.map(NewTest::to_json));
            columns.private.push(key.private);
        }
        Ok(columns)
    }
}
