//! Check values of master keys, and wrapped data keys.

use super::Database;
use crate::crypto::CheckValue;
use crate::error::{DataError, Error, Result, Subject};
use crate::name::Holder;
use crate::word::words;

/// A data key as stored: wrapped by the master key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DataKeyRow {
    /// The data key's epoch.
    pub epoch: u32,
    /// The epoch of the master key that wraps it.
    pub master_epoch: u32,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// The check value, which tells whether the unwrapped key is the right one.
    pub check_value: CheckValue,
}

/// A data key to store.
#[derive(Clone, Debug)]
pub struct NewDataKey {
    /// Its epoch.
    pub epoch: u32,
    /// The epoch of the master key that wraps it.
    pub master_epoch: u32,
    /// The check value of that master key.
    pub master_check: CheckValue,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// The data key's own check value.
    pub check_value: CheckValue,
}

/// The columns of a data key as the driver gives them.
pub(super) struct RawDataKey {
    pub(super) epoch: i32,
    pub(super) master_epoch: i32,
    pub(super) wrapped: Vec<u8>,
    pub(super) check_value: Vec<u8>,
}

impl TryFrom<RawDataKey> for DataKeyRow {
    type Error = Error;

    fn try_from(raw: RawDataKey) -> Result<Self> {
        Ok(Self {
            epoch: super::to_u32(raw.epoch, "data_key", "epoch")?,
            master_epoch: super::to_u32(raw.master_epoch, "data_key", "master_epoch")?,
            wrapped: raw.wrapped,
            check_value: CheckValue::from_bytes(&raw.check_value)
                .ok_or(Error::Data(DataError::Corrupt { table: "data_key", column: "check_value" }))?,
        })
    }
}

words! {
    /// What registering the first master key did.
    #[non_exhaustive]
    pub enum KeyringResult: "result of registering a master key" {
        /// It is registered.
        Created = "created",
        /// It is the one in use.
        Unchanged = "unchanged",
    }
}

impl Database {
    /// Registers the first master key.
    pub async fn create_keyring(&mut self, epoch: u32, check: CheckValue) -> Result<KeyringResult> {
        let result = sqlx::query_scalar!(
            r#"select result as "result!: KeyringResult" from byok_api.keyring_create($1, $2)"#,
            super::to_i32(epoch)?,
            check.as_bytes().as_slice()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        Ok(result)
    }

    /// The current data key of an organization, or of the platform for the empty id.
    pub async fn data_key(&mut self, holder: &Holder) -> Result<Option<DataKeyRow>> {
        sqlx::query_as!(
            RawDataKey,
            r#"select epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.data_key_get($1)"#,
            holder.as_str()
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about(holder))?
        .map(DataKeyRow::try_from)
        .transpose()
    }

    /// The data key of one epoch, for a login that may open what it seals.
    pub async fn data_key_of(&mut self, holder: &Holder, epoch: u32) -> Result<Option<DataKeyRow>> {
        sqlx::query_as!(
            RawDataKey,
            r#"select epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.data_key_of($1, $2)"#,
            holder.as_str(),
            super::to_i32(epoch)?
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about(holder))?
        .map(DataKeyRow::try_from)
        .transpose()
    }

    /// Stores a data key of this epoch if there is no current one. Returns the current one, which is another one if two
    /// were made at the same time. `None` if this epoch is not the next one.
    pub async fn put_data_key(&mut self, holder: &Holder, key: &NewDataKey) -> Result<Option<DataKeyRow>> {
        sqlx::query_as!(
            RawDataKey,
            r#"select epoch as "epoch!", master_epoch as "master_epoch!", wrapped as "wrapped!",
                      check_value as "check_value!"
               from byok_api.data_key_put($1, $2, $3, $4, $5, $6)"#,
            holder.as_str(),
            super::to_i32(key.epoch)?,
            super::to_i32(key.master_epoch)?,
            key.master_check.as_bytes().as_slice(),
            key.wrapped,
            key.check_value.as_bytes().as_slice()
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(Error::about(holder))?
        .map(DataKeyRow::try_from)
        .transpose()
    }
}
