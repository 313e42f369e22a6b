//! `key set`: tests a key, seals it, and stores it as the active key.

use std::sync::Arc;

use clap::Args;

use byok::admin::sealing::{self, Existing, Keys, Prepared, Stored, Submission};
use byok::admin::{Origin, StoredKey};
use byok::clock::rfc3339;
use byok::error::ChangeError;
use byok::name::{Holder, ProviderId};
use byok::probe::Outcome;
use byok::provider::{Capability, Catalog, ProviderEntry, Target, Verdict};
use byok::{Error, exit};

use crate::cli::arguments::{OrgArg, TargetArg};
use crate::cli::commands::key::fields;
use crate::cli::commands::key::fields::CredentialArgs;
use crate::cli::commands::key::options::{EndDate, KeepArgs, VersionArg, other_version, rollback_command};
use crate::cli::duration;
use crate::cli::end_dates::{End, KeyPlace};
use crate::cli::keys_page;
use crate::cli::probing;
use crate::cli::probing::{Candidate, ProbeArgs, ProbePlan};
use crate::cli::session::{Context, Session, settings};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input::TrapArguments;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::key_changes::KeyStored;
use crate::cli::views::kinds;
use crate::cli::views::probe::FindingView;
use crate::cli::views::time;

/// Store an organization's key for a provider; it replaces the active key
///
/// byok asks for the key at a hidden prompt, tests it at its provider (free of charge) and seals it on this machine: it
/// encrypts the key under the organization's data key. PostgreSQL encrypts it again. The key is never shown again: lists
/// show only its last four characters. If the answer proves that the key is invalid, it is not stored (exit 6), and the
/// active key stays active. If the test gives no clear answer, the key is stored with a warning. If the answer has the
/// end date of the key, the key is stored with it, unless --expires names another one.
#[derive(Args)]
#[command(after_help = "Examples:
  byok key set openai --org acme
  op read op://acme/openai | byok key set openai --org acme --stdin
  byok key set sarvam --org acme --from-env SARVAM_API_KEY
  byok key set azure_openai --org acme --setting endpoint=https://acme.openai.azure.com
  byok key set vertex --org acme --from-file service-account.json \\
    --setting project_id=acme-1 --setting location=asia-south1")]
pub(crate) struct Set {
    #[command(flatten)]
    target: SetArgs,
    #[command(flatten)]
    replace: ReplaceArg,
    #[command(flatten)]
    version: VersionArg,
    #[command(flatten)]
    org: OrgArg,
}

/// Whether an existing key may be replaced.
#[derive(Args)]
pub(crate) struct ReplaceArg {
    /// Fail (exit 5) if there is already a key
    #[arg(long, conflicts_with = "if_version")]
    no_replace: bool,
}

impl ReplaceArg {
    pub(crate) fn existing(&self) -> Existing {
        if self.no_replace { Existing::None } else { Existing::Any }
    }
}

/// The arguments of every command that stores a key.
#[derive(Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    pub(crate) provider: TargetArg,
    #[command(flatten)]
    credential: CredentialArgs,
    /// The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    test: TestArgs,
    #[command(flatten)]
    traps: TrapArguments,
}

impl Set {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = Holder::Organization(self.org.id()?);
        let existing = self.version.existing(self.replace.existing());
        set_key(context, &holder, Aim { verb: "set", existing }, self.target).await
    }
}

/// The test before a key is stored.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Store the key without a test (the audit log records this)
    #[arg(long, env = "BYOK_NO_TEST", hide_env_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    no_test: bool,
    #[command(flatten)]
    probe: ProbeArgs,
}

/// What a key is stored for: the verb that was typed, and what must be there.
pub(crate) struct Aim {
    pub(crate) verb: &'static str,
    pub(crate) existing: Existing,
}

