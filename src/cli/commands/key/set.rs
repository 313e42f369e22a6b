//! `key set`: tests a key, seals it, and stores it as the active key.

use std::sync::Arc;

use clap::Args;

use byok::admin::sealing::{self, Existing, Prepared, Stored, Submission};
use byok::error::ChangeError;
use byok::name::{Holder, ProviderId};
use byok::probe::Outcome;
use byok::provider::{Capability, Catalog, ProviderEntry, Target, Verdict};
use byok::{Error, exit};

use crate::cli::arguments::{OrgArg, TargetArg};
use crate::cli::commands::key::fields;
use crate::cli::commands::key::fields::{CredentialArgs, Given};
use crate::cli::probing;
use crate::cli::probing::{Candidate, ProbeArgs, ProbePlan};
use crate::cli::session::{Context, Session, settings};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input::TrapArguments;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::changes::KeyStored;
use crate::cli::views::kinds;
use crate::cli::views::probe::FindingView;
use crate::cli::views::time;

/// Store an organization's key for a provider; it replaces the active key
///
/// byok asks for the key at a hidden prompt, tests it at its provider (free of charge) and seals it on this machine: it
/// encrypts the key under the organization's data key. PostgreSQL encrypts it again. The key is never shown again: lists
/// show only its last four characters. If the answer proves that the key is invalid, it is not stored (exit 6), and the
/// active key stays active. If the test gives no clear answer, the key is stored with a warning.
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
    org: OrgArg,
}

/// Whether an existing key may be replaced.
#[derive(Args)]
pub(crate) struct ReplaceArg {
    /// Fail (exit 5) if there is already a key
    #[arg(long)]
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
    /// The key is used until this date or RFC 3339 time; a date means the end of that day in UTC. It must not be in the past
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// Store the key without a test (the audit log records this)
    #[arg(long, env = "BYOK_NO_TEST", hide_env_values = true, value_parser = clap::builder::BoolishValueParser::new())]
    no_test: bool,
    #[command(flatten)]
    probe: ProbeArgs,
    #[command(flatten)]
    traps: TrapArguments,
}

impl Set {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = Holder::Organization(self.org.id()?);
        set_key(context, &holder, self.replace.existing(), self.target).await
    }
}

/// Reads, checks, tests, seals and stores a key for an organization or the platform.
pub(crate) async fn set_key(
    context: &mut Context,
    holder: &Holder,
    existing: Existing,
    mut args: SetArgs,
) -> anyhow::Result<u8> {
    args.traps.refuse()?;
    let target = args.provider.target()?;
    let expires_at = args.expires.as_deref().map(end_date).transpose()?;
    let (mut session, provider) = find(context, &target).await?;
    if let Some(session) = &mut session {
        session.database.rest().await;
    }
    let command = fields::command(&provider, holder);
    let given = args.credential.read(context, &provider, &holder.to_string(), &command).await?;
    let mut session = match session {
        Some(mut session) => {
            session.database.wake().await?;
            session
        }
        None => context.session().await?,
    };
    let id: ProviderId = provider.id.parse()?;
    let submission = Submission {
        holder,
        provider: &id,
        credential: &given.credential,
        settings: &given.settings,
        hint: &given.hint,
        expires_at,
        existing,
    };
    let keys = session.keys().await?;
    let prepared = sealing::prepare(&mut session.database, &keys, &submission).await?;
    let mut outcome = None;
    if !(args.no_test || settings::switch("BYOK_NO_TEST")) {
        // Others need the connection while the provider is asked.
        session.database.rest().await;
        outcome = Some(test(context, &args.probe, &provider, &given).await?);
        session.database.wake().await?;
    }
    if let Some(outcome) = outcome.as_ref().filter(|outcome| outcome.forbids_storing()) {
        return refuse(&mut session, &submission, &prepared, &provider, outcome).await;
    }
    warn(&provider, outcome.as_ref());
    let record = outcome.as_ref().map(Outcome::to_record);
    let forgotten = dry_run::is_on() && !prepared.has_data_key();
    let stored = sealing::store(&mut session.database, &keys, &submission, prepared, record.as_ref()).await?;
    let (stored, outcome) = (&stored, outcome.as_ref());
    report(
        context,
        &session.place(),
        &Done { submission: &submission, stored, provider: &provider, outcome, forgotten },
    )
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
    given: &Given,
) -> anyhow::Result<Outcome> {
    let (credential, settings) = (given.credential.clone(), given.settings.clone());
    let candidate = Candidate { provider: Arc::clone(provider), credential, settings };
    Ok(ProbePlan::free(args.prober(context)?).test_one(candidate).await?.1)
}

