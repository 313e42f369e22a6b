//! What the ledger says: balances, prices before the fact, history, usage, and whether it adds up.

use time::OffsetDateTime;

use super::{Database, Posting};
use crate::credits::{Operation, PostingKind, RequestId};
use crate::error::{ChangeError, Error, Result, Subject};
use crate::name::{OrgId, ProviderId};
use crate::resolution::{Reason, Source};
use crate::word::{ListedWord, words};

/// What an organization has, in micro-credits.
#[derive(Clone, Debug)]
pub struct Balance {
    /// Who.
    pub org: String,
    /// What it can spend.
    pub available: i64,
    /// What is reserved for requests under way.
    pub held: i64,
    /// How many of those there are.
    pub holds: i64,
    /// When the first of them is released by itself.
    pub next_expiry: Option<OffsetDateTime>,
}

/// What a request would cost, in micro-credits.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Whose key would serve now; none when the request would be denied.
    pub source: Option<Source>,
    /// Why.
    pub reason: Reason,
    /// Empty for the price that is for every provider.
    pub rate_provider: String,
    /// The price's version.
    pub rate_version: i32,
    /// What is counted.
    pub unit: String,
    /// Paid with either key.
    pub platform_part: i64,
    /// Paid on top when the platform's key serves.
    pub provider_part: i64,
    /// What the organization can spend.
    pub available: i64,
}

/// Which postings, and where the page begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryPage<'a> {
    /// Of one request.
    pub request: Option<&'a RequestId>,
    /// From this time on.
    pub since: Option<OffsetDateTime>,
    /// Before this time.
    pub until: Option<OffsetDateTime>,
    /// Before this one.
    pub before: Option<i64>,
    /// So many at most.
    pub limit: i32,
}

words! {
    /// What usage is grouped by.
    pub enum UsageBy: "grouping of usage" {
        /// The key that served: provider, source, version and hint.
        Key = "key",
        /// The provider.
        Provider = "provider",
        /// Whose key served.
        Source = "source",
        /// What was done.
        Operation = "operation",
        /// The day, in UTC.
        Day = "day",
        /// The month, in UTC.
        Month = "month",
    }
}

/// One group of what was used; what it is not grouped by is none.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Who.
    pub org: String,
    /// The provider.
    pub provider: Option<String>,
    /// Whose key served.
    pub source: Option<ListedWord<Source>>,
    /// Its version.
    pub key_version: Option<i32>,
    /// Its hint's characters, where the asking login may see them.
    pub hint: Option<String>,
    /// What was done.
    pub operation: Option<String>,
    /// The day or month.
    pub period: Option<String>,
    /// How many requests were charged.
    pub requests: i64,
    /// How many of them ran on the organization's own keys.
    pub own_requests: i64,
    /// What was counted, where it is the same for all.
    pub unit: Option<String>,
    /// How many of it.
    pub units: Option<i64>,
    /// Micro-credits for the platform's own work, less what was given back.
    pub platform_part: i64,
    /// Micro-credits for the provider's bill, less what was given back.
    pub provider_part: i64,
    /// Of both parts, what was paid for requests on the organization's own keys.
    pub own_total: i64,
}

/// The sums of the ledger's accounts, in micro-credits.
#[derive(Clone, Debug)]
pub struct Totals {
    /// Organizations with postings.
    pub orgs: i64,
    /// Postings.
    pub postings: i64,
    /// What organizations can spend.
    pub available: i64,
    /// What is reserved.
    pub held: i64,
    /// What was granted, negative.
    pub issued: i64,
    /// What the platform took for its own work.
    pub platform_part: i64,
    /// What it took for providers' bills.
    pub provider_part: i64,
    /// All of them together: 0.
    pub total: i64,
}

words! {
    /// What does not add up.
    #[non_exhaustive]
    pub enum FindingKind: "finding of the ledger" {
        /// The balance of an organization is not the sum of its postings.
        Balance = "balance",
        /// What is reserved is not the sum of the open holds.
        Holds = "holds",
        /// The accounts of a posting do not sum to zero.
        Posting = "posting",
        /// A hold is open and ended, or neither.
        Hold = "hold",
        /// More was given back than was charged.
        Refund = "refund",
        /// A use of a key is recorded whose charge is not there.
        Use = "use",
    }
}

/// Something that does not add up.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Whose.
    pub org: String,
    /// What does not add up.
    pub finding: FindingKind,
    /// Which.
    pub subject: String,
    /// What the ledger says.
    pub expected: i64,
    /// What there is.
    pub found: i64,
}

