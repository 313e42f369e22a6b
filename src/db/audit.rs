//! The audit log, its chains and its seals.

use sqlx::postgres::types::Oid;
use time::OffsetDateTime;

use super::Database;
use crate::crypto::CheckValue;
use crate::error::{Error, Result, Subject};
use crate::name::OrgId;

/// A record, as lists show it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditRecord {
    /// The number of the record in the whole log. A number that is missing was never recorded.
    pub seq: i64,
    /// The organization, empty for the platform.
    pub org: String,
    /// When it was recorded.
    pub at: OffsetDateTime,
    /// The login.
    pub login: String,
    /// The client's address. A Unix socket has none.
    pub client_addr: Option<String>,
    /// The client's application name.
    pub application: String,
    /// The action, such as `key.set`.
    pub action: String,
    /// The subject, such as a provider or a login.
    pub subject: String,
    /// Further details, as a JSON object.
    pub detail: String,
}

/// Which records to list, and before which number.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditPage<'a> {
    /// Only records of this organization. The platform has the empty id.
    pub org: Option<&'a str>,
    /// Only records of this login.
    pub login: Option<&'a str>,
    /// Only this action, or all actions that begin with this text and a dot.
    pub action: Option<&'a str>,
    /// Only records about this provider, login or other subject.
    pub subject: Option<&'a str>,
    /// Only records from this time on.
    pub since: Option<OffsetDateTime>,
    /// Only records before this time.
    pub until: Option<OffsetDateTime>,
    /// Only records before this number.
    pub before: Option<i64>,
    /// At most this many records.
    pub limit: i32,
}

/// A record in the form that is hashed.
#[non_exhaustive]
pub struct ChainRecord {
    /// The organization.
    pub org: String,
    /// The number of the login. The organization and this number together identify a chain.
    pub login: u32,
    /// The position in its chain, from 1.
    pub position: i64,
    /// The hash of the previous record, which this record's hash covers.
    pub previous_hash: Vec<u8>,
    /// The other fields that the hash covers.
    pub fields: Vec<String>,
    /// The stored hash.
    pub hash: Vec<u8>,
}

/// A stored seal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SealRow {
    /// Its number, from 1.
    pub seal: i32,
    /// When it was made.
    pub sealed_at: OffsetDateTime,
    /// The same time as it is hashed: microseconds since 1970, in decimal.
    pub micros: Vec<u8>,
    /// The login that made it.
    pub sealed_by: String,
    /// The epoch of the master key that authenticates it.
    pub master_epoch: i32,
    /// The digest of the previous seal and of the heads that this seal covers.
    pub digest: Vec<u8>,
    /// The digest, authenticated under the master key.
    pub mac: Vec<u8>,
}

/// The head of a chain that a seal covers.
#[non_exhaustive]
pub struct SealedHead {
    /// The seal.
    pub seal: i32,
    /// The organization.
    pub org: String,
    /// The number of the login.
    pub login: u32,
    /// The position of the record that was the head.
    pub position: i64,
    /// The hash of that record when the seal was made.
    pub hash: Vec<u8>,
    /// The hash of the record that is at this position now.
    pub found_hash: Option<Vec<u8>>,
}

/// What a new seal must authenticate.
pub(crate) struct NewSeal {
    /// Its number.
    pub(crate) seal: i32,
    /// The time of the seal.
    pub(crate) sealed_at: OffsetDateTime,
    /// The digest of the previous seal and of these chains' heads.
    pub(crate) digest: Vec<u8>,
}

impl Database {
    /// A page of records, newest first.
    pub async fn audit(&mut self, page: AuditPage<'_>) -> Result<Vec<AuditRecord>> {
        let subject = page.org.and_then(|org| org.parse::<OrgId>().ok());
        sqlx::query_as!(
            AuditRecord,
            r#"select seq as "seq!", org as "org!", at as "at!", login as "login!", client_addr,
                      application as "application!", action as "action!", subject as "subject!", detail as "detail!"
               from byok_api.audit_list($1, $2, $3, $4, $5, $6, $7, $8)"#,
            page.org,
            page.login,
            page.action,
            page.subject,
            page.since,
            page.until,
            page.before,
            page.limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(subject.as_ref()))
    }

