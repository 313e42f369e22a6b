//! Tests many stored keys. They are opened one by one over one connection and tested concurrently. Each result is
//! stored at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::task::JoinSet;

use byok::admin::sealing;
use byok::admin::{KeyPage, KeyRecord, Listed as _};
use byok::error::{AccessError, ChangeError, DataError, KeyError};
use byok::name::{Holder, ProviderId};
use byok::probe::Outcome;
use byok::provider::{ProviderEntry, Verdict};
use byok::system::signal::Signal;
use byok::{Error, exit};

use crate::cli::commands::test_key::keys::{Keys, Scope};
use crate::cli::commands::test_key::report::{Ready, Report};
use crate::cli::end_dates::KeyPlace;
use crate::cli::probing;
use crate::cli::probing::{Candidate, ProbePlan};
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::ids;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::probe::{FindingView, KeyLabel, TestedView};

/// How often a key is read again because it was replaced.
const TRIES: usize = 16;

/// How long answers are waited for with the connection in hand.
const SHORT: Duration = Duration::from_millis(200);

/// How the keys are tested.
pub(super) struct FleetOptions {
    pub(super) how: ProbePlan,
    pub(super) accepted: Vec<Verdict>,
    pub(super) concurrency: usize,
}

/// Tests all keys of the scope, or only those of the named providers.
pub(super) async fn run(
    context: &mut Context,
    mut session: Session,
    scope: &Scope,
    providers: &[ProviderId],
    manner: FleetOptions,
) -> anyhow::Result<u8> {
    let mut keys = Keys::of(scope, providers);
    keys.all_there(&mut session).await?;
    let opener = session.keys().await?;
    if manner.how.generate.is_some() {
        context.notice("--generate: byok makes one small paid request with each key, at the cost of the key's owner");
    }
    let progress = Progress::growing("keys");
    let report = Report::begin(context.format);
    let mut fleet = Fleet { session, opener, manner, progress, report, known: HashMap::new(), begun: 0 };
    let ended = fleet.run(&mut keys).await;
    let Fleet { mut report, progress, .. } = fleet;
    drop(progress);
    if !report.is_empty() && ended.is_ok() {
        context.notice(&format!("tested: {}", report.counted()));
    }
    if ended.is_ok() && !report.is_closed() {
        let unmatched = keys.unmatched();
        if report.is_empty() {
            return Err(nothing_to_test(scope, &unmatched).into());
        }
        for words in &unmatched {
            report.missed(words);
        }
    }
    let stored = if report.is_empty() { String::new() } else { format!("results were stored: {}", report.counted()) };
    // Results before a failure are shown too.
    let written = report.end();
    let outcome = ended.and(written);
    match outcome {
        Err(error) if !stored.is_empty() && Failure::of(&error).code == output::UNWRITTEN => {
            Err(error).took_effect(&stored)
        }
        outcome => outcome,
    }
}

/// The failure when no key was tested. Nothing that was not tested is green.
fn nothing_to_test(scope: &Scope, unmatched: &[String]) -> Failure {
    let message = match unmatched {
        [] => "there is no stored key to test".into(),
        words => words.join("; "),
    };
    let hint = match scope.holders.as_slice() {
        [Holder::Organization(org)] => format!("to set one: byok key set PROVIDER --org {org}"),
        [Holder::Platform] => "to set one: byok platform-key set PROVIDER".into(),
        _ => "to see the stored keys: byok key list --all-orgs; byok platform-key list".into(),
    };
    Failure::new(exit::NOT_FOUND, "nothing_to_test", message).hint(hint)
}

struct Fleet {
    session: Session,
    opener: sealing::Keys,
    manner: FleetOptions,
    progress: Progress,
    report: Report,
    known: HashMap<String, Arc<ProviderEntry>>,
    begun: usize,
}

/// A key that is being tested: its position in the output, and its holder.
struct PendingTest {
    at: usize,
    holder: Holder,
    provider: ProviderId,
    version: u32,
    hint: String,
    expires_at: Option<OffsetDateTime>,
}

type Tested = (PendingTest, Candidate, Outcome);

