//! What servers met when they used keys.

use sha2::{Digest as _, Sha256};

use super::Database;
use crate::credits::RequestId;
use crate::crypto::RandomError;
use crate::error::{Error, Result, Subject};
use crate::observed::{KeyId, Observed};

/// The uses of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uses {
    /// The key.
    pub key: KeyId,
    /// What the latest use met.
    pub outcome: Observed,
    /// The number of uses.
    pub uses: u64,
    /// How many milliseconds ago it last worked. `None` if it did not.
    pub ok: Option<u64>,
    /// The failures since then. `None` if the latest use worked.
    pub failures: Option<Failures>,
}

/// Failures that no use that worked came between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many milliseconds ago the first one was.
    pub first: u64,
    /// How many milliseconds ago the last one was.
    pub last: u64,
    /// How many.
    pub count: u64,
}

/// Identifies a report, so that one that is sent twice counts once.
#[derive(Clone, Copy, Debug)]
pub struct ReportId {
    reporter: [u8; 16],
    seq: i64,
}

impl ReportId {
    /// The first report of a new reporter.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn random() -> Result<Self, RandomError> {
        let mut reporter = [0; 16];
        getrandom::fill(&mut reporter).map_err(|_| RandomError)?;
        Ok(Self { reporter, seq: 1 })
    }

    /// The report of one use of a key that a login calls by this id. The same of all of them is the same report, for a day.
    pub fn of(login: &str, key: &KeyId, request: &RequestId) -> Self {
        let mut hash = Sha256::new();
        let version = key.version.to_string();
        for part in [login, key.holder.as_str(), key.provider.as_str(), &version, request.as_str()] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut reporter = [0; 16];
        reporter.copy_from_slice(&hash.finalize()[..16]);
        Self { reporter, seq: 1 }
    }

    /// The next report of the same reporter. It must not be sent before this one was answered.
    #[must_use]
    pub fn next(self) -> Self {
        Self { seq: self.seq + 1, ..self }
    }
}

/// The arguments of the function: one array for each.
#[derive(Default)]
struct Columns<'a> {
    orgs: Vec<&'a str>,
    providers: Vec<&'a str>,
    versions: Vec<i32>,
    outcomes: Vec<&'a str>,
    uses: Vec<i64>,
    ok: Vec<i64>,
    first: Vec<i64>,
    last: Vec<i64>,
    failures: Vec<i64>,
}

/// The longest age that the database takes.
const OLDEST: i64 = 30 * 24 * 60 * 60 * 1000;

fn age(milliseconds: Option<u64>) -> i64 {
    milliseconds.map_or(-1, |age| i64::try_from(age).unwrap_or(OLDEST).min(OLDEST))
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl<'a> Columns<'a> {
    fn of(reports: &'a [Uses]) -> Result<Self> {
        let mut columns = Self::default();
        for Uses { key, outcome, uses, ok, failures } in reports {
            columns.orgs.push(key.holder.as_str());
            columns.providers.push(key.provider.as_str());
            columns.versions.push(super::to_i32(key.version)?);
            columns.outcomes.push(outcome.as_str());
            columns.uses.push(number(*uses));
            columns.ok.push(age(*ok));
            columns.first.push(age(failures.map(|failures| failures.first)));
            columns.last.push(age(failures.map(|failures| failures.last)));
            columns.failures.push(failures.map_or(0, |failures| number(failures.count)));
        }
        Ok(columns)
    }
}

impl Database {
    /// Records what was met with these keys, each of them once, and at most 1000. Returns how many keys were recorded: a key that does
    /// not exist, or that this login may not open, is left out. `None` if the report with this id was recorded before.
    pub async fn report_keys(&mut self, id: Option<ReportId>, reports: &[Uses]) -> Result<Option<u32>> {
        let columns = Columns::of(reports)?;
        let keys = sqlx::query_scalar!(
            r#"select byok_api.key_report($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as keys"#,
            id.as_ref().map(|id| id.reporter.as_slice()),
            id.map(|id| id.seq),
            &columns.orgs as _,
            &columns.providers as _,
            &columns.versions,
            &columns.outcomes as _,
            &columns.uses,
            &columns.ok,
            &columns.first,
            &columns.last,
            &columns.failures
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        keys.map(|keys| super::to_u32(keys, "key_report", "keys")).transpose()
    }
}
