//! `key list`: the active keys, with their hints.

use clap::Args;

use byok::admin::KeyPage;
use byok::name::{Holder, ProviderId};

use crate::cli::arguments::{MaybeProviderArg, OrgsArg};
use crate::cli::session::Context;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::views::key::KeyView;
use crate::cli::views::kinds;

/// List the active keys of one organization, or of all organizations that this login may see
///
/// STATE is active, unreadable (the key was seen not to open), expired (its end date has passed) or not_enabled (the
/// organization is not enabled for its own keys).
#[derive(Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:\n  byok key list --org acme\n  byok key list openai --all-orgs -o jsonl"
)]
pub(crate) struct ListKeys {
    #[command(flatten)]
    orgs: OrgsArg,
    #[command(flatten)]
    provider: MaybeProviderArg,
}

impl ListKeys {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = self.orgs.one()?.map(Holder::Organization);
        let provider = self.provider.id()?;
        let mut session = context.session().await?;
        if let Some(provider) = &provider {
            session.check_provider(holder.as_ref(), provider).await?;
        }
        let list = List::begin(context.format, &kinds::KEY_LIST);
        let fetch = async |after: Option<(String, String)>| {
            let asked = KeyPage {
                holder: holder.as_ref(),
                provider: provider.as_ref().map(ProviderId::as_str),
                after: after.as_ref().map(|(org, provider)| (org.as_str(), provider.as_str())),
                limit: PAGE,
            };
            Ok(page(session.database.keys(asked).await?, PAGE, |key| (key.org.clone(), key.provider.clone())))
        };
        pages(list, |key| KeyView::from(key), fetch).await
    }
}
