//! `platform-key`: the shared keys, for organizations without a key of their own.

use clap::Subcommand;

use byok::admin::KeyPage;
use byok::name::Holder;

use crate::cli::arguments::ProviderArg;
use crate::cli::commands::key;
use crate::cli::commands::key::{Aim, BackArgs, ExpireArgs, RemoveArgs, ReplaceArg, SetArgs, VersionArg};
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
        #[command(flatten)]
        version: VersionArg,
    },
    /// Replace the platform's key for a provider (exit 3 if there is none)
    ///
    /// byok tests the new key first. If its provider rejects it (exit 6) or cannot be reached (exit 7), nothing changes.
    #[command(after_help = "Example:\n  byok platform-key rotate openai --from-env OPENAI_API_KEY")]
    Rotate {
        #[command(flatten)]
        target: SetArgs,
        #[command(flatten)]
        version: VersionArg,
    },
    /// Make the platform's previous key active again, as a new version
    #[command(after_help = "Example:\n  byok platform-key rollback openai --yes")]
    Rollback(BackArgs),
    /// Change the end date of the platform's key, without the key
    #[command(after_help = "Example:\n  byok platform-key expire openai --expires 90d")]
    Expire(ExpireArgs),
    /// List the platform's keys
    #[command(visible_alias = "ls", after_help = "Example:\n  byok platform-key list")]
    List,
    /// Show every version of the platform's key for a provider, with its hint, dates and author
    ///
    /// The active key comes first. The states are those of `byok key show`.
    #[command(after_help = "Example:\n  byok platform-key show openai")]
    Show(ProviderArg),
    /// Remove the platform's key for a provider
    #[command(visible_alias = "rm", after_help = "Example:\n  byok platform-key remove openai")]
    Remove(RemoveArgs),
}

impl PlatformKey {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Set { target, replace, version } => {
                let existing = version.existing(replace.existing());
                key::set_key(context, &Holder::Platform, Aim { verb: "set", existing }, target).await
            }
            Self::Rotate { target, version } => {
                let existing = version.existing_key()?;
                key::set_key(context, &Holder::Platform, Aim { verb: "rotate", existing }, target).await
            }
            Self::Rollback(back) => key::roll_back(context, &Holder::Platform, &back).await,
            Self::Expire(date) => key::expire_key(context, &Holder::Platform, &date).await,
            Self::List => list(context).await,
            Self::Show(provider) => key::show_key(context, &Holder::Platform, &provider.id()?).await,
            Self::Remove(removal) => key::remove_key(context, &Holder::Platform, &removal).await,
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
