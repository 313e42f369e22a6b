//! The rotation of the master key: its steps, and the batches of data keys that are read and written.

use time::OffsetDateTime;

use super::{Database, to_i32, to_u32};
use crate::crypto::CheckValue;
use crate::error::{DataError, Error, Result, Subject};
use crate::word::{ListedWord, words};

words! {
    /// What a master key is used for.
    #[non_exhaustive]
    pub enum MasterKeyState: "state of a master key" {
        /// Registered, and wraps nothing yet.
        Pending = "pending",
        /// Wraps what is new.
        Active = "active",
        /// Was replaced, and still wraps something.
        Retiring = "retiring",
        /// Out of use.
        Retired = "retired",
    }
}

words! {
    /// What registering the next master key did.
    #[non_exhaustive]
    pub enum BeginResult: "result of beginning a rotation" {
        /// It is registered.
        Begun = "begun",
        /// It was registered before, and whether the old one leaked is recorded now.
        Changed = "changed",
        /// It was registered before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What promoting a master key did.
    #[non_exhaustive]
    pub enum PromoteResult: "result of a promotion" {
        /// It wraps what is new.
        Promoted = "promoted",
        /// It did so before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What finishing a rotation did.
    #[non_exhaustive]
    pub enum FinishResult: "result of finishing a rotation" {
        /// The old master key is out of use.
        Finished = "finished",
        /// There was none to finish.
        Unchanged = "unchanged",
    }
}

/// A master key as the database knows it: its epoch and fingerprint, not the key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MasterKeyRecord {
    /// Its epoch.
    pub epoch: u32,
    /// Its fingerprint.
    pub check_value: CheckValue,
    /// What it is used for.
    pub state: ListedWord<MasterKeyState>,
    /// When it was registered.
    pub created_at: OffsetDateTime,
    /// The login that registered it.
    pub created_by: String,
    /// The number of data keys that it wraps.
    pub data_keys: i64,
    /// Whether the previous master key has leaked, so that older data keys are being replaced.
    pub leaked: bool,
    /// The number of older data keys that are not replaced yet.
    pub older_data_keys: i64,
    /// When a copy of it was last checked.
    pub escrowed_at: Option<OffsetDateTime>,
    /// The login that checked it.
    pub escrowed_by: Option<String>,
}

/// A server or host that reported which master keys it has loaded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MasterKeyHolder {
    /// Its login.
    pub login: String,
    /// The name of its instance.
    pub instance: String,
    /// The epochs of the keys that it has loaded.
    pub epochs: Vec<i32>,
    /// When it last reported.
    pub seen_at: OffsetDateTime,
    /// Whether it reported within the last day. If so, `promote` waits for it.
    pub recent: bool,
}

/// A wrapped data key that a rotation reads or writes.
pub(crate) struct WrappedDataKey {
    /// The organization, empty for the platform.
    pub(crate) org: String,
    /// The data key's epoch.
    pub(crate) epoch: i32,
    /// AES-256-GCM under the master key.
    pub(crate) wrapped: Vec<u8>,
}

impl Database {
    /// All master keys, oldest first.
    pub async fn master_keys(&mut self) -> Result<Vec<MasterKeyRecord>> {
        let rows = sqlx::query!(
            r#"select epoch as "epoch!", check_value as "check_value!", state as "state!: ListedWord<MasterKeyState>", created_at as "created_at!",
                      created_by as "created_by!", data_keys as "data_keys!", leaked as "leaked!", escrowed_at,
                      escrowed_by, older_data_keys as "older_data_keys!"
               from byok_api.master_key_status()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let corrupt = Error::Data(DataError::Corrupt { table: "keyring", column: "check_value" });
            records.push(MasterKeyRecord {
                epoch: to_u32(row.epoch, "keyring", "epoch")?,
                check_value: CheckValue::from_bytes(&row.check_value).ok_or(corrupt)?,
                state: row.state,
                created_at: row.created_at,
                created_by: row.created_by,
                data_keys: row.data_keys,
                leaked: row.leaked,
                older_data_keys: row.older_data_keys,
                escrowed_at: row.escrowed_at,
                escrowed_by: row.escrowed_by,
            });
        }
        Ok(records)
    }

