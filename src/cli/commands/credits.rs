//! `credits`: balances, charges, prices and reports.

mod balance;
mod charge;
mod chart;
mod grant;
mod history;
mod quote;
mod rates;
mod reconcile;
mod refund;
mod release;
mod settle;
mod usage;

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use time::OffsetDateTime;

use byok::Error;
use byok::credits::{Credits, RequestId};
use byok::db::{Moved, Posting};
use byok::name::OrgId;

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::output;

#[derive(Subcommand)]
pub(crate) enum CreditsCommand {
    Balance(balance::BalanceCommand),
    Grant(grant::Grant),
    Charge(charge::ChargeCommand),
    Hold(charge::HoldCommand),
    Settle(settle::Settle),
    Release(release::Release),
    Refund(refund::Refund),
    Quote(quote::QuoteCommand),
    History(history::History),
    Usage(usage::UsageCommand),
    /// The rate card: what each operation costs
    #[command(subcommand)]
    Rates(rates::Rates),
    Reconcile(reconcile::Reconcile),
}

impl CreditsCommand {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        match self {
            Self::Balance(verb) => verb.run(context).await,
            Self::Grant(verb) => verb.run(context).await,
            Self::Charge(verb) => verb.run(context).await,
            Self::Hold(verb) => verb.run(context).await,
            Self::Settle(verb) => verb.run(context).await,
            Self::Release(verb) => verb.run(context).await,
            Self::Refund(verb) => verb.run(context).await,
            Self::Quote(verb) => verb.run(context).await,
            Self::History(verb) => verb.run(context).await,
            Self::Usage(verb) => verb.run(context).await,
            Self::Rates(verb) => verb.run(context).await,
            Self::Reconcile(verb) => verb.run(context).await,
        }
    }
}

/// The idempotency key.
#[derive(Args)]
pub(crate) struct RequestArg {
    /// Your own id of this request: whoever asks twice with it is answered twice and charged once
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl RequestArg {
    pub(crate) fn request(&self) -> Result<RequestId, Failure> {
        match &self.request_id {
            Some(text) => Ok(ids::id(text)?),
            None => Ok(RequestId::random().map_err(|_| Error::NoRandomness)?),
        }
    }

    /// A result that could not be written can be asked for again.
    pub(crate) fn said(request: &RequestId, written: Result<u8, Failure>) -> Result<u8, Failure> {
        written.map_err(|failure| {
            failure.hint(format!("to see it again, give --request-id {request}: it is not done twice"))
        })
    }

    /// What failed. After a lost answer the same id asks for the same once more, and no other does.
    pub(crate) fn failed(&self, error: Error, request: &RequestId) -> Failure {
        let lost = matches!(error, Error::Lost(_));
        let failure = Failure::from(error);
        if !lost || self.request_id.is_some() {
            return failure;
        }
        let message = format!("{} [request {request}]", failure.message);
        Failure { message, code: "may_be_done", ..failure }.hint(format!(
            "run the same again with --request-id {request}: what was done is not done twice; without it, it may be"
        ))
    }
}

/// From when to when.
#[derive(Args)]
struct PeriodArgs {
    /// From this date or RFC 3339 time on
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Before this date or RFC 3339 time
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

impl PeriodArgs {
    fn times(&self) -> Result<(Option<OffsetDateTime>, Option<OffsetDateTime>), Failure> {
        let read = |text: &Option<String>, option| match text {
            None => Ok(None),
            Some(text) => byok::clock::parse(text).map(Some).ok_or_else(|| {
                Failure::usage("bad_date", format!("{option} takes a date such as 2027-01-31, or an RFC 3339 time"))
            }),
        };
        Ok((read(&self.since, "--since")?, read(&self.until, "--until")?))
    }
}

/// Reads `90s`, `15m`, `2h` or `1d`.
fn duration(text: &str) -> Result<Duration, Failure> {
    let bad = || Failure::usage("bad_duration", "a time is a number with s, m, h or d, such as 15m; 30 days at most");
    let unit = text.chars().last().ok_or_else(bad)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(bad()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    match count.checked_mul(seconds) {
        Some(total @ 1..=2_592_000) => Ok(Duration::from_secs(total)),
        _ => Err(bad()),
    }
}

/// A posting as JSON; amounts are exact decimals as text.
fn posting_json(org: &str, posting: &Posting) -> Value {
    let amount = |micro| Credits::from_micro(micro).to_string();
    json!({
        "org": org, "seq": posting.seq, "at": byok::clock::rfc3339(posting.at), "kind": posting.kind,
        "request": posting.request, "of_request": posting.of_request, "available_change": amount(posting.available),
        "held_change": amount(posting.held), "platform_part": amount(posting.platform_part),
        "provider_part": amount(posting.provider_part), "total": posting.total().to_string(),
        "operation": posting.operation, "units": posting.units, "unit": posting.unit,
        "rate_version": posting.rate_version, "provider": posting.provider, "source": posting.source,
        "key_version": posting.key_version, "hint": posting.hint.as_ref().map(|hint| format!("...{hint}")),
        "note": posting.note, "by": posting.login,
    })
}

/// Which key served, in words.
fn key_in_words(posting: &Posting) -> String {
    let provider = posting.provider.as_deref().unwrap_or_default();
    let version = posting.key_version.unwrap_or_default();
    match posting.source.as_deref() {
        Some("organization") => format!("on its own {provider} key (version {version})"),
        _ => format!("on the platform's {provider} key (version {version})"),
    }
}

/// Says what a posting did.
fn report(context: &Context, kind: &str, org: &OrgId, (moved, words): (&Moved, &str)) -> Result<u8, Failure> {
    let posting = &moved.posting;
    let available = moved.available.map(|micro| Credits::from_micro(micro).to_string());
    let left = available.as_ref().map_or_else(String::new, |left| format!("; {left} left"));
    let again = if moved.result == "unchanged" { " before (unchanged)" } else { "" };
    let said = format!("{org}: {words}{again}{left} [request {}]", posting.request);
    let mut item = posting_json(org.as_str(), posting);
    item["available"] = json!(available);
    output::change(context.format, kind, &said, (&moved.result, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_its_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7200), ("30d", 2_592_000)] {
            assert_eq!(duration(text).ok(), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "15", "m", "0s", "-1s", "1.5h", "31d", "1w", "9999999999999999999d", "5µ"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
