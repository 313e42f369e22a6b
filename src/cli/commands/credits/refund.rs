//! `credits refund`.

use clap::Args;

use byok::Error;
use byok::admin::NewRefund;
use byok::credits::{Credits, RequestId};
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::credits::note::NoteArg;
use crate::cli::commands::credits::posting::{in_org, report};
use crate::cli::commands::credits::request::RequestArg;
use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::views::credits;
use crate::cli::views::kinds;

/// Give back a charge, or part of it
///
/// This is for platform admins. Without --amount, the rest of the charge is refunded. All refunds together never exceed
/// the charge. The platform's part and the provider's part are refunded in proportion.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits refund job-4711 --org acme --note 'provider outage'
  byok credits refund job-4711 --org acme --amount 0.5 --request-id ticket-88")]
pub(crate) struct Refund {
    /// The request id of the charge
    request: String,
    #[command(flatten)]
    org: OrgArg,
    /// The number of credits (default: the rest of the charge)
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    own: RequestArg,
    #[command(flatten)]
    note: NoteArg,
}

impl Refund {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: OrgId = self.org.id()?;
        let of: RequestId = ids::id(&self.request)?;
        let amount = self.amount.as_deref().map(Credits::parse_positive).transpose()?;
        let request = self.own.request()?;
        let note = self.note.text()?;
        let mut session = context.session().await?;
        let refund = NewRefund { of: &of, request: &request, amount, note };
        let moved = session.database.ask(async |it| it.refund(&org, refund).await).await;
        let moved = match moved {
            Err(error @ Error::Credit(_)) => in_org(Err(error), &org)?,
            other => other.map_err(|error| self.own.failed(error, &request))?,
        };
        let words = format!("refunded {} of {of}", credits(-moved.posting.total()));
        RequestArg::said(&request, report(context, &kinds::CREDITS_REFUND, &org, &moved, &words))
    }
}
