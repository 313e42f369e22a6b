-- Sessions and transactions that block an administrator, and warnings about the roles of the server.

-- Whether a session has an open transaction that has locked one of byok's tables.
create or replace function byok.holds_our_locks(p_pid integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from pg_locks l join pg_class c on c.oid = l.relation
               where l.pid = p_pid and l.locktype = 'relation' and c.relnamespace = 'byok'::regnamespace
                 and l.database = (select d.oid from pg_database d where d.datname = current_database()));

-- Whether a session waits for a lock that may be byok's: on a row, a table of byok or the catalog, and never an advisory lock.
create or replace function byok.waits_for_lock(p_pid integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from pg_locks l left join pg_class c on c.oid = l.relation
               where l.pid = p_pid and not l.granted and l.locktype not in ('advisory', 'userlock', 'frozenid')
                 and (l.relation is null or c.relnamespace in ('byok'::regnamespace, 'pg_catalog'::regnamespace)));

-- Whether a session waits for something of byok: a row or lock of its tables, or a row of the catalog that an installation writes.
-- A session that waits for a row holds its tuple lock. One that waits for another session's new row with the same key holds none.
create or replace function byok.waits_for_ours(p_pid integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    with locks as (
        select l.*, c.relnamespace = 'byok'::regnamespace as ours,
               l.relation in ('pg_authid'::regclass, 'pg_auth_members'::regclass, 'pg_shdepend'::regclass,
                              'pg_namespace'::regclass, 'pg_extension'::regclass, 'pg_proc'::regclass, 'pg_class'::regclass,
                              'pg_type'::regclass, 'pg_default_acl'::regclass, 'pg_depend'::regclass) as installs
        from pg_locks l left join pg_class c on c.oid = l.relation where l.pid = p_pid
    )
    select exists (select from locks l where not l.granted and l.relation is not null and (l.ours or l.installs))
        or exists (select from locks l where not l.granted and l.relation is null)
           and case when exists (select from locks l where l.granted and l.locktype = 'tuple')
                    then exists (select from locks l where l.granted and l.locktype = 'tuple' and (l.ours or l.installs))
                    else byok.holds_our_locks(p_pid) or exists (select from locks l where l.granted and l.installs
                                                        and l.mode not in ('AccessShareLock', 'RowShareLock')) end;
end;

-- Ends a session, if p_end is true and it may be ended. Returns 'ended', or why it was not ended.
create or replace function byok.end_session(p_pid integer, p_login oid, p_end boolean) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if p_login is null then
        return 'not_ours';
    elsif exists (select from pg_roles r where r.oid = p_login and r.rolsuper) then
        return 'superuser';
    elsif not pg_has_role('byok_definer', 'pg_signal_backend', 'usage') then
        return 'no_right';
    elsif not p_end then
        return 'open';
    end if;
    return case when pg_terminate_backend(p_pid, 2000) then 'ended' else 'open' end;
end $$;

-- Whether byok is used in another database of this server, whose tables cannot be seen from here.
create or replace function byok.uses_byok(p_database oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from pg_shdepend d
               where d.dbid = p_database and d.refclassid = 'pg_authid'::regclass and d.refobjid = to_regrole('byok_definer')::oid);

-- Whether a session has a transaction open. Not everybody may see when it began, but everybody sees its lock.
create or replace function byok.has_begun(p_pid integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from pg_locks l
               where l.pid = p_pid and l.locktype = 'virtualxid' and l.granted and l.virtualxid = l.virtualtransaction);

-- Prepared transactions of this database that changed byok's tables, of one login or of all. With p_everywhere also those of other
-- databases that use byok. They outlive their sessions, and no function can end them.
create or replace function byok.prepared_transactions(p_login text, p_everywhere boolean default false)
returns table (login text, gid text, since timestamptz, database text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    select x.owner::text, x.gid, x.prepared, x.database::text
    from pg_prepared_xacts x
    where (p_login is null or x.owner = p_login)
      and case when x.database <> current_database() then p_everywhere
                    and byok.uses_byok((select d.oid from pg_database d where d.datname = x.database))
          else exists (select from pg_locks t
                  join pg_locks l on l.virtualtransaction = t.virtualtransaction and l.pid is null
                  join pg_class c on c.oid = l.relation
                  where t.pid is null and t.locktype = 'transactionid' and t.transactionid = x.transaction
                    and l.locktype = 'relation' and c.relnamespace = 'byok'::regnamespace) end;
end;

-- Sessions that block another session of this login, which waits in one of byok's functions or calls itself byok. With p_end,
-- those of logins that are not admins are ended. Sessions that are blocked themselves are ended only with p_all, after those that
-- block them. A session that holds nothing of byok is never ended, because a member may wait for an application on purpose. The
-- name of a session proves nothing: it counts only if the session waits for something of byok. An admin that waits to take a role
-- from p_login has that login ended although it is an admin, and although it waits itself: from PostgreSQL 16 on, a grant that is
-- not committed locks the role.
create or replace function byok_api.blockers(p_end boolean, p_all boolean, p_login text default null)
returns table (waiting integer, pid integer, login text, prepared text, since timestamptz, outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = on as $$
declare
    v_ours boolean;
    v_admin boolean := byok.has_role('byok_admin');
begin
    perform byok.require(v_admin or byok.has_role('byok_resolver'));
    perform byok.check_flag('end', p_end);
    perform byok.check_flag('all', p_all);
    perform byok.check_text('login', p_login, 63, true);
    for waiting, pid, v_ours in
        with recursive mine as (
            select distinct l.pid, byok.waits_for_ours(s.pid) as ours
            from pg_locks l join pg_stat_activity s on s.pid = l.pid
            where not l.granted and byok.waits_for_lock(s.pid) and s.usesysid = byok.session_oid() and s.datname = current_database()
              and (s.application_name like 'byok/%' or byok.holds_our_locks(s.pid))
        ), held as (
            select m.pid as waiting, b.pid, m.ours
            from mine m cross join unnest(pg_blocking_pids(m.pid)) b(pid)
            union
            select h.waiting, b.pid, false from held h cross join unnest(pg_blocking_pids(h.pid)) b(pid) where h.pid <> 0
        )
        select h.waiting, h.pid, bool_or(h.ours) from held h where h.pid <> h.waiting group by 1, 2
    loop
        login := null;
        prepared := null;
        since := null;
        if pid = 0 then
            pid := null;
            outcome := 'prepared';
            for login, prepared, since in select p.login, quote_literal(p.gid), p.since from byok.prepared_transactions(null) p loop
                return next;
            end loop;
            continue;
        end if;
        select s.usename, s.xact_start,
               case when pg_has_role(s.usesysid, 'byok_admin', 'usage') and not (v_admin and s.usename = coalesce(p_login, ''))
                         then 'admin'
                    when not v_admin and pg_has_role(s.usesysid, 'byok_resolver', 'usage') then 'resolver'
                    when not (v_ours or byok.holds_our_locks(s.pid)) then 'not_ours'
                    when not p_all and s.usename <> coalesce(p_login, '') and byok.waits_for_lock(s.pid) then 'waiting'
                    else byok.end_session(s.pid, s.usesysid, p_end) end
        into login, since, outcome
        from pg_stat_activity s where s.pid = blockers.pid;
        if found then
            return next;
        end if;
    end loop;
end $$;

-- Whether a login had a right and lost it, according to the audit log of this database: it is no longer an owner, or with '' a
-- service role was revoked.
create or replace function byok.had_right(p_org text, p_login text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if p_org = '' then
        return not coalesce(pg_has_role(to_regrole(quote_ident(p_login)), 'byok_admin', 'usage'), false)
            and exists (select from byok.audit a
                        where a.org = '' and a.subject = p_login and a.action in ('role.grant', 'role.revoke')
                          and not coalesce(pg_has_role(to_regrole(quote_ident(p_login)),
                                                       to_regrole('byok_' || (a.detail ->> 'role')), 'usage'), false));
    end if;
    return not exists (select from byok.member m where m.org = p_org and m.login = p_login and m.role = 'owner')
        and exists (select from byok.audit a
                    where a.org = p_org and a.subject = p_login
                      and (a.action = 'member.remove' or a.action = 'member.add' and a.detail ->> 'role' = 'owner'
                           or a.action = 'member.add'
                              and not exists (select from byok.member m where m.org = p_org and m.login = p_login)));
end $$;

-- Ends the open transactions of a login that lost a right. Its rights have already ended, and its other sessions continue.
-- Prepared transactions are named. Service roles belong to the server: after one was revoked, the open transactions of the login
-- in other databases that use byok are ended too. If the audit log of this database does not show that the login lost the role,
-- because it was revoked elsewhere or with plain SQL, its transactions are named and not ended.
create or replace function byok_api.session_end(p_org text, p_login text)
returns table (pid integer, prepared text, since timestamptz, outcome text, database text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_lost boolean;
begin
    perform byok.require(byok.has_role('byok_admin'));
    v_lost := byok.had_right(p_org, p_login);
    perform byok.require(v_lost or (p_org = ''
        and not pg_has_role(to_regrole(quote_ident(p_login)), 'byok_admin', 'usage')));
    return query
        select s.pid, null::text, s.xact_start,
               case when v_lost then byok.end_session(s.pid, s.usesysid, true) else 'unknown' end, s.datname::text
        from pg_stat_activity s
        where s.usename = p_login and s.pid <> pg_backend_pid()
          and case when s.datname = current_database() then byok.holds_our_locks(s.pid)
                   else p_org = '' and byok.uses_byok(s.datid) and byok.has_begun(s.pid) end;
    return query
        select null::integer, quote_literal(p.gid), p.since, 'prepared', p.database
        from byok.prepared_transactions(p_login, p_org = '') p;
end $$;

-- Objects in byok's schemas that belong to other roles, and roles that may create objects there. The owner of a function that runs
-- for byok can replace it. The functions of pgcrypto belong to a superuser. bootstrap.sql checks the same before an installation.
create or replace function byok.foreign_things() returns table (owner text, thing text)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    with ours as (
        select n.oid, n.nspname, n.nspowner, n.nspacl, to_regrole('byok_definer')::oid as definer
        from pg_namespace n where n.nspname in ('byok', 'byok_api', 'byok_crypto')
    )
    select pg_get_userbyid(o.nspowner)::text, 'schema ' || o.nspname from ours o where o.nspowner <> o.definer
    union
    select case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end, 'the right to create in schema ' || o.nspname
    from ours o cross join aclexplode(o.nspacl) a
    where a.privilege_type = 'CREATE' and a.grantee not in (o.definer, o.nspowner)
    union
    select pg_get_userbyid(p.proowner)::text, 'function ' || o.nspname || '.' || p.proname
    from ours o join pg_proc p on p.pronamespace = o.oid
    where p.proowner <> o.definer
      and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
                      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
                        and d.refclassid = 'pg_extension'::regclass and e.extname = 'pgcrypto')
    union
    select pg_get_userbyid(c.relowner)::text, 'relation ' || o.nspname || '.' || c.relname
    from ours o join pg_class c on c.relnamespace = o.oid
    where c.relowner <> o.definer;
end;

-- Warnings about the roles of this server, one a row: a code, the login that it is about, and details.
create or replace function byok_api.warnings()
returns table (code text, login text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    -- A login that can become the definer can write to every table. On PostgreSQL 15 that is everybody with CREATEROLE. The members are
    -- found from the definer on: to ask pg_has_role of each of 100,000 logins takes minutes.
    return query
        with recursive granted as (
            select a.roleid, a.member from pg_auth_members a
            union all select to_regrole('pg_database_owner')::oid, d.datdba from pg_database d where d.datname = current_database()
        ), definer as (
            select to_regrole('byok_definer')::oid as oid
            union select g.member from granted g join definer d on d.oid = g.roleid
        )
        select 'becomes_definer', r.rolname::text, case when d.oid is not null then 'member' else 'createrole' end
        from pg_roles r left join definer d on d.oid = r.oid
        where not r.rolsuper and r.rolname <> 'byok_definer' and r.rolname !~ '^pg_'
          and (d.oid is not null or (r.rolcreaterole and current_setting('server_version_num')::integer < 160000))
        order by 2;
    -- Everybody who knows the password of a group can log in as it. Members of a group that is a superuser are superusers.
    -- bootstrap.sql refuses such groups.
    return query
        select 'login_group', r.rolname::text, concat_ws(' ',
                   case when r.rolcanlogin then 'nologin' end, case when r.rolsuper then 'nosuperuser' end,
                   case when r.rolreplication then 'noreplication' end, case when r.rolbypassrls then 'nobypassrls' end,
                   case when r.rolcreaterole and r.rolname <> 'byok_definer' then 'nocreaterole' end)
        from pg_roles r
        where r.rolname in ('byok_definer', 'byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor')
          and (r.rolcanlogin or r.rolsuper or r.rolreplication or r.rolbypassrls
               or r.rolcreaterole and r.rolname <> 'byok_definer')
        order by 2;
    return query
        select 'superuser', r.rolname::text, string_agg(distinct substr(g.rolname, 6), ', ')
        from pg_roles r join pg_auth_members a on a.member = r.oid join pg_roles g on g.oid = a.roleid
        where r.rolsuper and r.rolcanlogin and g.rolname in ('byok_admin', 'byok_resolver', 'byok_auditor', 'byok_owner')
        group by r.rolname
        order by 2;
    -- From PostgreSQL 16 on only who made a grant, or a superuser, takes it back. adopt.sql makes these the definer's.
    return query
        select 'foreign_grant', m.rolname::text, string_agg(substr(g.rolname, 6), ', ' order by g.rolname)
        from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
        where g.rolname in ('byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor') and m.rolname <> 'byok_definer'
          and a.grantor <> to_regrole('byok_definer') and not a.admin_option
          and (to_jsonb(a) ->> 'inherit_option')::boolean
        group by m.rolname
        order by 2;
    return query select 'foreign_owner', f.owner, f.thing from byok.foreign_things() f order by 2, 3;
    if (select count(*) from pg_proc p where p.pronamespace = 'byok_crypto'::regnamespace
        and p.proname in ('encrypt_sealed', 'decrypt_sealed')) <> 2 then
        return query select 'no_pgcrypto', null::text, 'byok init';
    end if;
    -- The owner of the extension may drop it, and with it everything that uses it.
    return query
        select 'owns_pgcrypto', r.rolname::text, null::text
        from pg_extension e join pg_roles r on r.oid = e.extowner
        where e.extname = 'pgcrypto' and not r.rolsuper and r.rolname <> 'byok_definer';
    return query select 'prepared', p.login, quote_literal(p.gid) from byok.prepared_transactions(null) p order by 3;
    if not pg_has_role('byok_definer', 'pg_signal_backend', 'usage') then
        return query select 'no_signal', null::text, 'grant pg_signal_backend to byok_definer';
    end if;
    if not exists (select from pg_roles r where r.rolname = 'byok_definer' and r.rolcreaterole) then
        return query select 'no_createrole', null::text, 'alter role byok_definer createrole';
    end if;
end $$;

grant execute on function byok_api.blockers to byok_admin, byok_resolver;

grant execute on function byok_api.session_end to byok_admin;

grant execute on function byok_api.warnings to byok_admin, byok_auditor;
