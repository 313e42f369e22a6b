//! Master keys that somebody holds, against those that the database knows.

use super::keys;
use crate::crypto::{CheckValue, MasterKey, MasterKeys};
use crate::db::{Database, KeyringResult};
use crate::error::{Error, KeyError, Result};

/// Checks that this is the master key of this database, before anything is written or opened.
pub fn check_master(database: &Database, master: &MasterKey) -> Result<()> {
    database.hello().check_master_key(master.epoch(), master.check_value())
}

/// The same for several master keys.
pub fn check_masters(database: &Database, keys: &MasterKeys) -> Result<()> {
    keys::check_masters(database.hello(), keys)
}

/// The same, and the active one must be among them.
pub fn check_in_use(database: &Database, keys: &MasterKeys) -> Result<()> {
    keys::check_in_use(database.hello(), keys)
}

/// Checks that these master keys open every stored data key: the active one is among them, and during a rotation also
/// the one that still wraps something. Returns how many data keys depend on them.
pub async fn check_complete_copy(database: &mut Database, keys: &MasterKeys) -> Result<i64> {
    keys.check_in_use(database).await?;
    let records = database.master_keys().await?;
    let held = |epoch| keys.of_epoch(epoch).is_some();
    match records.iter().find(|record| record.data_keys > 0 && !held(record.epoch)) {
        Some(record) => Err(keys::missing(database.hello(), record.epoch)),
        None => Ok(records.iter().filter(|record| held(record.epoch)).map(|record| record.data_keys).sum()),
    }
}

/// Reports which of these master keys this process has loaded, for keys that the database knows.
pub async fn report_loaded(database: &mut Database, instance: &str, keys: &MasterKeys) -> Result<()> {
    let known: Vec<u32> = database.hello().master_keys.iter().map(|(epoch, _)| *epoch).collect();
    let loaded: Vec<_> = keys.names().into_iter().filter(|(epoch, _)| known.contains(epoch)).collect();
    database.report_master_keys(instance, &loaded).await
}

/// Registers the first of these keys if the database has none. Returns true if it was new.
pub async fn register_masters(database: &mut Database, keys: &MasterKeys) -> Result<bool> {
    match keys.iter().next() {
        Some(first) => register_master(database, first).await,
        None => Err(Error::Key(KeyError::NoMasterKey)),
    }
}

/// Registers a first master key. Returns true if it was new.
pub async fn register_master(database: &mut Database, master: &MasterKey) -> Result<bool> {
    let check: CheckValue = master.check_value();
    let result = database.create_keyring(master.epoch(), check).await?;
    Ok(result == KeyringResult::Created)
}
