//! `key show`: one key and its earlier versions.

use clap::Args;

use byok::Error;
use byok::error::ChangeError;
use byok::name::{Holder, ProviderId};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::session::Context;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::views::key::VersionView;
use crate::cli::views::kinds;

/// Show every version of a key, with its hint, dates and author; the active key comes first
///
/// STATE is active, previous (`byok key rollback` makes it active again), retired (replaced and erased) or removed
/// (erased). For an active or previous key that cannot serve, it is unreadable (the key was seen not to open) or expired
/// (its end date has passed).
#[derive(Args)]
#[command(after_help = "Example:\n  byok key show openai --org acme")]
pub(crate) struct Show {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    org: OrgArg,
}

impl Show {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = Holder::Organization(self.org.id()?);
        show_key(context, &holder, &self.provider.id()?).await
    }
}

/// Lists every version of a holder's key.
pub(crate) async fn show_key(context: &mut Context, holder: &Holder, provider: &ProviderId) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    session.check_provider(Some(holder), provider).await?;
    let kind = match holder {
        Holder::Organization(_) => &kinds::KEY_SHOW,
        Holder::Platform => &kinds::PLATFORM_KEY_SHOW,
    };
    let list = List::begin(context.format, kind);
    let fetch = async |before: Option<i32>| {
        let found = session.database.key_versions(holder, provider, before, PAGE).await?;
        if found.is_empty() && before.is_none() {
            return Err(Error::Change(ChangeError::NoSuchKey(format!("{provider} key of {holder}"))));
        }
        Ok(page(found, PAGE, |version| version.version))
    };
    pages(list, |version| VersionView::from(version), fetch).await
}

/// The command that shows every version of a key.
pub(super) fn command(holder: &Holder, provider: &ProviderId) -> String {
    match holder {
        Holder::Organization(org) => format!("byok key show {provider} --org {org}"),
        Holder::Platform => format!("byok platform-key show {provider}"),
    }
}
