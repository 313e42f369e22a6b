//! What a server reports about the keys that it used.

use super::reporter::Reports;
use super::{Acquired, OpenedKey, OpenedUse, Resolver};
use crate::observed::{KeyId, Observed};

impl Resolver {
    /// Reports what the provider answered to a request with this key: `resolver.report(&acquired, Observed::Ok)`. Lists then show when
    /// the key was last used, when it last worked, and since when it fails.
    ///
    /// It only counts in memory: it waits for nothing and cannot fail. A task writes what was counted over a connection of its own,
    /// once a minute for each key that is used, and within seconds if a key begins to fail. While the database is away, what was
    /// counted waits for it. At most 100,000 keys are counted at a time. Reports about more keys are given up, and
    /// [`Resolver::reports`] says how many.
    pub fn report(&self, key: impl Into<KeyId>, observed: Observed) {
        self.reporter.observe(key.into(), observed);
    }

    /// What is not written yet, and what was given up.
    pub fn reports(&self) -> Reports {
        self.reporter.reports()
    }

    /// Writes what was reported until now, within the patience of the resolver. What could not be written is written later, and counts
    /// as [waiting](Reports::waiting).
    pub async fn flush_reports(&self) -> Reports {
        self.reporter.flush(self.pool.deadline()).await
    }

    /// Writes what was reported, and closes the resolver. A resolver that is only dropped writes it in the background, and loses it if
    /// the runtime ends first.
    pub async fn close(self) -> Reports {
        self.flush_reports().await
    }
}

impl OpenedKey {
    /// Names the key, for a [report](Resolver::report) after the key was dropped.
    pub fn id(&self) -> KeyId {
        KeyId { holder: self.holder.clone(), provider: self.provider.clone(), version: self.version }
    }
}

impl From<&OpenedKey> for KeyId {
    fn from(key: &OpenedKey) -> Self {
        key.id()
    }
}

impl From<&Acquired> for KeyId {
    fn from(acquired: &Acquired) -> Self {
        acquired.key.id()
    }
}

impl From<&OpenedUse<'_>> for KeyId {
    fn from(opened: &OpenedUse<'_>) -> Self {
        opened.key.id()
    }
}
