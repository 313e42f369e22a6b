//! `key expire`: changes the end date of a key, without the key.

use clap::Args;

use byok::Error;
use byok::admin::ExpireResult;
use byok::clock::rfc3339;
use byok::error::ChangeError;
use byok::name::{Holder, ProviderId};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::commands::key::options::{EndDate, VersionArg};
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::key_changes::KeyRedated;
use crate::cli::views::kinds;
use crate::cli::views::time;

/// Change the end date of the active key, without the key
///
/// Requests are denied after the end date. It need not be the date at which the provider ends the key. Exit 3 if no key is
/// active. The date must not be in the past; `byok key remove` ends a key now.
#[derive(Args)]
#[command(after_help = "Examples:
  byok key expire openai --org acme --expires 2027-01-31
  byok key expire openai --org acme --expires 90d
  byok key expire openai --org acme --never")]
pub(crate) struct Expire {
    #[command(flatten)]
    date: ExpireArgs,
    #[command(flatten)]
    org: OrgArg,
}

/// The arguments of a new end date, whosever key it is.
#[derive(Args)]
pub(crate) struct ExpireArgs {
    #[command(flatten)]
    provider: ProviderArg,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    version: VersionArg,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct EndArgs {
    /// The key is used until this date or RFC 3339 time, or for this long (30d); a date means the end of that day in UTC
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// The key has no end date
    #[arg(long)]
    never: bool,
}

impl Expire {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = Holder::Organization(self.org.id()?);
        expire_key(context, &holder, &self.date).await
    }
}

/// Changes the end date of a holder's active key, and reports it.
pub(crate) async fn expire_key(context: &mut Context, holder: &Holder, args: &ExpireArgs) -> anyhow::Result<u8> {
    let provider = args.provider.id()?;
    let end = args.end.expires.as_deref().map(EndDate::parse).transpose()?;
    let mut session = context.session().await?;
    session.check_provider(Some(holder), &provider).await?;
    let end = match end {
        Some(end) => Some(end.time(&mut session).await?),
        None => None,
    };
    let seen = args.version.number();
    let redated = session.database.ask(async |database| database.expire_key(holder, &provider, seen, end).await).await;
    let redated = match redated {
        Err(error @ Error::Change(ChangeError::PastDate(_))) => return Err(past(error, holder, &provider).into()),
        other => other.map_err(|error| args.version.explain(error))?,
    };
    let date = end.map_or_else(|| "no end date".to_owned(), rfc3339);
    let done = match (redated.result, redated.before) {
        (ExpireResult::Unchanged, _) => format!("{date} (unchanged)"),
        (_, Some(before)) => format!("{date} instead of {}", rfc3339(before)),
        (_, None) => format!("{date} instead of no end date"),
    };
    let said = format!("end of {provider} key {} of {holder}: {done}", redated.hint);
    let item = KeyRedated {
        org: match holder {
            Holder::Organization(org) => Some(org.as_str()),
            Holder::Platform => None,
        },
        provider: provider.as_str(),
        hint: redated.hint.to_string(),
        version: redated.version,
        expires_at: time(end),
        previous_expires_at: time(redated.before),
    };
    let kind = if item.org.is_some() { &kinds::KEY_EXPIRE } else { &kinds::PLATFORM_KEY_EXPIRE };
    output::change(context.format, &Change { kind, result: redated.result.as_str(), said: &said }, &item)
}

/// A date that has passed ends no key.
fn past(error: Error, holder: &Holder, provider: &ProviderId) -> Failure {
    let (noun, of) = match holder {
        Holder::Organization(org) => ("key", format!("{provider} --org {org}")),
        Holder::Platform => ("platform-key", provider.to_string()),
    };
    Failure::from(error).hint(format!(
        "give a later date; for no date: byok {noun} expire {of} --never; to end the key now: byok {noun} remove {of}"
    ))
}
