-- Roles, schemas and pgcrypto, which must exist before the first migration. It runs as the installing login: a superuser, or a
-- plain role with CREATEROLE and CREATE on the database. Every statement can run again. It takes no advisory lock, because any
-- login could hold one. If two installers run at the same time, one of them fails on what the other created, and starts again.
do $bootstrap$
declare
    wanted text;
    crypto_schema text;
    foreign_owner oid;
    foreign_thing text;
    repair text;
    old_roles text;
begin
    if not exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper) then
        -- Said before anything is tried: PostgreSQL would say no more than that permission is denied. From 16 on CREATEROLE is not
        -- enough to grant a role that somebody else made.
        select pg_catalog.string_agg(pg_catalog.quote_ident(g.rolname), ', ' order by g.rolname) into old_roles
        from pg_catalog.pg_roles g
        where g.rolname in ('byok_definer', 'byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor')
          and pg_catalog.current_setting('server_version_num')::integer >= 160000
          and not pg_catalog.pg_has_role(current_user, g.oid, 'member with admin option');
        repair := nullif(pg_catalog.concat_ws('; ',
            case when not exists (select from pg_catalog.pg_roles where rolname = current_user and rolcreaterole)
                 then pg_catalog.format('alter role %I createrole', current_user) end,
            case when not pg_catalog.has_database_privilege(current_user, pg_catalog.current_database(), 'create')
                 then pg_catalog.format('grant create on database %I to %I', pg_catalog.current_database(), current_user) end,
            case when old_roles is not null
                 then pg_catalog.format('grant %s to %I with admin true, inherit false, set false', old_roles, current_user)
            end), '');
        if repair is not null then
            raise exception '%', repair using errcode = 'BK015';
        end if;
    end if;
    if not exists (select from pg_catalog.pg_available_extensions where name = 'pgcrypto') then
        raise exception '%', pg_catalog.current_setting('server_version') using errcode = 'BK016';
    end if;

    foreach wanted in array array['byok_definer', 'byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            execute pg_catalog.format('create role %I nologin', wanted);
        end if;
    end loop;

    -- Roles belong to the cluster. Somebody may have created these first, with a password or with members, who would then have
    -- rights here. As long as no database of the cluster uses byok, only the installer may be a member. byok_api.warnings reports
    -- attributes that were changed later.
    select pg_catalog.string_agg(r.statement, '; ' order by r.place, r.statement) into repair
    from (
        select 1 as place, pg_catalog.format('alter role %I ', g.rolname) || pg_catalog.concat_ws(' ',
                   case when g.rolcanlogin then 'nologin' end, case when g.rolsuper then 'nosuperuser' end,
                   case when g.rolreplication then 'noreplication' end, case when g.rolbypassrls then 'nobypassrls' end,
                   case when g.rolcreaterole and g.rolname <> 'byok_definer' then 'nocreaterole' end) as statement
        from pg_catalog.pg_roles g
        where g.rolname in ('byok_definer', 'byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor')
          and (g.rolcanlogin or g.rolsuper or g.rolreplication or g.rolbypassrls
               or g.rolcreaterole and g.rolname <> 'byok_definer')
        union all
        select 2, pg_catalog.format('revoke %I from %I', g.rolname, m.rolname)
                  || case when pg_catalog.current_setting('server_version_num')::integer >= 160000
                          then pg_catalog.format(' granted by %I cascade', pg_catalog.pg_get_userbyid(a.grantor)) else '' end
        from pg_catalog.pg_auth_members a
        join pg_catalog.pg_roles g on g.oid = a.roleid
        join pg_catalog.pg_roles m on m.oid = a.member
        where g.rolname in ('byok_definer', 'byok_admin', 'byok_resolver', 'byok_auditor')
          and m.rolname not in (current_user, 'byok_definer') and not m.rolsuper
          and not exists (select from pg_catalog.pg_shdepend d join pg_catalog.pg_roles o on o.oid = d.refobjid
                          where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                            and o.rolname = 'byok_definer' and d.dbid <> 0)
    ) r;
    if repair is not null then
        raise exception '%', repair using errcode = 'BK014';
    end if;

    -- The installer becomes a platform admin. Its membership in byok_definer ends with the installation.
    if not exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper) then
        execute pg_catalog.format('grant byok_definer to %I', current_user);
    end if;
    -- Functions of the definer grant these roles. They give the definer nothing that it does not own already.
    foreach wanted in array array['byok_owner', 'byok_admin', 'byok_resolver', 'byok_auditor'] loop
        if not pg_catalog.pg_has_role('byok_definer', wanted, 'member with admin option') then
            execute pg_catalog.format('grant %I to byok_definer with admin option', wanted);
        end if;
    end loop;
    -- Granted by the definer, so that another admin can take it back.
    execute pg_catalog.format('grant byok_admin to %I', current_user)
        || case when pg_catalog.current_setting('server_version_num')::integer >= 160000
                then ' with inherit true granted by byok_definer' else '' end;

    -- The definer creates logins, so that no admin needs CREATEROLE, and ends sessions that an admin waits for. If this installer
    -- cannot grant that, `byok status` shows what a database administrator must run.
    if not exists (select from pg_catalog.pg_roles where rolname = 'byok_definer' and rolcreaterole) then
        begin
            alter role byok_definer createrole;
        exception when insufficient_privilege then null;
        end;
    end if;
    if not pg_catalog.pg_has_role('byok_definer', 'pg_signal_backend', 'usage') then
        begin
            grant pg_signal_backend to byok_definer;
        exception when insufficient_privilege then null;
        end;
    end if;

    -- Without this, PUBLIC may execute every function that is created.
    alter default privileges for role byok_definer revoke execute on functions from public;

    create schema if not exists byok authorization byok_definer;
    create schema if not exists byok_api authorization byok_definer;
    create schema if not exists byok_crypto authorization byok_definer;
    -- The owner of one of these schemas, or of an object in it, could replace code that runs for byok. byok.foreign_things checks
    -- the same in an installed database.
    select s.owner, s.thing into foreign_owner, foreign_thing
    from pg_catalog.pg_namespace n
    cross join lateral (
        select n.nspowner as owner, 'schema ' || n.nspname as thing
        union all
        select a.grantee, 'the right to create in schema ' || n.nspname
        from pg_catalog.aclexplode(n.nspacl) a where a.privilege_type = 'CREATE' and a.grantee <> n.nspowner
        union all
        select p.proowner, 'function ' || n.nspname || '.' || p.proname
        from pg_catalog.pg_proc p
        where p.pronamespace = n.oid and not exists (
            select from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
              and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and e.extname = 'pgcrypto')
        union all
        select c.relowner, 'relation ' || n.nspname || '.' || c.relname
        from pg_catalog.pg_class c where c.relnamespace = n.oid
    ) s
    where n.nspname in ('byok', 'byok_api', 'byok_crypto')
      and s.owner <> (select r.oid from pg_catalog.pg_roles r where r.rolname = 'byok_definer')
    limit 1;
    if found then
        raise exception '% of %', foreign_thing, case foreign_owner when 0 then 'public'
            else pg_catalog.pg_get_userbyid(foreign_owner)::text end using errcode = 'BK012';
    end if;

    -- A database can have pgcrypto only once. If it is installed already, it stays in its schema.
    select n.nspname into crypto_schema
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pgcrypto';
    if crypto_schema is null then
        create extension pgcrypto schema byok_crypto;
        crypto_schema := 'byok_crypto';
        -- Its functions belong to a superuser even if a plain role installs it. Then only the schema protects them.
        if exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper) then
            revoke execute on all functions in schema byok_crypto from public;
            grant execute on all functions in schema byok_crypto to byok_definer;
        end if;
    end if;

    -- A granted function can only be called with usage on its schema.
    execute 'grant usage on schema byok_api to byok_admin, byok_owner, byok_resolver, byok_auditor';
    if not pg_catalog.has_schema_privilege('byok_definer', crypto_schema, 'usage') then
        execute pg_catalog.format('grant usage on schema %I to byok_definer', crypto_schema);
    end if;

    -- The only two calls of pgcrypto, with fixed options. The header is checked before decryption as well, for pgcrypto would
    -- follow any header, and a superuser can remove the constraint.
    set local role byok_definer;
    execute pg_catalog.format($wrapper$
        create or replace function byok_crypto.encrypt_sealed(sealed bytea, passphrase text) returns bytea
        language sql volatile strict
        return %I.pgp_sym_encrypt_bytea(sealed, passphrase, 'cipher-algo=aes256,s2k-mode=1,compress-algo=0'::text)
    $wrapper$, crypto_schema);
    execute pg_catalog.format($wrapper$
        create or replace function byok_crypto.decrypt_sealed(encrypted bytea, passphrase text) returns bytea
        language sql stable
        return case
            when length(encrypted) < 100 then null
            when substr(encrypted, 1, 6) = '\xc30c04090102' and get_byte(encrypted, 14) = 210
                then %I.pgp_sym_decrypt_bytea(encrypted, passphrase)
        end
    $wrapper$, crypto_schema);
    reset role;
end
$bootstrap$;
