//! `credits quote`.

use clap::Args;
use serde_json::json;

use byok::credits::{Credits, Operation};
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Row;

const HEADER: &[&str] =
    &["SOURCE", "TOTAL", "PLATFORM_PART", "PROVIDER_PART", "SERVES_NOW", "ENOUGH_CREDITS", "RATE_VERSION"];

/// Say what a request would cost, with a key of the organization's own and with the platform's
///
/// Changes nothing. Which of the two would serve now is said as well; the charge itself decides it anew.
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
        let (platform_part, provider_part) =
            (Credits::from_micro(quote.platform_part), Credits::from_micro(quote.provider_part));
        let available = Credits::from_micro(quote.available);
        let row = |source: &str, provider_part: Credits| {
            let total = platform_part + provider_part;
            let (serves, enough) = (quote.source.as_deref() == Some(source), total <= available);
            Row {
                json: json!({
                    "org": org.as_str(), "provider": provider.as_str(), "operation": operation.as_str(),
                    "units": self.units, "unit": quote.unit, "source": source, "total": total.to_string(),
                    "platform_part": platform_part.to_string(), "provider_part": provider_part.to_string(),
                    "serves_now": serves, "code": quote.reason, "available": available.to_string(),
                    "enough_credits": enough, "rate_version": quote.rate_version,
                }),
                cells: vec![
                    source.into(),
                    total.to_string(),
                    platform_part.to_string(),
                    provider_part.to_string(),
                    if serves { "yes" } else { "no" }.into(),
                    if enough { "yes" } else { "no" }.into(),
                    quote.rate_version.to_string(),
                ],
            }
        };
        if quote.source.is_none() {
            context.notice(&format!("no key serves now ({}), so the request would be denied", quote.reason));
        }
        let rows = [row("organization", Credits::ZERO), row("platform", provider_part)];
        output::list(context.format, "credits.quote", HEADER, &rows)
    }
}
