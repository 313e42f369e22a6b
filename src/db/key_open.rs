//! Decrypts a stored key with pgcrypto, and records keys that do not open.

use super::Database;
use super::acquire::Passphrases;
use crate::crypto::Passphrase;
use crate::error::{Error, Result, Subject};
use crate::name::{Holder, OrgId, ProviderId};

/// A stored key, decrypted by pgcrypto but still sealed.
#[non_exhaustive]
pub struct OpenedLayer {
    /// The sealed payload. `None` if pgcrypto could not decrypt it.
    pub sealed: Option<Vec<u8>>,
    /// The data key that sealed it.
    pub data_epoch: u32,
    /// Non-secret fields.
    pub settings: String,
    /// The hint's characters.
    pub hint: String,
    /// Whether it is known that the key does not open.
    pub unreadable: bool,
}

/// Whether a stored key opens.
#[derive(Clone, Copy, Debug)]
pub struct KeyMark<'a> {
    /// Its holder.
    pub holder: &'a Holder,
    /// Its provider.
    pub provider: &'a ProviderId,
    /// Its version.
    pub version: u32,
    /// The epoch of the data key that was tried.
    pub data_epoch: u32,
    /// Whether it opened.
    pub opens: bool,
}

impl Database {
    /// Records whether a stored key opens. True if this was new.
    pub async fn mark_key(&mut self, mark: &KeyMark<'_>) -> Result<bool> {
        sqlx::query_scalar!(
            r#"select byok_api.key_mark($1, $2, $3, $4, $5) as "new!""#,
            mark.holder.as_str(),
            mark.provider.as_str(),
            super::to_i32(mark.version)?,
            super::to_i32(mark.data_epoch)?,
            mark.opens
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(mark.holder))
    }

    /// Records that pgcrypto does not decrypt the key that serves with these passphrases. The database tries it again first.
    pub async fn mark_undecryptable(
        &mut self,
        org: &OrgId,
        provider: &ProviderId,
        passphrases: &Passphrases,
    ) -> Result<bool> {
        let (own_epoch, own_wrap) = super::acquire::parameters(passphrases.own.as_ref())?;
        let (platform_epoch, platform_wrap) = super::acquire::parameters(passphrases.platform.as_ref())?;
        sqlx::query_scalar!(
            r#"select byok_api.key_undecryptable($1, $2, $3, $4, $5, $6) as "new!""#,
            org.as_str(),
            provider.as_str(),
            own_epoch,
            own_wrap,
            platform_epoch,
            platform_wrap
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// Decrypts a key with pgcrypto. The audit log records it.
    pub async fn open_layer(
        &mut self,
        holder: &Holder,
        provider: &ProviderId,
        version: u32,
        passphrase: &Passphrase,
    ) -> Result<OpenedLayer> {
        let row = sqlx::query!(
            r#"select sealed, data_epoch as "data_epoch!", settings as "settings!", hint as "hint!", unreadable as "unreadable!"
               from byok_api.key_open($1, $2, $3, $4)"#,
            holder.as_str(),
            provider.as_str(),
            super::to_i32(version)?,
            passphrase.expose()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Key(provider.clone(), holder.clone())))?;
        let data_epoch = super::to_u32(row.data_epoch, "provider_key", "data_epoch")?;
        let (settings, hint, unreadable) = (row.settings, row.hint, row.unreadable);
        Ok(OpenedLayer { sealed: row.sealed, data_epoch, settings, hint, unreadable })
    }
}
