//! The keys that open and seal: the platform's master keys, or the data key of one organization.

use std::sync::Arc;

use crate::crypto::{CheckValue, DataKey, MasterKey, MasterKeys};
use crate::db::{DataKeyRow, Database, Hello, NewDataKey};
use crate::error::{ChangeError, Error, KeyError, Result};
use crate::name::Holder;

/// How many rotations of a data key or master key may come between a read and the write that depends on it.
pub(super) const ROTATIONS: usize = 16;

/// The keys that a caller holds.
#[derive(Debug)]
pub enum Keys {
    /// The platform's master keys, which open and seal everything.
    Master(MasterKeys),
    /// The data key of an organization, which opens and seals only its keys.
    Organization(DataKey),
}

impl Keys {
    /// Checks that these are keys of this database, before anything is written or opened. For a data key, this can only
    /// be checked where it is used.
    pub async fn check(&self, database: &mut Database) -> Result<()> {
        match self {
            Self::Master(keys) => keys.check(database).await,
            Self::Organization(_) => Ok(()),
        }
    }

    /// Checks that a data key is the current one of this holder.
    pub async fn check_holder(&self, database: &mut Database, holder: &Holder) -> Result<()> {
        if let Self::Organization(key) = self {
            let row = database.data_key(holder).await?.ok_or_else(|| no_data_key(holder))?;
            borrowed(key, holder, &row)?;
        }
        Ok(())
    }

    /// The data key of a holder, from its stored row.
    pub(super) fn data_key(&self, hello: &Hello, holder: &Holder, row: &DataKeyRow) -> Result<DataKey> {
        match self {
            Self::Master(keys) => unwrap(hello, keys, holder, row),
            Self::Organization(key) => borrowed(key, holder, row),
        }
    }

    /// The current data key of a holder. If a rotation of the master key comes between its row and its master key, the row is
    /// read again.
    pub(super) async fn data_key_in_use(&self, database: &mut Database, holder: &Holder) -> Result<Option<DataKey>> {
        let mut missing = None;
        loop {
            let Some(row) = database.data_key(holder).await? else { return Ok(None) };
            match self.data_key(database.hello(), holder, &row) {
                Err(Error::Key(KeyError::MissingMasterKey { epoch, .. })) if missing != Some(epoch) => {
                    missing = Some(epoch);
                    database.refresh().await?;
                }
                outcome => return outcome.map(Some),
            }
        }
    }

    /// The same from a row that was read before.
    pub(super) async fn data_key_of_row(
        &self,
        database: &mut Database,
        holder: &Holder,
        row: &DataKeyRow,
    ) -> Result<DataKey> {
        match self.data_key(database.hello(), holder, row) {
            Err(missing @ Error::Key(KeyError::MissingMasterKey { .. })) => {
                self.data_key_in_use(database, holder).await?.ok_or(missing)
            }
            outcome => outcome,
        }
    }

    /// The same for a holder that may have none yet. With the master key, one is made.
    pub(super) async fn data_key_or_first(
        &self,
        database: &mut Database,
        holder: &Holder,
        row: Option<&DataKeyRow>,
    ) -> Result<DataKey> {
        match (self, row) {
            (_, Some(row)) => self.data_key_of_row(database, holder, row).await,
            (Self::Master(keys), None) => first_data_key(database, keys, holder).await,
            (Self::Organization(_), None) => Err(no_data_key(holder)),
        }
    }
}

impl MasterKeys {
    /// Checks that these are master keys of this database. A session that is older than a rotation asks the database
    /// again first.
    pub async fn check(&self, database: &mut Database) -> Result<()> {
        if check_masters(database.hello(), self).is_ok() {
            return Ok(());
        }
        database.refresh().await?;
        check_masters(database.hello(), self)
    }

    /// The same, and the active one must be among them. A retired one opens nothing, although the database knows it.
    pub async fn check_in_use(&self, database: &mut Database) -> Result<()> {
        if check_in_use(database.hello(), self).is_ok() {
            return Ok(());
        }
        database.refresh().await?;
        check_in_use(database.hello(), self)
    }

    /// The active master key, which wraps new data keys.
    pub fn active(&self, hello: &Hello) -> Result<Arc<MasterKey>> {
        let epoch = hello.active_epoch.ok_or(Error::Key(KeyError::NoMasterKey))?;
        self.find(epoch).ok_or_else(|| missing(hello, epoch))
    }
}

