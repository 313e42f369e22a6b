//! Wraps data keys under a new master key, in batches. If a run is killed, its finished batches stay.

use crate::crypto::{MasterKey, MasterKeys};
use crate::db::{Database, WrappedDataKey};
use crate::error::{DataError, Error, Result};
use crate::name::Holder;

/// The result of a run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rewrapped {
    /// The number of data keys that were wrapped.
    pub data_keys: u64,
    /// The number of batches.
    pub batches: u64,
    /// Organizations whose data key does not open with the old master key and was skipped. The platform is empty.
    pub unreadable: Vec<String>,
}

/// Wraps everything under the active master key that the key of this epoch still wraps. `progress` is called after each
/// batch. Several runs at once share the work.
pub async fn rewrap(
    database: &mut Database,
    keys: &MasterKeys,
    from: u32,
    batch: u16,
    mut progress: impl FnMut(u64),
) -> Result<Rewrapped> {
    keys.check(database).await?;
    let new = keys.active(database.hello())?;
    let old = keys.of_epoch(from).ok_or_else(|| super::keys::missing(database.hello(), from))?;
    let mut done = Rewrapped::default();
    let mut after: Option<String> = None;
    loop {
        let after_org = after.as_deref();
        let page =
            database.transaction(async |database| rewrap_batch(database, old, &new, after_org, batch).await).await?;
        let Some(page) = page else { return Ok(done) };
        after = Some(page.last);
        done.data_keys += page.count;
        done.batches += 1;
        done.unreadable.extend(page.unreadable);
        progress(page.count);
    }
}

struct Batch {
    last: String,
    count: u64,
    unreadable: Vec<String>,
}

/// One batch. `None` if there is nothing left.
async fn rewrap_batch(
    database: &mut Database,
    old: &MasterKey,
    new: &MasterKey,
    after: Option<&str>,
    batch: u16,
) -> Result<Option<Batch>> {
    let read = database.read_wrapped(old.epoch(), after, batch.into()).await?;
    let Some(last) = read.last().map(|key| key.org.clone()) else { return Ok(None) };
    let (mut keys, mut unreadable) = (Vec::with_capacity(read.len()), Vec::new());
    for mut key in read {
        match wrap_anew(old, new, &key)? {
            Some(wrapped) => {
                key.wrapped = wrapped;
                keys.push(key);
            }
            // A damaged row must not keep all others under the old key.
            None => unreadable.push(key.org),
        }
    }
    let count = database.write_wrapped(old.epoch(), new.epoch(), new.check_value(), keys).await?;
    let malformed = |_| Error::Data(DataError::Malformed("the number of data keys that were wrapped".into()));
    Ok(Some(Batch { last, count: u64::try_from(count).map_err(malformed)?, unreadable }))
}

/// A data key, wrapped again. `None` if it does not open.
fn wrap_anew(old: &MasterKey, new: &MasterKey, key: &WrappedDataKey) -> Result<Option<Vec<u8>>> {
    let epoch =
        u32::try_from(key.epoch).map_err(|_| Error::Data(DataError::Corrupt { table: "data_key", column: "epoch" }))?;
    let Ok(data_key) = old.unwrap_data_key(&key.org, epoch, &key.wrapped) else { return Ok(None) };
    new.wrap(&key.org, &data_key).map(Some).map_err(|_| Error::NoRandomness)
}

/// The holder of a data key. A row may have an id that byok never wrote. It then belongs to nobody.
pub(super) fn holder(org: &str) -> Result<Holder> {
    Holder::of_row(org).map_err(|_| Error::Data(DataError::NotOurOrg { table: "data_key", org: org.to_owned() }))
}