/// Reads, checks, tests, seals and stores a key for an organization or the platform.
pub(crate) async fn set_key(
    context: &mut Context,
    holder: &Holder,
    Aim { verb, existing }: Aim,
    mut args: SetArgs,
) -> anyhow::Result<u8> {
    args.traps.refuse()?;
    let target = args.provider.target()?;
    let expires = args.expires.as_deref().map(EndDate::parse).transpose()?;
    let (mut session, provider) = find(context, &target).await?;
    if let Some(session) = &mut session {
        session.database.rest().await;
    }
    let command = fields::command(&provider, holder, verb) + &if_version(existing);
    let given = args.credential.read(context, &provider, &holder.to_string(), &command).await?;
    let mut session = match session {
        Some(mut session) => {
            session.database.wake().await?;
            session
        }
        None => context.session().await?,
    };
    let id: ProviderId = provider.id.parse()?;
    let expires_at = match expires {
        Some(end) => Some(end.time(&mut session).await?),
        None => None,
    };
    let submission = Submission {
        holder,
        provider: &id,
        credential: &given.credential,
        settings: &given.settings,
        hint: &given.hint,
        expires_at,
        existing,
        keep: args.keep.time(),
    };
    let keys = session.keys().await?;
    let place = Place { keys: &keys, provider: &provider, test: &args.test, origin: None };
    let tested = store_tested(context, &mut session, &submission, &place).await?;
    report(context, &session.place(), &Done { submission: &submission, provider: &provider, tested: &tested })
}

/// Where a key is tested, and what seals it.
pub(crate) struct Place<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) provider: &'a Arc<ProviderEntry>,
    pub(crate) test: &'a TestArgs,
    /// The key of another organization that is copied.
    pub(crate) origin: Option<Origin>,
}

/// A key that was stored, and what its test found.
pub(crate) struct Tested {
    pub(crate) stored: Stored,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) end: End,
    /// Whether the data key is one of a dry run.
    forgotten: bool,
    /// Whether the key that was replaced opens, as far as is known.
    before_opens: bool,
}

/// Tests a key at its provider, unless that is not wanted, and stores it. A key that does not work replaces nothing.
pub(crate) async fn store_tested(
    context: &Context,
    session: &mut Session,
    submission: &Submission<'_>,
    Place { keys, provider, test: args, origin }: &Place<'_>,
) -> anyhow::Result<Tested> {
    let prepared = sealing::prepare(&mut session.database, keys, submission).await;
    let prepared = prepared.map_err(|error| match (submission.existing, error) {
        (Existing::Version(version), Error::Change(ChangeError::Changed(key))) => other_version(&key, version),
        (_, error) => error.into(),
    })?;
    let prepared = prepared.copied_from(origin.clone());
    let mut outcome = None;
    if !(args.no_test || settings::switch("BYOK_NO_TEST")) {
        // Others need the connection while the provider is asked.
        session.database.rest().await;
        outcome = Some(test(context, &args.probe, provider, submission).await?);
        session.database.wake().await?;
    }
    if let Some(outcome) = &outcome {
        let replaces = prepared.active().is_some() && !prepared.is_unchanged(submission.expires_at);
        if outcome.forbids_storing() || replaces && outcome.verdict == Verdict::Unreachable {
            return Err(refuse(session, submission, &prepared, &Finding { provider, outcome }).await);
        }
    }
    warn(provider, submission.settings, outcome.as_ref());
    // A copy keeps the end date of its original.
    let told = outcome.as_ref().filter(|_| origin.is_none()).and_then(|outcome| outcome.expires_at);
    let end = match told {
        Some(told) => {
            let place = KeyPlace { holder: submission.holder, provider };
            place.end(submission.expires_at, told, session.database.now().await?)
        }
        None => End::of_user(submission.expires_at),
    };
    let record = outcome.as_ref().map(Outcome::to_record);
    let forgotten = dry_run::is_on() && !prepared.has_data_key();
    let submission = &Submission { expires_at: end.at, ..*submission };
    let stored = sealing::store(&mut session.database, keys, submission, prepared, record.as_ref()).await?;
    let before_opens = before_opens(session, submission, &stored).await;
    Ok(Tested { stored, outcome, end, forgotten, before_opens })
}

