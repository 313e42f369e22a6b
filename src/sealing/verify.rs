//! Opens everything that is stored, and records what does not open.

use super::keys::unwrap;
use super::reseal::{Undecryptable, open_all};
use super::rotation::holder;
use crate::crypto::MasterKeys;
use crate::db::{DataKeyPage, Database, HeldDataKey, KeyMark, SealedKey};
use crate::error::{Error, KeyError, Result};
use crate::name::ProviderId;

/// The result of opening everything.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Data keys that were unwrapped.
    pub data_keys: u64,
    /// Stored keys that were opened.
    pub keys: u64,
    /// What did not open.
    pub closed: Vec<Undecryptable>,
}

const PAGE: i32 = 500;

/// Opens every data key and every stored key, or those of a number of random organizations. `progress` is called with
/// the number of data keys that were done.
pub async fn verify(
    database: &mut Database,
    keys: &MasterKeys,
    sample: Option<i32>,
    mut progress: impl FnMut(u64),
) -> Result<Verified> {
    keys.check(database).await?;
    let mut found = Verified::default();
    if sample.is_none() {
        found.closed.extend(database.orphaned_keys().await?.into_iter().map(|(org, provider, version)| {
            Undecryptable { org, provider: Some(provider), version: Some(version), why: "its data key is gone".into() }
        }));
    }
    let mut after: Option<String> = None;
    loop {
        let (which, limit) = match sample {
            Some(count) => (DataKeyPage::Sample, count),
            None => (DataKeyPage::After(after.as_deref()), PAGE),
        };
        let seen = page_in_one_snapshot(database, keys, which, limit).await?;
        found.data_keys += seen.data_keys;
        found.keys += seen.keys;
        found.closed.extend(seen.closed);
        progress(seen.data_keys);
        after = seen.last;
        if sample.is_some() || after.is_none() {
            return Ok(found);
        }
    }
}

/// Checks a page in one snapshot, so that a key that is replaced in between does not look damaged. If the master key of a data key
/// is replaced in between, the page is read again.
async fn page_in_one_snapshot(
    database: &mut Database,
    keys: &MasterKeys,
    which: DataKeyPage<'_>,
    limit: i32,
) -> Result<Page> {
    let mut missing = Vec::new();
    let seen = loop {
        match database.snapshot(async |database| verify_page(database, keys, which, limit, &missing).await).await {
            Err(Error::Key(KeyError::MissingMasterKey { epoch, .. })) => {
                missing.push(epoch);
                database.refresh().await?;
            }
            outcome => break outcome?,
        }
    };
    for mark in &seen.marks {
        if let (Ok(holder), Ok(provider), Ok(version), Ok(epoch)) = (
            holder(&mark.org),
            mark.provider.parse::<ProviderId>(),
            u32::try_from(mark.version),
            u32::try_from(mark.data_epoch),
        ) {
            // If this cannot be recorded, the finding is still reported.
            let (holder, provider, opens) = (&holder, &provider, mark.unreadable);
            database.mark_key(&KeyMark { holder, provider, version, data_epoch: epoch, opens }).await.ok();
        }
    }
    Ok(seen)
}

/// A page of what was read, and where it ended.
#[derive(Default)]
struct Page {
    data_keys: u64,
    keys: u64,
    closed: Vec<Undecryptable>,
    /// Keys whose record differs from what was found.
    marks: Vec<SealedKey>,
    last: Option<String>,
}

async fn verify_page(
    database: &mut Database,
    keys: &MasterKeys,
    which: DataKeyPage<'_>,
    limit: i32,
    missing: &[u32],
) -> Result<Page> {
    let page = database.data_keys(which, limit).await?;
    let mut found = Page { last: page.last().map(|held| held.org.clone()), ..Page::default() };
    let (mut opened, mut lost) = (Vec::with_capacity(page.len()), Vec::new());
    for HeldDataKey { org, row } in page {
        match row.and_then(|row| unwrap(database.hello(), keys, &holder(&org)?, &row)) {
            Ok(key) => opened.push((org, key)),
            Err(error @ Error::Key(KeyError::MissingMasterKey { epoch, .. })) if !missing.contains(&epoch) => {
                return Err(error);
            }
            Err(error) => {
                if matches!(error, Error::Key(KeyError::DataKeyUnreadable(_))) {
                    lost.push(org.clone());
                }
                found.closed.push(Undecryptable::data_key(org, &error));
            }
        }
    }
    found.data_keys = u64::try_from(opened.len()).unwrap_or_default();
    let orgs: Vec<String> = opened.iter().map(|(org, _)| org.clone()).collect();
    let stored = database.sealed_keys(&orgs).await?;
    found.closed.extend(stored.iter().filter_map(rolled_back));
    let (good, closed) = open_all(database, &opened, &stored).await?;
    found.keys = u64::try_from(good.len()).unwrap_or_default();
    found.marks.extend(good.iter().map(|(key, _)| *key).filter(|key| key.unreadable).cloned());
    found.marks.extend(closed.iter().map(|(key, _)| *key).filter(|key| !key.unreadable).cloned());
    found.closed.extend(closed.into_iter().map(|(key, why)| Undecryptable::of(key, why)));
    if !lost.is_empty() {
        found.marks.extend(database.sealed_keys(&lost).await?.into_iter().filter(|key| !key.unreadable));
    }
    Ok(found)
}

/// Finds an active key that is not the one that was last set: somebody put back an old row, which still opens.
fn rolled_back(key: &SealedKey) -> Option<Undecryptable> {
    let recorded = key.recorded_version.filter(|recorded| key.active && *recorded != key.version)?;
    Some(Undecryptable {
        org: key.org.clone(),
        provider: Some(key.provider.clone()),
        version: Some(key.version),
        why: match recorded {
            0 => "rolled back: according to the audit log this key was removed".into(),
            recorded => format!("rolled back: according to the audit log version {recorded} is active"),
        },
    })
}
