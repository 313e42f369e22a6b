//! `credits alert`.

use clap::Args;

use byok::admin::AlertResult;
use byok::credits::Credits;
use byok::name::OrgId;

use crate::cli::arguments::OrgOrWord;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::event::AlertSet;
use crate::cli::views::{credits, kinds};

/// Set below which credits an event tells that the balance of an organization is low
///
/// This is for platform admins. The event is balance.low (see `byok watch`). It is written when the available and the
/// reserved credits together fall below the threshold, once each time. An event balance.exhausted needs no threshold: it
/// tells of the first request after a grant that was refused because of too few credits.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits alert --org acme --below 10\n  byok credits alert --org acme --off")]
pub(crate) struct AlertCommand {
    #[command(flatten)]
    org: OrgOrWord,
    #[command(flatten)]
    threshold: ThresholdArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct ThresholdArgs {
    /// The threshold in credits, such as 10 or 12.5
    #[arg(long, value_name = "AMOUNT")]
    below: Option<String>,
    /// No threshold
    #[arg(long)]
    off: bool,
}

impl AlertCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let below = self.threshold.below.as_deref().map(Credits::parse_positive).transpose()?;
        let org: OrgId = self.org.id()?;
        let mut session = context.session().await?;
        let alert = session.database.ask(async |database| database.set_alert(&org, below).await).await?;
        let (available, held) = (Credits::from_micro(alert.available), Credits::from_micro(alert.held));
        let unchanged = if alert.result == AlertResult::Unchanged { " (unchanged)" } else { "" };
        let said = match below {
            Some(below) => format!("{org}: an event tells when the balance falls below {}{unchanged}", credits(below)),
            None => format!("{org}: no event tells of a low balance{unchanged}"),
        };
        let is_low = below.is_some_and(|below| alert.available.saturating_add(alert.held) < below.micro());
        if is_low {
            output::warn(&format!(
                "the balance is below it now ({available} available, {held} reserved), and no event tells of that"
            ));
        }
        let item = AlertSet {
            org: org.as_str(),
            below: below.map(|below| below.to_string()),
            previous_below: alert.before.map(|before| Credits::from_micro(before).to_string()),
            available: available.to_string(),
            held: held.to_string(),
        };
        output::change(
            context.format,
            &Change { kind: &kinds::CREDITS_ALERT, result: alert.result.as_str(), said: &said },
            &item,
        )
    }
}
