//! `init`: schema, roles and master key.

use clap::Args;

use byok::db::Database;
use byok::{exit, sealing};
use serde_json::json;

use super::failure::Failure;
use super::master;
use super::out;
use super::session::{self, Context};
use super::settings::{self, KeySource, Target};

/// Create the schema, the roles and the master key, or bring them up to date
///
/// Runs as a superuser, or as a role with CREATEROLE and CREATE on the database. The master key is written to the file named
/// by BYOK_MASTER_KEY_FILE (default: byok/master.key in your configuration directory), and is never stored in the database:
/// keep a copy of it, without it no stored key can be opened again.
#[derive(Args)]
#[command(after_help = "Example:\n  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok init")]
pub(crate) struct Init {}

/// Brings schema and master key to where they should be.
pub(crate) async fn run(context: &mut Context) -> Result<u8, Failure> {
    let target = settings::target()?;
    let Target::Configured(url, _) = &target else {
        let session = context.session().await?;
        let version = session.database.hello().schema_version;
        let said = format!("the private database is ready, schema version {version}");
        return out::change(context.format, "init", &said, ("ready", json!({"schema_version": version})));
    };
    let installed = session::install(url).await?;
    let mut database = Database::open(url).await?;
    let source = settings::master_key(&target, context.master_key_fd())?;
    let key_result = master_key(&mut database, &source).await?;
    let result = match installed {
        _ if installed.from == 0 => "created",
        _ if installed.changed => "upgraded",
        _ if key_result == "created" => "created",
        _ => "unchanged",
    };
    let said = format!("schema version {} ({result}); master key {key_result}", installed.to);
    let item = json!({"schema_version": installed.to, "from": installed.from, "master_key": key_result});
    out::change(context.format, "init", &said, (result, item))
}

/// The first master key is made; a known one is checked where it is at hand.
pub(crate) async fn master_key(database: &mut Database, source: &KeySource) -> Result<&'static str, Failure> {
    let loaded = master::load(source)?;
    if database.hello().active_epoch.is_some() {
        return match loaded {
            Some(keys) => {
                sealing::check_masters(database, &keys)?;
                Ok("verified")
            }
            None => Ok("not at hand"),
        };
    }
    let (keys, made) = match (loaded, source) {
        (Some(keys), _) => (keys, None),
        (None, KeySource::File(path, _)) => (master::create(path)?, Some(path)),
        (None, _) => return Err(Failure::new(exit::NOT_AUTHORIZED, "no_master_key", "empty")),
    };
    if let Err(error) = sealing::register_masters(database, &keys).await {
        // Another init was faster: a key that sealed nothing is no loss.
        if let Some(path) = made {
            std::fs::remove_file(path).ok();
        }
        return Err(error.into());
    }
    if let Some(path) = made {
        out::say(&format!("the master key is in {}: keep a copy elsewhere, nothing opens without it", out::path(path)));
    }
    Ok("created")
}
