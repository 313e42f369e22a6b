//! `key remove`: erases a key. The next request does not use it.

use clap::Args;

use byok::name::{Holder, ProviderId};
use byok::provider::Target;

use crate::cli::arguments::OrgArg;
use crate::cli::session::Context;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{input, output};
use crate::cli::views::changes::KeyRemoved;

/// Remove an organization's key; its requests then use the platform's key, if there is one
///
/// This takes effect at the next request. The key is erased from the database. Revoke it at its provider too.
#[derive(Args)]
#[command(visible_alias = "rm", after_help = "Example:\n  byok key remove openai --org acme --yes")]
pub(crate) struct Remove {
    /// The provider
    provider: String,
    #[command(flatten)]
    org: OrgArg,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Remove {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = Target::parse_provider(&self.provider)?;
        let holder = Holder::Organization(self.org.id()?);
        remove_key(context, &holder, &provider, self.yes, "requests now use the platform's key, if there is one").await
    }
}

/// Asks for confirmation, removes the key, and reports it.
pub(crate) async fn remove_key(
    context: &mut Context,
    holder: &Holder,
    provider: &ProviderId,
    yes: bool,
    consequence: &str,
) -> anyhow::Result<u8> {
    let question = format!("Remove the {provider} key of {holder}? It is erased, and {consequence}.");
    let _confirmed = input::confirm(&question, yes, context.no_input())?;
    let mut session = context.session().await?;
    let removed = session.database.remove_key(holder, provider).await?;
    let org = match holder {
        Holder::Organization(org) => Some(org.as_str()),
        Holder::Platform => None,
    };
    let hint = removed.as_ref().map(|key| key.hint.to_string());
    let said = match &removed {
        Some(key) => format!("{provider} key {} of {holder}: removed; {consequence}", key.hint),
        None => format!("{holder} has no {provider} key (unchanged)"),
    };
    let item = KeyRemoved { org, provider: provider.as_str(), hint, version: removed.as_ref().map(|key| key.version) };
    let kind = if org.is_some() { "key.remove" } else { "platform_key.remove" };
    let result = if removed.is_some() { "removed" } else { "unchanged" };
    output::change(context.format, &Change { kind, result, said: &said }, &item)
}
