//! `doctor`: checks everything that byok depends on, and says how to fix what is wrong. It changes nothing.

mod check;
mod connection;
mod machine;
mod master;
mod roles;
mod server;
mod stored;

use std::path::Path;

use clap::Args;

use byok::admin::{Database, DatabaseUrl, Warning};
use byok::{exit, setting};

use crate::cli::commands::doctor::check::{Check, Names, in_order, skipped};
use crate::cli::session::Context;
use crate::cli::session::settings::{self, Target};
use crate::cli::terminal::columns;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::named::{Named, file, host};
use crate::cli::terminal::output::{self, Format};
use crate::cli::views::count;
use crate::cli::views::doctor::{CheckView, Status};
use crate::cli::views::kinds;

/// Check everything that byok depends on, and say how to fix what is wrong
///
/// It changes nothing, and starts no server. Each check is ok, warn, fail or skipped, and has a stable id. A check is
/// skipped if it does not apply here, or if this login may not see it. Exit 9 if a check fails; with --strict, or with
/// BYOK_STRICT, also for a warning.
///
/// In JSON, names of logins, organizations, hosts, databases and files are placeholders, so that it fits into the report
/// of a bug. With --names they are there, so that a program can run the fixes.
#[derive(Args)]
#[command(after_help = "Examples:
  byok doctor
  byok doctor --problems                            only what has to be done
  byok doctor --strict -q && ./deploy               stops if anything is not as it should be
  byok doctor -o json                               for the report of a bug
  byok doctor --problems --names -o json | jq -r '.items[].fix'")]
pub(crate) struct Doctor {
    /// Show only checks that are warn or fail; the exit code stays
    #[arg(long)]
    problems: bool,
    /// In JSON, show the names instead of placeholders
    #[arg(long)]
    names: bool,
}

pub(crate) async fn run(Doctor { problems, names }: Doctor, context: &mut Context) -> anyhow::Result<u8> {
    let checks = made(context).await;
    let is_shown = |check: &&Check| !problems || check.status() >= Status::Warn;
    if context.format == Format::Table && columns::chosen().is_none() {
        let width = output::width();
        let shown = checks.iter().filter(|check| !check.is_bare()).filter(is_shown);
        let lines: String = shown.map(|check| check.lines(width)).collect();
        let skipped = if problems { String::new() } else { skipped(&checks, width) };
        let between = if lines.is_empty() { "" } else { "\n" };
        output::write(format!("{lines}{skipped}{between}{}\n", summary(&checks)).as_bytes())?;
    } else {
        let views: Vec<CheckView> = checks.iter().filter(is_shown).map(|check| check.view(names)).collect();
        list::all(context.format, &kinds::DOCTOR, &views)?;
    }
    let worst = checks.iter().map(Check::status).max().unwrap_or(Status::Ok);
    let fails = worst == Status::Fail || worst == Status::Warn && context.is_strict();
    Ok(if fails { exit::CHECK_FAILED } else { exit::OK })
}

fn summary(checks: &[Check]) -> String {
    let of = |status| checks.iter().filter(|check| check.status() == status).count();
    let (failures, warnings) = (count(of(Status::Fail) as u64, "failure"), count(of(Status::Warn) as u64, "warning"));
    format!("{} ok, {warnings}, {failures}, {} skipped", of(Status::Ok), of(Status::Skipped))
}

