//! What becomes of each key of a list, by what is stored already. Nothing is written here.

use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;

use byok::admin::crypto::DataKey;
use byok::admin::sealing::{self, Keys};
use byok::admin::{KeyStand, OrgKeys, StoredKey};
use byok::clock::rfc3339;
use byok::error::{ChangeError, KeyError};
use byok::name::{Holder, OrgId};
use byok::{Error, exit};

use crate::cli::commands::key::import::line::{Bad, Key, Skipped};
use crate::cli::commands::key::import::lines::{Lines, not_yours};
use crate::cli::commands::key::import::sealer::Sealer;
use crate::cli::commands::key::options::{EndDate, other_version};
use crate::cli::session::Session;
use crate::cli::terminal::failure::Failure;

/// A key that is to be stored.
pub(super) struct Planned {
    pub(super) key: Key,
    pub(super) step: Step,
}

/// How a key is stored.
pub(super) struct Step {
    /// What was there when it was decided.
    pub(super) after: KeyStand,
    /// The key that it replaces.
    pub(super) before: Option<StoredKey>,
    pub(super) expires_at: Option<OffsetDateTime>,
}

/// The keys of one organization, which are stored together.
pub(super) struct Group {
    pub(super) org: OrgId,
    pub(super) known: OrgKeys,
    pub(super) keys: Vec<Planned>,
}

/// A key that is stored already.
pub(super) struct Same {
    pub(super) key: Key,
    pub(super) stored: StoredKey,
}

/// What becomes of every line.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) groups: Vec<Group>,
    pub(super) same: Vec<Same>,
    pub(super) bad: Vec<Bad>,
    pub(super) skipped: Vec<Skipped>,
    /// Whether this login asked for an organization that is not its own.
    refused: bool,
}

/// What becomes of one key.
pub(super) enum Decision {
    Store(Step),
    Same(StoredKey),
    Refuse(Failure),
}

impl Plan {
    pub(super) async fn make(
        session: &mut Session,
        sealer: &Sealer,
        lines: Lines,
        replace: bool,
    ) -> anyhow::Result<Self> {
        let Lines { keys, bad, skipped } = lines;
        let mut plan = Self { bad, skipped, ..Self::default() };
        let mut orgs: Vec<OrgId> = Vec::new();
        let mut of: HashMap<OrgId, Vec<Key>> = HashMap::new();
        for key in keys {
            let known = of.entry(key.org.clone()).or_insert_with(|| {
                orgs.push(key.org.clone());
                Vec::new()
            });
            known.push(key);
        }
        let mut found = session.database.org_keys(&orgs).await?;
        for org in orgs {
            let keys = of.remove(&org).unwrap_or_default();
            plan.add(session, sealer, Asked { known: found.remove(&org), org, keys, replace }).await?;
        }
        plan.bad.sort_by_key(|bad| bad.line);
        Ok(plan)
    }

    async fn add(&mut self, session: &mut Session, sealer: &Sealer, asked: Asked) -> anyhow::Result<()> {
        let Asked { org, known, keys, replace } = asked;
        let Some(known) = known else {
            let hello = session.database.hello();
            let failure = not_yours(hello.admin || hello.auditor || hello.resolver, &org);
            self.refused |= failure.exit == exit::NOT_AUTHORIZED;
            self.bad.extend(keys.into_iter().map(|key| Bad::new(key.line, failure.clone())));
            return Ok(());
        };
        let data_key = match Self::data_key(session, sealer, &org, &known).await? {
            Ok(data_key) => data_key,
            Err(failure) => {
                self.refused |= !known.allowed;
                self.bad.extend(keys.into_iter().map(|key| key.refused(failure.clone())));
                return Ok(());
            }
        };
        let mut planned = Vec::new();
        for key in keys {
            match decide(&key, &known, data_key.as_ref(), replace) {
                Decision::Store(step) => planned.push(Planned { key, step }),
                Decision::Same(stored) => self.same.push(Same { key, stored }),
                Decision::Refuse(failure) => self.bad.push(key.refused(failure)),
            }
        }
        if !planned.is_empty() {
            self.groups.push(Group { org, known, keys: planned });
        }
        Ok(())
    }

