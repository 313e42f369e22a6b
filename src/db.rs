//! The database: one connection, one method for each function of `byok_api`. SQL is spoken here and nowhere else.
//!
//! A method is one statement; the function behind it authorizes, changes and records in one transaction. Nothing that goes
//! through here is a secret in clear: keys are sealed before, and opened after.

mod acquire;
mod audit;
mod blocker;
mod connect;
mod credit;
mod deadline;
mod fault;
mod guard;
mod install;
mod key;
mod key_test;
mod keyring;
mod link;
mod org;
mod overview;
mod pool;
mod posting;
mod provider;
mod rate;
mod report;
mod reseal;
mod resolve;
mod role;
mod rotation;
mod route;
mod transaction;
mod url;
mod watched;

pub use acquire::{Ask, Charged, KeyUse, Passphrases, Serving, ServingKey};
pub use audit::{AuditPage, AuditRecord, ChainRecord, NewSeal, SealRow, SealedHead};
pub(crate) use blocker::HeldUp;
pub use blocker::{Blocker, Warning};
pub use credit::{Granted, Moved};
pub(crate) use deadline::{Deadline, Pause};
pub use fault::{Fault, Listed};
#[doc(hidden)]
pub use install::functions_id;
pub use install::{Installed, is_newer, latest_schema};
pub use key::{KeyContext, KeyPage, KeyRecord, KeyVersion, NewKey, OpenedLayer, RemovedKey, StoredKey};
pub use key_test::{LastTest, NewTest};
pub use keyring::{DataKeyRow, NewDataKey};
pub(crate) use link::READ_ONLY;
pub use org::{Member, OrgPage, OrgRecord, Purged, Rebound, Role};
pub use overview::{Hello, Summary};
pub(crate) use pool::LIFETIME;
pub use pool::{Lease, Pool};
pub use posting::Posting;
pub use provider::{PrivateProvider, ProviderRemoval};
pub use rate::{NewRate, RateChange, RateRecord};
pub use report::{Balance, Finding, HistoryPage, Quote, Totals, Usage, UsageBy};
pub(crate) use reseal::Resealed;
pub use reseal::{DataKeyPage, DecryptedRow, HeldDataKey, SealedKey};
pub use role::{RoleHolder, ServiceRole};
pub use rotation::{MasterKeyHolder, MasterKeyRecord, Wrapped};
pub use route::{Route, RouteChange};
pub use url::{DatabaseUrl, Host, Pooler};

use link::PooledConnection;

use crate::error::{Error, Result};

/// A connection with its login, ready for use: the schema is there and of this version.
pub struct Database {
    connection: PooledConnection,
    hello: Hello,
    url: DatabaseUrl,
}

impl Database {
    /// Connects and makes sure that schema and binary fit; one round trip after the connection's own.
    ///
    /// A call whose future is dropped before its end closes the connection, whatever it was doing: a change that was under
    /// way is rolled back, or has happened, and every later call fails with [`Error::GivenUp`].
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        let mut connection = PooledConnection::new(url.connect().await?, url.pooler() == Pooler::Transaction);
        let hello = match overview::hello(&mut connection).await {
            // Nothing was asked yet that could have changed anything.
            Err(Error::Lost(why)) => return Err(Error::Unavailable(why)),
            other => other?,
        };
        let known = latest_schema();
        if hello.schema_version < known {
            return Err(Error::SchemaOlder { found: hello.schema_version, wanted: known });
        }
        if hello.schema_version > known {
            return Err(Error::SchemaNewer { found: hello.schema_version, known });
        }
        if hello.functions != install::FUNCTIONS_ID {
            return Err(Error::OtherFunctions { found: hello.byok_version, own: env!("CARGO_PKG_VERSION") });
        }
        Ok(Self { connection, hello, url: url.clone() })
    }

    /// Another connection in place of this one, to find out what came of a call whose answer was lost.
    pub async fn reopen(&mut self) -> Result<()> {
        *self = Self::open(&self.url).await?;
        Ok(())
    }

    /// Asks; when the answer is lost, asks once more over another connection. For what is safe to ask twice.
    pub async fn ask<T>(&mut self, mut question: impl AsyncFnMut(&mut Self) -> Result<T>) -> Result<T> {
        match question(self).await {
            Err(lost @ Error::Lost(_)) => match self.reopen().await {
                Ok(()) => question(self).await,
                // What was asked first is what is not known.
                Err(_) => Err(lost),
            },
            outcome => outcome,
        }
    }

    /// From now on answers may take so long.
    fn limit(&mut self, limit: link::Limit) {
        self.connection.limit(limit);
    }

    /// Whether nothing is under way on it, and no transaction open.
    fn is_idle(&self) -> bool {
        self.connection.is_idle()
    }

    /// From now on a statement that waits for somebody else's transaction is watched from a second connection: whoever is no
    /// admin is ended, and whoever cannot be ended is named. For admins and resolvers; others may not ask.
    #[must_use]
    pub fn watched(mut self, url: &DatabaseUrl) -> Self {
        if self.hello.admin || self.hello.resolver {
            self.connection.watch(url);
        }
        self
    }

    /// What the database said of itself and of this login.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }
}

/// A count or version as the database keeps it.
fn to_u32(value: i32, table: &'static str, column: &'static str) -> Result<u32> {
    u32::try_from(value).map_err(|_| Error::Corrupt { table, column })
}

fn to_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
