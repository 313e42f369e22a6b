//! `key copy` and `key move`: the key of one organization for another one.

use std::sync::Arc;

use clap::Args;

use byok::Error;
use byok::admin::sealing::{self, Existing, Submission};
use byok::admin::{KeyPage, KeyRecord, Origin};
use byok::error::{ChangeError, DataError};
use byok::name::{Holder, OrgId, ProviderId};
use byok::secret::Hint;

use crate::cli::arguments::ProviderArg;
use crate::cli::commands::key::options::KeepArgs;
use crate::cli::commands::key::set::{Place, TestArgs, Tested, store_tested, tell_of_replaced};
use crate::cli::end_dates::KeyPlace;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::key_changes::KeyCopied;
use crate::cli::views::kinds;
use crate::cli::views::probe::FindingView;
use crate::cli::views::time;

/// Store the key of one organization for another organization as well
///
/// The login must be an owner of both organizations, and byok must have both data keys. byok opens the key, tests it, and
/// seals it under the data key of the other organization. The end date and the settings stay the same. Both audit logs name
/// the other organization. If the other organization has another key,
/// the command fails (exit 5), unless `--replace` is given.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key copy openai --from acme --to acme-eu")]
pub(crate) struct CopyKey {
    #[command(flatten)]
    copy: CopyArgs,
}

/// Store the key of one organization for another organization, and remove it from the first
///
/// Both happen in one transaction, so the key is never lost. The rules of `byok key copy` apply. Requests of the first
/// organization then use the platform's key, or are denied if there is none.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key move openai --from acme --to acme-eu --yes")]
pub(crate) struct MoveKey {
    #[command(flatten)]
    copy: CopyArgs,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

#[derive(Args)]
struct CopyArgs {
    #[command(flatten)]
    provider: ProviderArg,
    /// The organization that has the key
    #[arg(long, value_name = "ORG")]
    from: String,
    /// The organization that gets it
    #[arg(long, value_name = "ORG")]
    to: String,
    /// Replace the key that the other organization has
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    test: TestArgs,
}

/// The key that is copied, and for whom.
struct Asked {
    provider: ProviderId,
    from: OrgId,
    to: OrgId,
    moved: bool,
}

impl CopyKey {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let asked = self.copy.asked(false)?;
        let mut session = context.session().await?;
        let active = active(&mut session, &asked).await?;
        copy(context, &mut session, &self.copy, &Order { asked: &asked, active: &active }).await
    }
}

impl MoveKey {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let asked = self.copy.asked(true)?;
        let mut session = context.session().await?;
        let active = active(&mut session, &asked).await?;
        let Asked { provider, from, to, .. } = &asked;
        let question = format!("Move the {provider} key ...{} from {from} to {to}? {from} loses it.", active.hint);
        let _confirmed = context.confirm(&question, self.yes)?;
        copy(context, &mut session, &self.copy, &Order { asked: &asked, active: &active }).await
    }
}

impl CopyArgs {
    fn asked(&self, moved: bool) -> anyhow::Result<Asked> {
        let (from, to): (OrgId, OrgId) = (self.from.parse()?, self.to.parse()?);
        if from == to {
            let failure = Failure::usage("same_organization", "--from and --to name the same organization");
            return Err(failure
                .hint(format!("to put a new key in its place: byok key rotate PROVIDER --org {from}"))
                .into());
        }
        Ok(Asked { provider: self.provider.id()?, from, to, moved })
    }
}

/// The active key of the first organization.
async fn active(session: &mut Session, Asked { provider, from, .. }: &Asked) -> anyhow::Result<KeyRecord> {
    let holder = Holder::Organization(from.clone());
    session.check_provider(Some(&holder), provider).await?;
    let page = KeyPage { holder: Some(&holder), provider: Some(provider.as_str()), limit: 1, ..KeyPage::default() };
    let found = session.database.keys(page).await?.pop();
    let missing = || Error::Change(ChangeError::NoSuchKey(format!("{provider} key of {holder}")));
    Ok(found.ok_or_else(missing)?)
}

/// What is copied.
struct Order<'a> {
    asked: &'a Asked,
    active: &'a KeyRecord,
}