impl Fleet {
    async fn run(&mut self, keys: &mut Keys<'_>) -> anyhow::Result<()> {
        let mut interrupt: Signal = probing::interrupts()?;
        let mut running: JoinSet<Tested> = JoinSet::new();
        let mut resting = false;
        loop {
            // A key is opened only when its test can begin.
            while running.len() < self.manner.concurrency && !self.report.is_closed() && keys.are_left() {
                self.session.database.wake().await?;
                let Some(key) = keys.next(&mut self.session, &self.progress).await? else { break };
                self.begin(&key, &mut running).await?;
            }
            if running.is_empty() {
                if keys.are_left() {
                    self.report.cut_short();
                }
                return Ok(());
            }
            tokio::select! {
                tested = running.join_next() => match tested {
                    Some(Ok(tested)) => {
                        resting = false;
                        self.end(tested).await?;
                    }
                    _ => return Err(Failure::new(exit::FAILURE, "test", "a test ended without a result").into()),
                },
                _ = interrupt.recv() => return Err(self.interrupted().into()),
                // Others need the connection while providers are slow.
                () = tokio::time::sleep(SHORT), if !resting => {
                    self.session.database.rest().await;
                    resting = true;
                }
            }
        }
    }

    /// Begins the test of a key. The list may be older than the key, so the key that is stored now is tested.
    async fn begin(&mut self, listed: &KeyRecord, running: &mut JoinSet<Tested>) -> anyhow::Result<()> {
        let at = self.begun;
        self.begun += 1;
        // An invalid row does not stop the other tests.
        if let Some(fault) = listed.fault() {
            return self.leave(at, listed, &fault.to_string());
        }
        let PendingTest { holder, provider, .. } = PendingTest::of(listed, at)?;
        for _ in 0..TRIES {
            let page =
                KeyPage { holder: Some(&holder), provider: Some(provider.as_str()), limit: 1, ..KeyPage::default() };
            let Some(key) = self.session.database.keys(page).await?.pop() else { break };
            if self.begin_stored(at, &key, running).await? {
                return Ok(());
            }
        }
        let row = TestedView { key: KeyLabel::row(listed), finding: FindingView::removed(&to_set(listed, "set")) };
        self.report.put_removed(at, row, &self.progress)
    }

