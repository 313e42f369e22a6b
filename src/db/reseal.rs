//! Data keys of organizations: handed out, replaced with everything that they seal, and checked.

use super::keyring::RawDataKey;
use super::{DataKeyRow, Database, NewDataKey, to_i32, to_u32};
use crate::crypto::Passphrase;
use crate::error::{Error, Result, Subject};
use crate::name::{Holder, OrgId};
use crate::word::words;

/// A wrapped data key and whose it is.
pub(crate) struct HeldDataKey {
    /// The organization, empty for the platform.
    pub(crate) org: String,
    /// The key, or that its row cannot be understood.
    pub(crate) row: Result<DataKeyRow>,
}

/// A stored key without what is encrypted.
#[derive(Clone, Debug)]
pub(crate) struct SealedKey {
    /// The organization, empty for the platform.
    pub(crate) org: String,
    /// The provider.
    pub(crate) provider: String,
    /// The version.
    pub(crate) version: i32,
    /// The epoch of the data key that seals it.
    pub(crate) data_epoch: i32,
    /// Non-secret fields.
    pub(crate) settings: String,
    /// The hint's characters.
    pub(crate) hint: String,
    /// Whether it is in force.
    pub(crate) active: bool,
    /// Whether it is known as one that does not open.
    pub(crate) unreadable: bool,
    /// The version in force by the audit log; 0 after a removal, none where nothing is recorded.
    pub(crate) recorded_version: Option<i32>,
}

/// What pgcrypto gave of one stored key: still sealed, or none where it does not decrypt.
pub(crate) struct DecryptedRow {
    /// The organization.
    pub(crate) org: String,
    /// The provider.
    pub(crate) provider: String,
    /// The version.
    pub(crate) version: i32,
    /// The sealed payload.
    pub(crate) sealed: Option<Vec<u8>>,
}

/// A stored key sealed anew.
pub(crate) struct Resealed {
    pub(crate) provider: String,
    pub(crate) version: i32,
    pub(crate) sealed: Vec<u8>,
    pub(crate) passphrase: Passphrase,
    pub(crate) fingerprint: [u8; 8],
}

/// Which data keys to check.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DataKeyPage<'a> {
    /// All, from after that organization.
    After(Option<&'a str>),
    /// Some at random.
    Sample,
}

words! {
    /// What putting a data key back in use did.
    #[non_exhaustive]
    pub enum DataKeyResult: "result of restoring a data key" {
        /// It is in use again.
        Restored = "restored",
        /// It was in use.
        Unchanged = "unchanged",
    }
}

impl Database {
    /// The epoch that a new data key of that holder has.
    pub(crate) async fn next_data_epoch(&mut self, holder: &Holder) -> Result<u32> {
        let epoch = sqlx::query_scalar!(r#"select byok_api.data_key_next($1) as "epoch!""#, holder.as_str())
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(holder))?;
        to_u32(epoch, "data_key", "epoch")
    }

