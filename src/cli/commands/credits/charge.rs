//! `credits charge` and `credits hold`.

use std::time::Duration;

use clap::Args;

use byok::Error;
use byok::admin::NewCharge;
use byok::credits::Credits;
use byok::error::CreditError;

use crate::cli::commands::credits::posting::{for_resolvers, key_in_words, report};
use crate::cli::commands::credits::priced::{PricedArgs, PricedRequest};
use crate::cli::commands::credits::request::RequestArg;
use crate::cli::duration;
use crate::cli::session::Context;
use crate::cli::suggest;
use crate::cli::terminal::failure::Failure;
use crate::cli::views::credits;
use crate::cli::views::kinds;

/// Charge an organization for a request, at the current price (see: byok credits rates list)
///
/// The database decides which key serves, as `resolve` does, and charges in the same step. With the organization's own
/// key the request costs the platform's part. With the platform's key it costs both parts. Nothing is charged if no key
/// serves, or if there are not enough credits (exit 10). This needs the role resolver. A server uses the library
/// instead, which charges and returns the key in one step.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits charge interview openai --org acme --request-id job-4711
  byok credits charge text-to-speech voice --org acme --units 1240")]
pub(crate) struct ChargeCommand {
    #[command(flatten)]
    what: ChargeArgs,
}

/// Reserve credits for a request before it is made
///
/// End the hold with `settle` and the units that were used, or with `release`. Otherwise it is released when its time
/// is over. This needs the role resolver.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits hold speech-to-text sarvam --org acme --units 600 --request-id call-17
  byok credits settle call-17 --org acme --units 412")]
pub(crate) struct HoldCommand {
    #[command(flatten)]
    what: ChargeArgs,
    /// How long the credits stay reserved: 90s, 15m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", default_value = "15m")]
    time: String,
}

/// The longest time that the database reserves credits.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

fn holding(text: &str) -> anyhow::Result<Duration> {
    let time = duration::parse(text).ok().filter(|time| *time <= LONGEST);
    Ok(time.ok_or_else(|| {
        Failure::usage("bad_duration", "a time is a number with s, m, h, d or w, such as 15m, and at most 30 days")
    })?)
}

#[derive(Args)]
struct ChargeArgs {
    #[command(flatten)]
    priced: PricedArgs,
    #[command(flatten)]
    request: RequestArg,
}

impl ChargeCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        self.what.run(context, None).await
    }
}

impl HoldCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let time = holding(&self.time)?;
        self.what.run(context, Some(time)).await
    }
}

impl ChargeArgs {
    async fn run(self, context: &mut Context, hold: Option<Duration>) -> anyhow::Result<u8> {
        let PricedRequest { operation, org, units } = self.priced.request()?;
        let request = self.request.request()?;
        let seconds = hold.map(|time| i32::try_from(time.as_secs()).unwrap_or(i32::MAX));
        let mut session = context.session().await?;
        session.check_open(&org).await?;
        let provider = session.serving(&org, self.priced.provider.text()?).await?;
        let charge = NewCharge { provider: &provider, operation: &operation, units, request: &request, seconds };
        let done = session.database.ask(async |it| it.charge(&org, charge).await).await;
        let done = match done {
            Err(error @ Error::Credit(CreditError::NoRate)) => {
                return Err(suggest::without_price(&mut session, operation.as_str(), error).await);
            }
            Err(error @ Error::Access(_)) => return Err(for_resolvers(&session, error)),
            other => {
                other.map_err(|error| Failure::of(&self.request.failed(error, &request)).about(&provider, &org))?
            }
        };
        let key = key_in_words(&done.posting);
        let posting = &done.posting;
        let (kind, words) = if hold.is_some() {
            (
                &kinds::CREDITS_HOLD,
                format!("reserved {} for {operation} {key}", credits(Credits::from_micro(posting.held))),
            )
        } else {
            (&kinds::CREDITS_CHARGE, format!("charged {} for {operation} {key}", credits(posting.total())))
        };
        RequestArg::said(&request, report(context, kind, &org, &done, &words))
    }
}
