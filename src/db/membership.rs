//! What an installation leaves in the group roles of the server: nothing that the installer keeps, and no grant that byok cannot
//! take back.

use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

const ADOPT: &str = include_str!("../../migrations/adopt.sql");

/// Whether there are grants for `ADOPT`, and this login can make them the definer's.
const FOREIGN: &str = "
    select exists (
        select from pg_catalog.pg_auth_members a
        where a.roleid in (pg_catalog.to_regrole('byok_admin'), pg_catalog.to_regrole('byok_owner'),
                           pg_catalog.to_regrole('byok_resolver'), pg_catalog.to_regrole('byok_auditor'))
          and a.grantor <> pg_catalog.to_regrole('byok_definer') and a.member <> pg_catalog.to_regrole('byok_definer')
          and (pg_catalog.to_jsonb(a) ->> 'inherit_option')::boolean and not a.admin_option)
        and exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper)";

/// An installer that is not a superuser must not keep the right to read the tables.
const LEAVE: &str = "
    reset role;
    do $$ begin
        if not exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper) then
            execute pg_catalog.format('revoke byok_definer from %I', current_user);
        end if;
    end $$";

/// Whether this login has given itself the definer's rights, as an installation does, and still has them.
const STAYED: &str = "
    select exists (
        select from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.member
        where m.roleid = pg_catalog.to_regrole('byok_definer') and r.rolname = current_user and m.grantor = m.member
          and not r.rolsuper)";

/// Makes the grants of others the definer's, where there are any. Whether there were.
pub(super) async fn adopt(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let foreign = yes(connection, FOREIGN).await?;
    if foreign {
        connection.execute(ADOPT).await?;
    }
    Ok(foreign)
}

/// Ends the membership that an installation needed.
pub(super) async fn leave(connection: &mut PgConnection) -> sqlx::Result<()> {
    connection.execute(LEAVE).await.map(drop)
}

/// What is left to do where the schema is up to date: an installation of another program, or one by hand, left its membership
/// behind; a new server was given the roles of an old one. Whether there was anything.
pub(super) async fn tidy(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let stayed = yes(connection, STAYED).await?;
    if stayed {
        leave(connection).await?;
    }
    Ok(adopt(connection).await? || stayed)
}

async fn yes(connection: &mut PgConnection, question: &str) -> sqlx::Result<bool> {
    sqlx::raw_sql(question).fetch_one(connection).await?.try_get(0)
}
