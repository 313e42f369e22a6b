//! `credits grant`.

use clap::Args;

use byok::Error;
use byok::admin::{GrantResult, NewGrant};
use byok::credits::Credits;
use byok::error::ChangeError;
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::credits::note::NoteArg;
use crate::cli::commands::credits::request::RequestArg;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::Granted;
use crate::cli::views::credits;
use crate::cli::views::kinds;

/// Give an organization credits
///
/// This is for platform admins. Credits pay for requests with the organization's own keys (the platform's part) and
/// with the platform's keys (both parts). An organization can have credits even if it is not enabled for its own keys.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits grant 250 --org acme --note 'order 2026-117' --request-id order-2026-117
  byok credits grant 10 --org new-customer --new")]
pub(crate) struct Grant {
    /// The number of credits, such as 250 or 12.5
    amount: String,
    #[command(flatten)]
    org: OrgArg,
    #[command(flatten)]
    request: RequestArg,
    #[command(flatten)]
    note: NoteArg,
    /// Create the organization if it does not exist, without enabling it
    #[arg(long)]
    new: bool,
}

impl Grant {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let amount = Credits::parse_positive(&self.amount)?;
        let org: OrgId = self.org.id()?;
        let request = self.request.request()?;
        let note = self.note.text()?;
        let mut session = context.session().await?;
        let grant = NewGrant { request: &request, amount, note, make_org: self.new };
        let granted = session.database.ask(async |database| database.grant(&org, grant).await).await;
        let granted = match granted {
            Err(Error::Change(ChangeError::NoSuchOrg(_))) => granted.hint(format!(
                "check the name: byok org list; to create it: add --new; to enable it: byok enable {org}"
            ))?,
            other => other.map_err(|error| self.request.failed(error, &request))?,
        };
        let (available, held) = (Credits::from_micro(granted.available), Credits::from_micro(granted.held));
        let again = if granted.result == GrantResult::Unchanged { " before (unchanged)" } else { "" };
        let said = format!("{org}: granted {}{again}; {available} available [request {request}]", credits(amount));
        let item = Granted {
            org: org.as_str(),
            request: request.as_str(),
            amount: amount.to_string(),
            available: available.to_string(),
            held: held.to_string(),
            note,
        };
        let written = output::change(
            context.format,
            &Change { kind: &kinds::CREDITS_GRANT, result: granted.result.as_str(), said: &said },
            &item,
        );
        RequestArg::said(&request, written)
    }
}
