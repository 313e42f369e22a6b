//! The request path of a server: whose key a request uses, that key, and the charge for it, in one round trip.
//!
//! ```no_run
//! # async fn serve(url: byok::db::DatabaseUrl, master: byok::crypto::MasterKey) -> byok::Result<()> {
//! use byok::resolver::{Charge, Resolver};
//!
//! let resolver = Resolver::builder(url).master_key(master).connections(16).open().await?;
//! let (org, provider) = ("acme".parse().unwrap(), "openai".parse().unwrap());
//! let charge = Charge::now("interview".parse().unwrap(), 1)?;
//! let acquired = resolver.acquire(&org, &provider, &charge).await?;
//! let key = acquired.key.credential.get("api_key").unwrap();
//! // … call the provider with it, and forget it.
//! # Ok(()) }
//! ```
//!
//! A [`Resolver`] keeps opened data keys in memory that is zeroized, and nothing else: no decision and no provider key. What
//! is set, rotated, removed or disabled counts from the next request on. A connection that is lost is replaced, and the
//! request that it carried is asked again with the same request id, so that it is charged once.
//!
//! The seal is opened here, after the database has charged. A key that does not open is undone at once: the charge is given
//! back, or the hold released, exactly once. Should this process die between the two, a charge stays until the same request is
//! asked again (which undoes it) or an admin refunds it; a hold ends by itself. [`Charge::hold`] is therefore the safer way.

mod builder;
mod keys;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::credits::{Operation, RequestId};
use crate::crypto::Place;
use crate::db::{Ask, Charged, Lease, Moved, Passphrases, Pool, Serving, ServingKey};
use crate::error::{Error, Result};
use crate::name::{Holder, OrgId, ProviderId};
use crate::resolution::{Reason, Source};
use crate::sealing;
use crate::secret::{Credential, Hint};

pub use builder::ResolverBuilder;
use keys::DataKeys;

/// How often a request may learn of another data key before it gives up: one for the organization, one for the platform, and
/// one for a data key that is replaced meanwhile.
const ROUNDS: usize = 4;

/// Resolves, opens and charges for a server's requests; cheap to share behind an `Arc`.
pub struct Resolver {
    pool: Pool,
    keys: DataKeys,
    announced: Option<Announced>,
}

/// What this process calls itself where the database knows who holds which master keys, and when it last said so.
struct Announced {
    instance: String,
    at: Mutex<Instant>,
}

/// A rotation of the master key waits for whoever said within a day what it holds.
const ANNOUNCE: Duration = Duration::from_secs(6 * 60 * 60);

/// A key that may be used for one request.
pub struct OpenedKey {
    /// Whose it is.
    pub source: Source,
    /// Why it serves.
    pub reason: Reason,
    /// The provider.
    pub provider: ProviderId,
    /// Its version.
    pub version: u32,
    /// Its hint.
    pub hint: Hint,
    /// Its secret fields.
    pub credential: Credential,
    /// Its non-secret fields, a JSON object or empty, as they were sealed with it.
    pub settings: String,
}

/// What a request costs, and under which id.
#[derive(Clone, Debug)]
pub struct Charge {
    operation: Option<Operation>,
    units: i64,
    request: RequestId,
    hold: Option<Duration>,
    purpose: Option<String>,
}

/// A key and what was charged or reserved for it.
pub struct Acquired {
    /// The key.
    pub key: OpenedKey,
    /// The request id, to settle, release, refund or look it up by.
    pub request: RequestId,
    /// What was charged or reserved; none where nothing was asked for.
    pub charge: Option<Charged>,
}

impl Charge {
    /// Charges at once, under a new random request id.
    pub fn now(operation: Operation, units: i64) -> Result<Self> {
        let request = RequestId::random().map_err(|_| Error::NoRandomness)?;
        Ok(Self { operation: Some(operation), units, request, hold: None, purpose: None })
    }

    /// Reserves what so many units cost. Whoever does not settle or release it in that time has it released.
    pub fn hold(operation: Operation, units: i64, time: Duration) -> Result<Self> {
        Ok(Self { hold: Some(time), ..Self::now(operation, units)? })
    }

    /// Charges nothing: for a use that is only recorded.
    pub fn nothing() -> Result<Self> {
        let request = RequestId::random().map_err(|_| Error::NoRandomness)?;
        Ok(Self { operation: None, units: 0, request, hold: None, purpose: None })
    }

    /// Under the caller's own request id: a request that is asked again is charged once.
    #[must_use]
    pub fn request(self, request: RequestId) -> Self {
        Self { request, ..self }
    }

    /// Leaves an audit record of its own, with these words.
    #[must_use]
    pub fn recorded_as(self, purpose: &str) -> Self {
        Self { purpose: Some(purpose.to_owned()), ..self }
    }

    fn ask(&self) -> Ask<'_> {
        let seconds = self.hold.map(|time| i32::try_from(time.as_secs().max(1)).unwrap_or(i32::MAX));
        let operation = self.operation.as_ref().map(|operation| (operation, self.units));
        Ask { operation, request: &self.request, seconds, purpose: self.purpose.as_deref() }
    }
}

/// Asks the database, and asks again over another connection when this one was lost: everything that is asked here is safe to
/// ask twice.
macro_rules! asked {
    ($self:ident, $lease:ident => $question:expr) => {{
        let begun = Instant::now();
        loop {
            let mut $lease: Lease<'_> = $self.pool.lease().await?;
            match $question {
                Err(Error::Contended) if begun.elapsed() < $self.pool.patience() => $lease.done(),
                Err(Error::Unavailable(_)) if begun.elapsed() < $self.pool.patience() => $self.pool.forget(),
                // After a failed statement the connection is as good as before; a lost one is Unavailable.
                Err(Error::Unavailable(why)) => break Err(Error::Unavailable(why)),
                other => {
                    $lease.done();
                    break other;
                }
            }
        }
    }};
}

