//! The opened data keys of a resolver, in memory that is zeroized and limited.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::crypto::{DataKey, DerivedKeys, MasterKeys};
use crate::db::{DataKeyRow, Deadline, Passphrases};
use crate::error::{Error, KeyError, Result};
use crate::name::{Holder, OrgId, ProviderId};

/// The largest number of holders whose data keys are in memory. Beyond it, those that are used often or recently stay.
const LIMIT: usize = 100_000;

/// For so many providers what is derived from a data key is kept. An organization asks for a few.
const PROVIDERS: usize = 4;
/// Every provider is asked of the platform.
const PROVIDERS_OF_THE_PLATFORM: usize = 64;

/// The data keys of one holder: the latest, and during a replacement the previous one.
type Epochs = Arc<[Arc<Opened>]>;

/// An opened data key, and what was derived from it.
pub(super) struct Opened {
    key: DataKey,
    derived: RwLock<VecDeque<(ProviderId, Arc<DerivedKeys>)>>,
}

impl Opened {
    pub(super) fn new(key: DataKey) -> Arc<Self> {
        Arc::new(Self { key, derived: RwLock::new(VecDeque::new()) })
    }

    fn epoch(&self) -> u32 {
        self.key.epoch()
    }

    /// What the key derives for a provider.
    fn derived(&self, holder: &str, provider: &ProviderId) -> Arc<DerivedKeys> {
        let known = self.derived.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, derived)) = known.iter().find(|(name, _)| name == provider) {
            return derived.clone();
        }
        drop(known);
        let derived = Arc::new(self.key.derived(holder, provider.as_str()));
        let mut known = self.derived.write().unwrap_or_else(PoisonError::into_inner);
        if known.iter().all(|(name, _)| name != provider) {
            let platform = holder == Holder::Platform.as_str();
            known.push_front((provider.clone(), derived.clone()));
            known.truncate(if platform { PROVIDERS_OF_THE_PLATFORM } else { PROVIDERS });
        }
        derived
    }
}

pub(super) struct DataKeys {
    masters: Option<MasterKeys>,
    opened: Cache<String, Epochs>,
}

/// What the data keys derive for one request. The request sends their passphrases, so they also open the answer.
pub(super) struct Held {
    own: Option<Arc<DerivedKeys>>,
    platform: Option<Arc<DerivedKeys>>,
}

/// The key that a request asks for, and the deadline of the request.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) deadline: Deadline,
    pub(super) org: &'a OrgId,
    pub(super) provider: &'a ProviderId,
}

/// The last data key that a request needed and that was gone.
#[derive(Default)]
pub(super) struct Wanted(Option<(Holder, u32)>);

impl Wanted {
    /// Whether this one was not the last one before.
    pub(super) fn is_new(&mut self, holder: &Holder, epoch: u32) -> bool {
        let wanted = Some((holder.clone(), epoch));
        let before = std::mem::replace(&mut self.0, wanted.clone());
        before != wanted
    }
}

impl Held {
    /// The platform's, or the organization's.
    pub(super) fn of(&self, platform: bool) -> Option<&DerivedKeys> {
        if platform { self.platform.as_deref() } else { self.own.as_deref() }
    }

    pub(super) fn passphrases(&self) -> Passphrases {
        let of = |key: &Option<Arc<DerivedKeys>>| key.as_ref().map(|key| (key.epoch(), key.passphrase().clone()));
        Passphrases { own: of(&self.own), platform: of(&self.platform) }
    }
}

impl DataKeys {
    pub(super) fn new(masters: Option<MasterKeys>) -> Self {
        Self::with_limit(masters, LIMIT)
    }

    fn with_limit(masters: Option<MasterKeys>, limit: usize) -> Self {
        Self { masters, opened: Cache::new(limit) }
    }

    /// The master keys that open data keys.
    pub(super) fn masters(&self) -> Option<&MasterKeys> {
        self.masters.as_ref()
    }

