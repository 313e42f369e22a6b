//! The audit log, its chains and its seals.

use sqlx::postgres::types::Oid;
use time::OffsetDateTime;

use super::Database;
use crate::crypto::CheckValue;
use crate::error::{Error, Result, Subject};
use crate::name::OrgId;

/// One record, as lists show it.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// Counts up over the whole log; a number that is missing was never recorded.
    pub seq: i64,
    /// The organization, empty for the platform.
    pub org: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub login: String,
    /// From where; none on a Unix socket.
    pub client_addr: Option<String>,
    /// What the client called itself.
    pub application: String,
    /// What was done, such as `key.set`.
    pub action: String,
    /// To what, such as a provider or a login.
    pub subject: String,
    /// The rest, a JSON object.
    pub detail: String,
}

/// Which records, and before which number.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditPage<'a> {
    /// Of one organization; the platform's under the empty id.
    pub org: Option<&'a str>,
    /// By one login.
    pub login: Option<&'a str>,
    /// One action, or all that begin with it and a dot.
    pub action: Option<&'a str>,
    /// One provider, login or other subject.
    pub subject: Option<&'a str>,
    /// From then on.
    pub since: Option<OffsetDateTime>,
    /// Before then.
    pub until: Option<OffsetDateTime>,
    /// Before this number.
    pub before: Option<i64>,
    /// So many at most.
    pub limit: i32,
}

/// A record as it was hashed.
pub struct ChainRecord {
    /// The organization.
    pub org: String,
    /// The number of the login; both together name a chain.
    pub login: u32,
    /// Its place in that chain, from 1.
    pub position: i64,
    /// The hash of the record before, which this one's is over.
    pub previous_hash: Vec<u8>,
    /// What else it is over.
    pub fields: Vec<String>,
    /// The hash that is stored.
    pub hash: Vec<u8>,
}

/// A seal as stored.
#[derive(Clone, Debug)]
pub struct SealRow {
    /// Its number, from 1.
    pub seal: i32,
    /// When it was made.
    pub sealed_at: OffsetDateTime,
    /// The same as hashed: microseconds since 1970 in decimal.
    pub micros: Vec<u8>,
    /// By whom.
    pub sealed_by: String,
    /// The epoch of the master key that authenticates it.
    pub master_epoch: i32,
    /// Over the seal before and the heads that it took in.
    pub digest: Vec<u8>,
    /// That digest under the master key.
    pub mac: Vec<u8>,
}

/// The end of a chain that a seal took in.
pub struct SealedHead {
    /// The seal.
    pub seal: i32,
    /// The organization.
    pub org: String,
    /// The number of the login.
    pub login: u32,
    /// The position of the record.
    pub position: i64,
    /// Its hash then.
    pub hash: Vec<u8>,
    /// The hash of the record that stands there now.
    pub found_hash: Option<Vec<u8>>,
}

/// What a new seal is to authenticate.
pub struct NewSeal {
    /// Its number.
    pub seal: i32,
    /// When.
    pub sealed_at: OffsetDateTime,
    /// How many chains had moved.
    pub heads: i64,
    /// Over the seal before and those.
    pub digest: Vec<u8>,
}

impl Database {
    /// A page of records, the newest first.
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

    /// A page of the chains, from after that record.
    pub async fn audit_chain(
        &mut self,
        (org, login, position): (&str, u32, i64),
        limit: i32,
    ) -> Result<Vec<ChainRecord>> {
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

    /// Chains that do not end where their head says: organization, number of the login, position.
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

    /// Every seal, the first first.
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

    /// A page of what the seals took in, from after that one.
    pub async fn audit_sealed_heads(
        &mut self,
        (seal, org, login): (i32, &str, u32),
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

    /// Begins a seal; the transaction around it must end it.
    pub(crate) async fn begin_seal(&mut self) -> Result<NewSeal> {
        sqlx::query_as!(
            NewSeal,
            r#"select seal as "seal!", sealed_at as "sealed_at!", heads as "heads!", digest as "digest!"
               from byok_api.audit_seal_begin()"#
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }

    pub(crate) async fn end_seal(&mut self, seal: &NewSeal, key: (u32, CheckValue), mac: &[u8]) -> Result<()> {
        sqlx::query!(
            "select byok_api.audit_seal_end($1, $2, $3, $4, $5, $6)",
            seal.seal,
            seal.sealed_at,
            seal.digest,
            super::to_i32(key.0),
            key.1.as_bytes().as_slice(),
            mac
        )
        .execute(&mut self.connection)
        .await
        .map(drop)
        .map_err(Error::about(Subject::Login))
    }

    /// Records that this login was refused by that function; the refusal itself left no record.
    pub async fn record_denied(&mut self, function: &str) -> Result<()> {
        sqlx::query!("select byok_api.denied($1)", function)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(Error::about(Subject::Login))
    }
}
