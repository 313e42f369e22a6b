//! Writes events to standard output, without a consumer. This process alone knows what it has written.

use byok::admin::{EventFilter, EventRecord, FollowedEvent, ReadEvents};
use byok::exit;

use super::lasting::{Lasting, PAUSE};
use super::scan::Scan;
use super::since::Since;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::pager::PAGE;
use crate::cli::views::event::EventView;

pub(super) async fn run(
    mut lasting: Lasting<'_>,
    filter: EventFilter<'_>,
    since: Option<Since>,
    mut scan: Scan,
    mut list: List<EventView>,
) -> anyhow::Result<u8> {
    let mut follow = Follow { filter, after: 0, read: ReadEvents::default() };
    match since {
        Some(Since::Time(at)) => follow.filter.since = Some(at),
        Some(Since::Seq(seq)) => follow.after = seq,
        None if lasting.once() => {}
        None => follow.skip(&mut lasting).await?,
    }
    loop {
        scan.run(&mut lasting).await?;
        follow.round(&mut lasting, &mut list).await?;
        if list.is_closed() || !output::is_read() {
            return Ok(exit::OK);
        }
        if lasting.once() {
            return list.end();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

struct Follow<'a> {
    filter: EventFilter<'a>,
    /// No event up to this number is wanted.
    after: i64,
    read: ReadEvents,
}

impl Follow<'_> {
    /// Reads what is there, without writing it.
    async fn skip(&mut self, lasting: &mut Lasting<'_>) -> byok::Result<()> {
        let tide = lasting.ask(async |database| database.event_tide().await).await?;
        self.read.rise(tide, &[]);
        let mut after = 0;
        loop {
            let page = self.page(lasting, after).await?;
            self.read.rise(tide, &page);
            match page.last() {
                Some(last) if is_full(&page) => after = last.event.seq,
                _ => return Ok(()),
            }
        }
    }

    /// Writes what was committed since the last round.
    async fn round(&mut self, lasting: &mut Lasting<'_>, list: &mut List<EventView>) -> anyhow::Result<()> {
        let tide = lasting.ask(async |database| database.event_tide().await).await?;
        let (mut after, mut read) = (self.after, Vec::new());
        loop {
            let page = self.page(lasting, after).await?;
            let records: Vec<EventRecord> = page.iter().map(|followed| followed.event.clone()).collect();
            list.records(&records, |event| EventView::from(event))?;
            let full = is_full(&page);
            after = records.last().map_or(after, |last| last.seq);
            read.extend(page.into_iter().filter(|followed| followed.is_above(tide)));
            if !full || list.is_closed() {
                self.read.rise(tide, &read);
                return Ok(());
            }
        }
    }

    async fn page(&self, lasting: &mut Lasting<'_>, after: i64) -> byok::Result<Vec<FollowedEvent>> {
        lasting.ask(async |database| database.events_after(&self.filter, &self.read, after, PAGE).await).await
    }
}

fn is_full(page: &[FollowedEvent]) -> bool {
    page.len() >= usize::try_from(PAGE).unwrap_or_default()
}
