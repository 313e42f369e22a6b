//! The request path of a server: decides whose key serves, opens it, and charges for it, in one round trip.
//!
//! ```no_run
//! # async fn serve(url: byok::DatabaseUrl, master: byok::MasterKey) -> Result<(), Box<dyn std::error::Error>> {
//! use byok::{Charge, Resolver};
//!
//! let resolver = Resolver::builder(url).master_key(master).connections(16).open().await?;
//! let (org, provider) = ("acme".parse().unwrap(), "openai".parse().unwrap());
//! let charge = Charge::now("interview".parse().unwrap(), 1)?;
//! let acquired = resolver.acquire(&org, &provider, &charge).await?;
//! let key = acquired.key.credential.get("api_key").unwrap();
//! // … call the provider with it, drop it, and report what the provider answered:
//! resolver.report(&acquired, byok::Observed::Ok);
//! # Ok(()) }
//! ```
//!
//! With the feature `tracing`, each call has a span with the organization, the provider, the outcome and the duration,
//! and never a key.
//!
//! Concurrent requests of a server are asked for together: each connection takes what waits when it is free, organizations
//! in turn. A request that comes alone goes alone, at once. If the future of an acquire is dropped, it costs nothing: it is
//! not sent any more, or its charge is undone. If an acquire fails with
//! [`ConnectionError::Lost`](crate::error::ConnectionError::Lost), its charge may stay: ask again with
//! [the same request id](Charge::request_id).
//!
//! A [`Resolver`] keeps opened data keys in memory that is zeroized. It keeps no decision and no provider key. A key
//! that is set, rotated or removed, and an organization that is disabled, count from the next request on. If a
//! connection is lost, it is replaced, and its request is sent again with the same request id, so that it is charged
//! once.
//!
//! The seal is opened here, after the database has charged. If a key does not open, the charge is undone or the hold is
//! released at once, exactly once. If this process dies in between, a charge stays until an admin refunds it, and a
//! hold expires. So [`Charge::hold`] is safer. A request whose charge was undone never serves again:
//! [`AcquireError::ChargeLost`].

mod asked;
mod builder;
mod charge;
mod keys;
mod line;
mod opening;
mod reporter;
mod reporting;
mod settle;
mod tallies;
mod traced;
mod unclaimed;
mod waiting;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::credits::{CallId, RequestId, UndoReason};
use crate::db::{Charged, DatabaseUrl, Deadline, KeyUse, Lease, Passphrases, Pool, Serving};
use crate::error::{AcquireError, ChangeError, ConnectError, ConnectionError, CreditError, Error, Result};
use crate::name::{Holder, OrgId, ProviderId};
use crate::resolution::{Reason, Source};
use crate::sealing;
use crate::secret::{Credential, Hint};

use asked::{Attempts, asked};
pub use builder::ResolverBuilder;
pub use charge::Charge;
use keys::{DataKeys, Request, Wanted};
use line::{Answer, Line, Question};
use reporter::Reporter;
pub use reporter::Reports;
use traced::Call;
use unclaimed::Unclaimed;

/// How often a request may need another data key before it fails: one for the organization, one for the platform, and
/// the others for data keys and master keys that are replaced at the same time.
const ROUNDS: usize = 16;

/// Resolves, opens and charges for the requests of a server. Share it in an `Arc`.
pub struct Resolver {
    pool: Pool,
    /// Where requests of a server wait for a connection.
    line: Arc<Line>,
    keys: DataKeys,
    reporter: Reporter,
    announced: Option<Announced>,
    /// Whether the login is one of the platform's servers, which are charged when they open a key. An owner opens
    /// first.
    server: bool,
}

/// The name of this instance, under which it reports its master keys, and the time of its last report.
struct Announced {
    instance: String,
    at: Mutex<Instant>,
}

/// How often the master keys are reported. A rotation waits for instances that reported within a day.
const ANNOUNCE: Duration = Duration::from_secs(6 * 60 * 60);

/// An opened key for one request.
#[non_exhaustive]
pub struct OpenedKey {
    /// Whose key it is.
    pub source: Source,
    /// The organization, or the platform.
    pub holder: Holder,
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
    /// Its non-secret fields as they were sealed with it: a JSON object, or empty. If there is a `base_url` among them,
    /// the key may only be sent to that address.
    pub settings: String,
}

/// A key that [`Resolver::resolve`] opened, and what its use costs.
pub struct OpenedUse<'a> {
    /// The key.
    pub key: OpenedKey,
    /// What to charge; never a hold.
    pub charge: &'a Charge,
}

/// A key, and what was charged or reserved for it.
#[non_exhaustive]
pub struct Acquired {
    /// The key.
    pub key: OpenedKey,
    /// The request id, for settle, release, refund and look-ups.
    pub request: RequestId,
    /// What was charged or reserved. `None` if nothing was requested.
    pub charge: Option<Charged>,
    /// The call that was charged.
    call: CallId,
}

