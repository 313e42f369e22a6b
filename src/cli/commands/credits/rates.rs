//! `credits rates list`, `set` and `remove`.

use clap::{Args, Subcommand};

use byok::Error;
use byok::admin::{NewRate, RateResult};
use byok::credits::{Credits, Operation, Unit};
use byok::error::CreditError;
use byok::name::ProviderId;

use crate::cli::arguments::MaybeProviderArg;
use crate::cli::session::Context;
use crate::cli::suggest;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::{RateRemoved, RateSet};
use crate::cli::views::kinds;
use crate::cli::views::rate::RateView;

#[derive(Subcommand)]
pub(crate) enum Rates {
    #[command(visible_alias = "ls")]
    List(ListRates),
    Set(SetRate),
    #[command(visible_alias = "rm")]
    Remove(RemoveRate),
}

/// List the current prices
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits rates list\n  byok credits rates list interview --all-versions")]
pub(crate) struct ListRates {
    /// Only this operation
    operation: Option<String>,
    /// Also list earlier versions, at which past charges were made
    #[arg(long)]
    all_versions: bool,
}

/// Set the price of an operation for all charges from now on
///
/// Every request costs the platform's part. A request with the platform's key also costs the provider's part. Prices
/// have versions: a new price is the next version, and past charges keep theirs. You choose the names of operations. A
/// price with a provider is only for that provider. All others have the price without one.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits rates set interview --platform-part 1 --provider-part 4
  byok credits rates set opportunity-scoring --platform-part 0.2 --provider-part 0.8
  byok credits rates set recommendations --platform-part 0.5 --provider-part 1.5
  byok credits rates set agent-brief --platform-part 0.5 --provider-part 2
  byok credits rates set wiki-generation --platform-part 1 --provider-part 6
  byok credits rates set speech-to-text --unit second --platform-part 0.001 --provider-part 0.006
  byok credits rates set text-to-speech --unit character --per 1000 \\
    --platform-part 0.02 --provider-part 0.3
  byok credits rates set translation --unit character --per 1000 \\
    --platform-part 0.01 --provider-part 0.04
  byok credits rates set interview anthropic --platform-part 1 --provider-part 6")]
pub(crate) struct SetRate {
    /// The operation
    operation: String,
    #[command(flatten)]
    provider: MaybeProviderArg,
    /// Credits for the platform's own work
    #[arg(long, value_name = "AMOUNT")]
    platform_part: String,
    /// Credits for the provider's bill, charged only if the platform's key serves
    #[arg(long, value_name = "AMOUNT")]
    provider_part: String,
    /// What is counted, such as request, second, character or token
    #[arg(long, default_value = "request")]
    unit: String,
    /// Both parts are for this many units; fractions of a micro-credit are rounded up
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    per: u32,
}

/// Remove a price
///
/// Requests for the operation are then refused. If the price of one provider is removed, its requests have the price
/// without a provider, if there is one.
#[derive(Args)]
#[command(after_help = "Example:\n  byok credits rates remove interview anthropic")]
pub(crate) struct RemoveRate {
    /// The operation
    operation: String,
    #[command(flatten)]
    provider: MaybeProviderArg,
}

impl Rates {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::List(verb) => verb.run(context).await,
            Self::Set(verb) => verb.run(context).await,
            Self::Remove(verb) => verb.run(context).await,
        }
    }
}

impl ListRates {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let operation: Option<Operation> = self.operation.as_deref().map(str::parse).transpose()?;
        let mut session = context.session().await?;
        let rates = session.database.rates(operation.as_ref(), self.all_versions).await?;
        if let Some(operation) = operation.as_ref().filter(|_| rates.is_empty()) {
            // A price that was removed existed.
            if self.all_versions || session.database.rates(Some(operation), true).await?.is_empty() {
                return Err(suggest::without_price(&mut session, operation.as_str(), NO_RATE).await);
            }
        }
        list::records(context.format, &kinds::CREDITS_RATES_LIST, &rates, |rate| RateView::from(rate))
    }
}

impl SetRate {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let operation: Operation = self.operation.parse()?;
        let unit: Unit = self.unit.parse()?;
        let (platform_part, provider_part) = (part(&self.platform_part)?, part(&self.provider_part)?);
        let provider = self.provider.id()?;
        let mut session = context.session().await?;
        if let Some(provider) = &provider {
            session.provider(provider).await?;
        }
        let rate = NewRate {
            operation: &operation,
            provider: provider.as_ref(),
            unit: &unit,
            per: self.per,
            platform_part,
            provider_part,
        };
        let change = session.database.set_rate(&rate).await?;
        let per = if self.per == 1 { String::new() } else { format!("{} ", self.per) };
        let said = format!(
            "{operation}{}: platform part {platform_part} and provider part {provider_part} for each {per}{unit}, version {} ({})",
            at(provider.as_ref()),
            change.version.unwrap_or_default(),
            change.result
        );
        let item = RateSet {
            operation: operation.as_str(),
            provider: provider.as_ref().map(ProviderId::as_str),
            version: change.version,
            unit: unit.as_str(),
            per: self.per,
            platform_part: platform_part.to_string(),
            provider_part: provider_part.to_string(),
        };
        output::change(
            context.format,
            &Change { kind: &kinds::CREDITS_RATES_SET, result: change.result.as_str(), said: &said },
            &item,
        )
    }
}

impl RemoveRate {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let operation: Operation = self.operation.parse()?;
        let provider = self.provider.id()?;
        let mut session = context.session().await?;
        let change = session.database.remove_rate(&operation, provider.as_ref()).await?;
        if change.result == RateResult::Unknown {
            if let Some(provider) = &provider {
                session.provider(provider).await?;
            }
            return Err(suggest::without_price(&mut session, operation.as_str(), NO_RATE).await);
        }
        let at = at(provider.as_ref());
        let said = match change.result {
            RateResult::Removed => format!("the price of {operation}{at} is removed ({})", change.result),
            result => format!("{operation}{at} had no price ({result})"),
        };
        let item = RateRemoved {
            operation: operation.as_str(),
            provider: provider.as_ref().map(ProviderId::as_str),
            version: change.version,
        };
        output::change(
            context.format,
            &Change { kind: &kinds::CREDITS_RATES_REMOVE, result: change.result.as_str(), said: &said },
            &item,
        )
    }
}

/// For an operation that is not on the rate card.
const NO_RATE: Error = Error::Credit(CreditError::NoRate);

/// Parses a part of a price, which may be zero.
fn part(text: &str) -> anyhow::Result<Credits> {
    match text.parse()? {
        amount if amount >= Credits::ZERO => Ok(amount),
        _ => Err(Failure::usage("bad_amount", "a part of a price cannot be negative").into()),
    }
}

fn at(provider: Option<&ProviderId>) -> String {
    provider.map(|provider| format!(" at {provider}")).unwrap_or_default()
}
