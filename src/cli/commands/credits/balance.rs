//! `credits balance`.

use clap::Args;

use crate::cli::arguments::OrgsOrWord;
use crate::cli::session::Context;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::views::kinds;
use crate::cli::views::ledger::BalanceView;

/// Show the available and the reserved credits
///
/// Reserved credits are not spent yet. A hold ends with a charge or a release, or it is released when its time is over.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits balance --org acme\n  byok credits balance --all-orgs -o csv")]
pub(crate) struct BalanceCommand {
    #[command(flatten)]
    orgs: OrgsOrWord,
}

impl BalanceCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.orgs.one()?;
        let mut session = context.session().await?;
        if let Some(org) = org {
            let balance = session.database.balance(&org).await?;
            output::item(context.format, &kinds::CREDITS_BALANCE, &BalanceView::from(&balance))?;
            return Ok(byok::exit::OK);
        }
        let list = List::begin(context.format, &kinds::CREDITS_BALANCE_LIST);
        let fetch = async |after: Option<String>| {
            let found = session.database.balances(after.as_deref(), PAGE).await?;
            Ok(page(found, PAGE, |balance| balance.org.clone()))
        };
        pages(list, |balance| BalanceView::from(balance), fetch).await
    }
}
