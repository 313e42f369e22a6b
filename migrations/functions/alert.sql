-- Events about balances: that one is low, and that a request was refused for credits.

-- Whether a balance has just fallen below its threshold. p_spent is by how much it fell.
create or replace function byok.has_fallen(p_below bigint, p_left bigint, p_spent bigint) returns boolean
language sql immutable
return p_left < p_below and p_left + p_spent >= p_below;

-- Tells that a balance has fallen below its threshold, in the transaction that moved it. Returns true, so that it can stand in a query.
create or replace function byok.tell_low(p_org text, p_available bigint, p_held bigint, p_below bigint) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.emit_event('balance.low', p_org, null, null, jsonb_build_object(
        'available', byok.event_amount(p_available), 'held', byok.event_amount(p_held), 'below', byok.event_amount(p_below)));
    return true;
end $$;

-- Sets below which credits an event tells that the balance of an organization is low; null: never.
create or replace function byok_api.credit_alert(p_org text, p_below bigint, out result text, out before bigint, out available bigint,
                                      out held bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_tenancy integer;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    perform byok.require_current_sight();
    perform byok.check_number('amount', p_below, 1, 1000000000000000, true);
    select o.tenancy into v_tenancy from byok.org o where o.org = p_org for key share;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    perform byok.require_open(p_org, v_tenancy);
    insert into byok.balance (org, tenancy, available, held) values (p_org, v_tenancy, 0, 0) on conflict do nothing;
    select b.alert_below, b.available, b.held into credit_alert.before, credit_alert.available, credit_alert.held
    from byok.balance b where b.org = p_org for no key update;
    result := 'unchanged';
    if before is distinct from p_below then
        update byok.balance b set alert_below = p_below where b.org = p_org;
        perform byok.record(p_org, 'credit.alert', '', jsonb_build_object('below', p_below, 'previous_below', before));
        result := case when p_below is null then 'removed' else 'set' end;
    end if;
end $$;

-- Whether an event told of a refusal since the last grant.
create or replace function byok.refusal_told(p_org text, p_tenancy integer) returns boolean
language sql stable
return exists (select from byok.refusal r left join byok.balance b on b.org = r.org
               where r.org = p_org and r.tenancy = p_tenancy and r.grants = coalesce(b.grants, 0));

-- Tells that a request was refused for credits, once until the next grant. The client calls it after the refusal, which rolled back
-- everything else. p_needed is what the request would have cost. Returns whether this was new. It waits for nobody: if another session
-- tells of a refusal at this moment, that is enough.
create or replace function byok_api.credit_refused(p_org text, p_needed bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_tenancy integer := byok.tenancy_of(p_org);
    v_balance byok.balance;
begin
    perform byok.require(p_org <> '' and (byok.may_charge() or byok.is_owner(p_org)));
    perform byok.check_org(p_org);
    perform byok.check_number('amount', p_needed, 1, 9223372036854775807);
    if not pg_try_advisory_xact_lock(hashtextextended('byok.refusal ' || p_org, 0))
        or not exists (select from byok.org o where o.org = p_org and o.purged_at is null) or byok.refusal_told(p_org, v_tenancy) then
        return false;
    end if;
    select b.* into v_balance from byok.balance b where b.org = p_org;
    if v_balance.available >= p_needed then
        return false;
    end if;
    insert into byok.refusal (org, tenancy, grants) values (p_org, v_tenancy, coalesce(v_balance.grants, 0))
    on conflict (org) do update set tenancy = excluded.tenancy, grants = excluded.grants;
    perform byok.emit_event('balance.exhausted', p_org, null, null, jsonb_build_object(
        'available', byok.event_amount(coalesce(v_balance.available, 0)), 'needed', byok.event_amount(p_needed)));
    return true;
end $$;

grant execute on function byok_api.credit_alert to byok_admin;
grant execute on function byok_api.credit_refused to byok_owner, byok_resolver;
