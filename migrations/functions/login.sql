-- Members of organizations, and service roles.

-- Creates a login that can only connect. The server gets a SCRAM verifier and never the password. The definer creates the login,
-- so that no admin needs CREATEROLE, which on PostgreSQL 15 leads to every role. The limits guard against accidents: a login can
-- change the settings of its own sessions.
create or replace function byok.create_login(p_login text, p_verifier text, p_connections integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if p_verifier !~ '^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' then
        raise exception 'not a SCRAM verifier' using errcode = '22023';
    end if;
    if p_login is null or octet_length(p_login) not between 1 and 63 or p_login ~ '[[:cntrl:]]'
        or p_login ~* '^(pg_|byok_|byok$)' or p_login in ('public', 'none') then
        raise exception 'not a name for a login' using errcode = '22023';
    end if;
    if exists (select from pg_roles r where r.rolname = p_login) then
        raise exception 'the login already exists' using errcode = '42710';
    end if;
    if not exists (select from pg_roles r where r.rolname = current_user and (r.rolcreaterole or r.rolsuper)) then
        raise exception 'the functions may not create logins' using errcode = 'BK010';
    end if;
    begin
        execute format('create role %I login nosuperuser nocreatedb nocreaterole inherit noreplication nobypassrls '
                       'connection limit %s password %L', p_login, p_connections, p_verifier);
    exception when others then
        -- PostgreSQL's own error quotes the statement, and the verifier in it.
        raise exception '%', sqlerrm using errcode = sqlstate;
    end;
    execute format('alter role %I in database %I set idle_in_transaction_session_timeout = %L', p_login,
                   current_database(), '30s');
    -- From PostgreSQL 16 on, only the creator of a login administers it. On 15, CREATEROLE alone is enough.
    if current_setting('server_version_num')::integer >= 160000
        and exists (select from pg_roles r where r.rolname = session_user and r.rolcreaterole and not r.rolsuper) then
        execute format('grant %I to %I with admin true, inherit false, set false', p_login, session_user);
    end if;
end $$;

-- Revokes the group role byok_owner from a login that has no membership left in this database. The group belongs to the cluster.
-- If another database has granted it, the login may be a member there and keeps it. The group alone allows nothing.
create or replace function byok.leave_group(p_oid oid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_login text := (select r.rolname from pg_roles r where r.oid = p_oid);
begin
    if exists (select from byok.member m where m.login_oid = p_oid and m.login = v_login)
        or not exists (select from pg_auth_members a where a.member = p_oid and a.roleid = 'byok_owner'::regrole)
        or exists (select from pg_shdepend d join pg_database b on b.oid = d.dbid
                   where d.refclassid = 'pg_authid'::regclass and d.refobjid = 'byok_owner'::regrole
                     and b.datname <> current_database()) then
        return;
    end if;
    execute format('revoke byok_owner from %I', v_login);
end $$;

-- Makes a login an owner or a viewer of an organization. With a verifier the login is created first.
create or replace function byok_api.member_add(p_org text, p_login text, p_role text, p_verifier text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_oid oid;
    v_before text;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    perform byok.check_word('role', p_role, '{owner,viewer}');
    perform byok.check_number('login', octet_length(p_login), 1, 63);
    -- A purge at the same time waits for this row, or this for the purge.
    perform from byok.org o where o.org = p_org for share;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    perform byok.require_open(p_org);
    if p_verifier is not null then
        perform byok.create_login(p_login, p_verifier, 20);
    end if;
    v_oid := byok.oid_of_login(p_login);
    -- A row with this name or this number that does not fit this login is of a login that no longer exists.
    delete from byok.member m where m.org = p_org and (m.login = p_login) <> (m.login_oid = v_oid);
    select m.role into v_before from byok.member m where m.org = p_org and m.login_oid = v_oid;
    -- With the group role a login can call the functions; each function then asks for membership.
    if not pg_has_role(v_oid, 'byok_owner', 'usage') then
        execute format('grant byok_owner to %I', p_login);
    end if;
    if v_before = p_role then
        result := 'unchanged';
        return;
    end if;
    insert into byok.member (org, login_oid, login, role) values (p_org, v_oid, p_login, p_role)
    on conflict (org, login_oid) do update set role = excluded.role;
    result := case when v_before is null then 'added' else 'changed' end;
    perform byok.record(p_org, 'member.add', p_login,
        jsonb_build_object('role', p_role, 'created', p_verifier is not null));
end $$;

-- Ends the membership of a login. 'unknown' means that the server has no such login, and that it was never a member. It waits for
-- no lock that the member may hold; session_end ends its open transactions afterwards.
create or replace function byok_api.member_remove(p_org text, p_login text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_oid oid;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    perform byok.check_number('login', octet_length(p_login), 1, 63);
    if not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    result := 'unchanged';
    for v_oid in
        delete from byok.member m
        where m.org = p_org
          and (m.login = p_login or m.login_oid = (select r.oid from pg_catalog.pg_roles r where r.rolname = p_login))
        returning m.login_oid
    loop
        result := 'removed';
        perform byok.leave_group(v_oid);
    end loop;
    if result = 'removed' then
        perform byok.record(p_org, 'member.remove', p_login, '{}');
    elsif not exists (select from pg_catalog.pg_roles r where r.rolname = p_login)
        and not exists (select from byok.audit a where a.org = p_org and a.action = 'member.add' and a.subject = p_login) then
        result := 'unknown';
    end if;
end $$;

-- The members of an organization. present is false if the login was dropped.
create or replace function byok_api.member_list(p_org text)
returns table (login text, role text, present boolean, added_at timestamptz, added_by text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(p_org <> '' and (byok.may_see_all() or byok.is_member(p_org)));
    if not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    return query
        select m.login, m.role, r.oid is not null, m.added_at, m.added_by
        from byok.member m left join pg_catalog.pg_roles r on r.oid = m.login_oid and r.rolname = m.login
        where m.org = p_org
        order by 1;
end $$;

-- After a restore into another cluster: gives every membership the number of the login with the same name. Returns how many were
-- changed, and how many have no login here.
create or replace function byok_api.member_rebind(out bound bigint, out missing bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_stale byok.member[];
    v_login text;
begin
    perform byok.require(byok.has_role('byok_admin'));
    lock table byok.member in share row exclusive mode;
    select array_agg(m) into v_stale
    from byok.member m
    where not exists (select from pg_roles r where r.oid = m.login_oid and r.rolname = m.login);
    delete from byok.member m using unnest(v_stale) s
    where m.org = s.org and m.login_oid = s.login_oid
      and exists (select from pg_roles r where r.rolname = m.login and r.rolcanlogin);
    insert into byok.member (org, login_oid, login, role, added_at, added_by)
    select s.org, r.oid, s.login, s.role, s.added_at, s.added_by
    from unnest(v_stale) s join pg_roles r on r.rolname = s.login and r.rolcanlogin
    on conflict (org, login_oid) do nothing;
    get diagnostics bound = row_count;
    missing := coalesce(cardinality(v_stale), 0) - bound;
    -- pg_has_role is only asked where a grant alone does not give the rights: to ask it of each of 100,000 logins takes minutes.
    for v_login in
        with without as materialized (
            select distinct m.login, r.oid
            from byok.member m join pg_roles r on r.oid = m.login_oid and r.rolname = m.login
            left join pg_auth_members a on a.roleid = to_regrole('byok_owner') and a.member = r.oid
            where a.member is null or not coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, r.rolinherit)
        )
        select w.login from without w where not pg_has_role(w.oid, 'byok_owner', 'usage')
    loop
        execute format('grant byok_owner to %I', v_login);
    end loop;
    if bound > 0 then
        perform byok.record('', 'member.rebind', '', jsonb_build_object('bound', bound, 'missing', missing));
    end if;
end $$;

-- Whether a login has the rights of a group role, or can take them. From PostgreSQL 16 on, whoever creates a role is a member of it
-- with the right to grant it and no other.
create or replace function byok.holds_role(p_oid oid, p_group text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('server_version_num')::integer < 160000 then
        return pg_has_role(p_oid, p_group, 'member');
    end if;
    return pg_has_role(p_oid, p_group, 'usage') or pg_has_role(p_oid, p_group, 'set');
end $$;

-- The statements that take away what keeps a login in a group role after the definer's own grant was revoked. From PostgreSQL 16 on
-- a grant belongs to who made it, and pg_upgrade gives all of them to the superuser.
create or replace function byok.other_grants(p_oid oid, p_group text) returns text
language sql stable set search_path = pg_catalog, pg_temp
return (select string_agg(format('revoke %I from %I granted by %I', p_group, pg_get_userbyid(a.member),
                                 pg_get_userbyid(a.grantor)), '; ' order by a.grantor)
        from pg_auth_members a
        where a.roleid = to_regrole(p_group) and a.member = p_oid and a.grantor <> to_regrole('byok_definer')
          and current_setting('server_version_num')::integer >= 160000);

-- Grants a login a service role. With a verifier the login is created first, without a limit of connections.
create or replace function byok_api.role_grant(p_role text, p_login text, p_verifier text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_group text := byok.group_role(p_role);
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_number('login', octet_length(p_login), 1, 63);
    if p_verifier is not null then
        perform byok.create_login(p_login, p_verifier, -1);
    end if;
    if pg_has_role(byok.oid_of_login(p_login), v_group, 'usage') then
        result := 'unchanged';
        return;
    end if;
    execute format('grant %I to %I', v_group, p_login);
    perform byok.record('', 'role.grant', p_login, jsonb_build_object('role', p_role, 'created', p_verifier is not null));
    result := 'granted';
end $$;

-- Revokes a service role.
create or replace function byok_api.role_revoke(p_role text, p_login text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_group text := byok.group_role(p_role);
    v_oid oid;
    v_granted boolean;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_number('login', octet_length(p_login), 1, 63);
    if exists (select from pg_catalog.pg_roles r where r.rolname = p_login)
        or not exists (select from byok.audit a where a.org = '' and a.action = 'role.grant' and a.subject = p_login) then
        v_oid := byok.oid_of_login(p_login);
    end if;
    -- A login that had the role may have been dropped since.
    if v_oid is null or not byok.holds_role(v_oid, v_group) then
        result := 'unchanged';
        return;
    end if;
    v_granted := exists (select from pg_auth_members a where a.member = v_oid and a.roleid = v_group::regrole);
    execute format('revoke %I from %I', v_group, p_login);
    -- Another login granted the role, another role includes it, or it is a superuser, which has every role: then only a grant can
    -- be revoked here.
    if byok.holds_role(v_oid, v_group)
        and not (v_granted and (select r.rolsuper from pg_roles r where r.oid = v_oid)
                 and not exists (select from pg_auth_members a where a.member = v_oid and a.roleid = v_group::regrole)) then
        raise exception '%', coalesce(byok.other_grants(v_oid, v_group), '') using errcode = 'BK043';
    end if;
    perform byok.record('', 'role.revoke', p_login, jsonb_build_object('role', p_role));
    result := 'revoked';
end $$;

-- A group that can log in also counts as a holder of its own role.
create or replace function byok_api.role_list()
returns table (login text, role text, can_login boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    return query
        select r.rolname::text, substr(g.rolname::text, 6), r.rolcanlogin
        from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles r on r.oid = a.member
        where g.rolname in ('byok_admin', 'byok_resolver', 'byok_auditor') and r.rolname <> 'byok_definer'
          and byok.holds_role(r.oid, g.rolname)
        group by 1, 2, 3
        union
        select g.rolname::text, substr(g.rolname::text, 6), true
        from pg_roles g where g.rolname in ('byok_admin', 'byok_resolver', 'byok_auditor') and g.rolcanlogin
        order by 2, 1;
end $$;

grant execute on function byok_api.member_add, byok_api.member_remove, byok_api.member_rebind, byok_api.role_grant,
    byok_api.role_revoke to byok_admin;

grant execute on function byok_api.role_list to byok_admin, byok_auditor;

grant execute on function byok_api.member_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