/// Checks every key whose epoch the database knows, and at least one must be known. A key of a later epoch is not an
/// error, because it is written to its file before it is registered.
pub(super) fn check_masters(hello: &Hello, keys: &MasterKeys) -> Result<()> {
    let known = |epoch| hello.master_keys.iter().any(|(known, _)| *known == epoch);
    let mut to_check: Vec<(u32, CheckValue)> = keys.names();
    if to_check.iter().any(|(epoch, _)| known(*epoch)) {
        to_check.retain(|(epoch, _)| known(*epoch));
    }
    to_check.into_iter().try_for_each(|(epoch, given)| hello.check_master_key(epoch, given))
}

pub(super) fn check_in_use(hello: &Hello, keys: &MasterKeys) -> Result<()> {
    check_masters(hello, keys)?;
    keys.active(hello).map(drop)
}

pub(super) fn missing(hello: &Hello, epoch: u32) -> Error {
    let wanted = hello.master_keys.iter().find(|(known, _)| *known == epoch);
    Error::Key(KeyError::MissingMasterKey { epoch, wanted: wanted.map(|(_, value)| *value) })
}

pub(super) fn unwrap(hello: &Hello, keys: &MasterKeys, holder: &Holder, row: &DataKeyRow) -> Result<DataKey> {
    let master = keys.find(row.master_epoch).ok_or_else(|| missing(hello, row.master_epoch))?;
    let unreadable = || Error::Key(KeyError::DataKeyUnreadable(holder.clone()));
    let key = master.unwrap_data_key(holder.as_str(), row.epoch, &row.wrapped).map_err(|_| unreadable())?;
    if key.check_value(holder.as_str()) != row.check_value {
        return Err(unreadable());
    }
    Ok(key)
}

/// The given data key, if it is the current one.
fn borrowed(key: &DataKey, holder: &Holder, row: &DataKeyRow) -> Result<DataKey> {
    if matches!(holder, Holder::Platform) {
        return Err(Error::Key(KeyError::TakesMasterKey(holder.to_string())));
    }
    let given = key.check_value(holder.as_str());
    if (key.epoch(), given) != (row.epoch, row.check_value) {
        return Err(Error::Key(KeyError::WrongDataKey {
            holder: holder.clone(),
            wanted: format!("{} (epoch {})", row.check_value, row.epoch),
            given: format!("{given} (epoch {})", key.epoch()),
        }));
    }
    Ok(key.duplicate())
}

/// The error for a holder without a data key, if the caller has no master key to make one.
fn no_data_key(holder: &Holder) -> Error {
    match holder {
        Holder::Organization(org) => Error::Key(KeyError::NoDataKey(org.clone())),
        Holder::Platform => Error::Key(KeyError::TakesMasterKey(holder.to_string())),
    }
}

/// A new data key, wrapped by the active master key.
pub(super) fn wrap_new(hello: &Hello, keys: &MasterKeys, holder: &Holder, key: &DataKey) -> Result<NewDataKey> {
    let master = keys.active(hello)?;
    Ok(NewDataKey {
        epoch: key.epoch(),
        master_epoch: master.epoch(),
        master_check: master.check_value(),
        wrapped: master.wrap(holder.as_str(), key).map_err(|_| Error::NoRandomness)?,
        check_value: key.check_value(holder.as_str()),
    })
}

/// Makes the data key of a holder that has none. If two are made at once, both callers use the one that was stored. If
/// another master key was promoted in between, the next attempt wraps with that one.
pub(super) async fn first_data_key(database: &mut Database, keys: &MasterKeys, holder: &Holder) -> Result<DataKey> {
    // Almost always it is the first one ever. If not, nothing is stored, and the database is asked.
    let mut epoch = 1;
    for _ in 0..ROTATIONS {
        keys.check_in_use(database).await?;
        let key = DataKey::generate(epoch).map_err(|_| Error::NoRandomness)?;
        let new = wrap_new(database.hello(), keys, holder, &key)?;
        let stored = match database.put_data_key(holder, &new).await {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                epoch = database.next_data_epoch(holder).await?;
                continue;
            }
            Err(Error::Key(KeyError::OtherMasterKey)) => {
                database.refresh().await?;
                continue;
            }
            Err(error) => return Err(error),
        };
        match unwrap(database.hello(), keys, holder, &stored) {
            Err(Error::Key(KeyError::MissingMasterKey { .. })) => database.refresh().await?,
            outcome => return outcome,
        }
    }
    Err(Error::Change(ChangeError::Changed(holder.to_string())))
}
