-- Which key serves a request. Explaining, opening and charging all use the decision here.

-- Fails as pgcrypto does with a wrong passphrase.
create or replace function byok.refuse_passphrase() returns bytea
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'no passphrase' using errcode = '39000';
end $$;

-- Decrypts the key that serves with pgcrypto, with the passphrases of the data keys that the caller has. Null if the caller has
-- another data key than the key needs. An error of pgcrypto is returned to the caller, and never leads to another key.
create or replace function byok.open_with(
    p_source text, p_data_epoch integer, p_encrypted bytea, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer,
    p_platform_wrap text) returns bytea
language sql stable
return case
    when p_data_epoch is not distinct from case p_source when 'platform' then p_platform_epoch else p_own_epoch end
        then coalesce(byok_crypto.decrypt_sealed(p_encrypted,
                                                 case p_source when 'platform' then p_platform_wrap else p_own_wrap end),
                      byok.refuse_passphrase())
end;

-- Decides which key serves a request: one row. It becomes a part of the query that calls it, for one request or for many.
--
-- source is 'organization', 'platform' or null (denied). The key is the one that decides, even if it is denied; key_org '' is the
-- platform. An organization's own key decides alone, whatever state it is in: the platform's key is never used instead.
create or replace function byok.decision(p_org text, p_provider text)
returns table (source text, reason text, key_org text, version integer, hint text, settings text, data_epoch integer,
               encrypted bytea, unreadable boolean, org_known boolean, org_enabled boolean, org_open boolean,
               tenancy integer)
language sql stable
begin atomic
    select case
               when r.reason = 'organization_key' then 'organization'
               when r.reason in ('no_organization_key', 'not_enabled') then 'platform'
           end,
           r.reason, coalesce(k.org, ''), k.version, k.hint, k.settings, k.data_epoch, k.encrypted,
           k.unreadable_at is not null, o.org is not null, coalesce(o.enabled, false),
           o.org is not null and o.purged_at is null, coalesce(o.tenancy, 1)
    from (select) asked
    left join byok.org o on o.org = p_org
    left join lateral (
        select k.org, k.version, k.hint, k.settings, k.data_epoch, k.encrypted, k.unreadable_at, k.expires_at, p.definition
        from byok.provider_key k left join byok.provider p on p.provider = k.provider
        -- '' is the lowest of all texts.
        where k.org in ('', case when o.enabled then p_org else '' end) and k.provider = p_provider and k.state = 'active'
        order by k.org desc
        limit 1) k on true
    -- Without the offset the planner would copy this expression to every place that uses it.
    cross join lateral (
        select case
                   when k.version is null then 'no_platform_key'
                   when k.expires_at <= clock_timestamp()
                       then case k.org when '' then 'platform_key_expired' else 'key_expired' end
                   when k.definition is not null and not byok.has_current_address(k.settings, k.definition)
                       then 'address_changed'
                   when k.org <> '' then 'organization_key'
                   when o.enabled then 'no_organization_key'
                   else 'not_enabled'
               end as reason
        offset 0) r;
end;

-- The decision for a caller that does not open the key. A key that is known not to open is denied. A request still tries to open it,
-- so a key that opens again serves at once.
create or replace function byok.seen_source(p_org text, p_provider text, out source text, out reason text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    select case when not d.unreadable then d.source end,
           case when d.unreadable and d.source is not null then 'key_unreadable' else d.reason end
    into source, reason
    from byok.decision(p_org, p_provider) d;
end $$;

-- Which key would serve a request, why, and the facts of the decision. Either provider or capability is given. Changes nothing.
create or replace function byok_api.resolve(p_org text, p_provider text, p_capability text, p_language text)
returns table (provider text, source text, reason text, key_org text, version integer, hint text,
               org_known boolean, org_enabled boolean, own_version integer, own_hint text, own_expires_at timestamptz,
               platform_version integer, platform_hint text, platform_expires_at timestamptz,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz,
               outcome text, last_used_at timestamptz, last_ok_at timestamptz, failing_since timestamptz, failures bigint, uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    v_provider text := p_provider;
begin
    perform byok.require(p_org <> '' and (v_all or byok.is_member(p_org)));
    perform byok.check_org(p_org);
    perform byok.check_pattern('provider', p_provider, '^[a-z][a-z0-9_-]{0,39}$', true);
    perform byok.check_word('capability', p_capability, '{llm,voice,voice-generation}', p_provider is not null);
    perform byok.check_pattern('language', p_language, '^[A-Za-z0-9-]{0,35}$', true);
    if v_provider is null then
        v_provider := byok.route_of(p_capability, p_language);
        if v_provider is null then
            return query
                select null::text, null::text, 'no_route'::text, null::text, null::integer, null::text,
                       o.org is not null, coalesce(o.enabled, false), null::integer, null::text, null::timestamptz,
                       null::integer, null::text, null::timestamptz,
                       null::text, null::text, null::timestamptz, null::timestamptz,
                       null::text, null::timestamptz, null::timestamptz, null::timestamptz, null::bigint, null::bigint
                from (select p_org as org) asked left join byok.org o on o.org = asked.org;
            return;
        end if;
    end if;
    return query
        select v_provider, case when not s.unreadable then d.source end,
               case when s.unreadable then 'key_unreadable' else d.reason end, d.key_org, s.version,
               byok.visible_hint(d.source, case when s.version is not null then d.hint end, v_all),
               d.org_known, d.org_enabled, own.version, own.hint, own.expires_at,
               shared.version, byok.visible_hint('platform', shared.hint, v_all), shared.expires_at,
               t.verdict, t.detail, t.tested_at, t.verified_at,
               r.outcome, r.last_used_at, r.last_ok_at, r.failing_since, r.failures, r.uses
        from byok.decision(p_org, v_provider) d
        cross join lateral (select case when d.source is not null then d.version end as version,
                                   d.source is not null and d.unreadable as unreadable) s
        -- Facts that an explanation names beside the key that decides.
        left join byok.provider_key own on own.org = p_org and own.provider = v_provider and own.state = 'active'
        left join byok.provider_key shared on shared.org = '' and shared.provider = v_provider and shared.state = 'active'
        left join byok.key_test t on t.org = d.key_org and t.provider = v_provider and t.version = s.version
        -- How much the platform's key is used tells members about other organizations.
        left join byok.key_report r on r.org = d.key_org and r.provider = v_provider and r.version = s.version
            and (v_all or d.key_org <> '');
end $$;

grant execute on function byok_api.resolve to byok_admin, byok_owner, byok_resolver, byok_auditor;