    /// The data key of an organization for whoever hands it to its owner; none before there is one. Recorded.
    pub(crate) async fn issue_data_key(&mut self, org: &OrgId) -> Result<Option<DataKeyRow>> {
        sqlx::query_as!(
            RawDataKey,
            r#"select epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.data_key_issue($1)"#,
            org.as_str()
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))?
        .map(DataKeyRow::try_from)
        .transpose()
    }

    /// The data key that is to be replaced; nobody changes a key of that holder until the transaction ends.
    pub(crate) async fn begin_data_key(&mut self, holder: &Holder) -> Result<Option<DataKeyRow>> {
        sqlx::query_as!(
            RawDataKey,
            r#"select epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.data_key_rotate_begin($1)"#,
            holder.as_str()
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about_admin(holder))?
        .map(DataKeyRow::try_from)
        .transpose()
    }

    /// Replaces the data key, and with it what it sealed.
    pub(crate) async fn replace_data_key(
        &mut self,
        holder: &Holder,
        key: &NewDataKey,
        keys: Vec<Resealed>,
        partial: bool,
    ) -> Result<()> {
        let mut providers = Vec::with_capacity(keys.len());
        let (mut versions, mut sealed, mut fingerprints) = (Vec::new(), Vec::new(), Vec::new());
        let mut passphrases = Vec::with_capacity(keys.len());
        for key in &keys {
            providers.push(key.provider.clone());
            versions.push(key.version);
            sealed.push(key.sealed.clone());
            passphrases.push(key.passphrase.expose());
            fingerprints.push(key.fingerprint.to_vec());
        }
        sqlx::query!(
            "select byok_api.data_key_rotate($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            holder.as_str(),
            to_i32(key.epoch)?,
            to_i32(key.master_epoch)?,
            key.master_check.as_bytes().as_slice(),
            key.wrapped,
            key.check_value.as_bytes().as_slice(),
            &providers,
            &versions,
            &sealed,
            &passphrases as &[&str],
            &fingerprints,
            partial
        )
        .execute(&mut self.connection)
        .await
        .map(drop)
        .map_err(Error::about(holder))
    }

    /// Erases a data key that does not open.
    pub(crate) async fn discard_data_key(&mut self, holder: &Holder, epoch: u32) -> Result<()> {
        sqlx::query!("select byok_api.data_key_discard($1, $2)", holder.as_str(), to_i32(epoch)?)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(holder))
    }

    /// Puts a data key of that epoch in use again, which a lost master key had taken along.
    pub(crate) async fn restore_data_key(&mut self, holder: &Holder, key: &NewDataKey) -> Result<DataKeyResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: DataKeyResult" from byok_api.data_key_restore($1, $2, $3, $4, $5, $6)"#,
            holder.as_str(),
            to_i32(key.epoch)?,
            to_i32(key.master_epoch)?,
            key.master_check.as_bytes().as_slice(),
            key.wrapped,
            key.check_value.as_bytes().as_slice()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(holder))
    }

    /// Holders whose data key is from before a rotation that a leak made necessary, after that one.
    pub(crate) async fn leaked_data_keys(&mut self, after: Option<&str>, limit: i32) -> Result<Vec<String>> {
        sqlx::query_scalar!(r#"select org as "org!" from byok_api.data_keys_leaked($1, $2)"#, after, limit)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// A page of the data keys in use.
    pub(crate) async fn data_keys(&mut self, page: DataKeyPage<'_>, limit: i32) -> Result<Vec<HeldDataKey>> {
        let (after, sample) = match page {
            DataKeyPage::After(org) => (org, false),
            DataKeyPage::Sample => (None, true),
        };
        let rows = sqlx::query!(
            r#"select org as "org!", epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.verify_data_keys($1, $2, $3)"#,
            after,
            sample,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let mut held = Vec::with_capacity(rows.len());
        for row in rows {
            let raw = RawDataKey {
                epoch: row.epoch,
                master_epoch: row.master_epoch,
                wrapped: row.wrapped,
                check_value: row.check_value,
            };
            // One that is damaged is a finding, and does not end the check of the others.
            held.push(HeldDataKey { org: row.org, row: raw.try_into() });
        }
        Ok(held)
    }

    /// The stored keys of those organizations.
    pub(crate) async fn sealed_keys(&mut self, orgs: &[String]) -> Result<Vec<SealedKey>> {
        sqlx::query_as!(
            SealedKey,
            r#"select org as "org!", provider as "provider!", version as "version!", data_epoch as "data_epoch!",
                      settings as "settings!", hint as "hint!", active as "active!", unreadable as "unreadable!", recorded_version
               from byok_api.verify_keys($1)"#,
            orgs
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Keys that are stored where no data key is in use.
    pub(crate) async fn orphaned_keys(&mut self) -> Result<Vec<(String, String, i32)>> {
        let rows = sqlx::query!(
            r#"select org as "org!", provider as "provider!", version as "version!" from byok_api.verify_orphans()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        Ok(rows.into_iter().map(|row| (row.org, row.provider, row.version)).collect())
    }

    /// Takes pgcrypto's layer off many keys; recorded.
    pub(crate) async fn open_layers(&mut self, keys: &[(&SealedKey, Passphrase)]) -> Result<Vec<DecryptedRow>> {
        let orgs: Vec<&str> = keys.iter().map(|(key, _)| key.org.as_str()).collect();
        let providers: Vec<&str> = keys.iter().map(|(key, _)| key.provider.as_str()).collect();
        let versions: Vec<i32> = keys.iter().map(|(key, _)| key.version).collect();
        let passphrases: Vec<&str> = keys.iter().map(|(_, passphrase)| passphrase.expose()).collect();
        sqlx::query_as!(
            DecryptedRow,
            r#"select org as "org!", provider as "provider!", version as "version!", sealed
               from byok_api.verify_open($1, $2, $3, $4)"#,
            &orgs as &[&str],
            &providers as &[&str],
            &versions,
            &passphrases as &[&str]
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
