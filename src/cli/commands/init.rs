//! `init`: schema, roles and master key.

use std::path::Path;

use clap::Args;

use byok::crypto::MasterKeys;
use byok::db::Database;
use byok::{Error, exit, sealing};
use serde_json::json;

use crate::cli::commands::master_key;
use crate::cli::session;
use crate::cli::session::Context;
use crate::cli::session::keys;
use crate::cli::session::settings;
use crate::cli::session::settings::{KeySource, Target};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// Create the schema, the roles and the master key, or bring them up to date
///
/// Runs as a superuser, or as a role with CREATEROLE and CREATE on the database. The master key is written to the file named
/// by BYOK_MASTER_KEY_FILE (default: byok/master.key in your configuration directory), and is never stored in the database:
/// keep a copy of it, without it no stored key can be opened again. Where a master key is registered and not at hand, the
/// schema is brought up to date and the exit code is 4.
#[derive(Args)]
#[command(after_help = "Examples:
  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok init
  byok init --schema-only                  # an upgrade by somebody who does not hold the master key")]
pub(crate) struct Init {
    /// Bring schema and roles up to date and leave the master key alone: it is kept elsewhere
    #[arg(long)]
    schema_only: bool,
}

/// Brings schema and master key to where they should be.
pub(crate) async fn run(Init { schema_only }: Init, context: &mut Context) -> Result<u8, Failure> {
    let target = context.target()?;
    let Target::Configured(url, _) = &target else {
        let session = context.session().await?;
        let version = session.database.hello().schema_version;
        let said = format!("the private database is ready, schema version {version}");
        return output::change(context.format, "init", &said, ("ready", json!({"schema_version": version})));
    };
    let installed = session::install(url).await?;
    let schema = match installed {
        _ if installed.from == 0 => "created",
        _ if installed.changed => "upgraded",
        _ => "unchanged",
    };
    let key_result = if schema_only {
        "left alone"
    } else {
        let done = |failure: Failure| Failure {
            message: format!("schema version {} ({schema}), but {}", installed.to, failure.message),
            ..failure
        };
        let mut database = Database::open(url).await?;
        let source = settings::master_key(&target, context.master_key_fd())?;
        master_key(&mut database, &source).await.map_err(done)?
    };
    let result = if schema == "unchanged" && key_result == "created" { "created" } else { schema };
    let said = format!("schema version {} ({result}); master key {key_result}", installed.to);
    let item = json!({"schema_version": installed.to, "from": installed.from, "master_key": key_result});
    output::change(context.format, "init", &said, (result, item))
}

/// The first master key is made; a known one is checked, and has to be at hand.
pub(crate) async fn master_key(database: &mut Database, source: &KeySource) -> Result<&'static str, Failure> {
    let loaded = keys::load(source)?;
    if database.hello().active_epoch.is_some() {
        return match loaded {
            Some(keys) => {
                keys.check_in_use(database).await?;
                Ok("verified")
            }
            None => Err(absent(database, source)),
        };
    }
    let (keys, made) = match (loaded, source) {
        (Some(keys), _) => (keys, None),
        (None, KeySource::File(path, _)) => (keys::create(path)?, Some(path)),
        (None, _) => return Err(Failure::new(exit::NOT_AUTHORIZED, "no_master_key", "empty")),
    };
    if let Err(error) = database.ask(async |database| sealing::register_masters(database, &keys).await).await {
        return Err(match made {
            Some(path) => not_registered(database, (path, &keys), error).await,
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
        database.hello().master_keys.iter().map(|(epoch, value)| master_key::named(*epoch, *value)).collect();
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
async fn not_registered(database: &mut Database, (path, keys): (&Path, &MasterKeys), error: Error) -> Failure {
    let unknown = matches!(error, Error::Lost(_));
    if matches!(error, Error::OtherMasterKey) && is_foreign(database, keys).await {
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
