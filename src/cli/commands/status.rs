//! `status`: the database, the login, and whether the master key fits.

use clap::Args;

use byok::admin::crypto::CheckValue;
use byok::admin::sealing;
use byok::admin::{Hello, Warning};
use byok::error::KeyError;
use byok::{Error, exit};

use crate::cli::config::{self, document::Profile};
use crate::cli::session::keys;
use crate::cli::session::settings::{NamedKey, Target};
use crate::cli::session::{Context, Session, sources};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::views::changes::MasterKeyNamed;
use crate::cli::views::kinds;
use crate::cli::views::place::{StatusView, WarningView};
use crate::cli::warning;

/// Show the database, the login, the master key and what is stored
///
/// `master_key` is the key that byok found, and where. `wanted` is the fingerprint of the key that the database needs.
/// If both have the same fingerprint, the key fits. `failing` is the number of keys whose latest use failed, and the
/// commands that list them. Warnings name logins and settings that weaken the protection.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok status\n  byok status -o json")]
pub(crate) struct StatusCommand {}

/// Shows all of it except secrets.
pub(crate) async fn run(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let summary = session.database.summary().await?;
    let hello = session.database.hello().clone();
    let origin = match &session.target {
        Target::Configured(_, variable) => (*variable).to_owned(),
        Target::Private(dir) => format!("no database configured: {}", output::path(dir.path())),
    };
    // On the private database one login has all roles on purpose.
    let warnings = if (hello.admin || hello.auditor) && !session.is_private() {
        session.database.warnings().await?
    } else {
        Vec::new()
    };
    let roles = [(hello.admin, "admin"), (hello.resolver, "resolver"), (hello.auditor, "auditor")];
    let roles: Vec<&str> = roles.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect();
    let wanted: Vec<_> = wanted_keys(&hello).copied().collect();
    let key = master_key(&session);
    let server = format!("{}.{}", hello.server / 10_000, hello.server % 10_000);
    let profile = config::in_force().map(|chosen| &chosen.profile);
    let view = StatusView {
        database: session.place(),
        from: origin,
        profile: profile.map(|profile| profile.name.clone()),
        production: profile.is_some_and(Profile::is_production),
        server,
        schema_version: hello.schema_version,
        login: hello.login.clone(),
        roles,
        master_key: key,
        wanted: MasterKeyNamed::all(&wanted),
        orgs: summary.orgs,
        enabled_orgs: summary.enabled,
        org_keys: summary.org_keys,
        dead_org_keys: summary.dead_org_keys,
        platform_keys: summary.platform_keys,
        dead_platform_keys: summary.dead_platform_keys,
        failing_org_keys: summary.failing_org_keys,
        failing_platform_keys: summary.failing_platform_keys,
        warnings: warnings.iter().map(|it| told(it, hello.server)).collect(),
    };
    output::item(context.format, &kinds::STATUS, &view)?;
    for warning in &view.warnings {
        output::warn(&warning.message);
    }
    Ok(exit::OK)
}

fn told(warning: &Warning, server: i32) -> WarningView {
    WarningView {
        code: warning.code.to_string(),
        login: warning.login.clone(),
        detail: warning.detail.clone(),
        message: warning::in_words(warning, server),
    }
}

/// The active key and a pending one. Older keys are not needed any more.
fn wanted_keys(hello: &Hello) -> impl Iterator<Item = &(u32, CheckValue)> {
    hello.master_keys.iter().filter(|(epoch, _)| hello.active_epoch.is_none_or(|active| *epoch >= active))
}

/// Where the master key was found and whether it fits. A wrong key is not a failure of this command.
fn master_key(session: &Session) -> String {
    let describe = || -> anyhow::Result<String> {
        let source = match session.key_source()? {
            NamedKey::Master(source) => source,
            NamedKey::Data(source) => {
                let epoch = keys::data_key(&source)?.epoch();
                let place = sources::place(&source);
                return Ok(format!("none; the data key of an organization, epoch {epoch}, was found in {place}"));
            }
        };
        let place = sources::place(&source);
        let Some(keys) = keys::load(&source)? else {
            let hello = session.database.hello();
            let member = !(hello.admin || hello.resolver || hello.auditor);
            let other = if member { "; an owner needs a data key instead: BYOK_DATA_KEY_FILE" } else { "" };
            return Ok(format!("not found in {place}{other}"));
        };
        let word = match sealing::check_in_use(&session.database, &keys) {
            Ok(()) => ", fits".to_owned(),
            Err(Error::Key(KeyError::MissingMasterKey { epoch, wanted })) => {
                let wanted = wanted.map_or_else(|| "another".into(), |value| value.to_string());
                format!(" is not active; the active one is {wanted} (epoch {epoch})")
            }
            Err(_) => " is not of this database".to_owned(),
        };
        let names: Vec<String> =
            keys.names().into_iter().map(|(epoch, value)| format!("{value} (epoch {epoch})")).collect();
        Ok(format!("{}{word}; found in {place}", names.join(", ")))
    };
    describe().unwrap_or_else(|error| output::setting(&Failure::of(&error).message).into_owned())
}
