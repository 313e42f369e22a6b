//! `watch`: writes events as they happen, or delivers them to a program or a webhook.

mod deliver;
mod ending;
mod follow;
mod hook;
mod lasting;
mod program;
mod scan;
mod since;
mod underway;

use std::time::Duration;

use byok::Error;
use byok::admin::EventFilter;
use byok::credits::RequestId;
use byok::name::{ConsumerName, Holder};
use clap::Args;

use crate::cli::arguments::OrgsArg;
use crate::cli::commands::event::KindArgs;
use crate::cli::duration;
use crate::cli::session::{Context, settings};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output::Format;
use crate::cli::views::event::EventView;
use crate::cli::views::kinds;
use deliver::{Delivery, Manner};
use ending::Ending;
use hook::{Hook, HookArgs};
use lasting::Lasting;
use scan::Scan;
use since::Since;

/// The longest time before an end date that the database takes.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Write events as they happen: a key fails, a key is near its end date, a balance is low
///
/// Without a consumer, events are written to standard output: with -o json or jsonl one object a line. It begins now, or
/// with --since. If the database cannot be reached for a while, it goes on afterwards.
///
/// With --consumer, each event is told at least once, whatever ends this command: the database keeps what the consumer
/// was told of, and of several processes one delivers. Events of different keys are delivered side by side, those of one
/// key in their order. An event is written to standard output, or posted to a webhook, or a program gets it on standard
/// input. A program ends with 0, and a webhook answers with 2xx. If not, the delivery is tried again later, 16 times in
/// about two days. Then it counts as failed (`byok event failures`). Consumers are for admins and auditors.
///
/// After a signal, deliveries that are under way may end within 5 seconds. Then another process can begin at once.
///
/// It also finds end dates that are near or have passed: an admin's those of all keys, an owner's those of its
/// organizations.
#[derive(Args)]
#[command(after_help = "Examples:
  byok watch -o jsonl
  byok watch --org acme --kind key --since 2027-01-01 --once
  byok watch --consumer pager -- /usr/local/bin/page
  byok watch --consumer hooks --webhook https://hooks.example.org/ --webhook-secret-file hook.secret")]
pub(crate) struct Watch {
    #[command(flatten)]
    orgs: OrgsArg,
    #[command(flatten)]
    kinds: KindArgs,
    /// Begin with this date (the start of that day in UTC) or RFC 3339 time, or after the event of this number; a new
    /// consumer begins now without it, and one that exists goes on where it was
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// End when everything was written; without --since and --consumer, begin with the oldest event
    #[arg(long)]
    once: bool,
    /// Tell of an end date when it is at most this near
    #[arg(long, value_name = "DURATION", default_value = "14d", value_parser = nearness)]
    near: Duration,
    /// Tell each event at least once to this consumer; a name of lower-case letters, digits, `_` and `-`
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    #[command(flatten)]
    hook: HookArgs,
}

fn nearness(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text)?;
    if time > LONGEST { Err("it is at most 366 days".into()) } else { Ok(time) }
}

impl Watch {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = self.orgs.one_or_all()?.map(Holder::Organization);
        let kinds = self.kinds.kinds()?;
        let since = self.since.as_deref().map(Since::parse).transpose()?;
        let consumer: Option<ConsumerName> = ids::maybe(self.consumer.as_deref())?;
        let filter = EventFilter { holder: holder.as_ref(), kinds: kinds.as_deref(), ..EventFilter::default() };
        let Some(consumer) = consumer else {
            if settings::words("BYOK_EVENT_COMMAND")?.is_some() {
                context.notice(
                    "events are written here; only with --consumer, the program of BYOK_EVENT_COMMAND gets them",
                );
            }
            let mut session = context.session().await?;
            let lasting = Lasting::new(&mut session.database, self.once, Ending::at_once());
            return follow::run(lasting, filter, since, Scan::new(self.near), lines(context)).await;
        };
        let begin = match since {
            Some(Since::Seq(_)) => {
                let failure = Failure::usage("bad_date", "a consumer begins with a date or a time, not with a number");
                return Err(failure.hint("it goes on where it was; --since counts for a new one only").into());
            }
            Some(Since::Time(at)) => Some(at),
            None => None,
        };
        let (time, most) = (self.hook.time(), self.hook.most());
        let hook = match self.hook.hook(context)? {
            Some(hook) => hook,
            None => Hook::Lines(Box::new(lines(context))),
        };
        let holder = RequestId::random().map_err(|_| Error::NoRandomness)?.to_string();
        let mut session = context.session().await?;
        let delivery = Delivery::new(Manner { consumer, holder, time, most }, begin);
        let lasting = Lasting::new(&mut session.database, self.once, Ending::listen()?);
        delivery.run(lasting, filter, Scan::new(self.near), hook).await
    }
}

/// The list that events are written to. It has no end, so a JSON document is a line.
fn lines(context: &Context) -> List<EventView> {
    let format = if context.format == Format::Json { Format::Jsonl } else { context.format };
    List::begin(format, &kinds::EVENT_LIST)
}
