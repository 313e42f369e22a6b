//! `key export --metadata`: an inventory of the keys.

use clap::Args;

use byok::admin::KeyFilter;
use byok::name::Holder;

use crate::cli::arguments::{MaybeProviderArg, OrgsArg};
use crate::cli::commands::key::list::Asked;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::pages;
use crate::cli::views::key::KeyView;
use crate::cli::views::kinds;

/// Export what is known of the keys, as an inventory: versions, dates, results of tests, the last four characters
///
/// Without another option, the inventory is of all organizations that this login may see. It is written while it is read, so it may
/// have any length. There is no export of the keys themselves: a key leaves byok only into the environment of a program that
/// `byok run` starts. To move keys, import them again from where they came from.
#[derive(Args)]
#[command(after_help = "Examples:
  byok key export --metadata -o csv > keys.csv
  byok key export --metadata --org acme -o jsonl")]
pub(crate) struct Export {
    /// Export what is known of the keys, and no key
    #[arg(long)]
    metadata: bool,
    #[command(flatten)]
    orgs: OrgsArg,
    #[command(flatten)]
    provider: MaybeProviderArg,
}

impl Export {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if !self.metadata {
            let message = "byok exports no key: a key leaves it only into a program that `byok run` starts";
            return Err(Failure::usage("keys_stay", message)
                .hint("for an inventory without keys: byok key export --metadata")
                .into());
        }
        let holder = self.orgs.one_or_all()?.map(Holder::Organization);
        let provider = self.provider.id()?;
        let mut session = context.session().await?;
        if let Some(provider) = &provider {
            session.check_provider(holder.as_ref(), provider).await?;
        }
        let asked = Asked { holder, provider, only: KeyFilter::default() };
        let list = List::begin(context.format, &kinds::KEY_EXPORT);
        pages(list, |key| KeyView::from(key), async |after| asked.page(&mut session, after).await).await
    }
}