impl Database {
    /// The balance of one organization.
    pub async fn balance(&mut self, org: &OrgId) -> Result<Balance> {
        let balance = self.balance_rows(Some(org), None, 1).await?.pop();
        balance.ok_or_else(|| Error::Change(ChangeError::NoSuchOrg(org.to_string())))
    }

    /// A page of the balances that this login may see, from after the given organization.
    pub async fn balances(&mut self, after: Option<&str>, limit: i32) -> Result<Vec<Balance>> {
        self.balance_rows(None, after, limit).await
    }

    async fn balance_rows(&mut self, org: Option<&OrgId>, after: Option<&str>, limit: i32) -> Result<Vec<Balance>> {
        sqlx::query_as!(
            Balance,
            r#"select org as "org!", available as "available!", held as "held!", holds as "holds!", next_expiry
               from byok_api.balance_list($1, $2, $3)"#,
            org.map(OrgId::as_str),
            after,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// What so many units would cost. Changes nothing.
    pub async fn quote(
        &mut self,
        org: &OrgId,
        provider: &ProviderId,
        operation: &Operation,
        units: i64,
    ) -> Result<Quote> {
        sqlx::query_as!(
            Quote,
            r#"select source as "source: Source", reason as "reason!: Reason", rate_provider as "rate_provider!", rate_version as "rate_version!",
                      unit as "unit!", platform_part as "platform_part!", provider_part as "provider_part!",
                      available as "available!"
               from byok_api.credit_quote($1, $2, $3, $4)"#,
            org.as_str(),
            provider.as_str(),
            operation.as_str(),
            units
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// A page of an organization's postings, the newest first.
    pub async fn history(&mut self, org: &OrgId, page: HistoryPage<'_>) -> Result<Vec<Posting>> {
        sqlx::query_as!(
            Posting,
            r#"select seq as "seq!", at as "at!", kind as "kind!: ListedWord<PostingKind>", request as "request!", available as "available!",
                      held as "held!", issued as "issued!", platform_part as "platform_part!",
                      provider_part as "provider_part!", provider, source as "source: ListedWord<Source>", key_version, hint,
                      operation, rate_version,
                      unit, units, of_request, note, login as "login!"
               from byok_api.credit_history($1, $2, $3, $4, $5, $6)"#,
            org.as_str(),
            page.request.map(RequestId::as_str),
            page.since,
            page.until,
            page.before,
            page.limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// A page of the organizations that this login may see, for a report over all of them.
    pub async fn usage_orgs(&mut self, after: Option<&str>, limit: i32) -> Result<Vec<String>> {
        sqlx::query_scalar!(r#"select org as "org!" from byok_api.usage_orgs($1, $2) as org"#, after, limit)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// What those organizations used.
    pub async fn usage(
        &mut self,
        orgs: &[String],
        by: UsageBy,
        since: Option<OffsetDateTime>,
        until: Option<OffsetDateTime>,
    ) -> Result<Vec<Usage>> {
        sqlx::query_as!(
            Usage,
            r#"select org as "org!", provider, source as "source: ListedWord<Source>", key_version, hint, operation, period, requests as "requests!",
                      own_requests as "own_requests!", unit, units, platform_part as "platform_part!",
                      provider_part as "provider_part!", own_total as "own_total!"
               from byok_api.usage($1, $2, $3, $4)"#,
            orgs,
            by.as_str(),
            since,
            until
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(orgs.first().and_then(|org| org.parse::<OrgId>().ok()).as_ref()))
    }

    /// The sums of the accounts, of one organization or of all.
    pub async fn totals(&mut self, org: Option<&OrgId>) -> Result<Totals> {
        sqlx::query_as!(
            Totals,
            r#"select orgs as "orgs!", postings as "postings!", available as "available!", held as "held!",
                      issued as "issued!", platform_part as "platform_part!", provider_part as "provider_part!",
                      total as "total!"
               from byok_api.credit_totals($1)"#,
            org.map(OrgId::as_str)
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// Everything that does not add up, of one organization or of all.
    pub async fn findings(&mut self, org: Option<&OrgId>) -> Result<Vec<Finding>> {
        sqlx::query_as!(
            Finding,
            r#"select org as "org!", finding as "finding!: FindingKind", subject as "subject!", expected as "expected!",
                      found as "found!"
               from byok_api.credit_findings($1)"#,
            org.map(OrgId::as_str)
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }
}
