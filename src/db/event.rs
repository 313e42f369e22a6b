//! Events: reads them, and has those of end dates written.

use std::time::Duration;

use time::OffsetDateTime;

use super::Database;
use crate::error::{Error, Result, Subject};
use crate::event::EventKind;
use crate::name::Holder;
use crate::word::ListedWord;

/// What happened to a key or a balance.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventRecord {
    /// The number of the event.
    pub seq: i64,
    /// When it was written.
    pub at: OffsetDateTime,
    /// What happened.
    pub kind: ListedWord<EventKind>,
    /// The organization, empty for the platform.
    pub org: String,
    /// The provider of the key.
    pub provider: Option<String>,
    /// The version of the key.
    pub version: Option<i32>,
    /// The hint's characters.
    pub hint: Option<String>,
    /// More, as a JSON object.
    pub detail: String,
}

/// Makes the event of a row that has its columns.
macro_rules! event {
    ($row:ident) => {
        $crate::db::EventRecord {
            seq: $row.seq,
            at: $row.at,
            kind: $row.kind,
            org: $row.org,
            provider: $row.provider,
            version: $row.version,
            hint: $row.hint,
            detail: $row.detail,
        }
    };
}
pub(super) use event;

/// Which events are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter<'a> {
    /// Only those of this holder.
    pub holder: Option<&'a Holder>,
    /// Only these kinds.
    pub kinds: Option<&'a [EventKind]>,
    /// Only those from this time on.
    pub since: Option<OffsetDateTime>,
    /// Only those before this time.
    pub until: Option<OffsetDateTime>,
}

impl EventFilter<'_> {
    pub(super) fn org(&self) -> Option<&str> {
        self.holder.map(Holder::as_str)
    }

    pub(super) fn words(&self) -> Option<Vec<String>> {
        self.kinds.map(|kinds| kinds.iter().map(ToString::to_string).collect())
    }
}

/// Where the events ended when it was asked for. Events of lower numbers can still be committed, by transactions that are not older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tide {
    /// The highest number.
    pub seq: i64,
    /// The oldest transaction that had not ended.
    pub transaction: i64,
}

/// An event, and the transaction that wrote it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FollowedEvent {
    /// The event.
    pub event: EventRecord,
    transaction: i64,
}

impl FollowedEvent {
    /// Whether this event is not among those that are known to be read at this tide.
    pub fn is_above(&self, tide: Tide) -> bool {
        self.event.seq > tide.seq || self.transaction >= tide.transaction
    }
}

/// How far events were read.
#[derive(Clone, Debug, Default)]
pub struct ReadEvents {
    /// Everything below it was read.
    floor: Tide,
    /// What was read that is not below it: number and transaction.
    above: Vec<(i64, i64)>,
}

impl ReadEvents {
    /// Everything that was there at this tide has been read, and after that these.
    pub fn rise(&mut self, tide: Tide, events: &[FollowedEvent]) {
        self.floor = tide;
        self.above.extend(events.iter().map(|followed| (followed.event.seq, followed.transaction)));
        self.above.retain(|(seq, transaction)| *seq > tide.seq || *transaction >= tide.transaction);
    }
}

impl Database {
    /// Where the events end now. Asked for before a round of [`Database::events_after`], it is what was read after that round.
    pub async fn event_tide(&mut self) -> Result<Tide> {
        sqlx::query_as!(Tide, r#"select seq as "seq!", xid as "transaction!" from byok_api.event_tide()"#)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// A page of the events that were not read, after this number, oldest first.
    pub async fn events_after(
        &mut self,
        filter: &EventFilter<'_>,
        read: &ReadEvents,
        after: i64,
        limit: i32,
    ) -> Result<Vec<FollowedEvent>> {
        let words = filter.words();
        let above: Vec<i64> = read.above.iter().map(|(seq, _)| *seq).collect();
        let rows = sqlx::query!(
            r#"select seq as "seq!", xid as "xid!", at as "at!", kind as "kind!: ListedWord<EventKind>", org as "org!", provider, version,
                      hint, detail as "detail!"
               from byok_api.event_follow($1, $2, $3, $4, $5, $6, $7, $8)"#,
            filter.org(),
            words.as_deref(),
            filter.since,
            after,
            read.floor.seq,
            read.floor.transaction,
            &above,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(about(filter))?;
        Ok(rows.into_iter().map(|row| FollowedEvent { transaction: row.xid, event: event!(row) }).collect())
    }

    /// A page of the events, newest first, before this number.
    pub async fn events(
        &mut self,
        filter: &EventFilter<'_>,
        before: Option<i64>,
        limit: i32,
    ) -> Result<Vec<EventRecord>> {
        let words = filter.words();
        sqlx::query_as!(
            EventRecord,
            r#"select seq as "seq!", at as "at!", kind as "kind!: ListedWord<EventKind>", org as "org!", provider, version, hint,
                      detail as "detail!"
               from byok_api.event_list($1, $2, $3, $4, $5, $6)"#,
            filter.org(),
            words.as_deref(),
            filter.since,
            filter.until,
            before,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(about(filter))
    }

    /// Has the events of end dates written: of those that passed, and of those that are at most this near. At most `limit` of each.
    /// Returns how many.
    pub async fn scan_end_dates(&mut self, near: Duration, limit: i32) -> Result<i32> {
        let near = i32::try_from(near.as_secs()).unwrap_or(i32::MAX);
        sqlx::query_scalar!(r#"select byok_api.event_scan($1, $2) as "count!""#, near, limit)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// Erases events that are older than `old` and for which no consumer waits, and those that are older than `oldest`. At most `limit`.
    /// Returns how many.
    pub async fn tidy_events(&mut self, old: Duration, oldest: Duration, limit: i32) -> Result<i32> {
        let [old, oldest] = [old, oldest].map(|age| i32::try_from(age.as_secs()).unwrap_or(i32::MAX));
        sqlx::query_scalar!(r#"select byok_api.event_tidy($1, $2, $3) as "count!""#, old, oldest, limit)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}

fn about(filter: &EventFilter<'_>) -> impl Fn(sqlx::Error) -> Error {
    Error::about(filter.holder.map_or(Subject::Login, |holder| Subject::Holder(holder.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_kept_until_nothing_older_can_be_committed() {
        let mut read = ReadEvents { floor: Tide::default(), above: vec![(3, 10), (4, 7), (6, 12)] };
        read.rise(Tide { seq: 5, transaction: 10 }, &[]);
        assert_eq!(read.above, [(3, 10), (6, 12)], "an event of transaction 10 may come, and 6 is above the floor");
        read.rise(Tide { seq: 6, transaction: 20 }, &[]);
        assert!(read.above.is_empty());
    }
}
