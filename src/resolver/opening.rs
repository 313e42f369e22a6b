//! Opens the key that serves, learns the data keys that it needs, and records which keys do not open.

use super::asked::asked;
use super::keys::{Held, Request, Wanted};
use super::{OpenedKey, ROUNDS, Resolver, holder};
use crate::crypto::SealContext;
use crate::db::{DataKeyName, DataKeyRow, Deadline, KeyMark, Passphrases, Serving, ServingKey};
use crate::error::{Error, KeyError, Result};
use crate::name::{Holder, OrgId, ProviderId};
use crate::provider::Catalog;
use crate::resolution::{Reason, Source};
use crate::sealing;
use crate::secret::Hint;

impl Resolver {
    /// Passes on an answer of the database. If pgcrypto does not decrypt the key, this is recorded.
    pub(super) async fn seen(
        &self,
        request: Request<'_>,
        passphrases: &Passphrases,
        serving: Result<Serving>,
    ) -> Result<Serving> {
        if matches!(serving, Err(Error::Key(KeyError::Unreadable(_))))
            && let Ok(mut database) = self.pool.lease_until(request.deadline).await
        {
            database.mark_undecryptable(request.org, request.provider, passphrases).await.ok();
        }
        serving
    }

    /// Opens a key. If it does not open, or opens again, this is recorded.
    pub(super) async fn open(&self, request: Request<'_>, held: &Held, sealed: &ServingKey) -> Result<OpenedKey> {
        let opened = open(held, request.org, request.provider, sealed);
        let closed = opened.as_ref().is_err_and(|error| sealing::denial(error) == Some(Reason::KeyUnreadable));
        if closed != sealed.unreadable {
            let holder = holder(request.org, sealed.source == Source::Platform);
            let (version, data_epoch) = (sealed.version, sealed.data_epoch);
            let mark = KeyMark { holder: &holder, provider: request.provider, version, data_epoch, opens: !closed };
            self.mark(request.deadline, &mark).await;
        }
        opened
    }

    /// Records whether a key opens. If that fails, the answer to the caller stays the same.
    async fn mark(&self, deadline: Deadline, mark: &KeyMark<'_>) {
        if let Ok(mut database) = self.pool.lease_until(deadline).await {
            database.mark_key(mark).await.ok();
        }
    }

    /// Fetches the data key of this epoch, and opens it. If it is gone, it was replaced after the database named it, and the
    /// caller asks the database again. If the database names it a second time, it is really gone.
    pub(super) async fn learn(&self, request: Request<'_>, named: DataKeyName, wanted: &mut Wanted) -> Result<()> {
        let holder = holder(request.org, named.platform);
        if self.keys.use_known(holder.as_str(), named.epoch) {
            return Ok(());
        }
        let known = match self.data_key(request.deadline, &holder, named.epoch).await {
            Ok(None) if wanted.is_new(&holder, named.epoch) => return Ok(()),
            Ok(None) => Err(Error::Key(KeyError::DataKeyUnreadable(holder.clone()))),
            Ok(Some(())) => Ok(()),
            Err(error) => Err(error),
        };
        if matches!(known, Err(Error::Key(KeyError::DataKeyUnreadable(_)))) {
            let (version, data_epoch) = (named.version, named.epoch);
            let mark = KeyMark { holder: &holder, provider: request.provider, version, data_epoch, opens: false };
            self.mark(request.deadline, &mark).await;
        }
        known
    }

    /// Fetches and opens a data key. `None` if there is none of this epoch. If a rotation of the master key comes between its
    /// row and its master key, the row is read again.
    async fn data_key(&self, deadline: Deadline, holder: &Holder, epoch: u32) -> Result<Option<()>> {
        let mut missing = None;
        for _ in 0..ROUNDS {
            let row: Option<DataKeyRow> =
                asked!(self, deadline, database => database.data_key_of(holder, epoch).await)?;
            let Some(row) = row else { return Ok(None) };
            match self.keys.unwrap(holder, &row) {
                Err(Error::Key(KeyError::MissingMasterKey { .. })) if missing != Some(row.master_epoch) => {
                    missing = Some(row.master_epoch);
                }
                outcome => return outcome.map(Some),
            }
        }
        Err(Error::Key(KeyError::MissingMasterKey { epoch: missing.unwrap_or_default(), wanted: None }))
    }
}

/// Opens a key with the data key whose passphrase decrypted its row.
fn open(held: &Held, org: &OrgId, provider: &ProviderId, sealed: &ServingKey) -> Result<OpenedKey> {
    let platform = sealed.source == Source::Platform;
    let holder = holder(org, platform);
    let unreadable = || Error::Key(KeyError::Unreadable(format!("{provider} key of {holder}")));
    let key = held.of(platform).filter(|key| key.epoch() == sealed.data_epoch).ok_or_else(unreadable)?;
    let place = SealContext {
        org: holder.as_str(),
        provider: provider.as_str(),
        version: sealed.version,
        settings: &sealed.settings,
        hint: &sealed.hint,
    };
    let credential = key.open(&place, &sealed.sealed).map_err(|_| unreadable())?;
    let goes = Catalog::builtin().check_address(provider, &sealed.settings);
    goes.map_err(|_| Error::Denied(Reason::AddressChanged))?;
    sealing::check_complete(&holder, provider, &credential)?;
    Ok(OpenedKey {
        source: sealed.source,
        holder,
        reason: sealed.reason,
        provider: provider.clone(),
        version: sealed.version,
        hint: Hint::stored(sealed.hint.clone()),
        credential,
        settings: sealed.settings.clone(),
    })
}
