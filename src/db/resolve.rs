//! Which key serves, as the database decides it.

use time::OffsetDateTime;

use super::Database;
use crate::error::{DataError, Error, Result};
use crate::name::OrgId;
use crate::observed::{Observed, ProductionColumns};
use crate::provider::{Target, Verdict};
use crate::resolution::{KeyFacts, LastTest, Reason, Resolution, Source};
use crate::secret::Hint;
use crate::word::ListedWord;

struct Row {
    provider: Option<String>,
    source: Option<Source>,
    reason: Reason,
    key_org: Option<String>,
    org_known: bool,
    org_enabled: bool,
    own_version: Option<i32>,
    own_hint: Option<String>,
    own_expires_at: Option<OffsetDateTime>,
    platform_version: Option<i32>,
    platform_hint: Option<String>,
    platform_expires_at: Option<OffsetDateTime>,
    verdict: Option<ListedWord<Verdict>>,
    detail: Option<String>,
    tested_at: Option<OffsetDateTime>,
    verified_at: Option<OffsetDateTime>,
    outcome: Option<ListedWord<Observed>>,
    last_used_at: Option<OffsetDateTime>,
    last_ok_at: Option<OffsetDateTime>,
    failing_since: Option<OffsetDateTime>,
    failures: Option<i64>,
    uses: Option<i64>,
}

impl Database {
    /// Which key would serve a request now. Changes nothing.
    pub async fn resolve(&mut self, org: &OrgId, target: &Target) -> Result<Resolution> {
        let (provider, capability, language) = match target {
            Target::Provider(provider) => (Some(provider.as_str()), None, ""),
            Target::Capability { capability, language } => {
                (None, Some(capability.as_str()), language.as_deref().unwrap_or_default())
            }
        };
        let row = sqlx::query_as!(
            Row,
            r#"select provider, source as "source: Source", reason as "reason!: Reason", key_org, org_known as "org_known!", org_enabled as "org_enabled!",
                      own_version, own_hint, own_expires_at, platform_version, platform_hint, platform_expires_at,
                      verdict as "verdict: ListedWord<Verdict>", detail, tested_at, verified_at,
                      outcome as "outcome: ListedWord<Observed>", last_used_at, last_ok_at, failing_since, failures, uses
               from byok_api.resolve($1, $2, $3, $4)"#,
            org.as_str(),
            provider,
            capability,
            language
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))?;
        row.resolution(org)
    }
}

impl Row {
    fn resolution(self, org: &OrgId) -> Result<Resolution> {
        let corrupt = |column| Error::Data(DataError::Corrupt { table: "provider_key", column });
        let provider = self.provider.map(|id| id.parse()).transpose().map_err(|_| corrupt("provider"))?;
        let Self { outcome, last_used_at, last_ok_at, failing_since, failures, uses, .. } = self;
        let production =
            ProductionColumns { outcome, last_used_at, last_ok_at, failing_since, failures, uses }.production();
        Ok(Resolution {
            org: org.clone(),
            provider,
            source: self.source,
            reason: self.reason,
            decided_by: match self.key_org.as_deref() {
                Some("") => Some(Source::Platform),
                Some(_) => Some(Source::Organization),
                None => None,
            },
            known: self.org_known,
            enabled: self.org_enabled,
            own: facts(self.own_version, self.own_hint, self.own_expires_at)?,
            platform: facts(self.platform_version, self.platform_hint, self.platform_expires_at)?,
            last_test: LastTest::of(self.verdict, self.detail, self.tested_at, self.verified_at),
            production,
            opened: false,
        })
    }
}

fn facts(version: Option<i32>, hint: Option<String>, expires_at: Option<OffsetDateTime>) -> Result<Option<KeyFacts>> {
    let Some(version) = version else { return Ok(None) };
    let version = super::to_u32(version, "provider_key", "version")?;
    Ok(Some(KeyFacts { version, hint: hint.map(Hint::stored), expires_at }))
}