    /// The data key of an organization, or why none of its keys can be stored.
    async fn data_key(
        session: &mut Session,
        sealer: &Sealer,
        org: &OrgId,
        known: &OrgKeys,
    ) -> anyhow::Result<Result<Option<DataKey>, Failure>> {
        if !known.allowed {
            let message = format!("this login is no owner of {org}, and only owners change its keys");
            return Ok(Err(Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message)
                .hint(format!("a platform admin can add it: byok member add LOGIN --org {org}"))));
        }
        if !known.enabled {
            let holder = Holder::Organization(org.clone());
            return Ok(Err(Error::Change(ChangeError::NotEnabled(holder)).into()));
        }
        match sealer.of(org) {
            Ok(sealing) => data_key(session, sealing.keys(), org, known).await,
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// The refusal for the audit log.
    pub(super) fn denied(&self) -> Option<Failure> {
        let failure = Failure::new(exit::NOT_AUTHORIZED, "not_authorized", "");
        self.refused.then(|| Failure { denied: Some("key_contexts".into()), ..failure })
    }
}

/// The keys of one organization in the list, and what there is of it.
struct Asked {
    org: OrgId,
    known: Option<OrgKeys>,
    keys: Vec<Key>,
    replace: bool,
}

/// The data key that seals, or why it cannot be used. Any other failure ends the import.
pub(super) async fn data_key(
    session: &mut Session,
    keys: &Keys,
    org: &OrgId,
    known: &OrgKeys,
) -> anyhow::Result<Result<Option<DataKey>, Failure>> {
    match sealing::data_key(&mut session.database, keys, org, known.data_key.as_ref()).await {
        Ok(data_key) => Ok(Ok(data_key)),
        Err(
            error @ Error::Key(KeyError::WrongDataKey { .. } | KeyError::NoDataKey(_) | KeyError::DataKeyUnreadable(_)),
        ) => Ok(Err(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// What becomes of a key, by what is stored.
pub(super) fn decide(key: &Key, known: &OrgKeys, data_key: Option<&DataKey>, replace: bool) -> Decision {
    let expires_at = match &key.end {
        Some(EndDate::At(at)) => Some(*at),
        Some(EndDate::In(length)) => Some(known.at + *length),
        None => None,
    };
    let (after, active) = (known.stand(&key.id), known.active(&key.id));
    let name = || format!("{} key of organization {}", key.id, key.org);
    if let Some(stored) = active {
        let own = data_key.map(|data_key| data_key.fingerprint(key.id.as_str(), &key.credential));
        let same_key = own.is_some_and(|own| own.as_bytes().as_slice() == stored.fingerprint);
        // A list that says nothing of the end date, or counts it from now on, does not contradict the stored one.
        let same_end = !matches!(key.end, Some(EndDate::At(_))) || stored.expires_at == expires_at;
        if same_key && same_end && stored.settings == key.settings {
            return Decision::Same(stored.clone());
        }
        if key.if_version.is_none() && !replace {
            return Decision::Refuse(conflict(key, stored, same_key && stored.settings == key.settings));
        }
    }
    if let Some(wanted) = key.if_version.filter(|wanted| *wanted != after.active) {
        return Decision::Refuse(Failure::of(&other_version(&name(), wanted)));
    }
    if expires_at.is_some_and(|end| end <= known.at) {
        return Decision::Refuse(Error::Change(ChangeError::PastDate(name())).into());
    }
    Decision::Store(Step { after, before: active.cloned(), expires_at })
}

/// The failure where another key is stored, which is not replaced.
fn conflict(key: &Key, stored: &StoredKey, only_end: bool) -> Failure {
    let (id, org, hint, version) = (&key.id, &key.org, &stored.hint, stored.version);
    if only_end {
        let end =
            stored.expires_at.map_or_else(|| "no end date".into(), |end| format!("the end date {}", rfc3339(end)));
        let message = format!("the same {id} key of {org} is stored with {end} (version {version})");
        return Failure::new(exit::CONFLICT, "other_end_date", message)
            .hint(format!("to change the date: byok key expire {id} --org {org} --expires DATE"));
    }
    let message = format!("{org} has another {id} key, {hint} (version {version}), which is not replaced");
    Failure::new(exit::CONFLICT, "exists", message)
        .hint(format!("to replace it: --replace, or in this line if_version {version}"))
}

/// How many keys there are, and of how many organizations.
pub(super) fn size(groups: &[Group]) -> (usize, usize) {
    (groups.iter().map(|group| group.keys.len()).sum(), groups.len())
}

/// The keys of each provider that do not have a known form, by their lines.
pub(super) fn unusual(groups: &[Group]) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for planned in groups.iter().flat_map(|group| &group.keys).filter(|planned| planned.key.unusual) {
        found.entry(planned.key.provider.name.clone()).or_default().push(planned.key.line);
    }
    found
}
