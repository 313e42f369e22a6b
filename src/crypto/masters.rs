//! A set of master keys. Usually there is one, and during a rotation there are two.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::text::{self, KeyTextError};
use super::{CheckValue, MasterKey};

/// At least one master key, each of another epoch.
pub struct MasterKeys {
    keys: Vec<Arc<MasterKey>>,
    later: Option<Box<Later>>,
}

/// Where these keys came from, and what was found there later.
struct Later {
    load: Box<dyn Fn() -> Option<MasterKeys> + Send + Sync>,
    found: RwLock<Vec<Arc<MasterKey>>>,
}

impl Later {
    fn find(&self, epoch: u32) -> Option<Arc<MasterKey>> {
        let known = |found: &[Arc<MasterKey>]| found.iter().find(|key| key.epoch() == epoch).cloned();
        if let Some(key) = known(&self.found.read().unwrap_or_else(PoisonError::into_inner)) {
            return Some(key);
        }
        let loaded = (self.load)()?;
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        // One that was dropped since may still wrap a row that was read before.
        for key in loaded.keys {
            if !found.iter().any(|known| known.epoch() == key.epoch()) {
                found.push(key);
            }
        }
        known(&found)
    }
}

impl MasterKeys {
    /// A set of exactly these keys. It is an error if two of the same epoch differ.
    pub fn new(first: MasterKey, others: Vec<MasterKey>) -> Result<Self, KeyTextError> {
        let mut keys = Self { keys: vec![Arc::new(first)], later: None };
        for key in others {
            keys.add(key)?;
        }
        Ok(keys)
    }

    /// Reads `BYOKM1-…`, one a line. Empty lines and lines that begin with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let mut lines = text::key_lines(text);
        let first = MasterKey::parse(lines.next().unwrap_or_default())?;
        Self::new(first, lines.map(MasterKey::parse).collect::<Result<_, _>>()?)
    }

    /// Adds a key. Adding the same key again changes nothing.
    pub fn add(&mut self, key: impl Into<Arc<MasterKey>>) -> Result<(), KeyTextError> {
        let key = key.into();
        match self.of_epoch(key.epoch()) {
            Some(known) if known.check_value() != key.check_value() => Err(KeyTextError::TwoOfOneEpoch(key.epoch())),
            Some(_) => Ok(()),
            None => {
                self.keys.push(key);
                Ok(())
            }
        }
    }

    /// The key of this epoch.
    pub fn of_epoch(&self, epoch: u32) -> Option<&MasterKey> {
        self.iter().find(|key| key.epoch() == epoch)
    }

    /// Sets where to look for a key of an epoch that is not in the set. It may have been added there later.
    #[must_use]
    pub fn or_later(mut self, load: impl Fn() -> Option<Self> + Send + Sync + 'static) -> Self {
        self.later = Some(Box::new(Later { load: Box::new(load), found: RwLock::default() }));
        self
    }

    /// The key of this epoch, or else the key that is found where these came from.
    pub fn find(&self, epoch: u32) -> Option<Arc<MasterKey>> {
        let known = self.keys.iter().find(|key| key.epoch() == epoch).cloned();
        known.or_else(|| self.later.as_ref()?.find(epoch))
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// The keys themselves.
    pub fn into_keys(self) -> Vec<Arc<MasterKey>> {
        self.keys
    }

    /// Epoch and check value of each key.
    pub fn names(&self) -> Vec<(u32, CheckValue)> {
        self.iter().map(|key| (key.epoch(), key.check_value())).collect()
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(&self.keys).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(epoch: u32) -> String {
        MasterKey::generate(epoch).expect("random bytes").to_text().expose().to_owned()
    }

    #[test]
    fn several_keys_are_read_one_a_line_and_remarks_are_skipped() {
        let (one, two) = (text(1), text(2));
        let keys = MasterKeys::parse(&format!("# escrow of 2027\n\n {one}\r\n{two}\n{one}\n")).expect("two keys");
        assert_eq!(keys.iter().map(MasterKey::epoch).collect::<Vec<_>>(), [1, 2]);
        assert!(keys.of_epoch(2).is_some() && keys.of_epoch(3).is_none());
    }

    #[test]
    fn a_key_that_was_added_since_is_found_where_the_others_came_from() {
        let (one, two) = (text(1), text(2));
        let both = format!("{one}\n{two}");
        let keys = MasterKeys::parse(&one).expect("a key").or_later(move || MasterKeys::parse(&both).ok());
        assert!(keys.of_epoch(2).is_none() && keys.find(2).is_some() && keys.find(1).is_some());
        assert!(keys.find(3).is_none());
        assert!(!format!("{keys:?}").contains(&one[9..40]));
    }

    #[test]
    fn a_key_that_was_not_there_at_the_first_look_is_found_at_a_later_one() {
        let (one, two) = (text(1), text(2));
        let file = Arc::new(RwLock::new(one.clone()));
        let read = file.clone();
        let keys = MasterKeys::parse(&one)
            .expect("a key")
            .or_later(move || MasterKeys::parse(&read.read().unwrap_or_else(PoisonError::into_inner)).ok());
        assert!(keys.find(2).is_none());
        *file.write().unwrap_or_else(PoisonError::into_inner) = format!("{one}\n{two}");
        assert!(keys.find(2).is_some() && keys.find(3).is_none());
        file.write().unwrap_or_else(PoisonError::into_inner).clear();
        assert!(keys.find(2).is_some(), "what was found once stays");
    }

    #[test]
    fn nothing_rubbish_and_two_of_one_epoch_are_refused() {
        assert!(matches!(MasterKeys::parse("# only a remark\n"), Err(KeyTextError::NotAKey(..))));
        assert!(matches!(MasterKeys::parse(&format!("{}\nhunter2", text(1))), Err(KeyTextError::NotAKey(..))));
        let two = MasterKeys::parse(&format!("{}\n{}", text(1), text(1))).expect_err("two of one epoch");
        assert_eq!(two, KeyTextError::TwoOfOneEpoch(1));
    }
}
