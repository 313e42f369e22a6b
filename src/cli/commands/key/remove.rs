//! `key remove`: erases a key. The next request does not use it.

use clap::Args;

use byok::Error;
use byok::admin::{KeyPage, KeyRecord, Removal, RemovedKey};
use byok::error::ChangeError;
use byok::name::{Holder, ProviderId};
use byok::resolution::{Reason, Source};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::commands::key::options::VersionArg;
use crate::cli::keys_page;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::key_changes::KeyRemoved;
use crate::cli::views::kinds;

/// Remove an organization's key; the answer says which key its requests use from then on
///
/// This takes effect at the next request. The key is erased from the database. It still works at its provider until you
/// revoke it there; byok names the page. Requests then use the platform's key for that provider. If there is none, they
/// are denied.
#[derive(Args)]
#[command(visible_alias = "rm", after_help = "Example:\n  byok key remove openai --org acme --yes")]
pub(crate) struct Remove {
    #[command(flatten)]
    removal: RemoveArgs,
    #[command(flatten)]
    org: OrgArg,
}

/// The arguments of a removal, whosever key it is.
#[derive(Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    version: VersionArg,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Remove {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = self.removal.provider.id()?;
        let holder = Holder::Organization(self.org.spelled(|org| format!("byok key remove {provider} --org {org}"))?);
        remove_key(context, &holder, &self.removal).await
    }
}

/// Asks for confirmation, removes the key, and reports it.
pub(crate) async fn remove_key(context: &mut Context, holder: &Holder, args: &RemoveArgs) -> anyhow::Result<u8> {
    let provider = &args.provider.id()?;
    let confirmed = context.is_confirmed(args.yes)?;
    let mut session = context.session().await?;
    // A name that does not exist is not asked about.
    session.check_provider(Some(holder), provider).await?;
    let shown = if confirmed {
        None
    } else {
        let stored = the_key(&mut session, holder, provider).await?;
        confirm(context, stored.as_ref(), holder)?
    };
    let seen = args.version.number().or(shown);
    if shown.is_some_and(|shown| seen != Some(shown)) {
        return Err(args.version.explain(Error::Change(ChangeError::Changed(format!("{provider} key of {holder}")))));
    }
    let removed = session.database.remove_key(holder, provider, seen).await;
    let removed = removed.map_err(|error| args.version.explain(error))?;
    let consequence = consequence(holder, provider, &removed);
    let org = match holder {
        Holder::Organization(org) => Some(org.as_str()),
        Holder::Platform => None,
    };
    let said = match &removed.key {
        Some(key) => format!("{provider} key {} of {holder}: removed; {consequence}", key.hint),
        None => format!("{holder} has no {provider} key (unchanged); {consequence}"),
    };
    let denied = removed.reason.filter(|_| removed.source.is_none());
    let item = KeyRemoved {
        org,
        provider: provider.as_str(),
        hint: removed.key.as_ref().map(|key| key.hint.to_string()),
        version: removed.key.as_ref().map(|key| key.version),
        source: removed.source.map(Source::as_str),
        denied: denied.map(Reason::code),
    };
    if let Some(key) = &removed.key {
        tell_of_removed(context, &mut session, provider, key).await;
    }
    let kind = if org.is_some() { &kinds::KEY_REMOVE } else { &kinds::PLATFORM_KEY_REMOVE };
    let result = if removed.key.is_some() { "removed" } else { "unchanged" };
    output::change(context.format, &Change { kind, result, said: &said }, &item)
}

/// The key that is there now.
async fn the_key(session: &mut Session, holder: &Holder, provider: &ProviderId) -> byok::Result<Option<KeyRecord>> {
    let page = KeyPage { holder: Some(holder), provider: Some(provider.as_str()), limit: 1, ..KeyPage::default() };
    Ok(session.database.keys(page).await?.pop())
}

/// Asks whether this key is to be removed. Its version; none where there is no key.
fn confirm(context: &Context, key: Option<&KeyRecord>, holder: &Holder) -> anyhow::Result<Option<u32>> {
    let Some(key) = key else { return Ok(None) };
    let question = format!("Remove the {} key ...{} of {holder}? It is erased.", key.provider, key.hint);
    let _confirmed = context.confirm(&question, false)?;
    Ok(u32::try_from(key.version).ok())
}

/// A removed key still works at its provider. A definition that cannot be used does not stop a removal.
async fn tell_of_removed(context: &Context, session: &mut Session, provider: &ProviderId, gone: &RemovedKey) {
    let Ok(entry) = session.provider(provider).await else { return };
    let page = entry.keys_page_for(&gone.settings);
    context.notice(&keys_page::still_works(&entry, &gone.hint.to_string(), page));
}

/// What requests do from now on.
fn consequence(holder: &Holder, provider: &ProviderId, removed: &Removal) -> String {
    if matches!(holder, Holder::Platform) {
        return "requests of organizations without a key of their own are denied".into();
    }
    let why = match (removed.source, removed.reason) {
        (Some(_), _) => return "requests use the platform's key".into(),
        (None, Some(Reason::PlatformKeyExpired)) => "has expired",
        (None, Some(Reason::AddressChanged)) => "was stored for another address",
        (None, Some(Reason::KeyUnreadable)) => "does not open",
        _ => return format!("requests are denied, because the platform has no {provider} key"),
    };
    format!("requests are denied, because the platform's {provider} key {why}")
}
