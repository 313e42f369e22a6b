//! Creates the first master key, or checks the existing one.

use std::path::Path;

use byok::admin::Database;
use byok::admin::crypto::MasterKeys;
use byok::admin::sealing;
use byok::error::{ConnectionError, KeyError};
use byok::{Error, exit};

use crate::cli::session::keys;
use crate::cli::session::settings::SecretSource;
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{dry_run, output};

/// Creates and registers a master key if the database has none. Otherwise the loaded key must be the active one.
pub(crate) async fn make_or_check(database: &mut Database, source: &SecretSource) -> anyhow::Result<&'static str> {
    let loaded = keys::load(source)?;
    if database.hello().active_epoch.is_some() {
        return match loaded {
            Some(keys) => {
                keys.check_in_use(database).await?;
                Ok("verified")
            }
            None => Err(absent(database, source).into()),
        };
    }
    let (keys, made) = match (loaded, source) {
        (Some(keys), _) => (keys, None),
        (None, SecretSource::File(path, _)) => (keys::create(path)?, Some(path).filter(|_| !dry_run::is_on())),
        (None, _) => return Err(Failure::new(exit::NOT_AUTHORIZED, "no_master_key", "empty").into()),
    };
    if let Err(error) = database.ask(async |database| sealing::register_masters(database, &keys).await).await {
        return Err(match made {
            Some(path) => not_registered(database, path, &keys, error).await.into(),
            None => error.into(),
        });
    }
    if let Some(path) = made {
        output::warn(&format!(
            "the master key is in {}: keep a copy elsewhere, because no key can be opened without it; to make one: byok master-key \
             escrow --to-file PATH",
            output::path(path)
        ));
    }
    Ok("created")
}

fn absent(database: &Database, source: &SecretSource) -> Failure {
    let names: Vec<String> =
        database.hello().master_keys.iter().map(|(epoch, value)| keys::named(*epoch, *value)).collect();
    let message = format!(
        "the master key of the database ({}) was not found: {} does not exist",
        names.join(", "),
        sources::place(source)
    );
    Failure::new(exit::NOT_AUTHORIZED, "no_master_key", message).hint(
        "put it there, or set BYOK_MASTER_KEY_FILE; if you do not want it on this machine: byok init --schema-only",
    )
}

/// The failure when a new key could not be registered. Its file is removed only if the database says over a new
/// connection that it has another master key, because nothing can need the new key then.
async fn not_registered(database: &mut Database, path: &Path, keys: &MasterKeys, error: Error) -> Failure {
    let unknown = matches!(error, Error::Connection(ConnectionError::Lost(_)));
    if matches!(error, Error::Key(KeyError::OtherMasterKey)) && is_foreign(database, keys).await {
        std::fs::remove_file(path).ok();
        return error.into();
    }
    let failure = Failure::from(error);
    let message = format!("{}; the new master key is kept in {}", failure.message, output::path(path));
    let hint = if unknown {
        "it is not known whether the key was registered; run `byok init` again: it finds out and continues"
    } else {
        "run `byok init` again: it continues with this key"
    };
    Failure { message, ..failure }.hint(hint)
}

/// Whether the database certainly has other master keys, and none of these.
pub(crate) async fn is_foreign(database: &mut Database, keys: &MasterKeys) -> bool {
    let asked = database.reopen().await.is_ok();
    let known = &database.hello().master_keys;
    asked && !known.is_empty() && !keys.names().iter().any(|name| known.contains(name))
}
