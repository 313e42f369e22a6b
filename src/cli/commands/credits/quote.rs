//! `credits quote`.

use clap::Args;

use byok::credits::{Credits, Operation};
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::views::ledger::QuoteOf;

/// Show what a request would cost, with the organization's own key and with the platform's key
///
/// This changes nothing. It also shows which of the two keys would serve now. The charge itself decides that again.
#[derive(Args)]
#[command(after_help = "Example:\n  byok credits quote interview --org acme --provider openai --units 3")]
pub(crate) struct QuoteCommand {
    /// The operation, as on the rate card
    operation: String,
    #[command(flatten)]
    org: OrgArg,
    /// The provider, or a capability (llm, voice, voice-generation)
    #[arg(long)]
    provider: String,
    /// How many units
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000_000))]
    units: i64,
}

impl QuoteCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let operation: Operation = self.operation.parse()?;
        let org: OrgId = self.org.id()?;
        let mut session = context.session().await?;
        let provider = session.serving(&org, &self.provider).await?;
        let quote = session.database.quote((&org, &provider), (&operation, self.units)).await?;
        let (operation, units) = (&operation, self.units);
        let of = QuoteOf { org: &org, provider: &provider, operation, units, quote: &quote };
        if quote.source.is_none() {
            context.notice(&format!("no key serves now ({}), so the request would be denied", quote.reason));
        }
        let provider_part = Credits::from_micro(quote.provider_part);
        let views = [of.with("organization", Credits::ZERO), of.with("platform", provider_part)];
        output::list(context.format, "credits.quote", &views)
    }
}
