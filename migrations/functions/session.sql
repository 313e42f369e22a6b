-- Sessions and transactions of others that hold up an administrator, and what about the roles is worth a warning.

-- Whether that session has an open transaction that touched our tables.
create function byok.touches(p_pid integer) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from pg_locks l join pg_class c on c.oid = l.relation
               where l.pid = p_pid and l.locktype = 'relation' and c.relnamespace = 'byok'::regnamespace
                 and l.database = (select d.oid from pg_database d where d.datname = current_database()));

-- Ends a session, and says how that went: 'ended', or why not.
create function byok.end_session(p_pid integer, p_login oid, p_end boolean) returns text
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

-- Prepared transactions of this database that touched our tables: of one login, or of anybody. They outlive their sessions,
-- and no function can end them.
create function byok.prepared(p_login text)
returns table (login text, gid text, since timestamptz)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    select x.owner::text, x.gid, x.prepared
    from pg_prepared_xacts x
    where x.database = current_database() and (p_login is null or x.owner = p_login)
      and exists (select from pg_locks t
                  join pg_locks l on l.virtualtransaction = t.virtualtransaction and l.pid is null
                  join pg_class c on c.oid = l.relation
                  where t.pid is null and t.locktype = 'transactionid' and t.transactionid = x.transaction
                    and l.locktype = 'relation' and c.relnamespace = 'byok'::regnamespace);
end;

-- Who holds up a session of this very login that waits in one of our functions, or calls itself byok; with p_end whoever is not an admin is ended.
-- Of those that wait themselves, only with p_all: first, whoever they wait for.
create function byok_api.blockers(p_end boolean, p_all boolean)
returns table (waiting integer, pid integer, login text, prepared text, since timestamptz, outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') or byok.holds('byok_resolver'));
    perform byok.check_flag('end', p_end);
    perform byok.check_flag('all', p_all);
    for waiting, pid in
        with recursive mine as (
            select distinct l.pid
            from pg_locks l join pg_stat_activity s on s.pid = l.pid
            where not l.granted and s.usesysid = byok.session_oid() and s.datname = current_database()
              and (s.application_name like 'byok/%' or byok.touches(s.pid))
        ), held as (
            select m.pid as waiting, b.pid
            from mine m cross join unnest(pg_blocking_pids(m.pid)) b(pid)
            union
            select h.waiting, b.pid from held h cross join unnest(pg_blocking_pids(h.pid)) b(pid) where h.pid <> 0
        )
        select distinct h.waiting, h.pid from held h where h.pid <> h.waiting
    loop
        login := null;
        prepared := null;
        since := null;
        if pid = 0 then
            pid := null;
            outcome := 'prepared';
            for login, prepared, since in select p.login, quote_literal(p.gid), p.since from byok.prepared(null) p loop
                return next;
            end loop;
            continue;
        end if;
        select s.usename, s.xact_start,
               case when pg_has_role(s.usesysid, 'byok_admin', 'usage') then 'admin'
                    when not byok.holds('byok_admin') and pg_has_role(s.usesysid, 'byok_resolver', 'usage') then 'resolver'
                    when not p_all and exists (select from pg_locks l where l.pid = s.pid and not l.granted) then 'waiting'
                    else byok.end_session(s.pid, s.usesysid, p_end) end
        into login, since, outcome
        from pg_stat_activity s where s.pid = blockers.pid;
        if found then
            return next;
        end if;
    end loop;
end $$;

-- Ends what a login has begun here and not committed, once it is no member of that organization. Its rights ended with the
-- membership, and its other sessions go on; prepared transactions are named.
create function byok_api.session_end(p_org text, p_login text)
returns table (pid integer, prepared text, since timestamptz, outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    -- Nobody's but somebody's who was a member, and is none.
    perform byok.require(not exists (select from byok.member m where m.org = p_org and m.login = p_login)
                         and exists (select from byok.audit a where a.org = p_org and a.subject = p_login
                                     and a.action in ('member.add', 'member.remove')));
    return query
        select s.pid, null::text, s.xact_start, byok.end_session(s.pid, s.usesysid, true)
        from pg_stat_activity s
        where s.usename = p_login and s.datname = current_database() and s.pid <> pg_backend_pid() and byok.touches(s.pid);
    return query
        select null::integer, quote_literal(p.gid), p.since, 'prepared' from byok.prepared(p_login) p;
end $$;

-- What about the roles of this server is to be known, one line each: a code, the login that it is about, more where there is.
create function byok_api.warnings()
returns table (code text, login text, detail text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.sees_audit());
    -- Whoever can become the definer can write every table. On 15 that is everybody with CREATEROLE.
    return query
        select 'becomes_definer', r.rolname::text,
               case when pg_has_role(r.oid, 'byok_definer', 'member') then 'member' else 'createrole' end
        from pg_roles r
        where not r.rolsuper and r.rolname <> 'byok_definer' and r.rolname !~ '^pg_'
          and (pg_has_role(r.oid, 'byok_definer', 'member')
               or (r.rolcreaterole and current_setting('server_version_num')::integer < 160000))
        order by 2;
    return query
        select 'superuser', r.rolname::text, string_agg(distinct substr(g.rolname, 6), ', ')
        from pg_roles r join pg_auth_members a on a.member = r.oid join pg_roles g on g.oid = a.roleid
        where r.rolsuper and r.rolcanlogin and g.rolname in ('byok_admin', 'byok_resolver', 'byok_auditor', 'byok_owner')
        group by r.rolname
        order by 2;
    return query select 'prepared', p.login, quote_literal(p.gid) from byok.prepared(null) p order by 3;
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
