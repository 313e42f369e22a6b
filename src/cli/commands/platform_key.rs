//! `platform-key`: the shared keys, for organizations without a key of their own.

use clap::Subcommand;

use byok::admin::KeyPage;
use byok::name::Holder;

use crate::cli::arguments::ProviderArg;
use crate::cli::commands::key;
use crate::cli::commands::key::{ReplaceArg, SetArgs};
use crate::cli::session::Context;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::views::key::KeyView;
use crate::cli::views::kinds;

#[derive(Subcommand)]
pub(crate) enum PlatformKey {
    /// Store the platform's key for a provider; it replaces the active key
    #[command(after_help = "Example:\n  byok platform-key set openai --from-env OPENAI_API_KEY")]
    Set {
        #[command(flatten)]
        target: SetArgs,
        #[command(flatten)]
        replace: ReplaceArg,
    },
    /// List the platform's keys
    #[command(visible_alias = "ls", after_help = "Example:\n  byok platform-key list")]
    List,
    /// Remove the platform's key for a provider
    #[command(visible_alias = "rm", after_help = "Example:\n  byok platform-key remove openai")]
    Remove {
        #[command(flatten)]
        provider: ProviderArg,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

impl PlatformKey {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Set { target, replace } => key::set_key(context, &Holder::Platform, replace.existing(), target).await,
            Self::List => list(context).await,
            Self::Remove { provider, yes } => {
                let provider = provider.id()?;
                key::remove_key(context, &Holder::Platform, &provider, yes).await
            }
        }
    }
}

async fn list(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let list = List::begin(context.format, &kinds::PLATFORM_KEY_LIST);
    let fetch = async |after: Option<String>| {
        let after = after.as_ref().map(|provider| ("", provider.as_str()));
        let asked = KeyPage { holder: Some(&Holder::Platform), after, limit: PAGE, ..KeyPage::default() };
        Ok(page(session.database.keys(asked).await?, PAGE, |key| key.provider.clone()))
    };
    pages(list, |key| KeyView::from(key), fetch).await
}
