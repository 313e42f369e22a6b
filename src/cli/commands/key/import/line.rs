//! A line of a list of keys.

use std::sync::Arc;

use byok::import::Fields;
use byok::name::{OrgId, ProviderId};
use byok::provider::ProviderEntry;
use byok::secret::{Credential, Hint, SecretText};

use crate::cli::commands::key::options::EndDate;
use crate::cli::terminal::failure::Failure;

/// A key of the list.
pub(super) struct Key {
    pub(super) line: usize,
    pub(super) org: OrgId,
    pub(super) id: ProviderId,
    pub(super) provider: Arc<ProviderEntry>,
    pub(super) credential: Credential,
    pub(super) settings: String,
    pub(super) hint: Hint,
    pub(super) length: usize,
    pub(super) end: Option<EndDate>,
    pub(super) if_version: Option<u32>,
    /// Whether it does not have a known form of keys of its provider.
    pub(super) unusual: bool,
}

/// A line that cannot be imported. It names only what is known to be no key.
pub(super) struct Bad {
    pub(super) line: usize,
    pub(super) org: Option<OrgId>,
    pub(super) provider: Option<ProviderId>,
    pub(super) failure: Failure,
}

/// A line that is no key, and is no mistake.
pub(super) struct Skipped {
    pub(super) line: usize,
    pub(super) why: String,
}

impl Bad {
    pub(super) fn new(line: usize, failure: Failure) -> Self {
        Self { line, org: None, provider: None, failure }
    }
}

/// A line that was read.
pub(super) struct Read {
    pub(super) line: usize,
    pub(super) fields: Fields,
}

/// The fields of a line, before any of them is checked.
pub(super) struct Raw {
    pub(super) line: usize,
    pub(super) org: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) key: Option<SecretText>,
    pub(super) expires: Option<String>,
    pub(super) if_version: Option<String>,
    pub(super) settings: Vec<(String, String)>,
}

impl Raw {
    pub(super) fn of(Read { line, mut fields }: Read) -> Self {
        Self {
            line,
            org: fields.take_name("org"),
            provider: fields.take_name("provider"),
            key: fields.take("key"),
            expires: fields.take_name("expires"),
            if_version: fields.take_name("if_version"),
            settings: fields.take_settings(),
        }
    }
}

impl Key {
    /// Why the key is not stored.
    pub(super) fn refused(self, failure: Failure) -> Bad {
        let failure = failure.about(&self.id, &self.org);
        Bad { line: self.line, org: Some(self.org), provider: Some(self.id), failure }
    }

    /// Whether both lines say the same.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.credential, &other.credential);
        let same = |name: &str| match (ours.get(name), theirs.get(name)) {
            (Some(ours), Some(theirs)) => ours.is_same_as(theirs),
            _ => false,
        };
        ours.fields().eq(theirs.fields())
            && ours.fields().all(same)
            && (&self.settings, &self.end, self.if_version) == (&other.settings, &other.end, other.if_version)
    }
}
