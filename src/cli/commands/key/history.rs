//! `key history`: what happened to one key, from the audit log.

use clap::Args;

use byok::admin::AuditPage;
use byok::provider::Target;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::audit;
use crate::cli::session::Context;
use crate::cli::terminal::output::List;
use crate::cli::views::audit::AuditView;

/// Show who set, tested, opened or removed a key, and when; newest first
#[derive(Args)]
#[command(after_help = "Example:\n  byok key history openai --org acme")]
pub(crate) struct History {
    /// The provider
    provider: String,
    #[command(flatten)]
    org: OrgArg,
    /// List at most this many records
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(i32).range(1..=100_000))]
    limit: i32,
}

impl History {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = Target::parse_provider(&self.provider)?;
        let org: byok::name::OrgId = self.org.id()?;
        let mut session = context.session().await?;
        let page = AuditPage {
            org: Some(org.as_str()),
            action: Some("key"),
            subject: Some(provider.as_str()),
            ..AuditPage::default()
        };
        let list = List::begin::<AuditView>(context.format, "key.history");
        audit::records(&mut session, list, page, usize::try_from(self.limit).unwrap_or_default()).await
    }
}