    /// What the data keys derive for a request.
    pub(super) fn held(&self, org: &OrgId, provider: &ProviderId) -> Held {
        let of = |holder: &str| Some(self.latest(holder)?.derived(holder, provider));
        Held { own: of(org.as_str()), platform: of(Holder::Platform.as_str()) }
    }

    /// The data key that was used last.
    fn latest(&self, holder: &str) -> Option<Arc<Opened>> {
        self.opened.get(holder)?.last().cloned()
    }

    fn get(&self, holder: &str, epoch: u32) -> Option<Arc<Opened>> {
        self.opened.get(holder)?.iter().find(|key| key.epoch() == epoch).cloned()
    }

    /// Makes a known data key the latest. Returns false if it is not known.
    pub(super) fn use_known(&self, holder: &str, epoch: u32) -> bool {
        self.get(holder, epoch).inspect(|key| self.keep(holder, key.clone())).is_some()
    }

    /// Opens a data key with the master key that wraps it, and keeps it.
    pub(super) fn unwrap(&self, holder: &Holder, row: &DataKeyRow) -> Result<()> {
        let unreadable = || Error::Key(KeyError::DataKeyUnreadable(holder.clone()));
        let master = self
            .masters
            .as_ref()
            .and_then(|masters| masters.find(row.master_epoch))
            .ok_or(Error::Key(KeyError::MissingMasterKey { epoch: row.master_epoch, wanted: None }))?;
        let key = master.unwrap_data_key(holder.as_str(), row.epoch, &row.wrapped).map_err(|_| unreadable())?;
        if key.check_value(holder.as_str()) != row.check_value {
            return Err(unreadable());
        }
        self.keep(holder.as_str(), Opened::new(key));
        Ok(())
    }

    /// Keeps an opened data key as the latest of its holder. If two requests keep different ones at the same time, one
    /// is lost and fetched again when it is needed.
    pub(super) fn keep(&self, holder: &str, key: Arc<Opened>) {
        let known = self.opened.get(holder);
        let before = known.iter().flat_map(|known| known.iter()).rfind(|known| known.epoch() != key.epoch()).cloned();
        self.opened.insert(holder.to_owned(), before.into_iter().chain([key]).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(epoch: u32) -> Arc<Opened> {
        Opened::new(DataKey::generate(epoch).expect("random bytes"))
    }

    #[test]
    fn what_is_derived_is_kept_for_a_few_providers_and_for_all_of_the_platform() {
        let names: Vec<ProviderId> = (0..100).map(|n| format!("provider-{n}").parse().expect("a name")).collect();
        for (holder, limit) in [("acme", PROVIDERS), ("", PROVIDERS_OF_THE_PLATFORM)] {
            let opened = key(1);
            for name in &names {
                let derived = opened.derived(holder, name);
                assert!(Arc::ptr_eq(&derived, &opened.derived(holder, name)), "derived twice");
            }
            assert_eq!(opened.derived.read().expect("no panic").len(), limit);
        }
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
    fn memory_is_bounded_and_what_is_used_stays() {
        let limit = 2_000;
        let keys = DataKeys::with_limit(None, limit);
        let one = key(1);
        let busy: Vec<String> = std::iter::once(String::new()).chain((0..50).map(|n| format!("busy-{n}"))).collect();
        for holder in &busy {
            keys.keep(holder, one.clone());
        }
        let mut lost = 0;
        for number in 0..20 * limit {
            keys.keep(&number.to_string(), one.clone());
            for holder in [&busy[0], &busy[number % busy.len()]] {
                if keys.latest(holder).is_none() {
                    lost += 1;
                    keys.keep(holder, one.clone());
                }
            }
        }
        assert!(keys.opened.len() <= limit);
        assert_eq!(lost, 0, "keys in use were dropped for keys that nobody asks for again");
    }
}
