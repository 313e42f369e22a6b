//! Many requests in one round trip.

use super::acquire::{Paid, Row, parameters};
use super::{Ask, Database, MoveResult, Passphrases, Serving};
use crate::credits::Operation;
use crate::error::{DataError, Error, Result, Subject};
use crate::name::{OrgId, ProviderId};
use crate::resolution::Source;

/// One of many requests.
#[derive(Clone, Copy)]
pub(crate) struct OneOfMany<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) provider: &'a ProviderId,
    pub(crate) passphrases: &'a Passphrases,
    /// What to charge. `None` only opens.
    pub(crate) ask: Option<Ask<'a>>,
}

/// The arguments of the function: one array for each.
#[derive(Default)]
struct Columns<'a> {
    orgs: Vec<&'a str>,
    providers: Vec<&'a str>,
    own_epochs: Vec<Option<i32>>,
    own_wraps: Vec<Option<&'a str>>,
    platform_epochs: Vec<Option<i32>>,
    platform_wraps: Vec<Option<&'a str>>,
    operations: Vec<Option<&'a str>>,
    units: Vec<Option<i64>>,
    requests: Vec<Option<&'a str>>,
    seconds: Vec<Option<i32>>,
    purposes: Vec<Option<&'a str>>,
    calls: Vec<Option<&'a [u8]>>,
}

impl<'a> Columns<'a> {
    fn of(requests: &'a [OneOfMany<'a>]) -> Result<Self> {
        let mut columns = Self::default();
        for OneOfMany { org, provider, passphrases, ask } in requests {
            let (own_epoch, own_wrap) = parameters(passphrases.own.as_ref())?;
            let (platform_epoch, platform_wrap) = parameters(passphrases.platform.as_ref())?;
            let operation = ask.and_then(|ask| ask.operation);
            columns.orgs.push(org.as_str());
            columns.providers.push(provider.as_str());
            columns.own_epochs.push(own_epoch);
            columns.own_wraps.push(own_wrap);
            columns.platform_epochs.push(platform_epoch);
            columns.platform_wraps.push(platform_wrap);
            columns.operations.push(operation.map(|(operation, _)| Operation::as_str(operation)));
            columns.units.push(operation.map(|(_, units)| units));
            columns.requests.push(ask.map(|ask| ask.request.as_str()));
            columns.seconds.push(ask.and_then(|ask| ask.seconds));
            columns.purposes.push(ask.and_then(|ask| ask.purpose));
            columns.calls.push(ask.as_ref().map(|ask| ask.call.as_bytes()));
        }
        Ok(columns)
    }
}

/// One row of the answer.
struct OneAnswer {
    at: i32,
    alone: bool,
    source: Option<Source>,
    reason: String,
    version: Option<i32>,
    hint: Option<String>,
    settings: Option<String>,
    data_epoch: Option<i32>,
    sealed: Option<Vec<u8>>,
    unreadable: Option<bool>,
    result: Option<MoveResult>,
    seq: Option<i64>,
    platform_part: Option<i64>,
    provider_part: Option<i64>,
    held: Option<i64>,
    available: Option<i64>,
}

impl OneAnswer {
    /// `None` if the request must be asked for alone.
    fn serving(self) -> Result<Option<Serving>> {
        if self.alone {
            return Ok(None);
        }
        let Self { source, reason, version, hint, settings, data_epoch, sealed, unreadable, .. } = self;
        let Self { result, seq, platform_part, provider_part, held, available, .. } = self;
        let paid = Paid { result, seq, platform_part, provider_part, held, available };
        let key = Row { source, reason, version, hint, settings, data_epoch, sealed, unreadable };
        key.serving(paid.charged()?).map(Some)
    }
}

impl Database {
    /// Opens the keys that serve these requests, and charges for them, in one transaction. The answers are in the order of the
    /// requests. `None` means that nothing was done for a request, which must be asked for alone. If the call fails, nothing
    /// was done for any of them, or its answer was lost.
    pub(crate) async fn acquire_many(&mut self, requests: &[OneOfMany<'_>]) -> Result<Vec<Option<Serving>>> {
        let columns = Columns::of(requests)?;
        let rows = sqlx::query_as!(
            OneAnswer,
            r#"select at as "at!", alone as "alone!", source as "source: Source", reason as "reason!", version, hint, settings,
                      data_epoch, sealed, unreadable, result as "result: MoveResult", seq, platform_part, provider_part, held,
                      available
               from byok_api.acquire_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
            &columns.orgs as _,
            &columns.providers as _,
            &columns.own_epochs as _,
            &columns.own_wraps as _,
            &columns.platform_epochs as _,
            &columns.platform_wraps as _,
            &columns.operations as _,
            &columns.units as _,
            &columns.requests as _,
            &columns.seconds as _,
            &columns.purposes as _,
            &columns.calls as _
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let strange = || Error::Data(DataError::Malformed("not one answer for each of many requests".into()));
        let mut answers: Vec<Option<Option<Serving>>> = requests.iter().map(|_| None).collect();
        for row in rows {
            let at = usize::try_from(row.at).ok().and_then(|at| at.checked_sub(1)).ok_or_else(strange)?;
            let place = answers.get_mut(at).filter(|place| place.is_none()).ok_or_else(strange)?;
            *place = Some(row.serving()?);
        }
        answers.into_iter().map(|answer| answer.ok_or_else(strange)).collect()
    }
}
