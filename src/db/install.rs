//! Creates and upgrades the schema. The login is a superuser, or has CREATEROLE and CREATE on the database.
//!
//! An installation is one transaction: roles and schemas, missing migrations, and all functions. An interrupted
//! installation leaves nothing behind. If two run at once, the second waits for the first.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _, Row as _, Transaction};

use super::connect::Connected;
use super::hello::hello;
use super::link::{PooledConnection, Unnamed};
use super::schema::{FUNCTIONS_ID, INTERFACE, MIGRATOR, OLDEST_SERVED, OWN_VERSION, is_newer, latest_schema};
use super::watched::Watched;
use super::{Database, DatabaseUrl, Hello, Pooler, connect, membership};
use crate::error::{AccessError, ConnectionError, Error, Result, SchemaError, Subject};

const BOOTSTRAP: &str = include_str!("../../migrations/bootstrap.sql");
const FUNCTIONS: &str = include_str!(concat!(env!("OUT_DIR"), "/functions.sql"));

/// Held until the installation ends. A login without rights on the table cannot take this lock.
const LOCK: &str = "
    create table if not exists byok.migration (
        version bigint not null,
        description text not null,
        checksum bytea not null,
        applied_at timestamptz not null default pg_catalog.clock_timestamp(),
        applied_by text not null default session_user,
        constraint migration_pk primary key (version)
    );
    lock table byok.migration in share row exclusive mode";

/// Marks every function as stale, by a cost that no function of byok has, and revokes its grants. Installing a function
/// with `create or replace` gives it the usual cost again. The function keeps its identity, so callers that use it at
/// that moment are not disturbed. Functions that triggers or constraints use belong to their tables and are not marked.
const MARK_FUNCTIONS: &str = "
    do $$
    declare
        old record;
        holder oid;
    begin
        for old in
            with recursive kept as (
                select d.refobjid as oid from pg_catalog.pg_depend d
                where d.classid in ('pg_constraint'::regclass, 'pg_trigger'::regclass)
                  and d.refclassid = 'pg_proc'::regclass
                union
                select d.refobjid from kept k join pg_catalog.pg_depend d on d.objid = k.oid
                where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_proc'::regclass
            )
            select p.oid::regprocedure as name, p.proacl as acl, p.proowner as owner
            from pg_catalog.pg_proc p
            where p.pronamespace in ('byok'::regnamespace, 'byok_api'::regnamespace)
              and p.oid not in (select k.oid from kept k)
        loop
            execute format('alter function %s cost 987', old.name);
            for holder in select distinct a.grantee from aclexplode(old.acl) a where a.grantee <> old.owner loop
                execute format('revoke all on function %s from %s cascade', old.name,
                               case holder when 0 then 'public' else quote_ident(pg_get_userbyid(holder)) end);
            end loop;
        end loop;
    end $$";

const DROP_STALE: &str = "
    do $$
    declare
        stale text;
    begin
        select string_agg(p.oid::regprocedure::text, ', ') into stale
        from pg_catalog.pg_proc p
        where p.pronamespace in ('byok'::regnamespace, 'byok_api'::regnamespace) and p.procost = 987;
        if stale is not null then
            execute 'drop function ' || stale;
        end if;
    end $$";

/// Revokes all rights on all tables. If somebody grants a right by mistake, row security still hides all rows.
const CLOSE_TABLES: &str = "
    do $$
    declare
        open regclass;
    begin
        for open in
            select c.oid from pg_catalog.pg_class c
            where c.relnamespace = 'byok'::regnamespace and c.relkind in ('r', 'p') and not c.relforcerowsecurity
        loop
            execute format('alter table %s enable row level security', open);
            execute format('alter table %s force row level security', open);
            execute format('create policy definer_only on %s to byok_definer using (true) with check (true)', open);
        end loop;
    end $$";

/// SQLSTATEs that mean that another installation runs at the same time.
const MET_ANOTHER: &[&str] = &[
    "23505", // unique_violation: the same role or schema
    "40001", // serialization_failure
    "40P01", // deadlock_detected
    "42710", // duplicate_object
    "42723", // duplicate_function
    "42P06", // duplicate_schema
    "42P07", // duplicate_table
    "XX000", // internal_error: a row of the catalog was changed by both
];

/// SQLSTATEs of functions that cannot be replaced in place: another result, other argument names, or a column that
/// depends on one.
const NOT_IN_PLACE: &[&str] = &[
    "42P13", // invalid_function_definition
    "2BP01", // dependent_objects_still_exist
    "42725", // ambiguous_function: one of another signature is still there
];

/// The result of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installed {
    /// The version before. 0 if there was none.
    pub from: i64,
    /// The version after.
    pub to: i64,
    /// Whether anything was changed.
    pub changed: bool,
}

impl Database {
    /// Installs the roles, the schemas, pgcrypto, the tables and the functions of this program.
    pub async fn install(url: &DatabaseUrl) -> Result<Installed> {
        Self::install_and(url, Keep::All).await
    }

    /// The same, and rolls it back. What it locks is locked as long as a real installation would take.
    pub async fn rehearse_install(url: &DatabaseUrl) -> Result<Installed> {
        Self::install_and(url, Keep::Nothing).await
    }

