//! Tests and stores the keys of a plan, organization after organization.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use byok::admin::crypto::DataKey;
use byok::admin::sealing::{self, Incoming, Together};
use byok::admin::{Database, NewTest, OrgKeys};
use byok::error::{ChangeError, ConnectionError};
use byok::name::{Holder, OrgId};
use byok::probe::Outcome;
use byok::provider::Verdict;
use byok::{Error, exit};

use crate::cli::commands::key::import::plan::{self, Decision, Group, Planned, Same};
use crate::cli::commands::key::import::report::Report;
use crate::cli::commands::key::import::sealer::Sealer;
use crate::cli::probing::{self, Candidate, ProbePlan};
use crate::cli::session::Session;
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;

/// So many keys are tested before their organizations' keys are stored, for each test that runs at once.
const AHEAD: usize = 4;
/// How often what is stored is looked at again, because others change it.
const TRIES: usize = 8;

/// How keys are tested before they are stored.
pub(super) struct Tests {
    pub(super) plan: ProbePlan,
    pub(super) at_once: usize,
}

/// What is needed to store keys.
pub(super) struct Writing<'a> {
    pub(super) session: &'a mut Session,
    pub(super) sealer: &'a Sealer,
    pub(super) tests: Option<Tests>,
    pub(super) keep: Duration,
}

/// Keys of one organization that are not stored yet, and how often somebody else came first.
struct Parts {
    waiting: Vec<Group>,
    tries: usize,
}

/// The results of tests, by line.
type Found = HashMap<usize, Outcome>;

