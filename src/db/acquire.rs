//! The request path: which key serves, without its outer layer, and the charge for it.

use super::Database;
use crate::credits::{CallId, Credits, Operation, RequestId};
use crate::crypto::Passphrase;
use crate::error::{DataError, Error, KeyError, Result, Subject};
use crate::name::{Holder, OrgId, ProviderId};
use crate::resolution::{Reason, Source};

/// The passphrases that a caller can make from the data keys it holds, each with the epoch of its data key.
#[derive(Default)]
pub struct Passphrases {
    /// Of the organization's data key.
    pub own: Option<(u32, Passphrase)>,
    /// Of the platform's.
    pub platform: Option<(u32, Passphrase)>,
}

/// What to charge for a key, and what to write down.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// What it is for and how many units; none charges nothing.
    pub operation: Option<(&'a Operation, i64)>,
    /// The idempotency key.
    pub request: &'a RequestId,
    /// Reserve for so many seconds, instead of charging at once.
    pub seconds: Option<i32>,
    /// Recorded in the audit log where given.
    pub purpose: Option<&'a str>,
    /// Which call this is: it alone can undo what it was charged.
    pub call: CallId,
}

/// The use of a key that was opened before it is charged.
pub struct KeyUse<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// Whose key was opened.
    pub source: Source,
    /// Its version.
    pub version: u32,
    /// What to charge; never a hold.
    pub ask: Ask<'a>,
}

/// What the database answered.
pub enum Serving {
    /// This key, still sealed.
    Key(Box<ServingKey>),
    /// None, and why.
    Denied(Reason),
    /// This key, once the caller has that data key: of the organization, or of the platform when `platform`.
    DataKey {
        /// Whose.
        platform: bool,
        /// Which.
        epoch: u32,
    },
}

/// The key that serves, without pgcrypto's layer.
pub struct ServingKey {
    /// Whose it is.
    pub source: Source,
    /// Why it serves.
    pub reason: Reason,
    /// Its version.
    pub version: u32,
    /// Its hint's characters.
    pub hint: String,
    /// Its non-secret fields.
    pub settings: String,
    /// The epoch of the data key that seals it.
    pub data_epoch: u32,
    /// The seal.
    pub sealed: Vec<u8>,
    /// What was charged or reserved.
    pub charge: Option<Charged>,
}

/// What an acquire charged or reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    /// The number of the posting.
    pub seq: i64,
    /// False for a request that was answered before.
    pub fresh: bool,
    /// What was charged for the platform's own work.
    pub platform_part: Credits,
    /// What was charged for the provider's bill.
    pub provider_part: Credits,
    /// What was reserved.
    pub held: Credits,
    /// What the organization can spend now; none when nothing moved.
    pub available: Option<Credits>,
}

struct Row {
    source: Option<String>,
    reason: String,
    version: Option<i32>,
    hint: Option<String>,
    settings: Option<String>,
    data_epoch: Option<i32>,
    sealed: Option<Vec<u8>>,
}

impl Row {
    fn serving(self, charge: Option<Charged>) -> Result<Serving> {
        let corrupt = |column| Error::Data(DataError::Corrupt { table: "provider_key", column });
        let source = match self.source.as_deref() {
            Some("organization") => Source::Organization,
            Some("platform") => Source::Platform,
            Some(_) => return Err(corrupt("source")),
            None => return Ok(Serving::Denied(Reason::of(&self.reason).ok_or(corrupt("reason"))?)),
        };
        let data_epoch = super::to_u32(self.data_epoch.unwrap_or_default(), "provider_key", "data_epoch")?;
        let Some(sealed) = self.sealed else {
            return Ok(Serving::DataKey { platform: source == Source::Platform, epoch: data_epoch });
        };
        Ok(Serving::Key(Box::new(ServingKey {
            source,
            reason: Reason::of(&self.reason).ok_or(corrupt("reason"))?,
            version: super::to_u32(self.version.unwrap_or_default(), "provider_key", "version")?,
            hint: self.hint.unwrap_or_default(),
            settings: self.settings.unwrap_or_default(),
            data_epoch,
            sealed,
            charge,
        })))
    }
}

/// An epoch and its passphrase as the two parameters that they are.
fn parameters(of: Option<&(u32, Passphrase)>) -> (Option<i32>, Option<&str>) {
    of.map(|(epoch, passphrase)| (super::to_i32(*epoch), passphrase.expose())).unzip()
}

