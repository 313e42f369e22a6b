-- Organizations: enable, disable, list, purge.

-- Lets an organization use its own keys. An unknown organization is added. An id that was purged is refused; with p_reuse it is
-- given to a new tenant, who has nothing of the tenant before.
create or replace function byok_api.org_enable(p_org text, p_reuse boolean default false, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_tenancy integer;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    perform byok.check_flag('reuse', p_reuse);
    if byok.add_org(p_org, true) then
        result := 'created';
        perform byok.record(p_org, 'org.enable', '', '{}');
        return;
    end if;
    if p_reuse then
        update byok.org o set enabled = true, purged_at = null, created_at = clock_timestamp(), created_by = session_user
        where o.org = p_org and o.purged_at is not null
        returning o.tenancy into v_tenancy;
        if found then
            result := 'reused';
            perform byok.record(p_org, 'org.enable', '', jsonb_build_object('reuse', true, 'tenancy', v_tenancy));
            update byok.org o set audit_from = (select max(a.seq) from byok.audit a where a.org = p_org) where o.org = p_org;
            return;
        end if;
    end if;
    update byok.org o set enabled = true where o.org = p_org and not o.enabled and o.purged_at is null;
    if found then
        result := 'enabled';
        perform byok.record(p_org, 'org.enable', '', '{}');
    else
        perform byok.require_open(p_org);
        result := 'unchanged';
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
    perform byok.require_open(p_org);
    update byok.org o set enabled = false where o.org = p_org and o.enabled;
    result := case when found then 'disabled' else 'unchanged' end;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'org.disable', '', '{}');
    end if;
end $$;

-- One organization, or all that the login may see, ordered by id.
create or replace function byok_api.org_list(p_org text, p_after text, p_limit integer)
returns table (org text, enabled boolean, owners text[], keys bigint, dead_keys bigint, created_at timestamptz, created_by text,
               purged_at timestamptz)
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
               o.created_at, o.created_by, o.purged_at
        from byok.org o
        where o.org > coalesce(p_after, '') and (p_org is null or o.org = p_org)
          and (v_all or byok.is_member(o.org))
        order by o.org
        limit byok.page_size(p_limit);
end $$;

-- Closes the account of an organization: releases its open holds, and writes off what is left with a posting of its own. Returns
-- how much that was. The next tenancy has an account of its own, and does not know the requests of this one.
create or replace function byok.close_account(p_org text, p_tenancy integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_hold byok.hold;
    v_rest bigint;
begin
    -- The balance is locked before the holds, as everywhere. A grant that is in progress may be about to make it.
    insert into byok.balance (org, tenancy, available, held) values (p_org, p_tenancy, 0, 0) on conflict do nothing;
    perform from byok.balance b where b.org = p_org for no key update;
    for v_hold in delete from byok.hold h where h.org = p_org returning h.* loop
        perform byok.post_after(l, 'release', l.request, l.request_hash, v_hold.amount, -v_hold.amount, 0, 0, 0,
                                'the account was closed')
        from byok.ledger l
        where l.org = p_org and l.tenancy = v_hold.tenancy and l.request = v_hold.request and l.kind = 'hold';
    end loop;
    select b.available + b.held into v_rest from byok.balance b where b.org = p_org;
    if v_rest > 0 then
        insert into byok.ledger (org, tenancy, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                 note, login_oid)
        values (p_org, p_tenancy, 'close', '', '', -v_rest, 0, v_rest, 0, 0, 'the account was closed', byok.session_oid());
    end if;
    update byok.balance b set tenancy = p_tenancy + 1, available = 0, held = 0, alert_below = null
    where b.org = p_org;
    return v_rest;
end $$;

-- Erases the keys, data keys, hints and memberships of an organization, and closes its account. Its records and postings stay. Its
-- id is not given to another tenant, unless org_enable is told so.
create or replace function byok_api.org_purge(p_org text, p_confirm text, out result text, out keys bigint, out written_off bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org byok.org;
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
    select o.* into v_org from byok.org o where o.org = p_org for no key update;
    update byok.provider_key k
    set state = 'removed', encrypted = null, keep_until = null, hint = '', settings = '{}', fingerprint = '\x0000000000000000',
        ended_at = coalesce(k.ended_at, clock_timestamp()), ended_by = coalesce(k.ended_by, session_user)
    where k.org = p_org and (k.encrypted is not null or k.hint <> '' or k.settings <> '{}'
                             or k.fingerprint <> '\x0000000000000000');
    get diagnostics keys = row_count;
    -- Without its check value, nobody's copy of a data key can be restored, not for the next tenant either.
    update byok.data_key d
    set state = 'retired', wrapped = null, master_epoch = null, check_value = decode(repeat('00', 8), 'hex')
    where d.org = p_org and d.check_value <> decode(repeat('00', 8), 'hex');
    get diagnostics v_data_keys = row_count;
    for v_member in delete from byok.member m where m.org = p_org returning m.login_oid loop
        v_members := v_members + 1;
        perform byok.leave_group(v_member);
    end loop;
    written_off := 0;
    if v_org.purged_at is null then
        written_off := byok.close_account(p_org, v_org.tenancy);
        update byok.org o set enabled = false, purged_at = clock_timestamp(), tenancy = o.tenancy + 1 where o.org = p_org;
    elsif keys + v_data_keys + v_members = 0 then
        result := 'unchanged';
        return;
    end if;
    perform byok.record(p_org, 'org.purge', '',
        jsonb_build_object('keys', keys, 'members', v_members, 'written_off', written_off));
    result := 'purged';
end $$;

grant execute on function byok_api.org_enable, byok_api.org_disable, byok_api.org_purge to byok_admin;

grant execute on function byok_api.org_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