    async fn install_and(url: &DatabaseUrl, keep: Keep) -> Result<Installed> {
        let mut pauses = [10, 50, 100, 200, 400, 800, 1600].into_iter();
        loop {
            match install_once(url, keep).await? {
                Some(installed) => return Ok(installed),
                // Another installation was running. This one looks again at what is left to do.
                None => match pauses.next() {
                    Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                    None => return Err(Error::Connection(ConnectionError::Contended)),
                },
            }
        }
    }

    /// Creates the database of this URL if it does not exist, through the database `postgres` of the same server.
    pub async fn create(url: &DatabaseUrl) -> Result<()> {
        let mut connection = connect::connect_with(&url.options()?.database("postgres")).await?;
        let name = &url.host().database;
        let known = sqlx::query_scalar!("select true from pg_catalog.pg_database where datname = $1", name as &str)
            .fetch_optional(&mut connection)
            .await
            .map_err(Error::about(Subject::Login))?;
        if known.is_none() {
            // An identifier cannot be a parameter.
            let statement = format!("create database \"{}\"", name.replace('"', "\"\""));
            connection.execute(statement.as_str()).await.map_err(Error::about(Subject::Login))?;
        }
        connection.close().await.map_err(Error::about(Subject::Login))
    }
}

async fn server_version(connection: &mut PooledConnection) -> Result<i32> {
    sqlx::query_scalar!(r#"select current_setting('server_version_num')::integer as "version!""#)
        .fetch_one(connection)
        .await
        .map_err(Error::about(Subject::Login))
}

/// Whether the two functions exist that call pgcrypto. They are dropped with pgcrypto.
async fn has_pgcrypto(connection: &mut PooledConnection) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select count(*) = 2 as "whole!"
           from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'byok_crypto' and p.proname in ('encrypt_sealed', 'decrypt_sealed')"#
    )
    .fetch_one(connection)
    .await
    .map_err(Error::about(Subject::Login))
}

/// Whether these functions do what they should. Somebody may have replaced one of them.
async fn is_honest(connection: &mut PooledConnection) -> Result<bool> {
    sqlx::query_scalar!(r#"select pgcrypto is null as "honest!" from byok_api.health()"#)
        .fetch_one(connection)
        .await
        .map_err(Error::about(Subject::Login))
}

/// What is installed: the schema version (0 if there is none), the program that installed it, and the identity of its
/// functions.
#[derive(Default)]
struct Found {
    before: i64,
    version: Option<String>,
    functions: String,
}

async fn applied(link: &mut PooledConnection) -> Result<Found> {
    match hello(link).await {
        Ok(hello) => {
            let Hello { schema_version: before, byok_version, functions, .. } = hello;
            Ok(Found { before, version: Some(byok_version), functions })
        }
        Err(Error::Schema(SchemaError::NotInitialized) | Error::Access(AccessError::NoRole)) => Ok(Found::default()),
        // There is a schema, and its version is at least the first one.
        Err(Error::Schema(SchemaError::SchemaUnnamed)) => Ok(Found { before: 1, ..Found::default() }),
        Err(error) => Err(error),
    }
}

/// `None` if another installation was running.
async fn install_once(url: &DatabaseUrl, keep: Keep) -> Result<Option<Installed>> {
    let Connected { connection, url } = url.connect().await?;
    // A pooler that is not noticed when connecting is harmless here: every statement is in a transaction, and unnamed.
    let mut link = PooledConnection::new(connection, url.pooler() != Pooler::None);
    let server = server_version(&mut link).await?;
    if server < 150_000 {
        return Err(Error::Schema(SchemaError::ServerTooOld(server / 10_000)));
    }
    let Found { before, version, functions } = applied(&mut link).await?;
    let whole = has_pgcrypto(&mut link).await? && (functions != FUNCTIONS_ID || is_honest(&mut link).await?);
    let mut connection = link.into_inner().map_err(Error::about(Subject::Login))?;
    let known = latest_schema();
    if before > known {
        return Err(Error::Schema(SchemaError::SchemaNewer { found: before, known }));
    }
    let changed = before < known || functions != FUNCTIONS_ID || !whole;
    if let Some(found) = version.filter(|_| changed)
        && is_newer(&found, OWN_VERSION)?
    {
        return Err(Error::Schema(SchemaError::OtherFunctions { found, own: OWN_VERSION }));
    }
    if changed {
        // Any login can lock rows of the catalog that an upgrade writes, so the upgrade is watched.
        let lookout = super::lookout::at(&url);
        let mut outcome = Watched::new(install_all(&mut connection, Functions::InPlace, keep), &*lookout).await;
        if outcome.as_ref().is_err_and(|error| has_code(error, NOT_IN_PLACE)) {
            outcome = Watched::new(install_all(&mut connection, Functions::Anew, keep), &*lookout).await;
        }
        match outcome {
            Err(error) if has_code(&error, MET_ANOTHER) => return Ok(None),
            outcome => outcome.map_err(migration_error)?,
        }
    }
    let mut tidied = false;
    if !changed && keep == Keep::All {
        tidied = membership::tidy(&mut connection).await.map_err(Error::about(Subject::Login))?;
    }
    connection.close().await.map_err(Error::about(Subject::Login))?;
    Ok(Some(Installed { from: before, to: known, changed: changed || tidied }))
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

/// What is kept of an installation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    /// It is rolled back.
    Nothing,
}

/// How functions are replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Functions {
    /// Each function is replaced in place. Requests that run at the same time are answered.
    InPlace,
    /// All functions are dropped first. A request at the same moment may fail.
    Anew,
}

