//! `credits balance`.

use clap::Args;
use serde_json::json;

use byok::credits::Credits;
use byok::db::Balance;

use crate::cli::arguments::OrgsArg;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::output::{List, Row};

const HEADER: &[&str] = &["ORG", "AVAILABLE", "HELD", "HOLDS", "NEXT_RELEASE"];
const PAGE: i32 = 1000;

/// Show what an organization can spend, and what is reserved for requests under way
///
/// Reserved credits are not spent: a hold ends with a charge for what was used, or is released, at the latest by itself.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits balance --org acme\n  byok credits balance --all-orgs -o csv")]
pub(crate) struct BalanceCommand {
    #[command(flatten)]
    orgs: OrgsArg,
}

impl BalanceCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.orgs.one()?;
        let mut session = context.session().await?;
        if let Some(org) = org {
            let balance = session.database.balance(&org).await?;
            output::item(context.format, "credits.balance", HEADER, &row(&balance))?;
            return Ok(byok::exit::OK);
        }
        let mut list = List::begin(context.format, "credits.balance", HEADER);
        let mut after: Option<String> = None;
        loop {
            let page = session.database.balances(after.as_deref(), PAGE).await?;
            let Some(end) = page.last() else { break };
            after = Some(end.org.clone());
            list.records(&page, row)?;
            if page.len() < usize::try_from(PAGE).unwrap_or_default() || list.is_closed() {
                break;
            }
        }
        list.end()
    }
}

fn row(balance: &Balance) -> Row {
    let (available, held) = (Credits::from_micro(balance.available), Credits::from_micro(balance.held));
    let next = output::time(balance.next_expiry);
    Row {
        json: json!({
            "org": balance.org, "available": available.to_string(), "held": held.to_string(), "holds": balance.holds,
            "next_release": next,
        }),
        cells: vec![
            balance.org.clone(),
            available.to_string(),
            held.to_string(),
            balance.holds.to_string(),
            next.unwrap_or_default(),
        ],
    }
}
