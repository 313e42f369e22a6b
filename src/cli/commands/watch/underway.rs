//! Deliveries that are under way, side by side. Of a key there is one at a time, and so of the balance of an organization.

use std::collections::HashSet;

use tokio::task::JoinSet;

use byok::admin::EventRecord;

/// Whose events are told in order: the organization, and the provider of a key.
type Line = (String, Option<String>);

fn line(event: &EventRecord) -> Line {
    (event.org.clone(), event.provider.clone())
}

/// A delivery that has ended.
pub(super) struct Ended {
    pub(super) event: EventRecord,
    /// Why it was not taken, in one stable word.
    pub(super) failure: Option<String>,
}

pub(super) struct Underway {
    tasks: JoinSet<Ended>,
    lines: HashSet<Line>,
    most: usize,
}

impl Underway {
    /// At most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { tasks: JoinSet::new(), lines: HashSet::new(), most }
    }

    pub(super) fn has_room(&self) -> bool {
        self.tasks.len() < self.most
    }

    pub(super) fn count(&self) -> usize {
        self.tasks.len()
    }

    /// Whether an event of the same key is under way.
    pub(super) fn holds_up(&self, event: &EventRecord) -> bool {
        self.lines.contains(&line(event))
    }

    pub(super) fn begin(
        &mut self,
        event: EventRecord,
        delivery: impl Future<Output = Result<(), String>> + Send + 'static,
    ) {
        self.lines.insert(line(&event));
        self.tasks.spawn(async move { Ended { event, failure: delivery.await.err() } });
    }

    /// Waits for the next one that ends. `None` if none is under way.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Ended>> {
        let Some(ended) = self.tasks.join_next().await.transpose()? else { return Ok(None) };
        self.lines.remove(&line(&ended.event));
        Ok(Some(ended))
    }

    /// Waits for all of them, and forgets what they came to.
    pub(super) async fn drain(&mut self) {
        while self.tasks.join_next().await.is_some() {}
        self.lines.clear();
    }

    /// Ends all of them, and the programs that they started.
    pub(super) async fn cut(&mut self) {
        self.tasks.abort_all();
        self.drain().await;
    }
}
