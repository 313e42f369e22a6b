//! What a session asks first.

use super::guard::Guarded;
use super::link::PooledConnection;
use crate::crypto::CheckValue;
use crate::error::{DataError, Error, KeyError, Result, Subject};

/// The database and this login, as the first round trip found them.
#[derive(Clone, Debug)]
pub struct Hello {
    /// The newest migration applied.
    pub schema_version: i64,
    /// The version of the program that installed last.
    pub byok_version: String,
    /// Identifies the content of the functions that are installed.
    pub functions: String,
    /// The number of the functions that are installed, which counts up with every change that a program notices.
    pub interface: i32,
    /// The lowest such number of a program that they serve.
    pub oldest_served: i32,
    /// The login, as the server knows it.
    pub login: String,
    /// Holds `byok_admin`.
    pub admin: bool,
    /// Holds `byok_resolver`.
    pub resolver: bool,
    /// Holds `byok_auditor`.
    pub auditor: bool,
    /// The server's version number, such as 150018.
    pub server: i32,
    /// The epoch of the master key in use; none before one was created.
    pub active_epoch: Option<u32>,
    /// The check value of each known master key epoch.
    pub master_keys: Vec<(u32, CheckValue)>,
}

impl Hello {
    /// Whether that master key is one that the database knows; else the error that names both.
    pub fn check_master_key(&self, epoch: u32, given: CheckValue) -> Result<()> {
        let wanted = self.master_keys.iter().find(|(known, _)| *known == epoch).map(|(_, value)| *value);
        if self.master_keys.is_empty() {
            return Err(Error::Key(KeyError::NoMasterKey));
        }
        if wanted == Some(given) {
            return Ok(());
        }
        let wanted = wanted.map_or_else(|| "none of this epoch".into(), |value| value.to_string());
        Err(Error::Key(KeyError::WrongMasterKey { epoch, wanted, given }))
    }
}

pub(super) async fn hello(connection: &mut PooledConnection) -> Result<Hello> {
    // A session behind a pooler is everybody's.
    let pooled = connection.pooled();
    let asked = sqlx::query!(
        r#"select schema_version as "schema_version!", byok_version as "byok_version!", functions as "functions!",
                  interface as "interface!", oldest_served as "oldest_served!", login as "login!", admin as "admin!",
                  resolver as "resolver!", auditor as "auditor!", server as "server!", epochs as "epochs!", check_values as "check_values!",
                  active_epoch
           from byok_api.hello(), set_config('statement_timeout', '60s', $1) as statement_timeout,
                set_config('lock_timeout', '15s', $1) as lock_timeout,
                set_config('default_transaction_isolation', 'read committed', $1) as isolation"#,
        pooled
    )
    .fetch_one(connection);
    // Who lies about its first columns is not talked to.
    let row = Guarded::new(asked).await.map_err(Error::about(Subject::Login))?;
    let mut master_keys = Vec::with_capacity(row.epochs.len());
    for (epoch, value) in row.epochs.into_iter().zip(row.check_values) {
        let value = CheckValue::from_bytes(&value)
            .ok_or(Error::Data(DataError::Corrupt { table: "keyring", column: "check_value" }))?;
        master_keys.push((super::to_u32(epoch, "keyring", "epoch")?, value));
    }
    Ok(Hello {
        schema_version: row.schema_version,
        byok_version: row.byok_version,
        functions: row.functions,
        interface: row.interface,
        oldest_served: row.oldest_served,
        login: row.login,
        admin: row.admin,
        resolver: row.resolver,
        auditor: row.auditor,
        server: row.server,
        active_epoch: row.active_epoch.map(|epoch| super::to_u32(epoch, "keyring", "epoch")).transpose()?,
        master_keys,
    })
}
