//! The first master key: made where there is none, and checked where there is one.

use std::path::Path;

use byok::admin::Database;
use byok::admin::crypto::MasterKeys;
use byok::admin::sealing;
use byok::error::{ConnectionError, KeyError};
use byok::{Error, exit};

use crate::cli::session::keys;
use crate::cli::session::settings::KeySource;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// The first master key is made; a known one is checked, and has to be at hand.
pub(crate) async fn make_or_check(database: &mut Database, source: &KeySource) -> anyhow::Result<&'static str> {
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
        (None, KeySource::File(path, _)) => (keys::create(path)?, Some(path)),
        (None, _) => return Err(Failure::new(exit::NOT_AUTHORIZED, "no_master_key", "empty").into()),
    };
    if let Err(error) = database.ask(async |database| sealing::register_masters(database, &keys).await).await {
        return Err(match made {
            Some(path) => not_registered(database, path, &keys, error).await.into(),
            None => error.into(),
        });
    }
    if let Some(path) = made {
        output::say(&format!(
            "the master key is in {}: keep a copy elsewhere, nothing opens without it",
            output::path(path)
        ));
    }
    Ok("created")
}

fn absent(database: &Database, source: &KeySource) -> Failure {
    let names: Vec<String> =
        database.hello().master_keys.iter().map(|(epoch, value)| keys::named(*epoch, *value)).collect();
    let message = format!(
        "the master key that the database knows ({}) is not at hand: {} is not there",
        names.join(", "),
        keys::place(source)
    );
    Failure::new(exit::NOT_AUTHORIZED, "no_master_key", message).hint(
        "bring it there, or name its file in BYOK_MASTER_KEY_FILE; where it is kept elsewhere on purpose: byok init --schema-only",
    )
}

/// The key that was made stays, unless the database says over a new connection too that it has another one: only then nothing
/// can ever need it.
async fn not_registered(database: &mut Database, path: &Path, keys: &MasterKeys, error: Error) -> Failure {
    let unknown = matches!(error, Error::Connection(ConnectionError::Lost(_)));
    if matches!(error, Error::Key(KeyError::OtherMasterKey)) && is_foreign(database, keys).await {
        std::fs::remove_file(path).ok();
        return error.into();
    }
    let failure = Failure::from(error);
    let message = format!("{}; the master key that was made is kept in {}", failure.message, output::path(path));
    let hint = if unknown {
        "whether it is registered is not known: `byok init` again finds out and goes on; see too: byok master-key status"
    } else {
        "`byok init` again goes on with it"
    };
    Failure { message, ..failure }.hint(hint)
}

/// Whether the database positively knows of master keys, and of none of these.
pub(crate) async fn is_foreign(database: &mut Database, keys: &MasterKeys) -> bool {
    let asked = database.reopen().await.is_ok();
    let known = &database.hello().master_keys;
    asked && !known.is_empty() && !keys.names().iter().any(|name| known.contains(name))
}
