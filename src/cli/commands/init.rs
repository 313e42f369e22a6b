//! `init`: schema, roles and master key.

use clap::Args;

use byok::admin::{Database, DatabaseUrl, Installed, WarningCode};

use crate::cli::commands::master_key::first;
use crate::cli::session;
use crate::cli::session::settings;
use crate::cli::session::settings::Target;
use crate::cli::session::{Context, keys};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::changes::Initialized;
use crate::cli::views::kinds;
use crate::cli::warning;

/// Create or upgrade the schema, the roles and the master key
///
/// Run it as a superuser, or as a login with CREATEROLE and with the right CREATE on the database. This login becomes an
/// admin. byok writes the master key to the file that BYOK_MASTER_KEY_FILE names (default: byok/master.key in your
/// configuration directory), and never to the database. Keep a copy of this file: without the master key no stored key
/// can be opened. If the database has a master key and byok does not find that key, byok upgrades the schema and exits
/// with 4.
#[derive(Args)]
#[command(after_help = "Examples:
  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok init
  byok init --schema-only                  # an upgrade by somebody who does not hold the master key")]
pub(crate) struct Init {
    /// Upgrade only the schema and the roles, and do not look for a master key
    #[arg(long)]
    schema_only: bool,
}

/// Upgrades the schema, and creates or checks the master key.
pub(crate) async fn run(Init { schema_only }: Init, context: &mut Context) -> anyhow::Result<u8> {
    let target = context.target()?;
    let Target::Configured(url, _) = &target else {
        let session = context.session().await?;
        let version = session.database.hello().schema_version;
        let said = format!("the private database is ready, schema version {version}");
        return output::change(
            context.format,
            &Change { kind: &kinds::INIT, result: "ready", said: &said },
            &Initialized { schema_version: version, previous_schema_version: None, master_key: None },
        );
    };
    if dry_run::is_on() {
        return rehearse(context, &target, url, schema_only).await;
    }
    let installed = session::install(url).await?;
    let schema = schema_word(installed);
    let mut database = Database::open(url).await?;
    tell_who_else(&mut database, schema == "created").await?;
    let key_result = if schema_only {
        "not checked"
    } else {
        let done = |error: anyhow::Error| {
            let failure = Failure::of(&error);
            let message = format!("schema version {} ({schema}), but {}", installed.to, failure.message);
            Failure { message, ..failure }
        };
        let source = settings::master_key(&target, context.master_key_fd())?;
        first::make_or_check(&mut database, &source).await.map_err(done)?
    };
    let result = if schema == "unchanged" && key_result == "created" { "created" } else { schema };
    let said = format!("schema version {} ({result}); master key {key_result}", installed.to);
    let item = Initialized {
        schema_version: installed.to,
        previous_schema_version: Some(installed.from),
        master_key: Some(if schema_only { "not_checked" } else { key_result }),
    };
    let code = output::change(context.format, &Change { kind: &kinds::INIT, result, said: &said }, &item)?;
    if result == "created" {
        context.notice(
            "next: byok enable ORG; then its owner: byok member add LOGIN --org ORG --create-login --to-file PATH",
        );
    }
    Ok(code)
}

/// The installation, rolled back. If the schema is there already, the master key is checked against it too.
async fn rehearse(context: &Context, target: &Target, url: &DatabaseUrl, schema_only: bool) -> anyhow::Result<u8> {
    let installed = Database::rehearse_install(url).await?;
    let schema = schema_word(installed);
    let key_result = match (schema_only, schema) {
        (true, _) => "not_checked",
        (false, "unchanged") => {
            let mut database = Database::open(url).await?.rehearsed();
            let source = settings::master_key(target, context.master_key_fd())?;
            first::make_or_check(&mut database, &source).await?
        }
        (false, _) => match keys::load(&settings::master_key(target, context.master_key_fd())?)? {
            Some(_) => "not_checked",
            None => "created",
        },
    };
    let result = if schema == "unchanged" && key_result == "created" { "created" } else { schema };
    let said = format!("schema version {} ({result}); master key {}", installed.to, key_result.replace('_', " "));
    let item = Initialized {
        schema_version: installed.to,
        previous_schema_version: Some(installed.from),
        master_key: Some(key_result),
    };
    output::change(context.format, &Change { kind: &kinds::INIT, result, said: &said }, &item)
}

fn schema_word(installed: Installed) -> &'static str {
    match installed {
        _ if installed.from == 0 => "created",
        _ if installed.changed => "upgraded",
        _ => "unchanged",
    }
}

/// Names the logins that have service roles, and warns of logins that can get around them. Roles belong to the whole
/// server.
async fn tell_who_else(database: &mut Database, created: bool) -> Result<(), Failure> {
    let (server, own) = (database.hello().server, database.hello().login.clone());
    if !database.hello().admin {
        return Ok(());
    }
    for warning in database.warnings().await? {
        if warning.code != WarningCode::Superuser && warning.login.as_ref() != Some(&own) {
            output::warn(&warning::in_words(&warning, server));
        }
    }
    let holders = if created { database.role_holders().await? } else { Vec::new() };
    let others: Vec<String> = holders
        .iter()
        .filter(|holder| holder.login != own)
        .map(|holder| format!("{} ({})", holder.login, holder.role))
        .collect();
    if !others.is_empty() {
        output::warn(&format!(
            "these logins have service roles of this server, which apply here too: {}; to revoke one: byok role revoke ROLE LOGIN",
            others.join(", ")
        ));
    }
    Ok(())
}
