//! The opened data keys of a resolver: in memory that is zeroized, and bounded.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::crypto::{DataKey, MasterKeys};
use crate::db::DataKeyRow;
use crate::error::{Error, Result};
use crate::name::Holder;

/// Data keys in memory at most; of more organizations than that, those used last stay.
const LIMIT: usize = 100_000;

/// Of one holder: the data key in use last, and while one is replaced the one before.
type Epochs = Vec<Arc<DataKey>>;

pub(super) struct DataKeys {
    masters: Option<MasterKeys>,
    opened: RwLock<HashMap<String, Epochs>>,
}

impl DataKeys {
    pub(super) fn new(masters: Option<MasterKeys>) -> Self {
        Self { masters, opened: RwLock::default() }
    }

    /// What opens them.
    pub(super) fn masters(&self) -> Option<&MasterKeys> {
        self.masters.as_ref()
    }

    /// The one that was in use last.
    pub(super) fn latest(&self, holder: &str) -> Option<Arc<DataKey>> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).get(holder)?.last().cloned()
    }

    pub(super) fn get(&self, holder: &str, epoch: u32) -> Option<Arc<DataKey>> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        opened.get(holder)?.iter().find(|key| key.epoch() == epoch).cloned()
    }

    /// Makes a known one the latest: false when it is not known.
    pub(super) fn use_known(&self, holder: &str, epoch: u32) -> bool {
        self.get(holder, epoch).inspect(|key| self.keep(holder, key.clone())).is_some()
    }

    /// Opens a data key with the master key that wraps it, and keeps it.
    pub(super) fn unwrap(&self, holder: &Holder, row: &DataKeyRow) -> Result<()> {
        let unreadable = || Error::DataKeyUnreadable(holder.to_string());
        let master = self
            .masters
            .as_ref()
            .and_then(|masters| masters.find(row.master_epoch))
            .ok_or(Error::MissingMasterKey { epoch: row.master_epoch, wanted: None })?;
        let key = master.unwrap_data_key(holder.as_str(), row.epoch, &row.wrapped).map_err(|_| unreadable())?;
        if key.check_value(holder.as_str()) != row.check_value {
            return Err(unreadable());
        }
        self.keep(holder.as_str(), Arc::new(key));
        Ok(())
    }

    /// Keeps an opened one as the latest of its holder.
    pub(super) fn keep(&self, holder: &str, key: Arc<DataKey>) {
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= LIMIT && !opened.contains_key(holder) {
            // Any will do: it is fetched again when it is wanted.
            let any = opened.keys().find(|known| !known.is_empty()).cloned();
            any.and_then(|any| opened.remove(&any));
        }
        let epochs = opened.entry(holder.to_owned()).or_default();
        epochs.retain(|known| known.epoch() != key.epoch());
        epochs.push(key);
        if epochs.len() > 2 {
            epochs.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(epoch: u32) -> Arc<DataKey> {
        Arc::new(DataKey::generate(epoch).expect("random bytes"))
    }

    #[test]
    fn the_last_two_epochs_of_a_holder_are_kept_and_the_last_used_is_the_latest() {
        let keys = DataKeys::new(None);
        for epoch in 1..=3 {
            keys.keep("acme", key(epoch));
        }
        assert!(keys.get("acme", 1).is_none() && keys.get("acme", 2).is_some());
        assert_eq!(keys.latest("acme").map(|key| key.epoch()), Some(3));
        assert!(keys.use_known("acme", 2) && !keys.use_known("acme", 1));
        assert_eq!(keys.latest("acme").map(|key| key.epoch()), Some(2));
        assert!(keys.latest("bolt").is_none());
    }

    #[test]
    fn memory_is_bounded_and_the_platforms_own_stays() {
        let keys = DataKeys::new(None);
        keys.keep("", key(1));
        let one = key(1);
        for number in 0..LIMIT + 50 {
            keys.keep(&number.to_string(), one.clone());
        }
        assert!(keys.opened.read().expect("a lock").len() <= LIMIT);
        assert!(keys.latest("").is_some());
    }
}
