//! `credits settle`.

use clap::Args;

use byok::Error;
use byok::credits::RequestId;
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::credits::posting::{for_resolvers, in_org, key_in_words, report};
use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::views::credits;
use crate::cli::views::kinds;

/// End a hold with a charge for what was used
///
/// The price and the key are those of the hold. If less was used than reserved, the rest is available again. If more
/// was used, the difference is taken from the available credits. If the hold has expired, the whole amount is taken from
/// the available credits. If these are not enough, nothing is charged (exit 10). This needs the role resolver.
#[derive(Args)]
#[command(after_help = "Example:\n  byok credits settle call-17 --org acme --units 412")]
pub(crate) struct Settle {
    /// The request id of the hold
    request: String,
    #[command(flatten)]
    org: OrgArg,
    /// The number of units that were used (default: all that were reserved)
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..=1_000_000_000_000))]
    units: Option<i64>,
}

impl Settle {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: OrgId = self.org.id()?;
        let request: RequestId = ids::id(&self.request)?;
        let mut session = context.session().await?;
        let moved = session.database.settle(&org, &request, self.units).await;
        let moved = match moved {
            Err(error @ Error::Access(_)) => return Err(for_resolvers(&session, error)),
            other => in_org(other, &org)?,
        };
        let words = format!("charged {} {}", credits(moved.posting.total()), key_in_words(&moved.posting));
        report(context, &kinds::CREDITS_SETTLE, &org, &moved, &words)
    }
}
