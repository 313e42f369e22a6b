//! `key rollback`: makes the previous key active again.

use clap::Args;

use byok::admin::sealing::Earlier;
use byok::admin::{KeyStand, KeyState, KeyVersion, sealing};
use byok::clock::rfc3339;
use byok::error::{ChangeError, ConnectionError, DataError};
use byok::name::{Holder, ProviderId};
use byok::{Error, exit};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::KeyRestored;
use crate::cli::views::kinds;

/// Make the previous key active again, as a new version
///
/// The previous key must still open, and it must not be past its end date. The key that it replaces becomes the previous
/// key. Exit 3 if there is no previous key.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key rollback openai --org acme --yes")]
pub(crate) struct Rollback {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    org: OrgArg,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Rollback {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = self.provider.id()?;
        let holder = Holder::Organization(self.org.id()?);
        let mut session = context.session().await?;
        session.check_provider(Some(&holder), &provider).await?;
        // The first two versions are the active key and the previous one. After a removal there is no active key.
        let versions = session.database.key_versions(&holder, &provider, None, 2).await?;
        let Some(before) = versions.iter().find(|version| version.state == KeyState::Previous) else {
            return Err(Error::Change(ChangeError::NoSuchKey(format!("previous {provider} key of {holder}"))).into());
        };
        refuse_dead(&holder, &provider, before)?;
        let stand = stand(&versions)?;
        let question = format!("Make {provider} key ...{} (version {}) active again?", before.hint, before.version);
        let _confirmed = context.confirm(&question, self.yes)?;
        let keys = session.keys().await?;
        let earlier = Earlier { key: before, stand };
        let stored = sealing::restore(&mut session.database, &keys, &holder, &provider, &earlier).await;
        let stored = stored.map_err(|error| match error {
            // A second rollback would undo the first.
            Error::Connection(ConnectionError::Lost(_)) => Failure { code: "may_be_done", ..error.into() }.hint(format!(
                "check first whether it was done: byok key show {provider} --org {}; run it again only if ...{} is not active",
                holder.as_str(), before.hint
            )).into(),
            other => anyhow::Error::from(other),
        })?;
        let hint = format!("...{}", before.hint);
        let said = format!("{provider} key {hint} of {holder}: active again as version {}", stored.version);
        let item = KeyRestored {
            org: holder.as_str(),
            provider: provider.as_str(),
            hint,
            version: stored.version,
            restored_version: before.version,
            previous_hint: stored.previous.as_ref().map(|it| it.hint.to_string()),
        };
        output::change(context.format, &Change { kind: &kinds::KEY_ROLLBACK, result: "restored", said: &said }, &item)
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
    let next = format!("store another key: byok key set {provider} --org {}", holder.as_str());
    Err(Failure::new(exit::KEY_REJECTED, "key_expired", message).hint(next).into())
}

/// What there was when the user was asked. The newest version comes first.
fn stand(versions: &[KeyVersion]) -> Result<KeyStand, Error> {
    let number = |version: Option<&KeyVersion>| match version.map(|it| u32::try_from(it.version)) {
        None => Ok(0),
        Some(Ok(version)) => Ok(version),
        Some(Err(_)) => Err(Error::Data(DataError::Corrupt { table: "provider_key", column: "version" })),
    };
    let active = versions.iter().find(|it| it.state == KeyState::Active);
    Ok(KeyStand { last: number(versions.first())?, active: number(active)? })
}
