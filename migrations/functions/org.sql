-- Organizations: enable, disable, list, purge.

-- Lets an organization use its own keys. An unknown organization is added.
create or replace function byok_api.org_enable(p_org text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    if byok.add_org(p_org, true) then
        result := 'created';
    else
        update byok.org o set enabled = true where o.org = p_org and not o.enabled;
        result := case when found then 'enabled' else 'unchanged' end;
    end if;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'org.enable', '', '{}');
    end if;
end $$;

-- Requests of the organization use the platform's key from now on. Its own keys stay stored.
create or replace function byok_api.org_disable(p_org text, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
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

-- One organization, or all that the login may see, ordered by id.
create or replace function byok_api.org_list(p_org text, p_after text, p_limit integer)
returns table (org text, enabled boolean, owners text[], keys bigint, dead_keys bigint, created_at timestamptz, created_by text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require(case when p_org is null then byok.has_any_right() else v_all or byok.is_member(p_org) end);
    return query
        select o.org, o.enabled,
               coalesce((select array_agg(m.login order by m.login) from byok.member m
                         where m.org = o.org and m.role = 'owner'), '{}'),
               (select count(*) from byok.provider_key k where k.org = o.org and k.state = 'active'),
               (select count(*) from byok.provider_key k where k.org = o.org and byok.is_dead(k)),
               o.created_at, o.created_by
        from byok.org o
        where o.org > coalesce(p_after, '') and (p_org is null or o.org = p_org)
          and (v_all or byok.is_member(o.org))
        order by o.org
        limit byok.page_size(p_limit);
end $$;

-- Erases the keys, data keys, hints and memberships of an organization. Its records, postings and balance stay.
create or replace function byok_api.org_purge(p_org text, p_confirm text, out result text, out keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_enabled boolean;
    v_data_keys bigint;
    v_members bigint := 0;
    v_member oid;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    if p_confirm is distinct from p_org then
        raise exception 'not confirmed' using errcode = '22023';
    end if;
    if not byok.lock_keys(p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    select o.enabled into v_enabled from byok.org o where o.org = p_org for no key update;
    update byok.provider_key k
    set state = 'removed', encrypted = null, hint = '', settings = '{}', fingerprint = '\x0000000000000000',
        ended_at = coalesce(k.ended_at, clock_timestamp()), ended_by = coalesce(k.ended_by, session_user)
    where k.org = p_org and (k.encrypted is not null or k.hint <> '' or k.settings <> '{}'
                             or k.fingerprint <> '\x0000000000000000');
    get diagnostics keys = row_count;
    update byok.data_key d
    set state = 'retired', wrapped = null, master_epoch = null where d.org = p_org and d.state = 'active';
    get diagnostics v_data_keys = row_count;
    for v_member in delete from byok.member m where m.org = p_org returning m.login_oid loop
        v_members := v_members + 1;
        perform byok.leave_group(v_member);
    end loop;
    update byok.org o set enabled = false where o.org = p_org and o.enabled;
    if keys + v_data_keys + v_members = 0 and not v_enabled then
        result := 'unchanged';
        return;
    end if;
    perform byok.record(p_org, 'org.purge', '', jsonb_build_object('keys', keys, 'members', v_members));
    result := 'purged';
end $$;

grant execute on function byok_api.org_enable, byok_api.org_disable, byok_api.org_purge to byok_admin;

grant execute on function byok_api.org_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