    /// Begins the test of a key as it is stored now. False if it was replaced or removed since it was read.
    async fn begin_stored(
        &mut self,
        at: usize,
        key: &KeyRecord,
        running: &mut JoinSet<Tested>,
    ) -> anyhow::Result<bool> {
        if let Some(fault) = key.fault() {
            return self.leave(at, key, &fault.to_string()).map(|()| true);
        }
        if key.expired {
            return self.leave_expired(at, key).map(|()| true);
        }
        let lane = PendingTest::of(key, at)?;
        let provider = match self.provider(&lane.provider).await {
            Ok(known) => known,
            Err(error) => {
                let failure = Failure::of(&error);
                if !matches!(failure.code, "unknown_provider" | "bad_provider") {
                    return Err(error);
                }
                return self.leave(at, key, &failure.message).map(|()| true);
            }
        };
        let (holder, provider_id, version) = (&lane.holder, &lane.provider, lane.version);
        match sealing::open_key(&mut self.session.database, &self.opener, holder, provider_id, version).await {
            Ok(opened) => {
                let candidate = Candidate { provider, credential: opened.credential, settings: opened.settings };
                let how = self.manner.how.clone();
                running.spawn_blocking(move || {
                    let outcome = how.test(&candidate);
                    (lane, candidate, outcome)
                });
                Ok(true)
            }
            Err(Error::Change(ChangeError::NoSuchKey(_))) => Ok(false),
            Err(
                error @ (Error::Key(KeyError::Unreadable(_) | KeyError::DataKeyUnreadable(_))
                | Error::Data(DataError::Corrupt { .. })),
            ) => {
                let finding = FindingView::unreadable(&error.to_string(), &next_of_unreadable(error, key));
                let row = TestedView { key: lane.label(), finding };
                let ready = Ready { at: lane.at, row, verdict: Err(exit::CHECK_FAILED) };
                self.report.put(ready, &self.manner.accepted, &self.progress).map(|()| true)
            }
            Err(error @ Error::Access(AccessError::NotAllowed(_))) => Err(may_not_open(error).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reports a key that cannot be tested.
    fn leave(&mut self, at: usize, key: &KeyRecord, message: &str) -> anyhow::Result<()> {
        let next = match key.org.as_str() {
            "" => format!("byok platform-key remove {}", key.provider),
            org => format!("byok key remove {} --org {org}", key.provider),
        };
        let finding = FindingView::unreadable(message, &format!("to remove it: {next}"));
        let row = TestedView { key: KeyLabel::row(key), finding };
        self.report.put(Ready { at, row, verdict: Err(exit::PARTIAL) }, &self.manner.accepted, &self.progress)
    }

    /// Reports a key whose date has passed. Requests with it are denied, so no provider can make it good.
    fn leave_expired(&mut self, at: usize, key: &KeyRecord) -> anyhow::Result<()> {
        let command = to_set(key, "expire");
        let next = format!(
            "change its end date: {command} --never (or --expires DATE); or store another key: {}",
            to_set(key, "set")
        );
        let finding = FindingView::expired(key.expires_at, &next);
        let row = TestedView { key: KeyLabel::row(key), finding };
        self.report.put(Ready { at, row, verdict: Err(exit::KEY_REJECTED) }, &self.manner.accepted, &self.progress)
    }

    async fn end(&mut self, (lane, candidate, outcome): Tested) -> anyhow::Result<()> {
        let record = outcome.to_record();
        self.session.database.wake().await?;
        let recorded = self.session.database.record_test(&lane.holder, &lane.provider, lane.version, &record).await;
        let Candidate { provider, settings, .. } = &candidate;
        let finding = match recorded {
            Ok(worked) => {
                let place = KeyPlace { holder: &lane.holder, provider };
                let remark = place.difference(&outcome, lane.expires_at);
                FindingView::of(provider, settings, &outcome, worked).remarked(remark)
            }
            Err(Error::Change(ChangeError::NoSuchKey(_))) => {
                FindingView::of(provider, settings, &outcome, None).removed_since()
            }
            Err(error) => return Err(error.into()),
        };
        let row = TestedView { key: lane.label(), finding };
        self.report.put(Ready { at: lane.at, row, verdict: Ok(outcome.verdict) }, &self.manner.accepted, &self.progress)
    }

    async fn provider(&mut self, id: &ProviderId) -> anyhow::Result<Arc<ProviderEntry>> {
        if let Some(known) = self.known.get(id.as_str()) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(self.session.provider(id).await?);
        self.known.insert(id.to_string(), Arc::clone(&known));
        Ok(known)
    }

    fn interrupted(&self) -> Failure {
        let counted = if self.report.is_empty() { "no results".into() } else { self.report.counted() };
        Failure::new(exit::INTERRUPTED, "interrupted", format!("interrupted; stored so far: {counted}"))
    }
}

fn may_not_open(error: Error) -> Failure {
    Failure::from(error).hint(
        "a test opens the key; this needs an owner (byok member add LOGIN --org ORG) or the role resolver (byok role grant resolver LOGIN)",
    )
}

/// The next step for a key that does not open. If its data key does not open, the key cannot be set again yet.
fn next_of_unreadable(error: Error, key: &KeyRecord) -> String {
    let data_key = matches!(error, Error::Key(KeyError::DataKeyUnreadable(_)));
    let hint = data_key.then(|| Failure::from(error).hint).flatten();
    hint.unwrap_or_else(|| format!("set the key again: {}", to_set(key, "set")))
}

/// The command that changes such a key.
fn to_set(key: &KeyRecord, verb: &str) -> String {
    match key.org.as_str() {
        "" => format!("byok platform-key {verb} {}", key.provider),
        org => format!("byok key {verb} {} --org {org}", key.provider),
    }
}

impl PendingTest {
    fn of(key: &KeyRecord, at: usize) -> anyhow::Result<Self> {
        let holder = if key.org.is_empty() { Holder::Platform } else { Holder::Organization(ids::id(&key.org)?) };
        let version = u32::try_from(key.version).unwrap_or_default();
        let (provider, hint) = (key.provider.parse()?, format!("...{}", key.hint));
        Ok(Self { at, holder, provider, version, hint, expires_at: key.expires_at })
    }

    fn label(&self) -> KeyLabel {
        KeyLabel::stored(&self.holder, self.provider.as_str(), self.hint.clone(), self.version.into())
    }
}