async fn install_all(connection: &mut PgConnection, how: Functions, keep: Keep) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    transaction
        .execute(
            "set local search_path = pg_catalog, pg_temp; set local row_security = on; set local statement_timeout = 0",
        )
        .await?;
    transaction.execute(BOOTSTRAP).await?;
    membership::adopt(&mut transaction).await?;
    transaction.execute("set local role byok_definer").await?;
    transaction.execute(LOCK).await?;
    transaction.execute(MARK_FUNCTIONS).await?;
    if how == Functions::Anew {
        transaction.execute(DROP_STALE).await?;
    }
    migrate(&mut transaction).await?;
    refuse_older(&mut transaction).await?;
    transaction.execute(FUNCTIONS).await?;
    transaction.execute(DROP_STALE).await?;
    transaction.execute(CLOSE_TABLES).await?;
    sqlx::query!(
        "insert into byok.installation (byok_version, functions, interface, oldest_served) values ($1, $2, $3, $4)
         on conflict (one) do update
             set byok_version = excluded.byok_version, functions = excluded.functions, interface = excluded.interface,
                 oldest_served = excluded.oldest_served, installed_at = excluded.installed_at,
                 installed_by = excluded.installed_by",
        OWN_VERSION,
        FUNCTIONS_ID,
        INTERFACE,
        OLDEST_SERVED
    )
    .persistent(false)
    .execute(&mut *transaction)
    .await?;
    membership::leave(&mut transaction).await?;
    match keep {
        Keep::All => transaction.commit().await,
        Keep::Nothing => transaction.rollback().await,
    }
}

/// Checks again under the lock: a newer program may have installed meanwhile, or this login could not look before.
async fn refuse_older(transaction: &mut Transaction<'_, sqlx::Postgres>) -> sqlx::Result<()> {
    let schema = sqlx::query_scalar!(r#"select max(version) as "version!" from byok.migration"#);
    let schema = schema.persistent(false).fetch_one(&mut **transaction).await?;
    let found = sqlx::query!("select byok_version, interface from byok.installation");
    let Some(found) = transaction.fetch_optional(Unnamed(found)).await? else { return Ok(()) };
    let (version, interface): (String, i32) = (found.try_get("byok_version")?, found.try_get("interface")?);
    let older = matches!(is_newer(&version, OWN_VERSION), Ok(false));
    if schema <= latest_schema() && interface <= INTERFACE && older {
        return Ok(());
    }
    Err(MigrateError::Source(Box::new(Newer(version))).into())
}

/// The version of the newer program that installed the schema.
#[derive(Debug, thiserror::Error)]
#[error("it was upgraded by byok {0}")]
struct Newer(String);

/// Applies missing migrations. Applied migrations must have the checksum that this program knows.
async fn migrate(transaction: &mut Transaction<'_, sqlx::Postgres>) -> sqlx::Result<()> {
    let applied = sqlx::query!("select version, checksum from byok.migration");
    let mut known: Vec<(i64, Vec<u8>)> = Vec::new();
    for row in transaction.fetch_all(Unnamed(applied)).await? {
        known.push((row.try_get("version")?, row.try_get("checksum")?));
    }
    for migration in MIGRATOR.iter() {
        match known.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if *checksum == *migration.checksum => continue,
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version).into()),
            None => {}
        }
        transaction.execute(&*migration.sql).await?;
        sqlx::query!(
            "insert into byok.migration (version, description, checksum) values ($1, $2, $3)",
            migration.version,
            &*migration.description,
            &*migration.checksum
        )
        .persistent(false)
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Maps an error of the installation. A missing right or a lost connection is an ordinary error, anything else is an
/// error of the migration.
fn migration_error(error: sqlx::Error) -> Error {
    if let sqlx::Error::Migrate(error) = error {
        return Error::Schema(match *error {
            MigrateError::VersionMismatch(version) => SchemaError::OtherMigration(version),
            MigrateError::Source(source) => match source.downcast::<Newer>() {
                Ok(newer) => SchemaError::NotServed { by: newer.0, own: OWN_VERSION },
                Err(other) => SchemaError::Migration(other.to_string()),
            },
            other => SchemaError::Migration(other.to_string()),
        });
    }
    match Error::about(Subject::Login)(error) {
        Error::Database { code, message } => {
            Error::Schema(SchemaError::Migration(format!("PostgreSQL reported error {code}: {message}")))
        }
        Error::Schema(SchemaError::NotInitialized) => {
            Error::Schema(SchemaError::Migration("a schema, table or function is missing".into()))
        }
        other => other,
    }
}
