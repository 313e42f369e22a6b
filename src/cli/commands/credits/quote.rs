//! `credits quote`.

use clap::Args;

use crate::cli::commands::credits::priced::{PricedArgs, PricedRequest};
use crate::cli::session::Context;
use crate::cli::suggest;
use crate::cli::terminal::output;
use crate::cli::views::kinds;
use crate::cli::views::ledger::{QuoteOf, QuoteView};

/// Show what a request would cost, with the organization's own key and with the platform's key
///
/// This changes nothing. The output also says which of the two keys would serve now. A later charge decides again which key serves.
#[derive(Args)]
#[command(after_help = "Example:\n  byok credits quote interview openai --org acme --units 3")]
pub(crate) struct QuoteCommand {
    #[command(flatten)]
    priced: PricedArgs,
}

impl QuoteCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let PricedRequest { operation, org, units } = self.priced.request()?;
        let mut session = context.session().await?;
        session.check_open(&org).await?;
        let provider = session.serving(&org, self.priced.provider.text()?).await?;
        let quote = match session.database.quote(&org, &provider, &operation, units).await {
            Ok(quote) => quote,
            Err(error) => return Err(suggest::without_price(&mut session, operation.as_str(), error).await),
        };
        let of = QuoteOf { org: &org, provider: &provider, operation: &operation, units, quote: &quote };
        if quote.source.is_none() {
            output::warn(&format!("no key serves now, so the request would be denied ({})", quote.reason));
        }
        output::item(context.format, &kinds::CREDITS_QUOTE, &QuoteView::of(&of))?;
        Ok(byok::exit::OK)
    }
}