impl Writing<'_> {
    /// Stores the keys of all groups. If the database is lost, the rest is reported as failed.
    pub(super) async fn run(mut self, groups: Vec<Group>, report: &mut Report) -> anyhow::Result<()> {
        let mut lost: Option<Failure> = None;
        let mut waiting = groups.into_iter().peekable();
        while waiting.peek().is_some() {
            let most = self.tests.as_ref().map_or(1, |tests| AHEAD * tests.at_once);
            let (mut some, mut keys) = (Vec::new(), 0);
            while keys < most
                && let Some(group) = waiting.next()
            {
                keys += group.keys.len();
                some.push(group);
            }
            let mut found = Found::new();
            if lost.is_none() && self.tests.is_some() {
                found = self.tested(&mut some, report).await?;
                lost = self.session.database.wake().await.err().map(not_reached);
            }
            for group in some {
                if let Some(failure) = &lost {
                    refuse(group.keys, failure, report)?;
                    continue;
                }
                lost = self.group(group, &found, report).await?;
            }
        }
        Ok(())
    }

    /// Tests the keys of some groups. Those that do not work are reported, and left out.
    async fn tested(&mut self, groups: &mut [Group], report: &mut Report) -> anyhow::Result<Found> {
        let Some(tests) = &self.tests else { return Ok(Found::new()) };
        // Others need the connection while providers are asked.
        self.session.database.rest().await;
        let mut interrupt = probing::interrupts()?;
        let mut candidates = groups.iter().flat_map(|group| &group.keys).map(|planned| {
            let (credential, settings) = (planned.key.credential.clone(), planned.key.settings.clone());
            (planned.key.line, Candidate { provider: Arc::clone(&planned.key.provider), credential, settings })
        });
        let (mut running, mut found) = (JoinSet::new(), Found::new());
        loop {
            while running.len() < tests.at_once
                && let Some((line, candidate)) = candidates.next()
            {
                let plan = tests.plan.clone();
                running.spawn_blocking(move || (line, plan.test(&candidate)));
            }
            tokio::select! {
                ended = running.join_next() => match ended {
                    None => break,
                    Some(Ok((line, outcome))) => {
                        found.insert(line, outcome);
                    }
                    Some(Err(_)) => {
                        return Err(Failure::new(exit::FAILURE, "test", "a test ended without a result").into());
                    }
                },
                _ = interrupt.recv() => return Err(probing::interrupted().into()),
            }
        }
        drop(candidates);
        for group in groups {
            for mut planned in std::mem::take(&mut group.keys) {
                let outcome = found.get(&planned.key.line);
                // What comes first ends the key: its date, or that of its provider.
                let told = outcome.and_then(|outcome| outcome.expires_at);
                planned.step.expires_at = planned.step.expires_at.into_iter().chain(told).min();
                match outcome.and_then(|outcome| rejected(&planned, outcome)) {
                    Some(failure) => report.bad(planned.key.refused(failure))?,
                    None => group.keys.push(planned),
                }
            }
        }
        Ok(found)
    }

    /// Stores the keys of one organization in one transaction. Returns the failure if the database is lost.
    async fn group(&mut self, group: Group, found: &Found, report: &mut Report) -> anyhow::Result<Option<Failure>> {
        let Group { org, known, keys } = group;
        if dry_run::is_on() {
            for planned in &keys {
                report.stored(planned, planned.step.after.last + 1, found.get(&planned.key.line))?;
            }
            return Ok(None);
        }
        let mut parts = Parts { waiting: vec![Group { org, known, keys }], tries: 0 };
        while let Some(mut part) = parts.waiting.pop() {
            if part.keys.len() > Database::KEYS_AT_ONCE {
                let keys = part.keys.split_off(Database::KEYS_AT_ONCE);
                parts.waiting.push(Group { org: part.org.clone(), known: part.known.clone(), keys });
            }
            match self.store(&part, found).await {
                Ok(versions) => {
                    for (planned, version) in part.keys.iter().zip(versions) {
                        report.stored(planned, version, found.get(&planned.key.line))?;
                    }
                }
                Err(error) => {
                    if let Some(failure) = self.failed(error, part, &mut parts, report).await? {
                        parts.waiting.into_iter().try_for_each(|part| refuse(part.keys, &failure, report))?;
                        return Ok(Some(failure));
                    }
                }
            }
        }
        Ok(None)
    }

    /// What becomes of keys that could not be stored together. Returns the failure if the database is lost.
    async fn failed(
        &mut self,
        error: Error,
        part: Group,
        parts: &mut Parts,
        report: &mut Report,
    ) -> anyhow::Result<Option<Failure>> {
        parts.tries += 1;
        let passes =
            matches!(error, Error::Change(ChangeError::Changed(_)) | Error::Connection(ConnectionError::Contended));
        if passes && parts.tries < TRIES {
            return Ok(match self.again(part, report).await? {
                Ok(left) => {
                    parts.waiting.extend(left);
                    None
                }
                Err(failure) => Some(failure),
            });
        }
        if is_lost(&error) {
            let failure = not_reached(error);
            refuse(part.keys, &failure, report)?;
            return Ok(Some(failure));
        }
        if part.keys.len() > 1 {
            // One of them cannot be stored. Then each is stored on its own.
            let Group { org, known, keys } = part;
            let alone = |planned| Group { org: org.clone(), known: known.clone(), keys: vec![planned] };
            parts.waiting.extend(keys.into_iter().rev().map(alone));
        } else {
            refuse(part.keys, &Failure::from(error), report)?;
        }
        Ok(None)
    }

    async fn store(&mut self, group: &Group, found: &Found) -> byok::Result<Vec<u32>> {
        let records: Vec<Option<NewTest>> =
            group.keys.iter().map(|planned| found.get(&planned.key.line).map(Outcome::to_record)).collect();
        let keys: Vec<Incoming<'_>> = group
            .keys
            .iter()
            .zip(&records)
            .map(|(Planned { key, step }, test)| Incoming {
                provider: &key.id,
                credential: &key.credential,
                settings: &key.settings,
                hint: &key.hint,
                expires_at: step.expires_at,
                after: step.after,
                test: test.as_ref(),
            })
            .collect();
        let together =
            Together { org: &group.org, data_key: group.known.data_key.as_ref(), keys: &keys, keep: self.keep };
        let sealing = self.sealer.of(&group.org).map_err(|_| changed(group))?;
        sealing::store_many(&mut self.session.database, sealing.keys(), &together).await
    }

    /// Looks at what is stored now, because somebody changed a key of this organization. Reports what is done by that, and returns
    /// what is left, or the failure if the database is lost.
    async fn again(&mut self, group: Group, report: &mut Report) -> anyhow::Result<Result<Option<Group>, Failure>> {
        let Group { org, keys, .. } = group;
        let now = self.now(&org).await;
        let (known, data_key) = match now {
            Ok(now) => now,
            Err(failure) => {
                refuse(keys, &failure, report)?;
                return Ok(if failure.exit == exit::UNAVAILABLE { Err(failure) } else { Ok(None) });
            }
        };
        let mut left = Vec::new();
        for planned in keys {
            // What was seen may be replaced, and nothing else.
            match plan::decide(&planned.key, &known, data_key.as_ref(), planned.step.before.is_some()) {
                Decision::Same(stored) => report.same(&Same { key: planned.key, stored })?,
                Decision::Store(step) if step.after == planned.step.after => {
                    left.push(Planned { key: planned.key, step });
                }
                Decision::Refuse(failure) => report.bad(planned.key.refused(failure))?,
                Decision::Store(_) => {
                    let name = format!("{} key of organization {org}", planned.key.id);
                    let failure = Failure::from(Error::Change(ChangeError::Changed(name)));
                    report.bad(planned.key.refused(failure))?;
                }
            }
        }
        Ok(Ok(Some(Group { org, known, keys: left }).filter(|group| !group.keys.is_empty())))
    }

    /// What is stored of an organization now, and its data key.
    async fn now(&mut self, org: &OrgId) -> Result<(OrgKeys, Option<DataKey>), Failure> {
        let mut now = self.session.database.org_keys(std::slice::from_ref(org)).await.map_err(not_reached)?;
        let Some(known) = now.remove(org).filter(|known| known.allowed && known.enabled) else {
            return Err(Error::Change(ChangeError::NotEnabled(Holder::Organization(org.clone()))).into());
        };
        let sealing = self.sealer.of(org)?;
        let data_key = plan::data_key(self.session, sealing.keys(), org, &known).await;
        let data_key = data_key.map_err(|error| Failure::of(&error))??;
        Ok((known, data_key))
    }
}

