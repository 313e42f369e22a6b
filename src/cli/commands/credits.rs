//! `credits`: balances, charges, prices and reports.

mod alert;
mod balance;
mod charge;
mod chart;
mod grant;
mod history;
mod note;
mod posting;
mod priced;
mod quote;
mod rates;
mod reconcile;
mod refund;
mod release;
pub(crate) mod request;
mod settle;
mod usage;

use clap::Subcommand;

use crate::cli::session::Context;

#[derive(Subcommand)]
pub(crate) enum CreditsCommand {
    Balance(balance::BalanceCommand),
    Alert(alert::AlertCommand),
    Grant(grant::Grant),
    Charge(charge::ChargeCommand),
    Hold(charge::HoldCommand),
    Settle(settle::Settle),
    Release(release::Release),
    Refund(refund::Refund),
    Quote(quote::QuoteCommand),
    History(history::History),
    Usage(usage::UsageCommand),
    /// List, set and remove the prices of operations
    #[command(
        subcommand,
        after_help = "Examples:\n  byok credits rates list\n  byok credits rates set interview --platform-part 1 --provider-part 4"
    )]
    Rates(rates::Rates),
    Reconcile(reconcile::Reconcile),
}

impl CreditsCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Balance(verb) => verb.run(context).await,
            Self::Alert(verb) => verb.run(context).await,
            Self::Grant(verb) => verb.run(context).await,
            Self::Charge(verb) => verb.run(context).await,
            Self::Hold(verb) => verb.run(context).await,
            Self::Settle(verb) => verb.run(context).await,
            Self::Release(verb) => verb.run(context).await,
            Self::Refund(verb) => verb.run(context).await,
            Self::Quote(verb) => verb.run(context).await,
            Self::History(verb) => verb.run(context).await,
            Self::Usage(verb) => verb.run(context).await,
            Self::Rates(verb) => verb.run(context).await,
            Self::Reconcile(verb) => verb.run(context).await,
        }
    }
}
