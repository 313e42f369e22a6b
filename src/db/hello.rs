//! The first question of a session: which database this is, and what the login may do.

use super::guard::Guarded;
use super::link::PooledConnection;
use crate::crypto::CheckValue;
use crate::error::{AccessError, DataError, Error, KeyError, Result, SchemaError, Subject};

/// The database and this login, as the first round trip found them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Hello {
    /// The newest migration applied.
    pub schema_version: i64,
    /// The version of the program that installed last.
    pub byok_version: String,
    /// Identifies the content of the installed functions.
    pub functions: String,
    /// The number of the installed functions. It increases with every change that a program can notice.
    pub interface: i32,
    /// The lowest such number of a program that the installed functions serve.
    pub oldest_served: i32,
    /// The login, as the server knows it.
    pub login: String,
    /// Whether the login has the role `byok_admin`.
    pub admin: bool,
    /// Whether the login has the role `byok_resolver`.
    pub resolver: bool,
    /// Whether the login has the role `byok_auditor`.
    pub auditor: bool,
    /// How the session was reached.
    pub(super) way: Way,
    /// The server's version number, such as 150018.
    pub server: i32,
    /// The epoch of the active master key. `None` before the first one was created.
    pub active_epoch: Option<u32>,
    /// Epoch and check value of each known master key.
    pub master_keys: Vec<(u32, CheckValue)>,
}

/// How a session was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It has the parameters that were asked for when connecting.
    Direct,
    /// A pooler dropped them.
    Pooled,
}

impl Hello {
    /// Whether a pooler between this client and the server dropped the parameters of the session.
    pub fn is_pooled(&self) -> bool {
        self.way == Way::Pooled
    }

    /// Whether the database knows this master key. The error names both keys.
    pub fn check_master_key(&self, epoch: u32, given: CheckValue) -> Result<()> {
        let wanted = self.master_keys.iter().find(|(known, _)| *known == epoch).map(|(_, value)| *value);
        if self.master_keys.is_empty() {
            return Err(Error::Key(KeyError::NoMasterKey));
        }
        if wanted == Some(given) {
            return Ok(());
        }
        let wanted = wanted.map_or_else(|| "not known for this epoch".into(), |value| value.to_string());
        Err(Error::Key(KeyError::WrongMasterKey { epoch, wanted, given }))
    }
}

pub(super) async fn hello(connection: &mut PooledConnection) -> Result<Hello> {
    // Behind a pooler, the next statement may run in another session.
    let pooled = connection.pooled();
    let asked = sqlx::query!(
        r#"select schema_version as "schema_version!", byok_version as "byok_version!", functions as "functions!",
                  interface as "interface!", oldest_served as "oldest_served!", login as "login!", admin as "admin!",
                  resolver as "resolver!", auditor as "auditor!", server as "server!", epochs as "epochs!", check_values as "check_values!",
                  active_epoch, current_setting('extra_float_digits') = '2' as "direct!"
           from byok_api.hello(), set_config('statement_timeout', '60s', $1) as statement_timeout,
                set_config('lock_timeout', '15s', $1) as lock_timeout,
                set_config('default_transaction_isolation', 'read committed', $1) as isolation,
                set_config('row_security', 'on', $1) as row_security"#,
        pooled
    )
    .fetch_one(connection);
    // A server that already answers wrongly here is not used.
    let row = Guarded::new(asked).await.map_err(|error| match Error::about(Subject::Login)(error) {
        // Only a login without any right is refused here.
        Error::Access(AccessError::NoServiceRole(_)) => Error::Access(AccessError::NoRole),
        // undefined_column: the function of an older program answers with fewer columns.
        Error::Database { code, .. } if code == "42703" => Error::Schema(SchemaError::SchemaUnnamed),
        other => other,
    })?;
    let mut master_keys = Vec::with_capacity(row.epochs.len());
    if row.epochs.len() != row.check_values.len() {
        return Err(Error::Data(DataError::Malformed("another number of check values than of master keys".into())));
    }
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
        way: if row.direct { Way::Direct } else { Way::Pooled },
        server: row.server,
        active_epoch: row.active_epoch.map(|epoch| super::to_u32(epoch, "keyring", "epoch")).transpose()?,
        master_keys,
    })
}
