//! What a resolver is made of.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::keys::DataKeys;
use super::traced::Call;
use super::{Announced, Resolver};
use crate::crypto::{DataKey, MasterKey, MasterKeys};
use crate::db::{DatabaseUrl, LIFETIME, Pool, Pooler};
use crate::error::{ConnectError, Error, KeyError, Result};
use crate::name::Holder;
use crate::sealing;

/// Collects what a [`Resolver`] needs.
pub struct ResolverBuilder {
    url: DatabaseUrl,
    masters: Option<MasterKeys>,
    more_masters: Vec<MasterKey>,
    data_keys: Vec<(Holder, DataKey)>,
    instance: Option<String>,
    connections: usize,
    patience: Duration,
    lifetime: Duration,
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
            patience: Duration::from_secs(10),
            lifetime: LIFETIME,
        }
    }

    /// The master key; while it is being rotated, the new one as well.
    #[must_use]
    pub fn master_key(mut self, key: MasterKey) -> Self {
        self.more_masters.push(key);
        self
    }

    /// All of them at once, with where a later one is looked for.
    #[must_use]
    pub fn master_keys(self, keys: MasterKeys) -> Self {
        Self { masters: Some(keys), ..self }
    }

    /// The data key of one organization, for a caller that holds no master key.
    #[must_use]
    pub fn data_key(mut self, holder: Holder, key: DataKey) -> Self {
        self.data_keys.push((holder, key));
        self
    }

    /// What this process is called, such as a host's name: a rotation of the master key then waits until it has loaded the
    /// new one. Said again every few hours.
    #[must_use]
    pub fn instance(self, instance: impl Into<String>) -> Self {
        Self { instance: Some(instance.into()), ..self }
    }

    /// So many connections at most; 8 unless said otherwise.
    #[must_use]
    pub fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// What stands between here and the server.
    #[must_use]
    pub fn pooler(self, pooler: Pooler) -> Self {
        Self { url: self.url.behind(pooler), ..self }
    }

    /// How long one call takes at most, whatever it waits for: a free connection, a new one, a server that restarts, answers.
    /// 10 seconds unless said otherwise. Zero: nothing is tried again, and each step has a limit of its own.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How long a connection is used at most; 30 minutes unless said otherwise. After a failover, and behind a name that now
    /// leads elsewhere, no connection to the server before stays longer.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// Connects once, and makes sure that schema, login and master keys fit.
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
            keys.keep(holder.as_str(), Arc::new(key));
        }
        Ok(Resolver { pool, keys, announced, server })
    }
}