/// Opens the key, tests it and stores it for the other organization.
async fn copy(
    context: &mut Context,
    session: &mut Session,
    args: &CopyArgs,
    &Order { asked, active }: &Order<'_>,
) -> anyhow::Result<u8> {
    let Asked { provider, from, to, moved } = asked;
    let (source, holder) = (Holder::Organization(from.clone()), Holder::Organization(to.clone()));
    let version = u32::try_from(active.version)
        .map_err(|_| Error::Data(DataError::Corrupt { table: "provider_key", column: "version" }))?;
    let entry = Arc::new(session.provider(provider).await?);
    let keys = session.keys().await?;
    let opened = sealing::open_key(&mut session.database, &keys, &source, provider, version).await;
    let opened = opened.map_err(|error| match error {
        // It was replaced after it was looked up, and erased.
        Error::Change(ChangeError::NoSuchKey(key)) => Error::Change(ChangeError::Changed(key)),
        error => error,
    })?;
    let submission = Submission {
        holder: &holder,
        provider,
        credential: &opened.credential,
        settings: &opened.settings,
        hint: &Hint::stored(active.hint.clone()),
        expires_at: active.expires_at,
        existing: if args.replace { Existing::Any } else { Existing::Same },
        keep: args.keep.time(),
    };
    let origin = Some(Origin { org: from.clone(), version, moved: *moved });
    let place = Place { keys: &keys, provider: &entry, test: &args.test, origin };
    let tested = store_tested(context, session, &submission, &place).await.map_err(|error| refused(error, asked))?;
    if *moved && !tested.stored.written {
        session.database.remove_key(&source, provider, Some(version)).await?;
    }
    tell_of_replaced(context, &submission, &entry, &tested);
    let place = KeyPlace { holder: &holder, provider: &entry };
    report(context, &Order { asked, active }, &place, &tested)
}

/// The other organization has a key already, or the end date of the key has passed.
fn refused(error: anyhow::Error, Asked { provider, from, to, .. }: &Asked) -> anyhow::Error {
    match error.downcast::<Error>() {
        Ok(error @ Error::Change(ChangeError::PastDate(_))) => Failure::from(error)
            .hint(format!(
                "change the end date of the key first: byok key expire {provider} --org {from} --never (or --expires DATE)"
            ))
            .into(),
        Ok(error @ Error::Change(ChangeError::Exists(_))) => Failure::from(error)
            .hint(format!("look at it: byok key show {provider} --org {to}; to replace it, repeat this with --replace"))
            .into(),
        Ok(error) => error.into(),
        Err(other) => other,
    }
}

fn report(context: &Context, order: &Order<'_>, place: &KeyPlace<'_>, tested: &Tested) -> anyhow::Result<u8> {
    let Asked { provider, from, to, moved } = order.asked;
    let Tested { stored, outcome, .. } = tested;
    let result = match (stored.written, &stored.previous) {
        (false, _) => "unchanged",
        (true, Some(_)) => "replaced",
        (true, None) => "created",
    };
    let (kind, done) = if *moved { (&kinds::KEY_MOVE, "moved from") } else { (&kinds::KEY_COPY, "copied from") };
    let had = if stored.written { "" } else { ", which had this key already" };
    let said =
        format!("{provider} key ...{}: {done} {from} to {to}{had} (version {})", order.active.hint, stored.version);
    // A copy keeps the end date, also where the provider tells another one.
    let finding = |outcome| {
        let remark = place.difference(outcome, order.active.expires_at);
        FindingView::of(place.provider, &order.active.settings, outcome, None).remarked(remark)
    };
    let item = KeyCopied {
        org: to.as_str(),
        provider: provider.as_str(),
        hint: format!("...{}", order.active.hint),
        version: stored.version,
        from_org: from.as_str(),
        from_version: order.active.version,
        moved: *moved,
        expires_at: time(order.active.expires_at),
        previous_hint: stored.previous.as_ref().map(|before| before.hint.to_string()),
        test: outcome.as_ref().map(finding),
    };
    output::change(context.format, &Change { kind, result, said: &said }, &item)
}