/// A key that another data key sealed was not sealed again, because that data key is lost.
async fn before_opens(session: &mut Session, of: &Submission<'_>, stored: &Stored) -> bool {
    if stored.previous.is_none() || !stored.written || dry_run::is_on() {
        return true;
    }
    let versions = session.database.key_versions(of.holder, of.provider, None, 2).await.unwrap_or_default();
    let [new, before] = versions.as_slice() else { return true };
    new.data_epoch == before.data_epoch && before.unreadable_at.is_none()
}

fn if_version(existing: Existing) -> String {
    match existing {
        Existing::Version(version) => format!(" --if-version {version}"),
        _ => String::new(),
    }
}

/// The provider. A provider of the catalog needs no database. For any other name the database is asked, and its session
/// is returned.
pub(crate) async fn find(
    context: &mut Context,
    target: &Target,
) -> anyhow::Result<(Option<Session>, Arc<ProviderEntry>)> {
    if let Target::Provider(id) = target
        && let Some(provider) = Catalog::builtin().find(id)
    {
        return Ok((None, Arc::new(ProviderEntry::Builtin(provider))));
    }
    let mut session = context.session().await?;
    let id = match target {
        Target::Provider(id) => id.clone(),
        Target::Capability { capability, .. } => routed(&mut session, *capability).await?,
    };
    let provider = session.provider(&id).await?;
    Ok((Some(session), Arc::new(provider)))
}

async fn test(
    context: &Context,
    args: &ProbeArgs,
    provider: &Arc<ProviderEntry>,
    submission: &Submission<'_>,
) -> anyhow::Result<Outcome> {
    let (credential, settings) = (submission.credential.clone(), submission.settings.to_owned());
    let candidate = Candidate { provider: Arc::clone(provider), credential, settings };
    Ok(ProbePlan::free(args.prober(context)?).test_one(candidate).await?.1)
}

/// What a test before storing found.
struct Finding<'a> {
    provider: &'a ProviderEntry,
    outcome: &'a Outcome,
}

/// Why a key is not stored. If it is the active key, the result of its test is recorded.
async fn refuse(
    session: &mut Session,
    submission: &Submission<'_>,
    prepared: &Prepared,
    &Finding { provider, outcome }: &Finding<'_>,
) -> anyhow::Error {
    let mut worked = None;
    if let Some(active) = prepared.active().filter(|_| prepared.is_same_key()) {
        let (holder, id, record) = (submission.holder, submission.provider, outcome.to_record());
        worked = match session.database.record_test(holder, id, active.version, &record).await {
            // It was removed during its test.
            Err(Error::Change(ChangeError::NoSuchKey(_))) => None,
            Ok(worked) => worked,
            Err(error) => return error.into(),
        };
    }
    let kept = match prepared.active() {
        Some(active) => format!("nothing was stored, and {} stays active", active.hint),
        None => "nothing was stored".into(),
    };
    let message = format!("{}; {kept}", probing::sentence(provider, outcome, worked));
    let next = probing::next_step(provider, submission.settings, outcome).unwrap_or_default();
    let (code, name) = if outcome.forbids_storing() {
        (exit::KEY_REJECTED, "key_rejected")
    } else {
        (exit::UNAVAILABLE, "provider_unreachable")
    };
    Failure::new(code, name, message).hint(format!("{next}; to store it anyway: --no-test")).into()
}

/// A key without a verdict is stored, with a warning.
fn warn(provider: &ProviderEntry, settings: &str, outcome: Option<&Outcome>) {
    let Some(outcome) = outcome.filter(|outcome| outcome.verdict != Verdict::Verified) else { return };
    output::warn(&format!("{}; the key is stored anyway", outcome.sentence(provider)));
    if let Some(next) = probing::next_step(provider, settings, outcome) {
        output::say(&format!("  hint: {next}"));
    }
}