/// The failure when the database is lost. What was stored before it stays stored.
fn not_reached(error: Error) -> Failure {
    Failure::from(error).hint("import the same list again: what is stored already is unchanged")
}

/// Reports keys that were not stored.
fn refuse(keys: Vec<Planned>, failure: &Failure, report: &mut Report) -> anyhow::Result<()> {
    keys.into_iter().try_for_each(|planned| report.bad(planned.key.refused(failure.clone())))
}

/// Whether nothing else can be stored.
fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Connection(error) if !matches!(error, ConnectionError::Contended | ConnectionError::Locked))
}

fn changed(group: &Group) -> Error {
    Error::Change(ChangeError::Changed(format!("data key of organization {}", group.org)))
}

/// Why a tested key is not stored.
fn rejected(planned: &Planned, outcome: &Outcome) -> Option<Failure> {
    let replaces = planned.step.before.is_some();
    let (code, name) = if outcome.forbids_storing() {
        (exit::KEY_REJECTED, "key_rejected")
    } else if replaces && outcome.verdict == Verdict::Unreachable {
        (exit::UNAVAILABLE, "provider_unreachable")
    } else {
        return None;
    };
    let provider = &planned.key.provider;
    let message = format!("{}; it was not stored", outcome.sentence(provider));
    let next = probing::next_step(provider, &planned.key.settings, outcome).unwrap_or_default();
    Some(Failure::new(code, name, message).hint(next))
}