impl Resolver {
    /// Configures a resolver.
    pub fn builder(url: DatabaseUrl) -> ResolverBuilder {
        ResolverBuilder::new(url)
    }

    /// Returns the key that serves, opened. Charges nothing, and writes nothing except that a key does not open or opens
    /// again.
    ///
    /// # Errors
    /// [`AcquireError::Denied`], [`Key`](AcquireError::Key) where it does not open, [`Access`](AcquireError::Access),
    /// [`Connection`](AcquireError::Connection), [`Schema`](AcquireError::Schema), [`Data`](AcquireError::Data), and
    /// [`Changed`](AcquireError::Changed) where data keys are replaced again and again meanwhile.
    pub async fn resolve(&self, org: &OrgId, provider: &ProviderId) -> Result<OpenedKey, AcquireError> {
        let call = Call { name: "resolve", org: Some(org), provider: Some(provider) };
        call.run(async {
            let deadline = self.pool.deadline();
            self.announce(deadline).await;
            self.resolve_until(deadline, org, provider).await
        })
        .await
        .map_err(AcquireError::from)
    }

    async fn resolve_until(&self, deadline: Deadline, org: &OrgId, provider: &ProviderId) -> Result<OpenedKey> {
        let request = Request { deadline, org, provider };
        let mut wanted = Wanted::default();
        for _ in 0..ROUNDS {
            let held = self.keys.held(org, provider);
            let passphrases = Arc::new(held.passphrases());
            let serving = self.ask(request, &passphrases, None, &mut Unclaimed::none()).await;
            match self.seen(request, &passphrases, serving).await? {
                Serving::Key(sealed) => return self.open(request, &held, &sealed).await,
                Serving::Denied(reason) => return Err(Error::Denied(reason)),
                Serving::DataKey(named) => self.learn(request, named, &mut wanted).await?,
            }
        }
        Err(changed(org, provider))
    }

    /// Opens the key that serves, and charges for it. If the request is denied, or if the key does not open, nothing is
    /// charged and no other key is used. A login that is not one of the platform's servers opens first and is charged
    /// after that, in two round trips, and cannot reserve credits.
    ///
    /// # Errors
    /// Those of [`Resolver::resolve`], and of the charge: [`AcquireError::NotEnoughCredits`],
    /// [`RequestReused`](AcquireError::RequestReused), [`NoRate`](AcquireError::NoRate),
    /// [`OutOfRange`](AcquireError::OutOfRange), [`OtherKeyServes`](AcquireError::OtherKeyServes),
    /// [`ChargeLost`](AcquireError::ChargeLost), [`Purged`](AcquireError::Purged), [`HoldNotPossible`](AcquireError::HoldNotPossible) and
    /// [`NoRandomness`](AcquireError::NoRandomness).
    pub async fn acquire(&self, org: &OrgId, provider: &ProviderId, charge: &Charge) -> Result<Acquired, AcquireError> {
        let call = Call { name: "acquire", org: Some(org), provider: Some(provider) };
        call.run(self.acquire_now(org, provider, charge)).await.map_err(AcquireError::from)
    }

    async fn acquire_now(&self, org: &OrgId, provider: &ProviderId, charge: &Charge) -> Result<Acquired> {
        let deadline = self.pool.deadline();
        self.announce(deadline).await;
        if !self.server {
            return self.open_then_charge(deadline, org, provider, charge).await;
        }
        let call = CallId::random().map_err(|_| Error::NoRandomness)?;
        let request = Request { deadline, org, provider };
        let mut wanted = Wanted::default();
        // Until the key is returned, dropping this undoes the charge.
        let mut unclaimed = Unclaimed::none();
        for _ in 0..ROUNDS {
            let held = self.keys.held(org, provider);
            let passphrases = Arc::new(held.passphrases());
            let serving = self.ask(request, &passphrases, Some((charge, call)), &mut unclaimed).await;
            match self.seen(request, &passphrases, serving).await? {
                Serving::Key(sealed) => match self.open(request, &held, &sealed).await {
                    Ok(key) => {
                        unclaimed.claim();
                        return Ok(Acquired { key, request: charge.request_id().clone(), charge: sealed.charge, call });
                    }
                    Err(error) => {
                        if sealed.charge.is_some() {
                            self.undo_own(org, charge.request_id(), call, UndoReason::KeyUnreadable).await?;
                        }
                        unclaimed.claim();
                        return Err(error);
                    }
                },
                Serving::Denied(reason) => return Err(Error::Denied(reason)),
                Serving::DataKey(named) => self.learn(request, named, &mut wanted).await?,
            }
        }
        Err(changed(org, provider))
    }

