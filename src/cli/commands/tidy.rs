//! `tidy`: erases what is no longer kept.

use clap::Args;

use crate::cli::session::Context;
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::PAGE;
use crate::cli::views::count;
use crate::cli::views::key::WipedView;
use crate::cli::views::kinds;

/// Erase replaced keys whose time for a rollback is over
///
/// A replaced key is kept for 24 hours, or as long as `--keep-previous` said. After that, nobody can roll back to it. The
/// next change of a key of its organization erases it. This command erases all such keys that this login may change, an
/// admin's all. Run it once a day. It lists what it erased.
#[derive(Args)]
#[command(after_help = "Example:\n  byok tidy")]
pub(crate) struct Tidy {}

impl Tidy {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let mut session = context.session().await?;
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
}