/// A rejected key is not stored. If it is the active key, the result of its test is recorded.
async fn refuse(
    session: &mut Session,
    submission: &Submission<'_>,
    prepared: &Prepared,
    provider: &ProviderEntry,
    outcome: &Outcome,
) -> anyhow::Result<u8> {
    let mut worked = None;
    if let Some(active) = prepared.active().filter(|_| prepared.is_unchanged()) {
        let (holder, id, record) = (submission.holder, submission.provider, outcome.to_record());
        worked = match session.database.record_test(holder, id, active.version, &record).await {
            // It was removed during its test.
            Err(Error::Change(ChangeError::NoSuchKey(_))) => None,
            recorded => recorded?,
        };
    }
    let kept = match prepared.active() {
        Some(active) => format!("nothing was stored, and {} stays active", active.hint),
        None => "nothing was stored".into(),
    };
    let message = format!("{}; {kept}", probing::sentence(provider, outcome, worked));
    let next = probing::next_step(provider, outcome).unwrap_or_default();
    Err(Failure::new(exit::KEY_REJECTED, "key_rejected", message)
        .hint(format!("{next}; to store it anyway: --no-test"))
        .into())
}

/// A key without a verdict is stored, with a warning.
fn warn(provider: &ProviderEntry, outcome: Option<&Outcome>) {
    let Some(outcome) = outcome.filter(|outcome| outcome.verdict != Verdict::Verified) else { return };
    output::warn(&format!("{}; the key is stored anyway", outcome.sentence(provider)));
    if let Some(next) = probing::next_step(provider, outcome) {
        output::say(&format!("  hint: {next}"));
    }
}

/// Reports what was stored, and what the test found.
struct Done<'a> {
    submission: &'a Submission<'a>,
    stored: &'a Stored,
    provider: &'a ProviderEntry,
    outcome: Option<&'a Outcome>,
    /// Whether the data key is one of a dry run.
    forgotten: bool,
}

fn report(context: &Context, place: &str, done: &Done<'_>) -> anyhow::Result<u8> {
    let Done { submission, stored, provider, outcome, forgotten } = *done;
    let Submission { holder, provider: id, hint, .. } = submission;
    let version = stored.version;
    let (result, done) = match (stored.written, &stored.previous) {
        (false, _) => ("unchanged", format!("unchanged (version {version})")),
        (true, Some(before)) => {
            ("replaced", format!("stored as version {version} in place of {} ({place})", before.hint))
        }
        (true, None) => ("created", format!("stored as version {version} ({place})")),
    };
    let tested = outcome.map_or("not tested", |outcome| outcome.verdict.as_str());
    let said = format!("{id} key {hint} of {holder}: {done}, {tested}");
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
        expires_at: time(submission.expires_at),
        previous_hint: stored.previous.as_ref().map(|before| before.hint.to_string()),
        test: outcome.map(|outcome| FindingView::of(provider, outcome, None)),
    };
    let kind = if matches!(holder, Holder::Platform) { &kinds::PLATFORM_KEY_SET } else { &kinds::KEY_SET };
    output::change(context.format, &Change { kind, result, said: &said }, &item)
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

fn end_date(text: &str) -> anyhow::Result<time::OffsetDateTime> {
    Ok(byok::clock::parse_end(text).ok_or_else(|| {
        Failure::usage("bad_date", "--expires takes a date such as 2027-01-31, or an RFC 3339 time")
            .hint("a date means the end of that day in UTC")
    })?)
}