async fn made(context: &Context) -> Vec<Check> {
    let mut names = home();
    let configuration = machine::configuration(context, &names);
    let configured = configuration.status() == Status::Ok;
    let mut made = vec![machine::variables(), configuration];
    made.extend([machine::prompt(context), machine::completion(context)]);
    if !configured {
        return in_order(made, &"no database is known".into());
    }
    let target = match context.chosen() {
        Ok(target) => target,
        Err(error) => {
            made.push(Check::failed("db.connection", &Failure::of(&error), &names));
            return in_order(made, &"no database is known".into());
        }
    };
    names = names.of_target(&target);
    made.extend([machine::server(&target, &names), machine::disk(&target, &names)]);
    let connection::Connecting { checks, open } = connection::connect(&target, &names).await;
    made.extend(checks);
    let mut why: Named = "the database was not reached, or does not serve this byok".into();
    let key = settings::key(&target, context.master_key_fd());
    let key = key.map(|source| master::loaded(&source, open.as_ref().map(|(open, _)| open.hello()), &names));
    let key = key.unwrap_or_else(|error| (Check::failed("master_key.loaded", &Failure::of(&error), &names), None));
    if let Some((mut open, url)) = open {
        made.push(if key.1.is_none() { master::of_reader(key.0, &mut open).await } else { key.0 });
        let place = Place { url: &url, private: matches!(target, Target::Private(_)), names: &names };
        if let Err(error) = asked(&mut made, &mut open, key.1.as_ref(), &place).await {
            made.retain(|check| check.id() != connection::CONNECTION);
            made.push(Check::failed(connection::CONNECTION, &Failure::from(&error), &names));
            why = "the database did not answer".into();
        }
    } else {
        made.push(key.0);
    }
    in_order(made, &why)
}

/// The directory of the user, whose name may be in every path.
fn home() -> Names {
    let home = setting::directory("HOME").ok().flatten();
    let path = home.map(|path| path.to_string_lossy().into_owned()).filter(|path| path.len() > 1).unwrap_or_default();
    Names::default().with(&path, |path| file(Path::new(path)))
}

impl Names {
    fn of_target(self, target: &Target) -> Self {
        match target {
            Target::Configured(url, _) => self.with(&url.host().host, host),
            Target::Private(dir) => self.with(&dir.path().to_string_lossy(), |path| file(Path::new(path))),
        }
    }
}

/// The database that is asked.
struct Place<'a> {
    url: &'a DatabaseUrl,
    private: bool,
    names: &'a Names,
}

/// What only the database knows, in few questions.
async fn asked(
    made: &mut Vec<Check>,
    open: &mut Database,
    key: Option<&master::Loaded>,
    place: &Place<'_>,
) -> byok::Result<()> {
    let hello = open.hello().clone();
    let name = &place.url.host().database;
    made.extend([server::version(hello.server), server::schema(open), connection::pooler(&hello, place.url)]);
    let health = open.health().await?;
    made.extend([
        connection::own_login(&hello, health.superuser, place.private),
        connection::tls(place.url, health.encrypted),
        server::writable(&health, name),
        server::clock(&health),
        server::pgcrypto(&health),
        server::header(&health),
        server::log(&health, name),
        stored::seal(&health),
    ]);
    made.push(master::active(open, key, place.names).await);
    let findings = open.health_findings().await?;
    let all = hello.admin || hello.resolver || hello.auditor;
    made.extend(stored::keys(&findings, all));
    made.extend(stored::platform(&findings, all));
    let sees = hello.admin || hello.auditor;
    if sees {
        made.extend([roles::effect(&findings, hello.server), roles::members(&findings)]);
    } else {
        made.extend(["roles.effect", "members.logins"].map(|id| Check::skipped(id, ONLY_ADMINS)));
    }
    let (mut warnings, why_not) = of_roles(open, sees, place.private).await?;
    if let Some(warnings) = &mut warnings {
        roles::of_others(warnings, &hello.login);
    }
    made.extend(roles::of_warnings(warnings.as_deref(), hello.server, why_not));
    if all {
        let (records, holders) = (open.master_keys().await?, open.master_key_holders().await?);
        made.extend(master::known(Some((&records, &holders))));
    } else {
        made.extend(master::known(None));
    }
    Ok(())
}

const ONLY_ADMINS: &str = "only admins and auditors see the roles of others";

/// The warnings about roles, or why there are none.
async fn of_roles(
    open: &mut Database,
    sees: bool,
    private: bool,
) -> byok::Result<(Option<Vec<Warning>>, &'static str)> {
    if private {
        return Ok((None, "in the private database one login has all roles on purpose"));
    }
    Ok((if sees { Some(open.warnings().await?) } else { None }, ONLY_ADMINS))
}
