//! The request path: which key serves, decrypted by pgcrypto but still sealed, and the charge for it.

use super::{Database, MoveResult};
use crate::credits::{CallId, Credits, Operation, RequestId};
use crate::crypto::Passphrase;
use crate::error::{CreditError, DataError, Error, KeyError, Result, Subject};
use crate::name::{Holder, OrgId, ProviderId};
use crate::resolution::{Reason, Source};
use crate::word::Word as _;

/// The passphrases that a caller can derive from its data keys, each with the epoch of its data key.
#[derive(Default)]
pub struct Passphrases {
    /// The passphrase for the organization's key.
    pub own: Option<(u32, Passphrase)>,
    /// The passphrase for the platform's key.
    pub platform: Option<(u32, Passphrase)>,
}

/// What to charge for a key, and what to record.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The operation and the units. `None` charges nothing.
    pub operation: Option<(&'a Operation, i64)>,
    /// The idempotency key.
    pub request: &'a RequestId,
    /// Reserve for this many seconds, instead of charging at once.
    pub seconds: Option<i32>,
    /// A text for the audit log.
    pub purpose: Option<&'a str>,
    /// Identifies this call. Only this call can undo its charge.
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
    /// What to charge. It is never a hold.
    pub ask: Ask<'a>,
}

/// The answer of the database.
#[non_exhaustive]
pub enum Serving {
    /// This key, still sealed.
    Key(Box<ServingKey>),
    /// No key serves, for this reason.
    Denied(Reason),
    /// A key serves, but the caller needs its data key first.
    DataKey(DataKeyName),
}

/// The data key that seals the key that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataKeyName {
    /// Whether it is the platform's data key, or the organization's.
    pub platform: bool,
    /// Its epoch.
    pub epoch: u32,
    /// The version of the key that it seals.
    pub version: u32,
}

/// The key that serves, decrypted by pgcrypto but still sealed.
#[non_exhaustive]
pub struct ServingKey {
    /// Whose key it is.
    pub source: Source,
    /// Why this key serves.
    pub reason: Reason,
    /// Its version.
    pub version: u32,
    /// Its hint's characters.
    pub hint: String,
    /// Its non-secret fields.
    pub settings: String,
    /// The epoch of the data key that seals it.
    pub data_epoch: u32,
    /// The sealed payload.
    pub sealed: Vec<u8>,
    /// Whether it is known as one that does not open.
    pub unreadable: bool,
    /// What was charged or reserved.
    pub charge: Option<Charged>,
}

/// What an acquire charged or reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charged {
    /// The number of the posting.
    pub seq: i64,
    /// False if the request was answered before.
    pub fresh: bool,
    /// What was charged for the platform's own work.
    pub platform_part: Credits,
    /// What was charged for the provider's bill.
    pub provider_part: Credits,
    /// What was reserved.
    pub held: Credits,
    /// The credits that the organization has available now. `None` if nothing was posted.
    pub available: Option<Credits>,
}

pub(super) struct Row {
    pub(super) source: Option<Source>,
    pub(super) reason: String,
    pub(super) version: Option<i32>,
    pub(super) hint: Option<String>,
    pub(super) settings: Option<String>,
    pub(super) data_epoch: Option<i32>,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) unreadable: Option<bool>,
}

impl Row {
    pub(super) fn serving(self, charge: Option<Charged>) -> Result<Serving> {
        let Some(source) = self.source else { return Ok(Serving::Denied(reason(&self.reason)?)) };
        let data_epoch = super::to_u32(there(self.data_epoch, "data_epoch")?, "provider_key", "data_epoch")?;
        let version = super::to_u32(there(self.version, "version")?, "provider_key", "version")?;
        let Some(sealed) = self.sealed else {
            let platform = source == Source::Platform;
            return Ok(Serving::DataKey(DataKeyName { platform, epoch: data_epoch, version }));
        };
        Ok(Serving::Key(Box::new(ServingKey {
            source,
            reason: reason(&self.reason)?,
            version,
            hint: there(self.hint, "hint")?,
            settings: there(self.settings, "settings")?,
            data_epoch,
            sealed,
            unreadable: self.unreadable.unwrap_or_default(),
            charge,
        })))
    }
}

/// A column that every key has.
fn there<T>(value: Option<T>, column: &'static str) -> Result<T> {
    value.ok_or(Error::Data(DataError::Corrupt { table: "provider_key", column }))
}

/// While a data key is wanted the reason is another word, which nobody reads.
fn reason(word: &str) -> Result<Reason> {
    Reason::of_word(word).map_err(|unknown| Error::Data(unknown.into()))
}

/// The posting that paid for a key; none where nothing was asked for.
pub(super) struct Paid {
    pub(super) result: Option<MoveResult>,
    pub(super) seq: Option<i64>,
    pub(super) platform_part: Option<i64>,
    pub(super) provider_part: Option<i64>,
    pub(super) held: Option<i64>,
    pub(super) available: Option<i64>,
}

