//! Creates and upgrades the schema. Runs as whoever installs: a superuser, or a role with CREATEROLE and CREATE on the
//! database.

use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

use super::link::Link;
use super::{Database, DatabaseUrl, connect};
use crate::error::{Error, Result};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");
const BOOTSTRAP: &str = include_str!("../../migrations/bootstrap.sql");

/// The schema version that this binary brings.
pub fn latest_schema() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// What an installation found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The version before, 0 where there was none.
    pub from: i64,
    /// The version now.
    pub to: i64,
}

impl Database {
    /// Brings the schema to this version; roles, schemas and pgcrypto first.
    pub async fn install(url: &DatabaseUrl) -> Result<Installed> {
        let mut connection = url.connect().await?;
        let server = server_version(&mut connection).await?;
        if server < 150_000 {
            return Err(Error::ServerTooOld(server / 10_000));
        }
        let (mut connection, before) = applied(connection).await?;
        let known = latest_schema();
        if before > known {
            return Err(Error::SchemaNewer { found: before, known });
        }
        if before < known {
            connection.execute(BOOTSTRAP).await.map_err(Error::about(""))?;
            migrate(&mut connection).await?;
        }
        connection.close().await.map_err(Error::about(""))?;
        Ok(Installed { from: before, to: known })
    }

    /// Makes the database of that URL when it is not there, through the database `postgres` of the same server.
    pub async fn create(url: &DatabaseUrl) -> Result<()> {
        let mut connection = connect::connect_with(&url.options()?.database("postgres")).await?;
        let name = &url.host().database;
        let known = sqlx::query_scalar!("select true from pg_catalog.pg_database where datname = $1", name as &str)
            .fetch_optional(&mut connection)
            .await
            .map_err(Error::about(""))?;
        if known.is_none() {
            // An identifier cannot be a parameter.
            let statement = format!("create database \"{}\"", name.replace('"', "\"\""));
            connection.execute(statement.as_str()).await.map_err(Error::about(""))?;
        }
        connection.close().await.map_err(Error::about(""))
    }
}

async fn server_version(connection: &mut PgConnection) -> Result<i32> {
    sqlx::query_scalar!(r#"select current_setting('server_version_num')::integer as "version!""#)
        .fetch_one(connection)
        .await
        .map_err(Error::about(""))
}

/// The schema version in the database, 0 when there is none.
async fn applied(connection: PgConnection) -> Result<(PgConnection, i64)> {
    let mut link = Link::new(connection, false);
    match super::overview::hello(&mut link).await {
        Ok(hello) => Ok((link.into_inner(), hello.schema_version)),
        Err(Error::NotInitialized | Error::NoRole) => Ok((link.into_inner(), 0)),
        Err(error) => Err(error),
    }
}

async fn migrate(connection: &mut PgConnection) -> Result<()> {
    // Everything belongs to the definer, the table of migrations too.
    connection
        .execute("set role byok_definer; set search_path = byok; set statement_timeout = 0")
        .await
        .map_err(Error::about(""))?;
    let outcome = MIGRATOR.run_direct(&mut *connection).await;
    if outcome.is_err() {
        // The session's lock goes with the session; nothing else is left of a failed migration.
        connection.unlock().await.ok();
    }
    outcome.map_err(migration_error)?;
    // A plain installer must not stay able to read the tables.
    let leave = "reset role; reset search_path;
        do $$ begin
            if not exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper) then
                execute pg_catalog.format('revoke byok_definer from %I', current_user);
            end if;
        end $$";
    connection.execute(leave).await.map_err(Error::about(""))?;
    Ok(())
}

fn migration_error(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) => Error::Migration(Error::about("")(error).to_string()),
        MigrateError::VersionMissing(found) => Error::SchemaNewer { found, known: latest_schema() },
        other => Error::Migration(other.to_string()),
    }
}