impl Database {
    /// Which key serves now, without its outer layer. Changes nothing.
    pub async fn key_serving(
        &mut self,
        (org, provider): (&OrgId, &ProviderId),
        passphrases: &Passphrases,
    ) -> Result<Serving> {
        let (own_epoch, own_wrap) = parameters(passphrases.own.as_ref());
        let (platform_epoch, platform_wrap) = parameters(passphrases.platform.as_ref());
        sqlx::query_as!(
            Row,
            r#"select source, reason as "reason!", version, hint, settings, data_epoch, sealed
               from byok_api.key_serving($1, $2, $3, $4, $5, $6)"#,
            org.as_str(),
            provider.as_str(),
            own_epoch,
            own_wrap,
            platform_epoch,
            platform_wrap
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(about(org, provider))?
        .serving(None)
    }

    /// The same with its charge, in one transaction: denied means that nothing was written.
    pub async fn acquire(
        &mut self,
        (org, provider): (&OrgId, &ProviderId),
        passphrases: &Passphrases,
        ask: &Ask<'_>,
    ) -> Result<Serving> {
        let (own_epoch, own_wrap) = parameters(passphrases.own.as_ref());
        let (platform_epoch, platform_wrap) = parameters(passphrases.platform.as_ref());
        let (operation, units) = ask.operation.unzip();
        let row = sqlx::query!(
            r#"select source, reason as "reason!", version, hint, settings, data_epoch, sealed, result, seq, platform_part,
                      provider_part, held, available
               from byok_api.acquire($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
            org.as_str(),
            provider.as_str(),
            own_epoch,
            own_wrap,
            platform_epoch,
            platform_wrap,
            operation.map(Operation::as_str),
            units,
            ask.request.as_str(),
            ask.seconds,
            ask.purpose,
            ask.call.as_bytes()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(about(org, provider))?;
        let amount = |micro: Option<i64>| Credits::from_micro(micro.unwrap_or_default());
        let charge = row.seq.map(|seq| Charged {
            seq,
            fresh: row.result.as_deref() != Some("unchanged"),
            platform_part: amount(row.platform_part),
            provider_part: amount(row.provider_part),
            held: amount(row.held),
            available: row.available.map(Credits::from_micro),
        });
        let row = Row {
            source: row.source,
            reason: row.reason,
            version: row.version,
            hint: row.hint,
            settings: row.settings,
            data_epoch: row.data_epoch,
            sealed: row.sealed,
        };
        row.serving(charge)
    }

    /// Charges for keys that were opened, and records their use; all of them or none. [`ChangeError::Changed`](crate::error::ChangeError::Changed): another key serves
    /// by now than the one that was opened.
    pub async fn use_keys(&mut self, org: &OrgId, uses: &[KeyUse<'_>]) -> Result<Vec<Option<Charged>>> {
        self.transaction(async |database| {
            let mut charged = Vec::with_capacity(uses.len());
            for one in uses {
                charged.push(database.use_key(org, one).await?);
            }
            Ok(charged)
        })
        .await
    }

    async fn use_key(&mut self, org: &OrgId, one: &KeyUse<'_>) -> Result<Option<Charged>> {
        let KeyUse { provider, source, version, ask } = one;
        let (operation, units) = ask.operation.unzip();
        let row = sqlx::query!(
            r#"select result, seq, platform_part, provider_part, available
               from byok_api.key_use($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
            org.as_str(),
            provider.as_str(),
            source.as_str(),
            super::to_i32(*version),
            operation.map(Operation::as_str),
            units,
            ask.request.as_str(),
            ask.purpose,
            ask.call.as_bytes()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(about(org, provider))?;
        let amount = |micro: Option<i64>| Credits::from_micro(micro.unwrap_or_default());
        Ok(row.seq.map(|seq| Charged {
            seq,
            fresh: row.result.as_deref() != Some("unchanged"),
            platform_part: amount(row.platform_part),
            provider_part: amount(row.provider_part),
            held: Credits::default(),
            available: row.available.map(Credits::from_micro),
        }))
    }
}

/// A refusal is about the organization, a key that does not decrypt about the key.
fn about(org: &OrgId, provider: &ProviderId) -> impl Fn(sqlx::Error) -> Error {
    let key = Subject::from((provider, &Holder::Organization(org.clone()))).to_string();
    move |error| match Error::about(org)(error) {
        Error::Key(KeyError::Unreadable(_)) => Error::Key(KeyError::Unreadable(key.clone())),
        other => other,
    }
}
