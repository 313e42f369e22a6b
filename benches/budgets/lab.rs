//! A server with organizations that have a key each, and pgbench's own tables in a database beside them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use byok::admin::crypto::MasterKey;
use byok::admin::{Database, DatabaseUrl, sealing};
use byok::credits::Operation;
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::name::{OrgId, ProviderId};
use byok::secret::SecretText;
use byok::{AcquireError, Acquired, Charge, Observed, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::row::rate;
use super::{Outcome, pgbench, store};

/// At most so many organizations send requests, spread over all there are.
const SENDERS: usize = 5_000;

/// Every commit is as durable as on a server in production. In memory, it only costs its processor time.
const DURABLE: [&str; 5] = [
    "fsync = on",
    "full_page_writes = on",
    "synchronous_commit = on",
    "max_wal_size = '4GB'",
    "shared_buffers = '512MB'",
];

pub(crate) struct Lab {
    pub(crate) server: ThrowAway,
    pub(crate) master: String,
    /// Organizations with a key of their own, and those without.
    pub(crate) orgs: Arc<Vec<OrgId>>,
    pub(crate) keyless: Arc<Vec<OrgId>>,
    pub(crate) size: usize,
    /// Where the next round begins, so that all organizations have their turn.
    next: AtomicUsize,
}

impl Lab {
    pub(crate) async fn new(size: usize, disk: Option<&Path>, smoke: bool) -> Outcome<Self> {
        let settings = DURABLE.iter().map(ToString::to_string).collect();
        let options = ThrowAwayOptions { settings, port: None };
        let server = match disk {
            Some(dir) => ThrowAway::start_in(dir, &options)?,
            None => ThrowAway::start(&options)?,
        };
        let master = MasterKey::generate(1)?;
        let text = master.to_text().expose().to_owned();
        let url = server.url("byok", "postgres");
        let parsed = DatabaseUrl::parse(SecretText::new(url.clone()))?;
        Database::install(&parsed).await?;
        let mut database = Database::open(&parsed).await?;
        sealing::register_master(&mut database, &master).await?;
        let mut connection = PgConnection::connect(&url).await?;
        connection.execute("create role bench login in role byok_resolver").await?;
        connection.execute("select byok_api.rate_set('interview', '', 'request', 1, 1, 2)").await?;
        store::organizations(&mut connection, &master, size).await?;
        let keyless = store::keyless(&mut connection, size.min(1_000)).await?;
        store::platform_key(&mut database, &text).await?;
        connection.execute("analyze").await?;
        connection.execute(sqlx::raw_sql(&format!("create database {}", pgbench::DATABASE))).await?;
        let (orgs, next) = (Arc::new(store::spread(size, SENDERS)), AtomicUsize::new(0));
        let this = Self { server, master: text, orgs, keyless: Arc::new(keyless), size, next };
        pgbench::fill(&this, smoke)?;
        this.serve_a_while(if smoke { 0.05 } else { 2.0 }).await?;
        connection.execute("vacuum analyze").await?;
        connection.execute("checkpoint").await?;
        Ok(this)
    }

    /// No platform has an empty ledger for long. Without rows there are no statistics, and plans are made without them.
    async fn serve_a_while(&self, seconds: f64) -> Outcome<()> {
        let client = Client::new(&self.resolver(4).await?, &self.orgs)?;
        together(self, client, Verb::Acquire, (64, seconds)).await?;
        Ok(())
    }

    /// What to say of it in a row.
    pub(crate) fn named(&self) -> String {
        let mut digits = self.size.to_string();
        for at in [6, 3] {
            if digits.len() > at {
                digits.insert(digits.len() - at, ',');
            }
        }
        format!("{digits} organizations")
    }

    /// The connection string of an administrator.
    pub(crate) fn url(&self) -> String {
        self.server.url("byok", "postgres")
    }

    /// A resolver that has all data keys in its memory, as one that has run for a while.
    pub(crate) async fn resolver(&self, connections: usize) -> Outcome<Arc<Resolver>> {
        self.reporting(connections, Duration::from_secs(60)).await
    }

    /// The same, which writes what is reported about a key once in this interval.
    pub(crate) async fn reporting(&self, connections: usize, interval: Duration) -> Outcome<Arc<Resolver>> {
        let url = DatabaseUrl::parse(SecretText::new(self.server.url("bench", "postgres")))?;
        let master = MasterKey::parse(&self.master)?;
        let builder = Resolver::builder(url).master_key(master).connections(connections).reports_every(interval);
        let resolver = builder.open().await?;
        let openai = "openai".parse()?;
        for org in self.orgs.iter().chain(self.keyless.iter()) {
            resolver.resolve(org, &openai).await?;
        }
        Ok(Arc::new(resolver))
    }

    /// Where a round begins among the organizations.
    fn begin(&self) -> usize {
        self.next.fetch_add(997, Ordering::Relaxed)
    }
}

/// What a request asks for.
#[derive(Clone, Copy)]
pub(crate) enum Verb {
    Resolve,
    Acquire,
    /// The same, and a report of what the provider answered.
    Reported,
}

/// Sends requests, one after another, until a time has passed.
pub(crate) struct Client {
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) orgs: Arc<Vec<OrgId>>,
    provider: ProviderId,
    operation: Operation,
}

impl Client {
    pub(crate) fn new(resolver: &Arc<Resolver>, orgs: &Arc<Vec<OrgId>>) -> Outcome<Self> {
        let (provider, operation) = ("openai".parse()?, "interview".parse()?);
        Ok(Self { resolver: resolver.clone(), orgs: orgs.clone(), provider, operation })
    }

    pub(crate) async fn request(&self, verb: Verb, at: usize) -> byok::Result<(), byok::error::AcquireError> {
        let org = &self.orgs[at % self.orgs.len()];
        match verb {
            Verb::Resolve => self.resolver.resolve(org, &self.provider).await.map(drop),
            Verb::Acquire => self.acquire(org).await.map(drop),
            Verb::Reported => self.acquire(org).await.map(|acquired| self.resolver.report(&acquired, Observed::Ok)),
        }
    }
}

impl Client {
    async fn acquire(&self, org: &OrgId) -> Result<Acquired, AcquireError> {
        let charge = Charge::now(self.operation.clone(), 1)?;
        self.resolver.acquire(org, &self.provider, &charge).await
    }
}

/// One request after another: how many a second.
pub(crate) async fn alone(lab: &Lab, client: &Client, verb: Verb, seconds: f64) -> Outcome<f64> {
    let (begun, first, mut count) = (Instant::now(), lab.begin(), 0);
    while begun.elapsed() < Duration::from_secs_f64(seconds) {
        for _ in 0..20 {
            client.request(verb, first + count).await?;
            count += 1;
        }
    }
    Ok(rate(count, begun.elapsed()))
}

/// So many requests at any time: how many a second.
pub(crate) async fn together(lab: &Lab, client: Client, verb: Verb, load: (usize, f64)) -> Outcome<f64> {
    let (flying, seconds) = load;
    let (client, next) = (Arc::new(client), Arc::new(AtomicUsize::new(lab.begin())));
    let first = next.load(Ordering::Relaxed);
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(seconds);
    let tasks: Vec<_> = (0..flying)
        .map(|_| {
            let (client, next) = (client.clone(), next.clone());
            tokio::spawn(async move {
                while Instant::now() < end {
                    client.request(verb, next.fetch_add(1, Ordering::Relaxed)).await?;
                }
                Ok::<_, byok::error::AcquireError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(rate(next.load(Ordering::Relaxed) - first, begun.elapsed()))
}