    /// Asks the database. A server's request waits in the line, and is asked for together with others. `unclaimed` becomes what
    /// this call has charged, also by an attempt whose answer was lost: a later one may be denied, or meet another key.
    async fn ask(
        &self,
        request: Request<'_>,
        passphrases: &Arc<Passphrases>,
        charge: Option<(&Charge, CallId)>,
        unclaimed: &mut Unclaimed,
    ) -> Result<Serving> {
        let Request { deadline, org, provider } = request;
        if !self.server {
            return asked!(self, deadline, database => database.key_serving(org, provider, passphrases).await);
        }
        let mut attempts = Attempts::new(deadline);
        loop {
            let question = Question {
                org: org.clone(),
                provider: provider.clone(),
                passphrases: passphrases.clone(),
                charge: charge.map(|(charge, call)| (charge.clone(), call)),
                deadline,
                // The second loss may be the fault of a request in its company.
                alone: attempts.lost_one() || charge.is_some_and(|(charge, _)| charge.is_recorded()),
            };
            let Answer { serving, unclaimed: charged } = self.line.ask(question).await;
            unclaimed.become_of(charged);
            let failed = match serving {
                Err(error @ Error::Connection(ConnectionError::Overloaded(_))) => Err(attempts.end(error)),
                Err(error) => attempts.after(&self.pool, error).await,
                serving => return serving,
            };
            if let Err(error) = failed {
                if matches!(error, Error::Connection(_)) {
                    // The caller is told, and may ask again with the same request id.
                    std::mem::replace(unclaimed, Unclaimed::none()).claim();
                }
                return Err(error);
            }
        }
    }

    async fn open_then_charge(
        &self,
        deadline: Deadline,
        org: &OrgId,
        provider: &ProviderId,
        charge: &Charge,
    ) -> Result<Acquired> {
        for _ in 0..ROUNDS {
            let key = self.resolve_until(deadline, org, provider).await?;
            match self.charge_until(deadline, org, vec![OpenedUse { key, charge }]).await {
                Err(Error::Change(ChangeError::Changed(_))) => {}
                outcome => return outcome?.pop().ok_or_else(|| changed(org, provider)),
            }
        }
        Err(changed(org, provider))
    }

    /// Charges for keys that [`Resolver::resolve`] opened, and records their use: all of them in one transaction, or none.
    ///
    /// # Errors
    /// Those of [`Resolver::acquire`]. [`AcquireError::Changed`]: another key serves by now than one that was opened; open again.
    pub async fn charge_opened(&self, org: &OrgId, opened: Vec<OpenedUse<'_>>) -> Result<Vec<Acquired>, AcquireError> {
        let call = Call { name: "charge_opened", org: Some(org), provider: None };
        call.run(self.charge_until(self.pool.deadline(), org, opened)).await.map_err(AcquireError::from)
    }

    async fn charge_until(&self, deadline: Deadline, org: &OrgId, opened: Vec<OpenedUse<'_>>) -> Result<Vec<Acquired>> {
        if opened.iter().any(|used| used.charge.is_hold()) {
            return Err(Error::Credit(CreditError::HoldNotPossible));
        }
        let call = CallId::random().map_err(|_| Error::NoRandomness)?;
        let uses: Vec<KeyUse<'_>> = opened
            .iter()
            .map(|OpenedUse { key, charge }| KeyUse {
                provider: &key.provider,
                source: key.source,
                version: key.version,
                ask: charge.ask(call),
            })
            .collect();
        let charged = asked!(self, deadline, database => database.use_keys(org, &uses).await)?;
        let acquired = opened.into_iter().zip(charged).map(|(OpenedUse { key, charge }, charged)| Acquired {
            key,
            request: charge.request_id().clone(),
            charge: charged,
            call,
        });
        Ok(acquired.collect())
    }

    /// Whether the login is one of the platform's servers. An owner's charge cannot be undone.
    pub fn may_undo(&self) -> bool {
        self.server
    }

    /// A connection of the pool, for the other functions of [`Database`](crate::admin::Database).
    ///
    /// # Errors
    /// Those of [`ResolverBuilder::open`] but the keys.
    pub async fn database(&self) -> Result<Lease, ConnectError> {
        self.pool.lease().await.map_err(ConnectError::from)
    }

    /// Reports again which master keys are loaded here, if the last report is old.
    async fn announce(&self, deadline: Deadline) {
        let Some(Announced { instance, at }) = &self.announced else { return };
        {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            if at.elapsed() < ANNOUNCE {
                return;
            }
            *at = Instant::now();
        }
        // A request does not fail because of this. The report is repeated later.
        if let (Some(masters), Ok(mut database)) = (self.keys.masters(), self.pool.lease_until(deadline).await) {
            sealing::report_loaded(&mut database, instance, masters).await.ok();
        }
    }
}

fn holder(org: &OrgId, platform: bool) -> Holder {
    if platform { Holder::Platform } else { Holder::Organization(org.clone()) }
}

fn changed(org: &OrgId, provider: &ProviderId) -> Error {
    Error::Change(ChangeError::Changed(format!("{provider} key of {}", Holder::Organization(org.clone()))))
}
