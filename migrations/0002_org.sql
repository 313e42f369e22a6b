-- Organizations, and the logins that own them.

create table byok.org (
    -- the platform's own id; '' is the platform itself, holder of the shared keys
    org text not null,
    enabled boolean not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    constraint org_pk primary key (org),
    constraint org_id_check check (length(org) <= 128 and org !~ '[[:space:][:cntrl:]]')
);
select byok.close_table('byok.org');
insert into byok.org (org, enabled) values ('', true);

create table byok.member (
    org text not null,
    -- a role that is dropped and made again has another oid, and inherits nothing
    login_oid oid not null,
    login text not null,
    role text not null,
    added_at timestamptz not null default pg_catalog.clock_timestamp(),
    added_by text not null default session_user,
    constraint member_pk primary key (org, login_oid),
    constraint member_org_fk foreign key (org) references byok.org (org),
    constraint member_role_check check (role in ('owner', 'viewer'))
);
create index member_login on byok.member (login_oid);
select byok.close_table('byok.member');

create function byok.holds(p_role text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return pg_catalog.pg_has_role(session_user, p_role, 'member');

create function byok.is_owner(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from byok.member m
               where m.org = p_org and m.login_oid = byok.session_oid() and m.role = 'owner');

create function byok.is_member(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from byok.member m where m.org = p_org and m.login_oid = byok.session_oid());

-- Sees everything that is not a secret, of every organization.
create function byok.sees_all() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.holds('byok_admin') or byok.holds('byok_auditor') or byok.holds('byok_resolver');

-- "Not yours" and "does not exist" are one answer.
create function byok.require(p_allowed boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if p_allowed is not true then
        raise exception 'not allowed, or not found' using errcode = '42501';
    end if;
end $$;

create function byok_api.org_enable(p_org text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    insert into byok.org (org, enabled) values (p_org, true) on conflict do nothing;
    if found then
        result := 'created';
    else
        update byok.org o set enabled = true where o.org = p_org and not o.enabled;
        result := case when found then 'enabled' else 'unchanged' end;
    end if;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'org.enable', '', '{}');
    end if;
end $$;

create function byok_api.org_disable(p_org text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    update byok.org o set enabled = false where o.org = p_org and o.enabled;
    result := case when found then 'disabled' else 'unchanged' end;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'org.disable', '', '{}');
    end if;
end $$;

create function byok_api.member_add(p_org text, p_login text, p_role text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_oid oid;
    v_before text;
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    select r.oid into v_oid from pg_catalog.pg_roles r where r.rolname = p_login and r.rolcanlogin;
    if v_oid is null then
        raise exception 'no such login' using errcode = 'BK006';
    end if;
    -- Somebody of that name who has been dropped since: gone, and succeeded by nobody.
    delete from byok.member m where m.org = p_org and m.login = p_login and m.login_oid <> v_oid;
    select m.role into v_before from byok.member m where m.org = p_org and m.login_oid = v_oid;
    if v_before = p_role then
        result := 'unchanged';
        return;
    end if;
    insert into byok.member (org, login_oid, login, role) values (p_org, v_oid, p_login, p_role)
    on conflict (org, login_oid) do update set role = excluded.role, login = excluded.login;
    -- The group role opens the door of the functions; each function then asks for membership.
    if not pg_catalog.pg_has_role(v_oid, 'byok_owner', 'member') then
        execute format('grant byok_owner to %I', p_login);
    end if;
    result := case when v_before is null then 'added' else 'changed' end;
    perform byok.record(p_org, 'member.add', p_login, jsonb_build_object('role', p_role));
end $$;

create function byok_api.member_remove(p_org text, p_login text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    -- The group role stays: another database of the cluster may need it, and alone it allows nothing.
    delete from byok.member m
    where m.org = p_org
      and (m.login = p_login or m.login_oid = (select r.oid from pg_catalog.pg_roles r where r.rolname = p_login));
    result := case when found then 'removed' else 'unchanged' end;
    if found then
        perform byok.record(p_org, 'member.remove', p_login, '{}');
    end if;
end $$;

create function byok_api.member_list(p_org text)
returns table (login text, role text, present boolean, added_at timestamptz, added_by text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(p_org <> '' and (byok.sees_all() or byok.is_member(p_org)));
    if not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    return query
        select coalesce(r.rolname::text, m.login), m.role, r.oid is not null, m.added_at, m.added_by
        from byok.member m left join pg_catalog.pg_roles r on r.oid = m.login_oid
        where m.org = p_org
        order by 1;
end $$;

grant execute on function byok_api.org_enable, byok_api.org_disable, byok_api.member_add, byok_api.member_remove
    to byok_admin;
grant execute on function byok_api.member_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
