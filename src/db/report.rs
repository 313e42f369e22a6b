//! Reports from the ledger: balances, quotes, history, usage, and whether the ledger adds up.

use time::OffsetDateTime;

use super::{Database, Posting};
use crate::credits::{Operation, PostingKind, RequestId};
use crate::error::{ChangeError, Error, Result, Subject};
use crate::name::{OrgId, ProviderId};
use crate::resolution::{Reason, Source};
use crate::word::{ListedWord, words};

/// The balance of an organization, in micro-credits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Balance {
    /// The organization.
    pub org: String,
    /// The available credits.
    pub available: i64,
    /// The reserved credits.
    pub held: i64,
    /// The number of open holds.
    pub holds: i64,
    /// When the first of them expires.
    pub next_expiry: Option<OffsetDateTime>,
}

/// What a request would cost, in micro-credits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Quote {
    /// Whose key would serve now. `None` if the request would be denied.
    pub source: Option<Source>,
    /// The reason.
    pub reason: Reason,
    /// The provider of the price. It is empty if the price is for every provider.
    pub rate_provider: String,
    /// The version of the price.
    pub rate_version: i32,
    /// The unit that is counted.
    pub unit: String,
    /// The part that is charged with either key.
    pub platform_part: i64,
    /// The part that is added if the platform's key serves.
    pub provider_part: i64,
    /// The available credits.
    pub available: i64,
}

/// Which postings to list, and where the page begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryPage<'a> {
    /// Only postings of this request.
    pub request: Option<&'a RequestId>,
    /// Only postings from this time on.
    pub since: Option<OffsetDateTime>,
    /// Only postings before this time.
    pub until: Option<OffsetDateTime>,
    /// Only postings before this number.
    pub before: Option<i64>,
    /// At most this many postings.
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

/// One group of usage. A field that it is not grouped by is `None`.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The organization.
    pub org: String,
    /// The provider.
    pub provider: Option<String>,
    /// Whose key served.
    pub source: Option<ListedWord<Source>>,
    /// The version of that key.
    pub key_version: Option<i32>,
    /// The characters of its hint, if the login may see them.
    pub hint: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The day or month.
    pub period: Option<String>,
    /// The number of charged requests.
    pub requests: i64,
    /// The number of them that used the organization's own keys.
    pub own_requests: i64,
    /// The unit, if it is the same for all of them.
    pub unit: Option<String>,
    /// The number of units.
    pub units: Option<i64>,
    /// The platform's part in micro-credits, without refunds.
    pub platform_part: i64,
    /// The provider's part in micro-credits, without refunds.
    pub provider_part: i64,
    /// What was paid of both parts for requests with the organization's own keys.
    pub own_total: i64,
    /// Which tenant of the organization's id it is about.
    pub tenancy: i32,
}

/// The sums of the ledger's accounts, in micro-credits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Totals {
    /// The number of organizations with postings.
    pub orgs: i64,
    /// The number of postings.
    pub postings: i64,
    /// The available credits of all organizations.
    pub available: i64,
    /// The reserved credits of all organizations.
    pub held: i64,
    /// The granted credits, as a negative number.
    pub issued: i64,
    /// The part of them that was written off when accounts were closed. `issued` is without it.
    pub written_off: i64,
    /// The platform's income for its own work.
    pub platform_part: i64,
    /// The platform's income for providers' bills.
    pub provider_part: i64,
    /// The sum of all accounts, which must be 0.
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
#[non_exhaustive]
pub struct Finding {
    /// The organization.
    pub org: String,
    /// What does not add up.
    pub finding: FindingKind,
    /// The request or account that the finding is about.
    pub subject: String,
    /// The value according to the ledger.
    pub expected: i64,
    /// The stored value.
    pub found: i64,
}

impl Database {
    /// The balance of one organization.
    pub async fn balance(&mut self, org: &OrgId) -> Result<Balance> {
        let balance = self.balance_rows(Some(org), None, 1).await?.pop();
        balance.ok_or_else(|| Error::Change(ChangeError::NoSuchOrg(org.to_string())))
    }

    /// A page of the balances that this login may see, after this organization.
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

    /// What these units would cost. Changes nothing.
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

    /// A page of an organization's postings, newest first.
    pub async fn history(&mut self, org: &OrgId, page: HistoryPage<'_>) -> Result<Vec<Posting>> {
        sqlx::query_as!(
            Posting,
            r#"select seq as "seq!", tenancy as "tenancy!", at as "at!", kind as "kind!: ListedWord<PostingKind>", request as "request!", available as "available!",
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

    /// A page of the organizations that this login may see, for a report about all of them.
    pub async fn usage_orgs(&mut self, after: Option<&str>, limit: i32) -> Result<Vec<String>> {
        sqlx::query_scalar!(r#"select org as "org!" from byok_api.usage_orgs($1, $2) as org"#, after, limit)
            .fetch_all(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }

    /// The usage of these organizations.
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
                      provider_part as "provider_part!", own_total as "own_total!", tenancy as "tenancy!"
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
                      total as "total!", written_off as "written_off!"
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
