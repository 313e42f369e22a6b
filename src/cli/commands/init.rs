//! `init`: schema, roles and master key.

use clap::Args;

use byok::db::Database;
use serde_json::json;

use crate::cli::commands::master_key::first;
use crate::cli::session;
use crate::cli::session::Context;
use crate::cli::session::settings;
use crate::cli::session::settings::Target;
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
pub(crate) async fn run(Init { schema_only }: Init, context: &mut Context) -> anyhow::Result<u8> {
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
        let done = |error: anyhow::Error| {
            let failure = Failure::of(&error);
            let message = format!("schema version {} ({schema}), but {}", installed.to, failure.message);
            Failure { message, ..failure }
        };
        let mut database = Database::open(url).await?;
        let source = settings::master_key(&target, context.master_key_fd())?;
        first::make_or_check(&mut database, &source).await.map_err(done)?
    };
    let result = if schema == "unchanged" && key_result == "created" { "created" } else { schema };
    let said = format!("schema version {} ({result}); master key {key_result}", installed.to);
    let item = json!({"schema_version": installed.to, "from": installed.from, "master_key": key_result});
    output::change(context.format, "init", &said, (result, item))
}
