//! Moves credits. Each method makes one posting, or returns the first answer to a repeated request.

use sqlx::types::Json;

use super::{Database, Posting};
use crate::credits::{CallId, Credits, Operation, RequestId, UndoReason};
use crate::error::{DataError, Error, Result, Subject};
use crate::name::{OrgId, ProviderId};
use crate::word::words;

words! {
    /// What a grant came to.
    #[non_exhaustive]
    pub enum GrantResult: "result of a grant" {
        /// The credits were given.
        Granted = "granted",
        /// They had been given before, by the same request.
        Unchanged = "unchanged",
    }
}

words! {
    /// What a charge, hold, settlement, release, refund or undo came to.
    #[non_exhaustive]
    pub enum MoveResult: "result of a posting" {
        /// Charged.
        Charged = "charged",
        /// Reserved.
        Held = "held",
        /// The hold ended with a charge.
        Settled = "settled",
        /// The hold ended without one.
        Released = "released",
        /// Given back.
        Refunded = "refunded",
        /// Taken back by the call that was charged.
        Undone = "undone",
        /// The request was answered before.
        Unchanged = "unchanged",
    }
}

/// The result of a grant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Granted {
    /// What it came to.
    pub result: GrantResult,
    /// The available credits, in micro-credits.
    pub available: i64,
    /// The reserved credits.
    pub held: i64,
}

/// The result of a charge, hold, settlement, release or refund.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Moved {
    /// What it came to.
    pub result: MoveResult,
    /// The entry of the ledger.
    pub posting: Posting,
    /// The available credits, in micro-credits. `None` if nothing was posted.
    pub available: Option<i64>,
}

/// Credits to give to an organization.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant<'a> {
    /// The idempotency key.
    pub request: &'a RequestId,
    /// How many.
    pub amount: Credits,
    /// Why, in an admin's words.
    pub note: Option<&'a str>,
    /// Whether an organization that is not known becomes known. It is not enabled.
    pub make_org: bool,
}

/// A charge to make, or to reserve.
#[derive(Clone, Copy, Debug)]
pub struct NewCharge<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// What was done.
    pub operation: &'a Operation,
    /// How many units of it.
    pub units: i64,
    /// The idempotency key.
    pub request: &'a RequestId,
    /// How long to reserve the credits; none charges at once.
    pub seconds: Option<i32>,
}

/// A charge to give back.
#[derive(Clone, Copy, Debug)]
pub struct NewRefund<'a> {
    /// The request that was charged.
    pub of: &'a RequestId,
    /// The idempotency key of the refund.
    pub request: &'a RequestId,
    /// How much; none gives back all that is left.
    pub amount: Option<Credits>,
    /// Why, in an admin's words.
    pub note: Option<&'a str>,
}

struct Row {
    result: MoveResult,
    posting: Option<Json<Posting>>,
    available: Option<i64>,
}

impl Row {
    fn moved(self) -> Result<Moved> {
        let Json(posting) =
            self.posting.ok_or(Error::Data(DataError::Corrupt { table: "ledger", column: "request" }))?;
        Ok(Moved { result: self.result, posting, available: self.available })
    }
}

impl Database {
    /// Grants an organization credits. With `make`, an unknown organization is created, without being enabled.
    pub async fn grant(
        &mut self,
        org: &OrgId,
        NewGrant { request, amount, note, make_org }: NewGrant<'_>,
    ) -> Result<Granted> {
        sqlx::query_as!(
            Granted,
            r#"select result as "result!: GrantResult", available as "available!", held as "held!"
               from byok_api.credit_grant($1, $2, $3, $4, $5)"#,
            org.as_str(),
            request.as_str(),
            amount.micro(),
            note,
            make_org
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))
    }

    /// Charges for these units, or with `seconds` reserves their price.
    pub async fn charge(
        &mut self,
        org: &OrgId,
        NewCharge { provider, operation, units, request, seconds }: NewCharge<'_>,
    ) -> Result<Moved> {
        let asked = sqlx::query_as!(
            Row,
            r#"select result as "result!: MoveResult", available, to_jsonb(posted) as "posting: Json<Posting>"
               from byok_api.credit_charge($1, $2, $3, $4, $5, $6)"#,
            org.as_str(),
            provider.as_str(),
            operation.as_str(),
            units,
            request.as_str(),
            seconds
        )
        .fetch_one(&mut self.connection)
        .await;
        match asked {
            Ok(row) => row.moved(),
            Err(error) => Err(self.refused_charge(org, error).await),
        }
    }

    /// Ends a hold with a charge for these units, or for the reserved units.
    pub async fn settle(&mut self, org: &OrgId, request: &RequestId, units: Option<i64>) -> Result<Moved> {
        let asked = sqlx::query_as!(
            Row,
            r#"select result as "result!: MoveResult", available, to_jsonb(posted) as "posting: Json<Posting>"
               from byok_api.credit_settle($1, $2, $3)"#,
            org.as_str(),
            request.as_str(),
            units
        )
        .fetch_one(&mut self.connection)
        .await;
        match asked {
            Ok(row) => row.moved(),
            Err(error) => Err(self.refused_charge(org, error).await),
        }
    }

    /// Ends a hold without a charge.
    pub async fn release(&mut self, org: &OrgId, request: &RequestId) -> Result<Moved> {
        sqlx::query_as!(
            Row,
            r#"select result as "result!: MoveResult", available, to_jsonb(posted) as "posting: Json<Posting>"
               from byok_api.credit_release($1, $2)"#,
            org.as_str(),
            request.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))?
        .moved()
    }

    /// Refunds an amount of a charge, or the rest of it.
    pub async fn refund(
        &mut self,
        org: &OrgId,
        NewRefund { of, request, amount, note }: NewRefund<'_>,
    ) -> Result<Moved> {
        sqlx::query_as!(
            Row,
            r#"select result as "result!: MoveResult", available, to_jsonb(posted) as "posting: Json<Posting>"
               from byok_api.credit_refund($1, $2, $3, $4, $5)"#,
            org.as_str(),
            of.as_str(),
            request.as_str(),
            amount.map(Credits::micro),
            note
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))?
        .moved()
    }

    /// Undoes the charge or hold of this very call of this login, because its key was not used. A repetition changes
    /// nothing. [`CreditError::TooLateToUndo`](crate::error::CreditError::TooLateToUndo) after ten minutes, or if
    /// another call got an answer for the same request.
    pub async fn undo(&mut self, org: &OrgId, request: &RequestId, call: CallId, why: UndoReason) -> Result<Moved> {
        sqlx::query_as!(
            Row,
            r#"select result as "result!: MoveResult", available, to_jsonb(posted) as "posting: Json<Posting>"
               from byok_api.acquire_undo($1, $2, $3, $4)"#,
            org.as_str(),
            request.as_str(),
            call.as_bytes(),
            why.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(org))?
        .moved()
    }

    /// Releases expired holds, of one organization or of all. Returns how many.
    pub async fn expire_holds(&mut self, org: Option<&OrgId>) -> Result<i64> {
        sqlx::query_scalar!(r#"select byok_api.credit_expire($1) as "count!""#, org.map(OrgId::as_str))
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}
