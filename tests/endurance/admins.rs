//! The admins: everything that changes while requests are served.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use byok::admin::sealing::{self, Unreadable};
use byok::admin::{Lease, NewGrant, NewRefund, Pool};
use byok::{Credits, Holder, RequestId, Result};

use crate::clients::Load;
use crate::journal::Told;
use crate::platform::{FIRST_GRANT, Platform, enable, set_price};
use crate::seeded_random::Chance;

/// An admin with a connection of its own.
struct Admin {
    platform: Arc<Platform>,
    load: Arc<Load>,
    pool: Pool,
    chance: Chance,
    count: u64,
}

/// What an admin does again and again.
#[derive(Clone, Copy)]
enum Work {
    Grant,
    Refund,
    Key,
    DataKey,
    Org,
    Price,
    Expire,
}

/// So many milliseconds are between two of each.
const WORKS: [(Work, u64); 7] = [
    (Work::Grant, 60),
    (Work::Refund, 150),
    (Work::Key, 250),
    (Work::DataKey, 400),
    (Work::Org, 200),
    (Work::Price, 1500),
    (Work::Expire, 500),
];

/// Starts all of them, each in a thread.
pub(crate) fn all(platform: &Arc<Platform>, load: &Arc<Load>, length: Duration) -> Vec<JoinHandle<()>> {
    let mut threads: Vec<_> = (1..)
        .zip(WORKS)
        .map(|(seed, (work, pause))| {
            let (platform, load, chance) = (platform.clone(), load.clone(), Chance(seed * 0x9E37_79B9));
            std::thread::spawn(move || {
                let pool = Pool::new(platform.admin_url(), 1, Duration::from_secs(20)).unwrap();
                let admin = Admin { platform, load, pool, chance, count: 0 };
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(admin.run(work, Duration::from_millis(pause)));
            })
        })
        .collect();
    let (platform, load) = (platform.clone(), load.clone());
    threads.push(std::thread::spawn(move || rotate_masters(&platform, &load, length / 12)));
    threads
}

/// Rotates the master key now and then, also while the server is away.
fn rotate_masters(platform: &Platform, load: &Load, pause: Duration) {
    let mut last = Instant::now();
    while !load.over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
        if last.elapsed() < pause {
            continue;
        }
        let output = platform.rotate_master();
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 7)), "{code:?}: {}", String::from_utf8_lossy(&output.stderr));
        last = Instant::now();
    }
}

impl Admin {
    async fn run(mut self, work: Work, pause: Duration) {
        while !self.load.over.load(Ordering::Relaxed) {
            tokio::time::sleep(pause).await;
            self.count += 1;
            let outcome = match work {
                Work::Grant => self.grant().await,
                Work::Refund => self.refund().await,
                work => self.act(work).await,
            };
            if let Err(error) = outcome {
                self.load.meter.failed("admin", &error);
            }
        }
    }

    async fn act(&mut self, work: Work) -> Result<()> {
        let lease = &mut self.pool.lease().await?;
        match work {
            Work::Grant | Work::Refund => Ok(()),
            Work::Key => self.key(lease).await,
            Work::DataKey => {
                let masters = self.platform.masters();
                let holder = match self.chance.roll(12) {
                    0 => Holder::Platform,
                    _ => Holder::Organization(self.lasting(0..20)),
                };
                sealing::rotate_data_key(lease, &masters, &holder, Unreadable::Refuse).await.map(drop)
            }
            Work::Org => self.org(lease).await,
            Work::Price => {
                let part = i64::try_from(self.count % 4).unwrap();
                set_price(lease, "step", [3 + part, 2]).await
            }
            Work::Expire => lease.expire_holds(None).await.map(drop),
        }
    }

    /// One of the organizations that are never purged.
    fn lasting(&mut self, among: std::ops::Range<usize>) -> byok::OrgId {
        let at = among.start + self.chance.below(among.len());
        self.load.orgs[at].clone()
    }

    /// Asks until it is answered, as whoever pays in does.
    async fn grant(&mut self) -> Result<()> {
        let at = self.chance.below(self.load.orgs.len());
        let org = self.load.orgs[at].clone();
        let request: RequestId = format!("grant-{}", self.count).parse().unwrap();
        let amount = Credits::from_micro(i64::try_from(self.chance.roll(5_000)).unwrap() + 1);
        loop {
            let grant = NewGrant { request: &request, amount, note: None, make_org: false };
            let outcome = match self.pool.lease().await {
                Ok(mut lease) => lease.grant(&org, grant).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(_) => {
                    self.load.journal.granted(&org, amount.micro());
                    return Ok(());
                }
                Err(error) if error.may_pass() => self.load.meter.failed("admin", &error),
                Err(error) => return Err(error),
            }
        }
    }

    async fn refund(&mut self) -> Result<()> {
        let Some((org, of)) = self.load.recent.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else {
            return Ok(());
        };
        let request: RequestId = format!("refund-{}", self.count).parse().unwrap();
        let amount = (self.chance.roll(2) == 0).then(|| Credits::from_micro(1));
        loop {
            let refund = NewRefund { of: &of, request: &request, amount, note: None };
            let outcome = match self.pool.lease().await {
                Ok(mut lease) => lease.refund(&org, refund).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(moved) => {
                    self.load.journal.note(&of, Told::Refunded(-moved.posting.total().micro()));
                    return Ok(());
                }
                Err(error) if error.may_pass() => self.load.meter.failed("admin", &error),
                Err(error) => return Err(error),
            }
        }
    }

    /// Rotates a key, or removes it and sets it again.
    async fn key(&mut self, lease: &mut Lease) -> Result<()> {
        if self.chance.roll(10) == 0 {
            return self.platform.store(lease, &Holder::Platform).await;
        }
        let holder = Holder::Organization(self.lasting(0..20));
        if self.chance.roll(4) == 0 {
            lease.remove_key(&holder, &"openai".parse().unwrap(), None).await?;
        }
        self.platform.store(lease, &holder).await
    }

    /// Disables and enables organizations, and purges some and uses their ids again.
    async fn org(&mut self, lease: &mut Lease) -> Result<()> {
        if self.chance.roll(2) == 0 {
            let org = self.lasting(10..30);
            lease.disable(&org).await?;
            return enable(lease, &org, false).await;
        }
        let churn = self.load.orgs.len() - 4 + self.chance.below(4);
        let org = self.load.orgs[churn].clone();
        lease.purge(&org).await?;
        tokio::time::sleep(Duration::from_millis(self.chance.roll(50))).await;
        enable(lease, &org, true).await?;
        if self.chance.roll(2) == 0 {
            self.platform.store(lease, &Holder::Organization(org.clone())).await?;
        }
        let request: RequestId = format!("again-{}", self.count).parse().unwrap();
        let amount = Credits::from_micro(FIRST_GRANT / 1000);
        lease.grant(&org, NewGrant { request: &request, amount, note: None, make_org: false }).await?;
        self.load.journal.granted(&org, amount.micro());
        Ok(())
    }
}
