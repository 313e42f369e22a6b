//! Chooses the database to use.

use anyhow::bail;
use byok::admin::{Database, DatabaseUrl};
use byok::setting;

use crate::cli::config;
use crate::cli::session::settings::{self, Target};
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// The configured database, or else the private one. `local` asks for the private one. `unattended` is the reason why
/// nobody is there who would notice a wrong database: then byok uses the private one only if it is asked for.
pub(crate) fn target(local: bool, unattended: Option<&'static str>) -> anyhow::Result<Target> {
    if local {
        return Ok(Target::Private(settings::private_dir()?));
    }
    if let Some(source) = settings::database()? {
        let text = sources::database_url(&source)?;
        let url = DatabaseUrl::parse(text).map_err(|error| {
            let failure = Failure::from(error);
            Failure { message: format!("{}: {}", failure.message, source.name()), ..failure }
        })?;
        return Ok(Target::Configured(url.behind(settings::pooler()?), source.name()));
    }
    if let Some(name) = config::in_force().filter(|it| it.profile.is_production()).map(|it| &it.profile.name) {
        let message = format!("profile {name} is marked as production, and no database is configured");
        bail!(Failure::usage("no_database", message).hint(format!(
            "name its database: byok config set --profile {name} database_url_file FILE; to use the private database: --local"
        )));
    }
    let named = setting::bytes("BYOK_LOCAL_DIR").is_some() || settings::entry("BYOK_LOCAL_DIR").is_some();
    if let Some(why) = unattended.filter(|_| !named) {
        let message = format!("no database is configured, and byok does not choose the private one because {why}");
        bail!(Failure::usage("no_database", message).hint(
            "set BYOK_DATABASE_URL; or, to use the private database, give --local or set BYOK_LOCAL_DIR to its directory"
        ));
    }
    Ok(Target::Private(settings::private_dir()?))
}

/// What was connected to, in words.
pub(super) fn reached(target: &Target, database: &Database) -> String {
    let hello = database.hello();
    let server = format!("{}.{}", hello.server / 10_000, hello.server % 10_000);
    format!("connected to {}: PostgreSQL {server}, schema version {}", target.named(), hello.schema_version)
}

/// Says which function of the database is called.
pub(super) fn called(function: &str) {
    output::detail(|| format!("calls byok_api.{function}"));
}