/// Reports what was stored, and what the test found.
struct Done<'a> {
    submission: &'a Submission<'a>,
    provider: &'a ProviderEntry,
    tested: &'a Tested,
}

fn report(context: &Context, place: &str, done: &Done<'_>) -> anyhow::Result<u8> {
    let Done { submission, provider, tested } = *done;
    let Tested { stored, outcome, end, forgotten, .. } = tested;
    let Submission { holder, provider: id, hint, .. } = submission;
    let version = stored.version;
    let (result, done) = match (stored.written, &stored.previous) {
        (false, _) => ("unchanged", format!("unchanged (version {version})")),
        (true, Some(before)) => {
            ("replaced", format!("stored as version {version} in place of {} ({place})", before.hint))
        }
        (true, None) => ("created", format!("stored as version {version} ({place})")),
    };
    let verdict = match outcome.as_ref().map(|outcome| outcome.verdict) {
        None => "not tested".to_owned(),
        Some(Verdict::Verified) => "verified by its provider".to_owned(),
        Some(verdict) => format!("result of its test: {}", verdict.as_str()),
    };
    let said = format!("{id} key {hint} of {holder}: {done}, {verdict}{}", end.in_words(provider));
    let item = KeyStored {
        org: match holder {
            Holder::Organization(org) => Some(org.as_str()),
            Holder::Platform => None,
        },
        provider: id.as_str(),
        hint: hint.to_string(),
        version,
        state: "active",
        // The data key of a dry run is forgotten, and what it fingerprinted does not have that name later.
        fingerprint: byok::admin::crypto::Fingerprint::from_bytes(&stored.fingerprint)
            .map(|it| it.to_string())
            .filter(|_| !forgotten),
        expires_at: time(end.at),
        expires_from: end.from(),
        previous_hint: stored.previous.as_ref().map(|before| before.hint.to_string()),
        test: outcome.as_ref().map(|outcome| FindingView::of(provider, submission.settings, outcome, None)),
    };
    tell_of_replaced(context, submission, provider, tested);
    let kind = if matches!(holder, Holder::Platform) { &kinds::PLATFORM_KEY_SET } else { &kinds::KEY_SET };
    output::change(context.format, &Change { kind, result, said: &said }, &item)
}

/// A replaced key still works at its provider: what to do about it, and until when there is a way back.
pub(crate) fn tell_of_replaced(
    context: &Context,
    submission: &Submission<'_>,
    provider: &ProviderEntry,
    Tested { stored, end: new, before_opens, .. }: &Tested,
) {
    let other = |before: &&StoredKey| stored.written && before.fingerprint != stored.fingerprint;
    let Some(before) = stored.previous.as_ref().filter(other) else { return };
    if let (Some(end), None) = (before.expires_at, new.at) {
        output::warn(&format!("{} had the end date {}, and the new key has none", before.hint, rfc3339(end)));
    }
    let page = provider.keys_page_for(&before.settings);
    context.notice(&keys_page::still_works(provider, &before.hint.to_string(), page));
    if !submission.keep.is_zero() && *before_opens {
        let command = rollback_command(submission.holder, submission.provider.as_str());
        context.notice(&format!("for {}, it can be made active again: {command}", duration::words(submission.keep)));
    }
}

/// The provider that serves a capability.
pub(crate) async fn routed(session: &mut Session, capability: Capability) -> anyhow::Result<ProviderId> {
    let routes = session.database.routes().await?;
    let mut serving = routes.into_iter().filter(|route| route.capability == capability);
    let route = serving.find(|route| route.language.is_empty()).ok_or_else(|| {
        Failure::new(exit::NOT_FOUND, "no_route", format!("no provider serves {capability} on this platform"))
            .hint(format!("a platform admin chooses one: byok provider route {capability} PROVIDER"))
    })?;
    Ok(route.provider.parse()?)
}