    /// The hosts that reported master keys.
    pub async fn master_key_holders(&mut self) -> Result<Vec<MasterKeyHolder>> {
        sqlx::query_as!(
            MasterKeyHolder,
            r#"select login as "login!", instance as "instance!", epochs as "epochs!", seen_at as "seen_at!",
                      recent as "recent!"
               from byok_api.master_key_holders()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Reports which master keys this host or process has loaded. A server repeats this at least once a day.
    pub async fn report_master_keys(&mut self, instance: &str, keys: &[(u32, CheckValue)]) -> Result<()> {
        let epochs: Vec<i32> = keys.iter().map(|(epoch, _)| to_i32(*epoch)).collect::<Result<_>>()?;
        let values: Vec<Vec<u8>> = keys.iter().map(|(_, value)| value.as_bytes().to_vec()).collect();
        sqlx::query!("select byok_api.master_key_loaded($1, $2, $3)", instance, &epochs, &values)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(Subject::Login))
    }

    /// Registers the next master key, which wraps nothing yet.
    pub async fn begin_master_key(&mut self, epoch: u32, check: CheckValue, leaked: bool) -> Result<BeginResult> {
        let result = sqlx::query_scalar!(
            r#"select result as "result!: BeginResult" from byok_api.master_key_begin($1, $2, $3)"#,
            to_i32(epoch)?,
            check.as_bytes().as_slice(),
            leaked
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        Ok(result)
    }

    /// Cancels the next master key. Returns its epoch, or `None` if there was none.
    pub async fn cancel_master_key(&mut self) -> Result<Option<u32>> {
        let epoch = sqlx::query_scalar!("select epoch from byok_api.master_key_cancel()")
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        epoch.map(|epoch| to_u32(epoch, "keyring", "epoch")).transpose()
    }

    /// From now on that master key wraps what is new.
    pub async fn promote_master_key(&mut self, epoch: u32, force: bool) -> Result<PromoteResult> {
        let result = sqlx::query_scalar!(
            r#"select result as "result!: PromoteResult" from byok_api.master_key_promote($1, $2)"#,
            to_i32(epoch)?,
            force
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        Ok(result)
    }

    /// The master key before this epoch is out of use. An error as long as it wraps anything. `Unchanged` if another
    /// process did it, also if a later rotation has begun since.
    pub async fn finish_master_key(&mut self, epoch: u32) -> Result<FinishResult> {
        let result = sqlx::query_scalar!(
            r#"select result as "result!: FinishResult" from byok_api.master_key_finish($1)"#,
            to_i32(epoch)?
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        Ok(result)
    }

    /// Starts again with this master key, because the previous one is lost. Returns how many data keys were erased, and
    /// how many active keys no longer open.
    pub async fn replace_lost_master_key(&mut self, epoch: u32, check: CheckValue) -> Result<(i64, i64)> {
        let row = sqlx::query!(
            r#"select data_keys as "data_keys!", keys as "keys!" from byok_api.master_key_lost($1, $2)"#,
            to_i32(epoch)?,
            check.as_bytes().as_slice()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        self.refresh().await?;
        Ok((row.data_keys, row.keys))
    }

    /// Records that a copy of this master key was checked.
    pub async fn confirm_escrow(&mut self, epoch: u32, check: CheckValue) -> Result<()> {
        sqlx::query!("select byok_api.master_key_escrowed($1, $2)", to_i32(epoch)?, check.as_bytes().as_slice())
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(Subject::Login))
    }

    /// Data keys that the old master key still wraps, after this organization. They stay locked until the transaction
    /// ends.
    pub(crate) async fn read_wrapped(
        &mut self,
        epoch: u32,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Vec<WrappedDataKey>> {
        sqlx::query_as!(
            WrappedDataKey,
            r#"select org as "org!", epoch as "epoch!", wrapped as "wrapped!" from byok_api.rewrap_read($1, $2, $3)"#,
            to_i32(epoch)?,
            after,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// Writes them back. A row that changed since it was read is not written. Returns how many were written.
    pub(crate) async fn write_wrapped(
        &mut self,
        from: u32,
        epoch: u32,
        check: CheckValue,
        keys: Vec<WrappedDataKey>,
    ) -> Result<i64> {
        let mut columns: (Vec<String>, Vec<i32>, Vec<Vec<u8>>) = Default::default();
        for key in keys {
            columns.0.push(key.org);
            columns.1.push(key.epoch);
            columns.2.push(key.wrapped);
        }
        sqlx::query_scalar!(
            r#"select byok_api.rewrap_write($1, $2, $3, $4, $5, $6) as "count!""#,
            to_i32(from)?,
            to_i32(epoch)?,
            check.as_bytes().as_slice(),
            &columns.0,
            &columns.1,
            &columns.2
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}
