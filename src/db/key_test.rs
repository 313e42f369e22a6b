//! Results of tests of keys.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Database;
use crate::error::{Error, Result, Subject};
use crate::name::{Holder, ProviderId};
use crate::provider::Verdict;

/// The result of a test, which is stored with the key.
#[derive(Clone, Debug)]
pub struct NewTest {
    /// The verdict.
    pub verdict: Verdict,
    /// The detail of the verdict.
    pub detail: Option<String>,
    /// The provider's HTTP status.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// How long the test took, in milliseconds.
    pub latency_ms: i32,
    /// Whether a paid operation was made.
    pub paid: bool,
}

impl NewTest {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "verdict": self.verdict.as_str(), "detail": self.detail, "status": self.status,
            "request_id": self.request_id, "latency_ms": self.latency_ms, "paid": self.paid,
        })
    }
}

impl Database {
    /// Stores the result of a test. Returns when the key was last accepted before it.
    pub async fn record_test(
        &mut self,
        holder: &Holder,
        provider: &ProviderId,
        version: u32,
        test: &NewTest,
    ) -> Result<Option<OffsetDateTime>> {
        sqlx::query_scalar!(
            "select byok_api.key_test_record($1, $2, $3, $4)",
            holder.as_str(),
            provider.as_str(),
            super::to_i32(version)?,
            test.to_json()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Key(provider.clone(), holder.clone())))
    }
}
