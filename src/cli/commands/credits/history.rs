//! `credits history`.

use clap::Args;

use byok::Error;
use byok::admin::HistoryPage;
use byok::credits::RequestId;
use byok::error::CreditError;
use byok::name::OrgId;

use crate::cli::arguments::{OrgOrWord, PeriodArgs};
use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::views::kinds;
use crate::cli::views::ledger::PostingView;

/// List an organization's ledger, newest entry first
///
/// The list has every grant, charge, hold and refund, with the version of the price and the key that served. Entries
/// never change. If the id was purged and used again, TENANCY numbers its tenants. Members see only the entries of the
/// current tenant.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits history --org acme
  byok credits history --org acme --request-id job-4711 -o json
  byok credits history --org acme --since 2026-11-01 --until 2026-12-01 -o csv")]
pub(crate) struct History {
    #[command(flatten)]
    org: OrgOrWord,
    #[command(flatten)]
    period: PeriodArgs,
    /// Only the entries of this request and of its refunds
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl History {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: OrgId = self.org.id()?;
        let request: Option<RequestId> = ids::maybe(self.request_id.as_deref())?;
        let (since, until) = self.period.times()?;
        let mut session = context.session().await?;
        if request.is_some() {
            let any = HistoryPage { request: request.as_ref(), limit: 1, ..HistoryPage::default() };
            if session.database.history(&org, any).await?.is_empty() {
                return Err(Error::Credit(CreditError::NoSuchRequest(org.to_string())).into());
            }
        }
        let list = List::begin(context.format, &kinds::CREDITS_HISTORY);
        let fetch = async |before: Option<i64>| {
            let asked = HistoryPage { request: request.as_ref(), since, until, before, limit: PAGE };
            Ok(page(session.database.history(&org, asked).await?, PAGE, |posting| posting.seq))
        };
        pages(list, |posting| PostingView::of(&org, posting), fetch).await
    }
}
