//! Checks of the connection: whether the database is reached, by which login, and what is in between.

use byok::Error;
use byok::admin::{Database, DatabaseUrl, Hello, Host, Pooler};
use byok::error::{AccessError, KeyError, SchemaError};
use byok::local::LocalDir;
use byok::secret::SecretText;

use crate::cli::commands::doctor::check::{Check, Names};
use crate::cli::session::settings::Target;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::named::{Named, database, file, host, login, named};
use crate::cli::warning::By;

/// What came of connecting.
pub(super) struct Connecting {
    pub(super) checks: Vec<Check>,
    /// The database, if it serves this program.
    pub(super) open: Option<(Database, DatabaseUrl)>,
}

pub(super) const CONNECTION: &str = "db.connection";

/// Connects. A private server that is not running is not started.
pub(super) async fn connect(target: &Target, names: &Names) -> Connecting {
    let url = match target {
        Target::Configured(url, _) => url.clone(),
        Target::Private(dir) => match private(dir) {
            Ok(Some(url)) => url,
            Ok(None) => {
                let created = dir.status().is_ok_and(|status| status.created);
                let reason = if created {
                    named![
                        "the private database in ",
                        file(dir.path()),
                        " is stopped; the next command that needs it starts it"
                    ]
                } else {
                    named![
                        "there is no private database yet; the first command that needs it creates it in ",
                        file(dir.path())
                    ]
                };
                return Connecting::only(Check::skipped(CONNECTION, reason).fix(By::You, "byok local up"));
            }
            Err(failure) => return Connecting::only(Check::failed(CONNECTION, &failure, names)),
        },
    };
    match Database::open_in_turn(&url).await {
        Ok(open) => Connecting { checks: vec![Check::ok(CONNECTION, connected(url.host()))], open: Some((open, url)) },
        Err(error) => refused(&error, &url, names),
    }
}

/// `None` if the private server does not run.
fn private(dir: &LocalDir) -> Result<Option<DatabaseUrl>, Failure> {
    if !dir.is_running().map_err(|error| Failure::from(&error))? {
        return Ok(None);
    }
    let url = dir.url().map_err(|error| Failure::from(&error))?;
    Ok(Some(DatabaseUrl::parse(SecretText::new(url))?.peer()))
}

impl Connecting {
    fn only(check: Check) -> Self {
        Self { checks: vec![check], open: None }
    }
}

fn connected(place: &Host) -> Named {
    named![
        "connected to ",
        database(&place.database),
        " on ",
        host(&place.host),
        format!(":{}", place.port),
        " as ",
        login(&place.login)
    ]
}

/// A database that was reached and cannot be used is another failure than one that was not.
fn refused(error: &Error, url: &DatabaseUrl, names: &Names) -> Connecting {
    let failure = Failure::from(error);
    let id = match error {
        Error::Schema(SchemaError::ServerTooOld(_)) => "db.version",
        Error::Schema(_) => "db.schema",
        Error::Access(AccessError::NoRole) => "roles.login",
        Error::Key(KeyError::NoMasterKey) => "master_key.active",
        _ => CONNECTION,
    };
    let mut checks = vec![Check::failed(id, &failure, names)];
    if let Error::Schema(
        SchemaError::NotInitialized
        | SchemaError::SchemaOlder { .. }
        | SchemaError::SchemaUnnamed
        | SchemaError::OtherFunctions { .. },
    ) = error
    {
        checks = vec![Check::fail(id, names.marked(&failure.message)).fix(By::Admin, "byok init")];
    }
    if id != CONNECTION {
        checks.push(Check::ok(CONNECTION, connected(url.host())));
    }
    Connecting { checks, open: None }
}

/// How the connection is protected.
pub(super) fn tls(url: &DatabaseUrl, encrypted: bool) -> Check {
    const ID: &str = "db.tls";
    let place = url.host();
    let Some(weakness) = url.weakness() else {
        return if place.host.starts_with('/') {
            Check::ok(ID, "the connection is a Unix socket of this machine")
        } else if place.local {
            let how = if encrypted { "encrypted" } else { "not encrypted" };
            Check::ok(ID, format!("the connection stays on this machine ({how})"))
        } else {
            Check::ok(ID, "the connection is encrypted, and the server was verified")
        };
    };
    let open = ["sslmode=disable", "sslmode=allow"].iter().any(|mode| weakness.starts_with(mode));
    let reason = format!("{weakness}; who is in between can take over the session, and sees everything but keys");
    let check = if open { Check::fail(ID, reason) } else { Check::warn(ID, reason) };
    check.fix(By::You, "in BYOK_DATABASE_URL: sslmode=verify-full&sslrootcert=FILE")
}

/// What is between here and the server, and whether it keeps the login.
pub(super) fn pooler(hello: &Hello, url: &DatabaseUrl) -> Check {
    const ID: &str = "db.pooler";
    let wanted = &url.host().login;
    if hello.login != *wanted {
        let reason = named![
            "a pooler logs in as ",
            login(&hello.login),
            ", and not as ",
            login(wanted),
            ": all its clients have the rights of that login, and the audit log names nobody else"
        ];
        return Check::fail(ID, reason).fix(
            By::Operator,
            "remove user= from the [databases] section of the pooler's configuration, and reload it",
        );
    }
    match (url.pooler(), hello.is_pooled()) {
        (Pooler::None, true) => {
            let reason = "BYOK_POOLER is none, and a pooler between here and the server drops what a session has set: a statement \
                          of another client could be executed";
            Check::fail(ID, reason).fix(By::You, "unset BYOK_POOLER")
        }
        (_, true) => Check::ok(ID, "a pooler in transaction mode; every statement runs in a transaction of its own"),
        (_, false) => Check::ok(ID, "the session is a direct one"),
    }
}

/// The login's own rights.
pub(super) fn own_login(hello: &Hello, superuser: bool, private: bool) -> Check {
    const ID: &str = "roles.login";
    let roles: Vec<&str> = [(hello.admin, "admin"), (hello.resolver, "resolver"), (hello.auditor, "auditor")]
        .into_iter()
        .filter_map(|(holds, name)| holds.then_some(name))
        .collect();
    let roles = if roles.is_empty() { "a member of an organization".to_owned() } else { roles.join(", ") };
    if superuser && !private {
        return Check::warn(ID, named![login(&hello.login), " is a superuser: PostgreSQL enforces no rule for it"])
            .fix(
                By::You,
                "byok role grant admin LOGIN --create-login --to-file FILE, and connect with the address in FILE",
            );
    }
    Check::ok(ID, named![login(&hello.login), format!(": {roles}")])
}
