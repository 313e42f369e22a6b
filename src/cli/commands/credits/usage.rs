//! `credits usage`.

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::json;

use byok::credits::Credits;
use byok::db::{Usage, UsageBy};

use crate::cli::arguments::OrgsArg;
use crate::cli::commands::credits::chart;
use crate::cli::commands::credits::period::PeriodArgs;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::{Format, List, Row};

const PAGE: i32 = 200;

/// Say what was used, on an organization's own keys and on the platform's
///
/// Without --by, a line for each key that served: provider, source, version and hint. Refunds are taken off. Units are added
/// up where they are the same. Days and months are UTC.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits usage --org acme
  byok credits usage --org acme --by month --chart
  byok credits usage --all-orgs --by source --since 2026-11-01 -o csv")]
pub(crate) struct UsageCommand {
    #[command(flatten)]
    orgs: OrgsArg,
    /// Add up by this
    #[arg(long, value_enum, default_value_t = By::Key)]
    by: By,
    #[command(flatten)]
    period: PeriodArgs,
    /// Draw bars instead, at a terminal
    #[arg(long)]
    chart: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Key,
    Provider,
    Source,
    Operation,
    Day,
    Month,
}

impl By {
    fn usage(self) -> UsageBy {
        match self {
            Self::Key => UsageBy::Key,
            Self::Provider => UsageBy::Provider,
            Self::Source => UsageBy::Source,
            Self::Operation => UsageBy::Operation,
            Self::Day => UsageBy::Day,
            Self::Month => UsageBy::Month,
        }
    }

    fn header(self) -> &'static [&'static str] {
        macro_rules! header {
            ($($group:literal),*) => {
                &["ORG", $($group,)* "REQUESTS", "OWN_REQUESTS", "UNITS", "PLATFORM_PART", "PROVIDER_PART", "ON_OWN_KEYS",
                  "ON_PLATFORM_KEYS", "TOTAL"]
            };
        }
        match self {
            Self::Key => header!("PROVIDER", "SOURCE", "VERSION", "HINT"),
            Self::Provider => header!("PROVIDER"),
            Self::Source => header!("SOURCE"),
            Self::Operation => header!("OPERATION"),
            Self::Day => header!("DAY"),
            Self::Month => header!("MONTH"),
        }
    }
}

impl UsageCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.orgs.one()?;
        let (since, until) = self.period.times()?;
        if self.chart && context.format != Format::Table {
            bail!(
                Failure::usage("no_chart", "a chart is for people, and this output is not a table")
                    .hint("leave --chart away, or add -o table")
            );
        }
        let mut session = context.session().await?;
        if let Some(org) = &org {
            // Tells an organization that is not there from one that used nothing.
            session.database.balance(org).await?;
        }
        let mut list = List::begin(context.format, "credits.usage", self.by.header());
        let mut drawn = Vec::new();
        let mut orgs = org.map_or_else(Vec::new, |org| vec![org.to_string()]);
        let all = orgs.is_empty();
        loop {
            if all {
                orgs = session.database.usage_orgs(orgs.last().map(String::as_str), PAGE).await?;
            }
            if orgs.is_empty() {
                break;
            }
            let groups = session.database.usage(&orgs, self.by.usage(), (since, until)).await?;
            if self.chart {
                drawn.extend(groups);
            } else {
                list.records(&groups, |group| row(self.by, group))?;
            }
            if !all || orgs.len() < usize::try_from(PAGE).unwrap_or_default() || list.is_closed() {
                break;
            }
        }
        if self.chart { Ok(chart::draw(&drawn)) } else { list.end() }
    }
}

fn row(by: By, usage: &Usage) -> Row {
    let amount = Credits::from_micro;
    let total = amount(usage.platform_part) + amount(usage.provider_part);
    let (own, platform) = (amount(usage.own_total), total + -amount(usage.own_total));
    let hint = usage.hint.as_ref().map(|hint| format!("...{hint}"));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut cells = vec![usage.org.clone()];
    match by {
        By::Key => cells.extend([
            text(&usage.provider),
            text(&usage.source),
            usage.key_version.map(|version| version.to_string()).unwrap_or_default(),
            text(&hint),
        ]),
        By::Provider => cells.push(text(&usage.provider)),
        By::Source => cells.push(text(&usage.source)),
        By::Operation => cells.push(text(&usage.operation)),
        By::Day | By::Month => cells.push(text(&usage.period)),
    }
    let units = usage.units.map(|units| format!("{units} {}", text(&usage.unit)));
    cells.extend([
        usage.requests.to_string(),
        usage.own_requests.to_string(),
        units.unwrap_or_default(),
        amount(usage.platform_part).to_string(),
        amount(usage.provider_part).to_string(),
        own.to_string(),
        platform.to_string(),
        total.to_string(),
    ]);
    Row {
        json: json!({
            "org": usage.org, "provider": usage.provider, "source": usage.source, "key_version": usage.key_version,
            "hint": hint, "operation": usage.operation, "period": usage.period, "requests": usage.requests,
            "own_requests": usage.own_requests, "platform_requests": usage.requests.saturating_sub(usage.own_requests),
            "units": usage.units, "unit": usage.unit, "platform_part": amount(usage.platform_part).to_string(),
            "provider_part": amount(usage.provider_part).to_string(), "on_own_keys": own.to_string(),
            "on_platform_keys": platform.to_string(), "total": total.to_string(),
        }),
        cells,
    }
}