impl Resolver {
    /// Where to begin.
    pub fn builder(url: crate::db::DatabaseUrl) -> ResolverBuilder {
        ResolverBuilder::new(url)
    }

    /// The key that serves, opened. Writes nothing, and charges nothing.
    pub async fn resolve(&self, org: &OrgId, provider: &ProviderId) -> Result<OpenedKey> {
        self.announce().await;
        for _ in 0..ROUNDS {
            let passphrases = self.passphrases(org, provider);
            let serving = asked!(self, database => database.key_serving((org, provider), &passphrases).await)?;
            match serving {
                Serving::Key(sealed) => return self.open(org, provider, &sealed),
                Serving::Denied(reason) => return Err(Error::Denied(reason)),
                Serving::DataKey { platform, epoch } => self.learn(&holder(org, platform), epoch).await?,
            }
        }
        Err(Error::Changed(format!("{provider} of {}", Holder::Organization(org.clone()))))
    }

    /// The key that serves, opened, and the charge for it. Denied, or a key that does not open: nothing is charged, and no
    /// other key takes its place.
    pub async fn acquire(&self, org: &OrgId, provider: &ProviderId, charge: &Charge) -> Result<Acquired> {
        self.announce().await;
        let ask = charge.ask();
        for _ in 0..ROUNDS {
            let passphrases = self.passphrases(org, provider);
            let serving = asked!(self, database => database.acquire((org, provider), &passphrases, &ask).await)?;
            match serving {
                Serving::Key(sealed) => match self.open(org, provider, &sealed) {
                    Ok(key) => return Ok(Acquired { key, request: charge.request.clone(), charge: sealed.charge }),
                    Err(error) => {
                        if sealed.charge.is_some() {
                            self.undo(org, &charge.request).await?;
                        }
                        return Err(error);
                    }
                },
                Serving::Denied(reason) => return Err(Error::Denied(reason)),
                Serving::DataKey { platform, epoch } => self.learn(&holder(org, platform), epoch).await?,
            }
        }
        Err(Error::Changed(format!("{provider} of {}", Holder::Organization(org.clone()))))
    }

    /// Ends a hold with a charge for what was used, or for what was reserved.
    pub async fn settle(&self, org: &OrgId, request: &RequestId, units: Option<i64>) -> Result<Moved> {
        asked!(self, database => database.settle(org, request, units).await)
    }

    /// Ends a hold without a charge.
    pub async fn release(&self, org: &OrgId, request: &RequestId) -> Result<Moved> {
        asked!(self, database => database.release(org, request).await)
    }

    /// Gives back what an acquire of this login charged, or releases what it reserved, because nothing came of it.
    pub async fn undo(&self, org: &OrgId, request: &RequestId) -> Result<Moved> {
        asked!(self, database => database.undo(org, request).await)
    }

    /// A connection of the pool, for everything else that [`crate::db::Database`] can do; give it back with `done`.
    pub async fn database(&self) -> Result<Lease<'_>> {
        self.pool.lease().await
    }

    /// Says again which master keys are loaded here, where that was long ago.
    async fn announce(&self) {
        let Some(Announced { instance, at }) = &self.announced else { return };
        {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            if at.elapsed() < ANNOUNCE {
                return;
            }
            *at = Instant::now();
        }
        // A request does not fail for it: the next time is soon enough.
        if let (Some(masters), Ok(mut database)) = (self.keys.masters(), self.pool.lease().await)
            && sealing::report_loaded(&mut database, instance, masters).await.is_ok()
        {
            database.done();
        }
    }

    fn passphrases(&self, org: &OrgId, provider: &ProviderId) -> Passphrases {
        let of = |holder: &str| {
            let key = self.keys.latest(holder)?;
            Some((key.epoch(), key.passphrase(holder, provider.as_str())))
        };
        Passphrases { own: of(org.as_str()), platform: of(Holder::Platform.as_str()) }
    }

    async fn learn(&self, holder: &Holder, epoch: u32) -> Result<()> {
        if self.keys.use_known(holder.as_str(), epoch) {
            return Ok(());
        }
        let row = asked!(self, database => database.data_key_of(holder, epoch).await)?;
        let row = row.ok_or_else(|| Error::DataKeyUnreadable(holder.to_string()))?;
        self.keys.unwrap(holder, &row)
    }

    fn open(&self, org: &OrgId, provider: &ProviderId, sealed: &ServingKey) -> Result<OpenedKey> {
        let holder = holder(org, sealed.source == Source::Platform);
        let unreadable = || Error::Unreadable(format!("{provider} of {holder}"));
        let key = self.keys.get(holder.as_str(), sealed.data_epoch).ok_or_else(unreadable)?;
        let place = Place {
            org: holder.as_str(),
            provider: provider.as_str(),
            version: sealed.version,
            settings: &sealed.settings,
            hint: &sealed.hint,
        };
        let credential = key.open(&place, &sealed.sealed).map_err(|_| unreadable())?;
        Ok(OpenedKey {
            source: sealed.source,
            reason: sealed.reason,
            provider: provider.clone(),
            version: sealed.version,
            hint: Hint::stored(sealed.hint.clone()),
            credential,
            settings: sealed.settings.clone(),
        })
    }
}

fn holder(org: &OrgId, platform: bool) -> Holder {
    if platform { Holder::Platform } else { Holder::Organization(org.clone()) }
}
