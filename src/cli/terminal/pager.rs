//! Long lists: one page after the other, until there is no more or nobody reads.

use byok::admin::Listed;

use crate::cli::terminal::output::{List, View};

/// How many records are fetched at once.
pub(crate) const PAGE: i32 = 1000;

/// What was fetched, and where the next page begins; nothing where this was the last one.
pub(crate) type Page<T, K> = (Vec<T>, Option<K>);

/// Cuts a page: a full one has another one behind it, which begins after its last record.
pub(crate) fn page<T, K>(records: Vec<T>, size: i32, key: impl Fn(&T) -> K) -> Page<T, K> {
    let full = records.len() >= usize::try_from(size).unwrap_or_default();
    let next = records.last().filter(|_| full).map(key);
    (records, next)
}

/// Lists what `fetch` finds. It is given where its page begins.
pub(crate) async fn pages<T: Listed, V: View, K>(
    mut list: List,
    view: impl Fn(&T) -> V,
    mut fetch: impl AsyncFnMut(Option<K>) -> byok::Result<Page<T, K>>,
) -> anyhow::Result<u8> {
    let mut from = None;
    loop {
        let (records, next) = fetch(from).await?;
        list.records(&records, &view)?;
        if next.is_none() || list.is_closed() {
            return list.end();
        }
        from = next;
    }
}

/// Everything that `fetch` finds, for what is drawn at once.
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
