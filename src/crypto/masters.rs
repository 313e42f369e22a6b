//! The master keys that somebody holds: one, or during a rotation two.

use super::{CheckValue, KeyTextError, MasterKey};

/// At least one master key, each of another epoch.
#[derive(Debug)]
pub struct MasterKeys(Vec<MasterKey>);

impl MasterKeys {
    /// These and no others; an error when two of one epoch differ.
    pub fn new(first: MasterKey, others: Vec<MasterKey>) -> Result<Self, KeyTextError> {
        let mut keys = Self(vec![first]);
        for key in others {
            keys.add(key)?;
        }
        Ok(keys)
    }

    /// Reads `BYOKM1-…`, one a line; empty lines and lines that begin with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = MasterKey::parse(lines.next().unwrap_or_default())?;
        Self::new(first, lines.map(MasterKey::parse).collect::<Result<_, _>>()?)
    }

    /// Adds one; the same one twice is one.
    pub fn add(&mut self, key: MasterKey) -> Result<(), KeyTextError> {
        match self.of_epoch(key.epoch()) {
            Some(known) if known.check_value() != key.check_value() => Err(KeyTextError::TwoOfOneEpoch(key.epoch())),
            Some(_) => Ok(()),
            None => {
                self.0.push(key);
                Ok(())
            }
        }
    }

    /// The one of that epoch.
    pub fn of_epoch(&self, epoch: u32) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.epoch() == epoch)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        self.0.iter()
    }

    /// The keys themselves.
    pub fn into_keys(self) -> Vec<MasterKey> {
        self.0
    }

    /// Epoch and check value of each.
    pub fn names(&self) -> Vec<(u32, CheckValue)> {
        self.0.iter().map(|key| (key.epoch(), key.check_value())).collect()
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
    fn nothing_rubbish_and_two_of_one_epoch_are_refused() {
        assert!(matches!(MasterKeys::parse("# only a remark\n"), Err(KeyTextError::NotAKey(..))));
        assert!(matches!(MasterKeys::parse(&format!("{}\nhunter2", text(1))), Err(KeyTextError::NotAKey(..))));
        let two = MasterKeys::parse(&format!("{}\n{}", text(1), text(1))).expect_err("two of one epoch");
        assert_eq!(two, KeyTextError::TwoOfOneEpoch(1));
    }
}
