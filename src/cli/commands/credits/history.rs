//! `credits history`.

use clap::Args;

use byok::credits::{Credits, RequestId};
use byok::db::{HistoryPage, Posting};
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::credits::period::PeriodArgs;
use crate::cli::commands::credits::posting::posting_json;
use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::terminal::output::{List, Row};

const HEADER: &[&str] = &[
    "AT",
    "KIND",
    "AVAILABLE",
    "HELD",
    "OPERATION",
    "UNITS",
    "PLATFORM_PART",
    "PROVIDER_PART",
    "SOURCE",
    "KEY",
    "REQUEST",
    "BY",
];
const PAGE: i32 = 1000;

/// List an organization's ledger, the newest line first
///
/// Every grant, charge, hold and refund, with the price's version and the key that served. A line is never changed.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits history --org acme
  byok credits history --org acme --request-id job-4711 -o json
  byok credits history --org acme --since 2026-11-01 --until 2026-12-01 -o csv")]
pub(crate) struct History {
    #[command(flatten)]
    org: OrgArg,
    #[command(flatten)]
    period: PeriodArgs,
    /// The lines of one request, and its refunds
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl History {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: OrgId = self.org.id()?;
        let request: Option<RequestId> = ids::maybe(self.request_id.as_deref())?;
        let (since, until) = self.period.times()?;
        let mut session = context.session().await?;
        let mut list = List::begin(context.format, "credits.history", HEADER);
        let mut before = None;
        loop {
            let page = HistoryPage { request: request.as_ref(), since, until, before, limit: PAGE };
            let postings = session.database.history(&org, page).await?;
            let Some(end) = postings.last() else { break };
            before = Some(end.seq);
            list.records(&postings, |posting| row(&org, posting))?;
            if postings.len() < usize::try_from(PAGE).unwrap_or_default() || list.is_closed() {
                break;
            }
        }
        list.end()
    }
}

fn row(org: &OrgId, posting: &Posting) -> Row {
    let amount = |micro| Credits::from_micro(micro).to_string();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let hint = posting.hint.as_ref().map(|hint| format!(" ...{hint}")).unwrap_or_default();
    let key = posting.key_version.map(|version| format!("{} v{version}{hint}", text(&posting.provider)));
    let units = posting.units.map(|units| format!("{units} {}", text(&posting.unit)));
    Row {
        json: posting_json(org.as_str(), posting),
        cells: vec![
            byok::clock::rfc3339(posting.at),
            posting.kind.clone(),
            amount(posting.available),
            amount(posting.held),
            text(&posting.operation),
            units.unwrap_or_default(),
            amount(posting.platform_part),
            amount(posting.provider_part),
            text(&posting.source),
            key.unwrap_or_default(),
            posting.request.clone(),
            posting.login.clone(),
        ],
    }
}
