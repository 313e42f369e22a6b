//! Fetches and writes long lists page by page, until the list ends or the reader closes the pipe.

use byok::admin::Listed;

use crate::cli::terminal::list::List;
use crate::cli::terminal::output::View;
use crate::cli::terminal::progress::Progress;

/// How many records a page has.
pub(crate) const PAGE: i32 = 1000;

/// The records of a page, and where the next page begins. `None` means that there is no next page.
pub(crate) type Page<T, K> = (Vec<T>, Option<K>);

/// Makes a page of fetched records. After a full page there may be another one, which begins after the last record.
pub(crate) fn page<T, K>(records: Vec<T>, size: i32, key: impl Fn(&T) -> K) -> Page<T, K> {
    let full = records.len() >= usize::try_from(size).unwrap_or_default();
    let next = records.last().filter(|_| full).map(key);
    (records, next)
}

/// Writes all pages of a list. `fetch` gets the position at which its page begins.
pub(crate) async fn pages<T: Listed, V: View, K>(
    mut list: List<V>,
    view: impl Fn(&T) -> V,
    mut fetch: impl AsyncFnMut(Option<K>) -> byok::Result<Page<T, K>>,
) -> anyhow::Result<u8> {
    let mut from = None;
    let progress = Progress::rows();
    loop {
        let (records, next) = fetch(from).await?;
        progress.add(records.len() as u64);
        progress.beside(|| list.records(&records, &view))?;
        if next.is_none() || list.is_closed() {
            return list.end();
        }
        from = next;
    }
}

/// Writes at most `most` records of a list whose next page begins before the number of the last record. A list that is
/// cut says so.
pub(crate) async fn newest<T: Listed, V: View>(
    mut list: List<V>,
    most: usize,
    view: impl Fn(&T) -> V,
    number: impl Fn(&T) -> i64,
    mut fetch: impl AsyncFnMut(Option<i64>, i32) -> byok::Result<Vec<T>>,
) -> anyhow::Result<u8> {
    let (mut before, mut left) = (None, most);
    let progress = Progress::rows();
    loop {
        // One more than may be shown tells whether there are more.
        let size = i32::try_from(left.saturating_add(1)).unwrap_or(PAGE).min(PAGE);
        let mut found = fetch(before, size).await?;
        let full = found.len() >= usize::try_from(size).unwrap_or_default();
        let cut = found.len() > left;
        found.truncate(left);
        left -= found.len();
        before = found.last().map(&number).or(before);
        progress.add(found.len() as u64);
        progress.beside(|| list.records(&found, &view))?;
        if let (true, Some(before)) = (cut, before) {
            list.cut(before.to_string(), "--before");
        }
        if cut || !full || list.is_closed() {
            return list.end();
        }
    }
}

/// Collects all pages, for output that needs everything at once.
pub(crate) async fn all<T, K>(
    mut fetch: impl AsyncFnMut(Option<K>) -> byok::Result<Page<T, K>>,
) -> anyhow::Result<Vec<T>> {
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let (records, next) = fetch(from).await?;
        found.extend(records);
        if next.is_none() {
            return Ok(found);
        }
        from = next;
    }
}
