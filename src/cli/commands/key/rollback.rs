//! `key rollback`: makes the previous key active again.

use std::sync::Arc;

use clap::Args;

use byok::admin::sealing::{self, Existing, Submission};
use byok::admin::{KeyStand, KeyState, KeyVersion};
use byok::clock::rfc3339;
use byok::error::{ChangeError, ConnectionError, DataError};
use byok::name::{Holder, ProviderId};
use byok::secret::Hint;
use byok::{Error, exit};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::commands::key::options::{KeepArgs, VersionArg};
use crate::cli::commands::key::set::{Place, TestArgs, Tested, store_tested, tell_of_replaced};
use crate::cli::commands::key::show;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::key_changes::{KeyBack, KeyRestored, PlatformKeyRestored};
use crate::cli::views::kinds;
use crate::cli::views::probe::FindingView;
use crate::cli::views::time;

/// Make the previous key active again, as a new version
///
/// byok tests the previous key first. It must still open, and it must not be past its end date. The key that it replaces
/// becomes the previous key. A previous key is kept for 24 hours, unless `--keep-previous` or `--no-keep` said otherwise
/// when it was replaced. Exit 3 if there is no previous key.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key rollback openai --org acme --yes")]
pub(crate) struct Rollback {
    #[command(flatten)]
    back: BackArgs,
    #[command(flatten)]
    org: OrgArg,
}

/// The arguments of a rollback, whosever key it is.
#[derive(Args)]
pub(crate) struct BackArgs {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    version: VersionArg,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    test: TestArgs,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Rollback {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = Holder::Organization(self.org.id()?);
        roll_back(context, &holder, &self.back).await
    }
}

/// Tests the previous key of a holder and makes it active again.
pub(crate) async fn roll_back(context: &mut Context, holder: &Holder, args: &BackArgs) -> anyhow::Result<u8> {
    let provider = args.provider.id()?;
    let mut session = context.session().await?;
    session.check_provider(Some(holder), &provider).await?;
    // The first two versions are the active key and the previous one. After a removal there is no active key.
    let versions = session.database.key_versions(holder, &provider, None, 2).await?;
    let Some(before) = versions.iter().find(|version| version.state == KeyState::Previous) else {
        return Err(none(holder, &provider));
    };
    refuse_dead(holder, &provider, before)?;
    let stand = stand(&versions)?;
    if args.version.number().is_some_and(|wanted| wanted != stand.active) {
        return Err(args.version.explain(Error::Change(ChangeError::Changed(format!("{provider} key of {holder}")))));
    }
    let question = format!("Make {provider} key ...{} (version {}) active again?", before.hint, before.version);
    let _confirmed = context.confirm(&question, args.yes)?;
    let entry = Arc::new(session.provider(&provider).await?);
    let keys = session.keys().await?;
    let version = number(before)?;
    let opened = sealing::open_key(&mut session.database, &keys, holder, &provider, version).await?;
    let submission = Submission {
        holder,
        provider: &provider,
        credential: &opened.credential,
        settings: &opened.settings,
        hint: &Hint::stored(before.hint.clone()),
        expires_at: before.expires_at,
        existing: Existing::Seen(stand),
        keep: args.keep.time(),
    };
    let place = Place { keys: &keys, provider: &entry, test: &args.test, origin: None };
    let tested = store_tested(context, &mut session, &submission, &place).await;
    let tested = tested.map_err(|error| in_doubt(error, &submission))?;
    tell_of_replaced(context, &submission, &entry, &tested);
    let Tested { stored, outcome, end, .. } = tested;
    let item = KeyBack {
        provider: provider.as_str(),
        hint: format!("...{}", before.hint),
        version: stored.version,
        restored_version: before.version,
        expires_at: time(end.at),
        expires_from: end.at.map(|_| if end.of_provider { "provider" } else { "stored" }),
        previous_hint: stored.previous.as_ref().map(|it| it.hint.to_string()),
        test: outcome.as_ref().map(|outcome| FindingView::of(&entry, submission.settings, outcome, None)),
    };
    let said = format!("{provider} key {} of {holder}: active again as version {}", item.hint, item.version);
    report(context, holder, item, &(said + &end.in_words(&entry)))
}

fn report(context: &Context, holder: &Holder, key: KeyBack<'_>, said: &str) -> anyhow::Result<u8> {
    let result = "restored";
    match holder {
        Holder::Organization(org) => output::change(
            context.format,
            &Change { kind: &kinds::KEY_ROLLBACK, result, said },
            &KeyRestored { org: org.as_str(), key },
        ),
        Holder::Platform => output::change(
            context.format,
            &Change { kind: &kinds::PLATFORM_KEY_ROLLBACK, result, said },
            &PlatformKeyRestored { org: None, key },
        ),
    }
}

/// There is no previous key: none was replaced, or it is no longer kept.
fn none(holder: &Holder, provider: &ProviderId) -> anyhow::Error {
    let command = show::command(holder, provider);
    let missing = Error::Change(ChangeError::NoSuchKey(format!("previous {provider} key of {holder}")));
    Failure::from(missing)
        .hint(format!(
            "a replaced key is kept for 24 hours, or as --keep-previous says; to see every version: {command}"
        ))
        .into()
}

/// A second rollback would undo the first.
fn in_doubt(error: anyhow::Error, submission: &Submission<'_>) -> anyhow::Error {
    let Submission { holder, provider, hint, .. } = submission;
    match error.downcast::<Error>() {
        Ok(error @ Error::Connection(ConnectionError::Lost(_))) => {
            let show = show::command(holder, provider);
            let next = format!("check first whether it was done: {show}; run it again only if {hint} is not active");
            Failure { code: "may_be_done", ..error.into() }.hint(next).into()
        }
        Ok(error) => error.into(),
        Err(other) => other,
    }
}

/// With an expired key, every request would be denied.
fn refuse_dead(holder: &Holder, provider: &ProviderId, before: &KeyVersion) -> anyhow::Result<()> {
    let Some(end) = before.expires_at.filter(|_| before.expired) else { return Ok(()) };
    let message = format!(
        "the previous {provider} key ...{} (version {}) of {holder} expired on {}; nothing was changed",
        before.hint,
        before.version,
        rfc3339(end)
    );
    let next = match holder {
        Holder::Organization(org) => format!("store another key: byok key set {provider} --org {org}"),
        Holder::Platform => format!("store another key: byok platform-key set {provider}"),
    };
    Err(Failure::new(exit::KEY_REJECTED, "key_expired", message).hint(next).into())
}

fn number(version: &KeyVersion) -> Result<u32, Error> {
    u32::try_from(version.version)
        .map_err(|_| Error::Data(DataError::Corrupt { table: "provider_key", column: "version" }))
}

/// What there was when the user was asked. The newest version comes first.
fn stand(versions: &[KeyVersion]) -> Result<KeyStand, Error> {
    let number = |version: Option<&KeyVersion>| version.map_or(Ok(0), number);
    let active = versions.iter().find(|it| it.state == KeyState::Active);
    Ok(KeyStand { last: number(versions.first())?, active: number(active)? })
}
