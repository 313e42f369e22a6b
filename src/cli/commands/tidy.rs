//! `tidy`: erases what is no longer kept, and tells of end dates.

use std::time::Duration;

use clap::Args;

use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::pager::PAGE;
use crate::cli::views::count;
use crate::cli::views::key::WipedView;
use crate::cli::views::kinds;

/// Erase replaced keys whose time for a rollback is over, and old events
///
/// A replaced key is kept for 24 hours, or as long as `--keep-previous` said. After that, nobody can roll back to it. The
/// next change of a key of its organization erases it. This command erases all such keys that this login may change, an
/// admin's all. Run it once a day. It lists what it erased.
#[derive(Args)]
#[command(after_help = "Example:\n  byok tidy")]
pub(crate) struct Tidy {}

/// How near an end date is told of.
const NEAR: Duration = Duration::from_secs(14 * 86_400);

/// How long events are kept, and how long if a consumer was not told of them.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
const KEPT_UNTOLD: Duration = Duration::from_secs(90 * 86_400);

impl Tidy {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let mut session = context.session().await?;
        let code = keys(context, &mut session).await?;
        events(&mut session).await.took_effect("erased replaced keys, which are listed")?;
        Ok(code)
    }
}

/// Writes the events of end dates, and erases old events.
async fn events(session: &mut Session) -> byok::Result<()> {
    while session.database.scan_end_dates(NEAR, PAGE).await? >= PAGE {}
    let mut erased = 0;
    while session.database.hello().admin {
        let found = session.database.tidy_events(KEPT, KEPT_UNTOLD, PAGE).await?;
        erased += found;
        if found < PAGE {
            break;
        }
    }
    if erased > 0 {
        output::notice(&format!("erased {}", count(erased, "old event")));
    }
    Ok(())
}

/// Erases replaced keys, and lists them.
async fn keys(context: &Context, session: &mut Session) -> anyhow::Result<u8> {
    let mut list = List::begin(context.format, &kinds::TIDY);
    let mut done = 0;
    loop {
        let wiped = session.database.ask(async |database| database.tidy_keys(PAGE).await).await?;
        done += wiped.len();
        let said = format!("erased {}", count(done, "replaced key"));
        list.records(&wiped, |key| WipedView::from(key)).took_effect(&said)?;
        if wiped.len() < usize::try_from(PAGE).unwrap_or_default() || list.is_closed() {
            return list.end().took_effect(&said);
        }
    }
}
