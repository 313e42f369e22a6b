//! `key history`: what happened to one key, from the audit log.

use clap::Args;

use byok::admin::AuditPage;
use byok::name::Holder;

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::commands::audit;
use crate::cli::session::Context;
use crate::cli::terminal::list::List;
use crate::cli::views::kinds;

/// Show who set, tested, opened or removed a key, and when; newest first
#[derive(Args)]
#[command(after_help = "Example:\n  byok key history openai --org acme")]
pub(crate) struct History {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    org: OrgArg,
    /// List at most this many records; a list that is cut says how to continue
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only records before this number; to continue a list, give its last SEQ
    #[arg(long, value_name = "SEQ")]
    before: Option<i64>,
}

impl History {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = self.provider.id()?;
        let org: byok::name::OrgId = self.org.id()?;
        let mut session = context.session().await?;
        session.check_provider(Some(&Holder::Organization(org.clone())), &provider).await?;
        let page = AuditPage {
            org: Some(org.as_str()),
            action: Some("key"),
            subject: Some(provider.as_str()),
            before: self.before,
            ..AuditPage::default()
        };
        let list = List::begin(context.format, &kinds::KEY_HISTORY);
        audit::records(&mut session, list, page, self.limit.and_then(|limit| usize::try_from(limit).ok())).await
    }
}
