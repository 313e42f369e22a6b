//! The settings of a resolver.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::keys::{DataKeys, Opened};
use super::line::{Limits, Line};
use super::reporter::Reporter;
use super::traced::Call;
use super::{Announced, Resolver};
use crate::crypto::{DataKey, MasterKey, MasterKeys};
use crate::db::{DatabaseUrl, LIFETIME, Pool, Pooler};
use crate::error::{ConnectError, Error, KeyError, Result};
use crate::name::Holder;
use crate::sealing;

/// Collects the settings of a [`Resolver`].
pub struct ResolverBuilder {
    url: DatabaseUrl,
    masters: Option<MasterKeys>,
    more_masters: Vec<MasterKey>,
    data_keys: Vec<(Holder, DataKey)>,
    instance: Option<String>,
    connections: usize,
    waiting: usize,
    together: usize,
    patience: Duration,
    lifetime: Duration,
    reports_every: Duration,
}

impl ResolverBuilder {
    pub(super) fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            masters: None,
            more_masters: Vec::new(),
            data_keys: Vec::new(),
            instance: None,
            connections: 8,
            waiting: 10_000,
            together: 64,
            patience: Duration::from_secs(10),
            lifetime: LIFETIME,
            reports_every: Duration::from_secs(60),
        }
    }

    /// The master key. During a rotation, call it for the new key as well.
    #[must_use]
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.more_masters.push(key);
        self
    }

    /// Several master keys, and where a later one is found.
    #[must_use]
    pub fn master_keys(self, keys: MasterKeys) -> Self {
        Self { masters: Some(keys), ..self }
    }

    /// The data key of one organization, for a caller without the master key.
    #[must_use]
    pub fn data_key(mut self, holder: Holder, key: DataKey) -> Self {
        self.data_keys.push((holder, key));
        self
    }

    /// The name of this instance, such as a host name. A rotation of the master key then waits until this instance has
    /// loaded the new key. The name is reported every few hours.
    #[must_use]
    pub fn instance(self, instance: impl Into<String>) -> Self {
        Self { instance: Some(instance.into()), ..self }
    }

    /// The largest number of connections for requests. The default is 8. While keys are [reported](Resolver::report), there is one
    /// more.
    #[must_use]
    pub fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// The largest number of requests that wait for a connection. The default is 10,000. A request beyond it fails at once, with
    /// [`ConnectionError::Overloaded`](crate::error::ConnectionError::Overloaded).
    #[must_use]
    pub fn waiting(self, waiting: usize) -> Self {
        Self { waiting, ..self }
    }

    /// The largest number of requests of a server that are asked for in one round trip, from 1 to 256. The default is 64.
    #[must_use]
    pub fn together(self, together: usize) -> Self {
        Self { together: together.clamp(1, 256), ..self }
    }

    /// What is between this process and the server.
    #[must_use]
    pub fn pooler(self, pooler: Pooler) -> Self {
        Self { url: self.url.behind(pooler), ..self }
    }

    /// The time limit of one call, for everything that it waits for: a free connection, a new one, a restarting server,
    /// answers. The default is 10 seconds. With zero, nothing is tried again, and each step has a limit of its own.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The longest time that a connection is used. The default is 30 minutes. After a failover, or if a host name now
    /// points to another server, no connection to the old server lasts longer.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// How often what was [reported](Resolver::report) about a key is written at most. The default is a minute.
    #[must_use]
    pub fn reports_every(self, interval: Duration) -> Self {
        Self { reports_every: interval, ..self }
    }

    /// Connects once, and checks that the schema, the login and the master keys fit.
    ///
    /// # Errors
    /// [`ConnectError::Connection`], [`Access`](ConnectError::Access) where the login has no role,
    /// [`Key`](ConnectError::Key) where a master key is not one of this database, [`Schema`](ConnectError::Schema) and
    /// [`Data`](ConnectError::Data).
    pub async fn open(self) -> Result<Resolver, ConnectError> {
        let call = Call { name: "open", org: None, provider: None };
        call.run(self.open_now()).await.map_err(ConnectError::from)
    }

    async fn open_now(self) -> Result<Resolver> {
        let mut more = self.more_masters.into_iter();
        let one_epoch = |_| Error::Key(KeyError::TwoMasterKeys);
        let mut masters = match self.masters {
            Some(masters) => Some(masters),
            None => more.next().map(|first| MasterKeys::new(first, Vec::new())).transpose().map_err(one_epoch)?,
        };
        if let Some(masters) = &mut masters {
            more.try_for_each(|key| masters.add(key)).map_err(one_epoch)?;
        }
        let reporting = Pool::with_lifetime(self.url.clone(), 1, self.patience, self.lifetime)?;
        let pool = Pool::with_lifetime(self.url, self.connections, self.patience, self.lifetime)?;
        let mut first = pool.lease().await?;
        if let Some(masters) = &masters {
            masters.check(&mut first).await?;
        }
        if let (Some(instance), Some(masters)) = (&self.instance, &masters) {
            sealing::report_loaded(&mut first, instance, masters).await?;
        }
        let server = first.hello().resolver;
        drop(first);
        let announced = self.instance.map(|instance| Announced { instance, at: Mutex::new(Instant::now()) });
        let keys = DataKeys::new(masters);
        for (holder, key) in self.data_keys {
            keys.keep(holder.as_str(), Opened::new(key));
        }
        let limits = Limits { connections: self.connections.max(1), waiting: self.waiting, together: self.together };
        let line = Line::new(pool.clone(), limits);
        let reporter = Reporter::new(reporting, self.reports_every);
        Ok(Resolver { pool, line, keys, reporter, announced, server })
    }
}
