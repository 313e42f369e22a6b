//! Wraps data keys under a new master key, batch by batch; whoever dies in the middle leaves whole batches.

use crate::crypto::{MasterKey, MasterKeys};
use crate::db::{Database, Wrapped};
use crate::error::{Error, Result};
use crate::name::{Holder, OrgId};

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rewrapped {
    /// Data keys that the new master key wraps now.
    pub data_keys: u64,
    /// Batches that it took.
    pub batches: u64,
}

/// Wraps everything that the master key of that epoch still wraps under the one in use. `progress` hears how many were done
/// with each batch. Several runs at once share the work.
pub async fn rewrap(
    database: &mut Database,
    keys: &MasterKeys,
    (from, batch): (u32, u16),
    mut progress: impl FnMut(u64),
) -> Result<Rewrapped> {
    super::keys::check_masters(database.hello(), keys)?;
    let new = keys.active(database.hello())?;
    let old = keys.of_epoch(from).ok_or(Error::MissingMasterKey { epoch: from, wanted: "the old one".into() })?;
    let mut done = Rewrapped::default();
    let mut at = String::new();
    loop {
        let (count, last) =
            database.transaction(async |database| rewrap_batch(database, (old, new), (&at, batch)).await).await?;
        let Some(last) = last else { return Ok(done) };
        at = last;
        done.data_keys += count;
        done.batches += 1;
        progress(count);
    }
}

async fn rewrap_batch(
    database: &mut Database,
    (old, new): (&MasterKey, &MasterKey),
    (from, batch): (&str, u16),
) -> Result<(u64, Option<String>)> {
    let mut keys = database.read_wrapped(old.epoch(), from, batch.into()).await?;
    let last = keys.last().map(|key| key.org.clone());
    if last.is_none() {
        return Ok((0, None));
    }
    for key in &mut keys {
        key.wrapped = wrap_anew(old, new, key)?;
    }
    let count = database.write_wrapped(old.epoch(), (new.epoch(), new.check_value()), keys).await?;
    Ok((u64::try_from(count).unwrap_or_default(), last))
}

fn wrap_anew(old: &MasterKey, new: &MasterKey, key: &Wrapped) -> Result<Vec<u8>> {
    let epoch = u32::try_from(key.epoch).map_err(|_| Error::Corrupt { table: "data_key", column: "epoch" })?;
    let opened = old.unwrap_data_key(&key.org, epoch, &key.wrapped);
    let data_key = opened.map_err(|_| Error::DataKeyUnreadable(holder(&key.org).to_string()))?;
    new.wrap(&key.org, &data_key).map_err(|_| Error::NoRandomness)
}

/// Whose the empty id is, and every other.
pub(super) fn holder(org: &str) -> Holder {
    // What the database has as an id was parsed when it went in.
    org.parse::<OrgId>().map_or(Holder::Platform, Holder::Organization)
}
