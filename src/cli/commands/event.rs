//! `event`: events of keys and balances, and what became of their deliveries.

use anyhow::bail;
use clap::{Args, Subcommand};

use byok::admin::EventFilter;
use byok::event::EventKind;
use byok::name::{ConsumerName, Holder, near};
use byok::word::Word as _;

use crate::cli::arguments::{OrgsOrWord, PeriodArgs};
use crate::cli::session::{Context, Session};
use crate::cli::suggest;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::list::{self, List};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::pager::{PAGE, newest, page, pages};
use crate::cli::views::count;
use crate::cli::views::event::{ConsumerView, DeliveryView, EventView, Forgotten, Retried};
use crate::cli::views::kinds;

#[derive(Subcommand)]
pub(crate) enum EventCommand {
    List(ListEvents),
    /// List the consumers of events (`byok watch --consumer`), and how many events each has still to be told of
    ///
    /// Admins see all consumers, an auditor its own.
    #[command(after_help = "Example:\n  byok event consumers")]
    Consumers,
    /// List the deliveries of a consumer that failed, or that are tried again
    #[command(after_help = "Example:\n  byok event failures pager")]
    Failures {
        /// The consumer
        consumer: String,
    },
    Retry(Retry),
    /// Forget a consumer, and what it was told of
    ///
    /// The next `byok watch --consumer` of this name begins anew.
    #[command(after_help = "Example:\n  byok event forget pager")]
    Forget {
        /// The consumer
        consumer: String,
    },
}

/// List events, newest first
///
/// Admins, auditors and servers see the events of all organizations and of the platform. Members see those of their
/// organizations. Events are kept for 30 days. To follow them: byok watch.
#[derive(Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  byok event list --limit 20
  byok event list --org acme --kind key.failing -o jsonl"
)]
pub(crate) struct ListEvents {
    #[command(flatten)]
    orgs: OrgsOrWord,
    #[command(flatten)]
    kinds: KindArgs,
    #[command(flatten)]
    period: PeriodArgs,
    /// List at most this many events; a list that is cut says how to continue
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only events before this number; to continue a list, give its last SEQ
    #[arg(long, value_name = "SEQ")]
    before: Option<i64>,
}

/// Which kinds of events.
#[derive(Args)]
pub(crate) struct KindArgs {
    /// Only this kind of events, such as key.failing, or all kinds of a group, such as key; may be repeated
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
}

impl KindArgs {
    /// The kinds. `None` means all.
    pub(crate) fn kinds(&self) -> anyhow::Result<Option<Vec<EventKind>>> {
        let mut found = Vec::new();
        for text in &self.kinds {
            let of_it = |kind: &&EventKind| kind.as_str() == text || kind.as_str().split('.').next() == Some(text);
            let known: Vec<EventKind> = EventKind::ALL.iter().filter(of_it).copied().collect();
            if known.is_empty() {
                return Err(unknown(text).into());
            }
            found.extend(known);
        }
        Ok((!found.is_empty()).then_some(found))
    }
}

fn unknown(text: &str) -> Failure {
    let words: Vec<&str> = EventKind::VALUES.iter().map(|kind| kind.as_str()).collect();
    let near = near(text, words.iter().copied());
    let failure = Failure::usage("bad_kind", format!("there is no kind of events `{}`", output::setting(text)));
    match near.first() {
        Some(near) => failure.hint(format!("did you mean {near}? the kinds are: {}", words.join(", "))),
        None => failure.hint(format!("the kinds are: {}", words.join(", "))),
    }
}

/// Deliver again what failed
///
/// The tries begin again. A process that delivers (`byok watch --consumer`) does it.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok event retry pager\n  byok event retry pager --seq 4711")]
pub(crate) struct Retry {
    /// The consumer
    consumer: String,
    /// Only the event of this number
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(i64).range(1..))]
    seq: Option<i64>,
}

impl EventCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::List(verb) => verb.run(context).await,
            Self::Consumers => consumers(context).await,
            Self::Failures { consumer } => failures(context, &ids::id(&consumer)?).await,
            Self::Retry(verb) => verb.run(context).await,
            Self::Forget { consumer } => forget(context, &ids::id(&consumer)?).await,
        }
    }
}

impl ListEvents {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = self.orgs.one_or_all()?.map(Holder::Organization);
        let kinds = self.kinds.kinds()?;
        let (since, until) = self.period.times()?;
        let filter = EventFilter { holder: holder.as_ref(), kinds: kinds.as_deref(), since, until };
        let mut session = context.session().await?;
        let most = self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let list = List::begin(context.format, &kinds::EVENT_LIST);
        let fetch =
            async |before: Option<i64>, size| session.database.events(&filter, before.or(self.before), size).await;
        newest(list, most, |event| EventView::from(event), |event| event.seq, fetch).await
    }
}

async fn consumers(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let found = session.database.consumers().await?;
    list::records(context.format, &kinds::EVENT_CONSUMERS, &found, |record| ConsumerView::from(record))
}

async fn failures(context: &mut Context, consumer: &ConsumerName) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    check(&mut session, consumer).await?;
    let list = List::begin(context.format, &kinds::EVENT_FAILURES);
    let fetch = async |after: Option<i64>| {
        let found = session.database.failed_deliveries(consumer, after.unwrap_or_default(), PAGE).await?;
        Ok(page(found, PAGE, |failed| failed.event.seq))
    };
    pages(list, |failed| DeliveryView::from(failed), fetch).await
}

/// Fails for a consumer that does not exist. An empty list would look as if nothing had failed.
async fn check(session: &mut Session, consumer: &ConsumerName) -> anyhow::Result<()> {
    let known = session.database.consumers().await?;
    let names = known.iter().map(|record| record.consumer.as_str());
    if names.clone().all(|name| name != consumer.as_str()) {
        let message = format!("there is no consumer `{consumer}`");
        bail!(suggest::not_there(message, consumer.as_str(), names, "to see all: byok event consumers"));
    }
    Ok(())
}

impl Retry {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let consumer: ConsumerName = ids::id(&self.consumer)?;
        let mut session = context.session().await?;
        check(&mut session, &consumer).await?;
        let events = session.database.retry_deliveries(&consumer, self.seq).await?;
        let result = if events > 0 { "retried" } else { "unchanged" };
        let said = format!("{consumer}: {} will be delivered again ({result})", count(events, "event"));
        let item = Retried { consumer: consumer.as_str(), events };
        output::change(context.format, &Change { kind: &kinds::EVENT_RETRY, result, said: &said }, &item)
    }
}

async fn forget(context: &mut Context, consumer: &ConsumerName) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let removed = session.database.remove_consumer(consumer).await?;
    let result = if removed { "forgotten" } else { "unchanged" };
    let said = format!("consumer {consumer} is forgotten ({result})");
    let item = Forgotten { consumer: consumer.as_str() };
    output::change(context.format, &Change { kind: &kinds::EVENT_FORGET, result, said: &said }, &item)
}
