-- Which key serves a request. The decision is made here, once, for whoever asks: explaining, opening, charging.

-- source is 'organization', 'platform' or null (denied); key_org is who holds the key, '' being the platform.
create function byok.decide(p_org text, p_provider text)
returns table (source text, reason text, key_org text, version integer, hint text, settings text, data_epoch integer,
               org_known boolean, org_enabled boolean, own_version integer, own_hint text, own_expires_at timestamptz,
               platform_version integer, platform_hint text, platform_expires_at timestamptz)
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    select d.source, d.reason, case d.source when 'organization' then p_org when 'platform' then '' end,
           case d.source when 'organization' then own.version when 'platform' then shared.version end,
           case d.source when 'organization' then own.hint when 'platform' then shared.hint end,
           case d.source when 'organization' then own.settings when 'platform' then shared.settings end,
           case d.source when 'organization' then own.data_epoch when 'platform' then shared.data_epoch end,
           o.org is not null, coalesce(o.enabled, false), own.version, own.hint, own.expires_at,
           shared.version, shared.hint, shared.expires_at
    from (select p_org as org) asked
    left join byok.org o on o.org = asked.org
    left join byok.provider_key own
        on own.org = asked.org and own.provider = p_provider and own.state = 'active'
    left join byok.provider_key shared
        on shared.org = '' and shared.provider = p_provider and shared.state = 'active'
    cross join lateral (
        select case
            -- An organization key answers alone, whatever state it is in: no line below it is reached.
            when coalesce(o.enabled, false) and own.version is not null then
                case when own.expires_at <= now() then null else 'organization' end
            when shared.version is null or shared.expires_at <= now() then null
            else 'platform' end as source,
        case
            when coalesce(o.enabled, false) and own.version is not null then
                case when own.expires_at <= now() then 'key_expired' else 'organization_key' end
            when shared.version is null then 'no_platform_key'
            when shared.expires_at <= now() then 'platform_key_expired'
            when coalesce(o.enabled, false) then 'no_organization_key'
            else 'not_enabled' end as reason
    ) d;
end;

-- Exactly one of provider and capability is given. Changes nothing.
create function byok_api.resolve(p_org text, p_provider text, p_capability text)
returns table (provider text, source text, reason text, key_org text, version integer, hint text,
               org_known boolean, org_enabled boolean, own_version integer, own_hint text, own_expires_at timestamptz,
               platform_version integer, platform_hint text, platform_expires_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.sees_all();
    v_provider text := p_provider;
begin
    perform byok.require(p_org <> '' and (v_all or byok.is_member(p_org)));
    if v_provider is null then
        select r.provider into v_provider from byok.route r where r.capability = p_capability;
        if v_provider is null then
            return query
                select null::text, null::text, 'no_route'::text, null::text, null::integer, null::text,
                       o.org is not null, coalesce(o.enabled, false), null::integer, null::text, null::timestamptz,
                       null::integer, null::text, null::timestamptz
                from (select p_org as org) asked left join byok.org o on o.org = asked.org;
            return;
        end if;
    end if;
    -- The platform key's hint is the platform's business.
    return query
        select v_provider, d.source, d.reason, d.key_org, d.version,
               case when v_all or d.source = 'organization' then d.hint end,
               d.org_known, d.org_enabled, d.own_version, d.own_hint, d.own_expires_at,
               d.platform_version, case when v_all then d.platform_hint end, d.platform_expires_at
        from byok.decide(p_org, v_provider) d;
end $$;

grant execute on function byok_api.resolve to byok_admin, byok_owner, byok_resolver, byok_auditor;
