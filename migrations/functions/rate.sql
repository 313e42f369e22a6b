-- The rate card: what an operation costs.

-- One part of a price for a number of units. A fraction of a micro-credit is rounded up. Null if it is more than a posting may have.
create or replace function byok.price(p_part bigint, p_units bigint, p_per bigint) returns bigint
language sql immutable
return case
    when p_part <= 9000000 and p_units <= 1000000000000 then (p_part * p_units + p_per - 1) / p_per
    when p_part::numeric * p_units <= p_per * 1000000000000000::numeric
        then div(p_part::numeric * p_units + p_per - 1, p_per)::bigint
end;

-- The price of an operation with a key of this source, and the rate behind it: the provider's own rate, or else the rate for all
-- providers. No row if the operation has no rate. A part is null if it is out of range.
create or replace function byok.price_of(p_operation text, p_provider text, p_source text, p_units bigint)
returns table (rate_provider text, rate_version integer, unit text, platform_part bigint, provider_part bigint)
language sql stable
begin atomic
    select r.provider, r.version, r.unit, byok.price(r.platform_part, p_units, r.per),
           case p_source when 'platform' then byok.price(r.provider_part, p_units, r.per) else 0 end
    from byok.rate r
    where r.operation = p_operation and r.state = 'active' and r.provider in (p_provider, '')
    order by r.provider desc
    limit 1;
end;

-- Sets the price of an operation. A price is never edited: a new one gets the next version.
create or replace function byok_api.rate_set(p_operation text, p_provider text, p_unit text, p_per bigint, p_platform_part bigint,
                                  p_provider_part bigint, out result text, out version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_before byok.rate;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_pattern('operation', p_operation, '^[a-z][a-z0-9_.-]{0,63}$');
    perform byok.check_pattern('provider', p_provider, '^([a-z][a-z0-9_-]{0,39})?$');
    perform byok.check_pattern('unit', p_unit, '^[a-z][a-z0-9_-]{0,31}$');
    perform byok.check_number('per', p_per, 1, 1000000000);
    perform byok.check_number('platform_part', p_platform_part, 0, 1000000000000000);
    perform byok.check_number('provider_part', p_provider_part, 0, 1000000000000000);
    lock table byok.rate in share row exclusive mode;
    select r.* into v_before from byok.rate r
    where r.operation = p_operation and r.provider = p_provider and r.state = 'active';
    version := v_before.version;
    if (v_before.unit, v_before.per, v_before.platform_part, v_before.provider_part)
        = (p_unit, p_per, p_platform_part, p_provider_part) then
        result := 'unchanged';
        return;
    end if;
    update byok.rate r set state = 'retired', ended_at = clock_timestamp(), ended_by = session_user
    where r.operation = p_operation and r.provider = p_provider and r.state = 'active';
    insert into byok.rate as r (operation, provider, version, unit, per, platform_part, provider_part, state)
    select p_operation, p_provider, coalesce(max(o.version), 0) + 1, p_unit, p_per, p_platform_part, p_provider_part,
           'active'
    from byok.rate o where o.operation = p_operation and o.provider = p_provider
    returning r.version into rate_set.version;
    result := case when v_before.version is null then 'created' else 'replaced' end;
    perform byok.record('', 'rate.set', p_operation,
        jsonb_build_object('provider', p_provider, 'version', version, 'unit', p_unit, 'per', p_per,
                           'platform_part', p_platform_part, 'provider_part', p_provider_part));
end $$;

-- Removes the price of an operation. Requests for it are refused from then on. 'unknown' means that it never had one.
create or replace function byok_api.rate_remove(p_operation text, p_provider text, out result text, out version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_pattern('operation', p_operation, '^[a-z][a-z0-9_.-]{0,63}$');
    perform byok.check_pattern('provider', p_provider, '^([a-z][a-z0-9_-]{0,39})?$');
    lock table byok.rate in share row exclusive mode;
    update byok.rate r set state = 'removed', ended_at = clock_timestamp(), ended_by = session_user
    where r.operation = p_operation and r.provider = p_provider and r.state = 'active'
    returning r.version into rate_remove.version;
    result := case when found then 'removed'
                   when exists (select from byok.rate r where r.operation = p_operation and r.provider = p_provider) then 'unchanged'
                   else 'unknown' end;
    if result = 'removed' then
        perform byok.record('', 'rate.remove', p_operation,
            jsonb_build_object('provider', p_provider, 'version', version));
    end if;
end $$;

-- The current prices, or with p_all every version.
create or replace function byok_api.rate_list(p_operation text, p_all boolean)
returns table (operation text, provider text, version integer, unit text, per bigint, platform_part bigint,
               provider_part bigint, state text, created_at timestamptz, created_by text, ended_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
    select byok.require(byok.has_any_right());
    select r.operation, r.provider, r.version, r.unit, r.per, r.platform_part, r.provider_part, r.state, r.created_at,
           r.created_by, r.ended_at
    from byok.rate r
    where (p_all or r.state = 'active') and (p_operation is null or r.operation = p_operation)
    order by r.operation, r.provider, r.version;
end;

grant execute on function byok_api.rate_set, byok_api.rate_remove to byok_admin;

grant execute on function byok_api.rate_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
