//! `credits usage`.

use anyhow::bail;
use clap::{Args, ValueEnum};

use byok::admin::UsageBy;

use crate::cli::arguments::{OrgsOrWord, PeriodArgs};
use crate::cli::commands::credits::chart;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output::Format;
use crate::cli::terminal::pager::{all, page, pages};
use crate::cli::views::kinds;
use crate::cli::views::usage::UsageView;

const PAGE: i32 = 200;

/// Show the usage of an organization's own keys and of the platform's keys
///
/// Without --by, there is a line for each key that served, with its provider, source, version and hint. Refunds are
/// subtracted. UNITS is empty if the requests of a line have different units. Days and months are in UTC. OWN_REQUESTS
/// counts the requests with the organization's own keys. ON_OWN_KEYS and ON_PLATFORM_KEYS are the credits for requests
/// with own keys and with platform keys. If an id was purged and used again, each tenant has lines of its own (TENANCY).
/// Members see only the lines of the current tenant.
#[derive(Args)]
#[command(after_help = "Examples:
  byok credits usage --org acme
  byok credits usage --org acme --by month --chart
  byok credits usage --all-orgs --by source --since 2026-11-01 -o csv")]
pub(crate) struct UsageCommand {
    #[command(flatten)]
    orgs: OrgsOrWord,
    /// Group by this
    #[arg(long, value_enum, default_value_t = By::Key)]
    by: By,
    #[command(flatten)]
    period: PeriodArgs,
    /// Draw a bar chart instead of a table, at a terminal
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
}

impl UsageCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let (org, by) = (self.orgs.one()?, self.by.usage());
        let (since, until) = self.period.times()?;
        if self.chart && context.format != Format::Table {
            bail!(
                Failure::usage("no_chart", "--chart needs the output format table")
                    .hint("run without --chart, or add -o table")
            );
        }
        let mut session = context.session().await?;
        if let Some(org) = &org {
            // Fails for an organization that does not exist. Without this its usage would look empty.
            session.database.balance(org).await?;
        }
        let list = List::with_columns(context.format, &kinds::CREDITS_USAGE, UsageView::columns(by))?;
        let fetch = async |after: Option<String>| {
            let (orgs, next) = match &org {
                Some(org) => (vec![org.to_string()], None),
                None => page(session.database.usage_orgs(after.as_deref(), PAGE).await?, PAGE, String::clone),
            };
            Ok((session.database.usage(&orgs, by, since, until).await?, next))
        };
        if self.chart {
            return Ok(chart::draw(&all(fetch).await?));
        }
        pages(list, |usage| UsageView::of(by, usage), fetch).await
    }
}