impl Paid {
    pub(super) fn charged(self) -> Result<Option<Charged>> {
        let Some(seq) = self.seq else { return Ok(None) };
        let corrupt = |column| Error::Data(DataError::Corrupt { table: "ledger", column });
        let amount = |micro: Option<i64>, column| micro.map(Credits::from_micro).ok_or(corrupt(column));
        Ok(Some(Charged {
            seq,
            fresh: self.result.ok_or(corrupt("kind"))? != MoveResult::Unchanged,
            platform_part: amount(self.platform_part, "platform_part")?,
            provider_part: amount(self.provider_part, "provider_part")?,
            held: amount(self.held, "held")?,
            available: self.available.map(Credits::from_micro),
        }))
    }
}

/// An epoch and its passphrase, as two parameters.
pub(super) fn parameters(of: Option<&(u32, Passphrase)>) -> Result<(Option<i32>, Option<&str>)> {
    let Some((epoch, passphrase)) = of else { return Ok((None, None)) };
    Ok((Some(super::to_i32(*epoch)?), Some(passphrase.expose())))
}

impl Database {
    /// Returns which key serves now. Changes nothing.
    pub async fn key_serving(
        &mut self,
        org: &OrgId,
        provider: &ProviderId,
        passphrases: &Passphrases,
    ) -> Result<Serving> {
        let (own_epoch, own_wrap) = parameters(passphrases.own.as_ref())?;
        let (platform_epoch, platform_wrap) = parameters(passphrases.platform.as_ref())?;
        sqlx::query_as!(
            Row,
            r#"select source as "source: Source", reason as "reason!", version, hint, settings, data_epoch, sealed, unreadable
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

    /// Decides which key serves and charges for it, in one transaction. If the request is denied, nothing was written.
    pub async fn acquire(
        &mut self,
        org: &OrgId,
        provider: &ProviderId,
        passphrases: &Passphrases,
        ask: &Ask<'_>,
    ) -> Result<Serving> {
        let (own_epoch, own_wrap) = parameters(passphrases.own.as_ref())?;
        let (platform_epoch, platform_wrap) = parameters(passphrases.platform.as_ref())?;
        let (operation, units) = ask.operation.unzip();
        let asked = sqlx::query!(
            r#"select source as "source: Source", reason as "reason!", version, hint, settings, data_epoch, sealed, unreadable,
                      result as "result: MoveResult", seq, platform_part, provider_part, held, available
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
        .await;
        let row = match asked {
            Ok(row) => row,
            Err(error) => return Err(of_key(org, provider, self.refused_charge(org, error).await)),
        };
        let paid = Paid {
            result: row.result,
            seq: row.seq,
            platform_part: row.platform_part,
            provider_part: row.provider_part,
            held: row.held,
            available: row.available,
        };
        let row = Row {
            source: row.source,
            reason: row.reason,
            version: row.version,
            hint: row.hint,
            settings: row.settings,
            data_epoch: row.data_epoch,
            sealed: row.sealed,
            unreadable: row.unreadable,
        };
        row.serving(paid.charged()?)
    }

    /// Charges for keys that were opened, and records their use: all of them or none.
    /// [`ChangeError::Changed`](crate::error::ChangeError::Changed) means that another key serves now than the one that
    /// was opened.
    pub async fn use_keys(&mut self, org: &OrgId, uses: &[KeyUse<'_>]) -> Result<Vec<Option<Charged>>> {
        let charged = self
            .transaction(async |database| {
                let mut charged = Vec::with_capacity(uses.len());
                for one in uses {
                    charged.push(database.use_key(org, one).await?);
                }
                Ok(charged)
            })
            .await;
        if let Err(Error::Credit(CreditError::NotEnoughCredits { needed, .. })) = &charged {
            self.tell_refusal(org, needed.micro()).await;
        }
        charged
    }

    async fn use_key(&mut self, org: &OrgId, one: &KeyUse<'_>) -> Result<Option<Charged>> {
        let KeyUse { provider, source, version, ask } = one;
        let (operation, units) = ask.operation.unzip();
        sqlx::query_as!(
            Paid,
            r#"select result as "result: MoveResult", seq, platform_part, provider_part, 0::bigint as held, available
               from byok_api.key_use($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
            org.as_str(),
            provider.as_str(),
            source.as_str(),
            super::to_i32(*version)?,
            operation.map(Operation::as_str),
            units,
            ask.request.as_str(),
            ask.purpose,
            ask.call.as_bytes()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(about(org, provider))?
        .charged()
    }
}

/// Maps an error. A refusal names the organization, and a key that does not decrypt names the key.
fn about(org: &OrgId, provider: &ProviderId) -> impl Fn(sqlx::Error) -> Error {
    move |error| of_key(org, provider, Error::about(org)(error))
}

fn of_key(org: &OrgId, provider: &ProviderId, error: Error) -> Error {
    match error {
        Error::Key(KeyError::Unreadable(_)) => {
            let key = Subject::Key(provider.clone(), Holder::Organization(org.clone()));
            Error::Key(KeyError::Unreadable(key.to_string()))
        }
        other => other,
    }
}