    /// A page of the chains, after this record.
    pub async fn audit_chain(&mut self, org: &str, login: u32, position: i64, limit: i32) -> Result<Vec<ChainRecord>> {
        let rows = sqlx::query!(
            r#"select org as "org!", login_oid as "login_oid!", position as "position!",
                      previous_hash as "previous_hash!", fields as "fields!", hash as "hash!"
               from byok_api.audit_records($1, $2, $3, $4)"#,
            org,
            Oid(login),
            position,
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let rows = rows.into_iter().map(|row| ChainRecord {
            org: row.org,
            login: row.login_oid.0,
            position: row.position,
            previous_hash: row.previous_hash,
            fields: row.fields,
            hash: row.hash,
        });
        Ok(rows.collect())
    }

    /// Chains whose last record is not the one that their head names: organization, number of the login, position.
    pub async fn audit_stray_heads(&mut self) -> Result<Vec<(String, u32, i64)>> {
        let rows = sqlx::query!(
            r#"select org as "org!", login_oid as "login_oid!", position as "position!"
               from byok_api.audit_stray_heads()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        Ok(rows.into_iter().map(|row| (row.org, row.login_oid.0, row.position)).collect())
    }

    /// All seals, oldest first.
    pub async fn audit_seals(&mut self) -> Result<Vec<SealRow>> {
        sqlx::query_as!(
            SealRow,
            r#"select seal as "seal!", sealed_at as "sealed_at!", micros as "micros!", sealed_by as "sealed_by!",
                      master_epoch as "master_epoch!", digest as "digest!", mac as "mac!"
               from byok_api.audit_seals()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    /// A page of the heads that the seals cover, after this one.
    pub async fn audit_sealed_heads(
        &mut self,
        seal: i32,
        org: &str,
        login: u32,
        limit: i32,
    ) -> Result<Vec<SealedHead>> {
        let rows = sqlx::query!(
            r#"select seal as "seal!", org as "org!", login_oid as "login_oid!", position as "position!", hash as "hash!",
                      found_hash
               from byok_api.audit_sealed_heads($1, $2, $3, $4)"#,
            seal,
            org,
            Oid(login),
            limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let rows = rows.into_iter().map(|row| SealedHead {
            seal: row.seal,
            org: row.org,
            login: row.login_oid.0,
            position: row.position,
            hash: row.hash,
            found_hash: row.found_hash,
        });
        Ok(rows.collect())
    }

    /// Begins a seal. The same transaction must end it.
    pub(crate) async fn begin_seal(&mut self) -> Result<NewSeal> {
        sqlx::query_as!(
            NewSeal,
            r#"select seal as "seal!", sealed_at as "sealed_at!", digest as "digest!"
               from byok_api.audit_seal_begin()"#
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    pub(crate) async fn end_seal(&mut self, seal: &NewSeal, epoch: u32, check: CheckValue, mac: &[u8]) -> Result<()> {
        sqlx::query!(
            "select byok_api.audit_seal_end($1, $2, $3, $4, $5, $6)",
            seal.seal,
            seal.sealed_at,
            seal.digest,
            super::to_i32(epoch)?,
            check.as_bytes().as_slice(),
            mac
        )
        .execute(&mut self.connection)
        .await
        .map(drop)
        .map_err(Error::about(Subject::Login))
    }

    /// Records that a function refused this login. The refusal itself leaves no record, because it rolls back.
    pub async fn record_denied(&mut self, function: &str) -> Result<()> {
        sqlx::query!("select byok_api.denied($1)", function)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(Subject::Login))
    }
}
