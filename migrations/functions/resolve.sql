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

-- Decides which key serves a request.
--
-- source is 'organization', 'platform' or null (denied). key_org is the holder whose key decides, even if it is denied: '' is the
-- platform. Without p_all, facts that do not decide are not looked up. Each look-up is a statement of its own, whose plan a
-- session keeps. A single query over all tables was planned at every call.
create or replace function byok.decide(
    p_org text, p_provider text, p_all boolean default true,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out org_known boolean, out org_enabled boolean, out own_version integer, out own_hint text,
    out own_expires_at timestamptz, out platform_version integer, out platform_hint text,
    out platform_expires_at timestamptz, out encrypted bytea, out unreadable boolean,
    out tenancy integer)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_settings text;
    v_epoch integer;
    v_shared_encrypted bytea;
    v_shared_unreadable boolean;
    v_definition jsonb;
    v_shared_definition jsonb;
begin
    select o.enabled, k.version, k.hint, k.expires_at, k.settings, k.data_epoch, k.encrypted, k.unreadable_at is not null,
           p.definition, o.tenancy
    into org_enabled, own_version, own_hint, own_expires_at, settings, data_epoch, encrypted, unreadable, v_definition, tenancy
    from byok.org o
    left join byok.provider_key k on k.org = o.org and k.provider = p_provider and k.state = 'active'
    left join byok.provider p on p.provider = p_provider
    where o.org = p_org;
    org_known := found;
    tenancy := coalesce(tenancy, 1);
    org_enabled := coalesce(org_enabled, false);
    if p_all or not org_enabled or own_version is null then
        select k.version, k.hint, k.expires_at, k.settings, k.data_epoch, k.encrypted, k.unreadable_at is not null,
               p.definition
        into platform_version, platform_hint, platform_expires_at, v_settings, v_epoch, v_shared_encrypted, v_shared_unreadable,
             v_shared_definition
        from byok.provider_key k left join byok.provider p on p.provider = k.provider
        where k.org = '' and k.provider = p_provider and k.state = 'active';
    end if;

    key_org := '';
    -- An organization's own key decides alone, whatever state it is in. The platform's key is never used instead.
    if org_enabled and own_version is not null then
        key_org := p_org;
        if own_expires_at <= clock_timestamp() then
            reason := 'key_expired';
        elsif v_definition is not null and not byok.has_current_address(settings, v_definition) then
            reason := 'address_changed';
        else
            source := 'organization';
            reason := 'organization_key';
            version := own_version;
            hint := own_hint;
            return;
        end if;
    elsif platform_version is null then
        reason := 'no_platform_key';
    elsif platform_expires_at <= clock_timestamp() then
        reason := 'platform_key_expired';
    elsif v_shared_definition is not null and not byok.has_current_address(v_settings, v_shared_definition) then
        reason := 'address_changed';
    else
        source := 'platform';
        reason := case when org_enabled then 'no_organization_key' else 'not_enabled' end;
        version := platform_version;
        hint := platform_hint;
        settings := v_settings;
        data_epoch := v_epoch;
        encrypted := v_shared_encrypted;
        unreadable := v_shared_unreadable;
        return;
    end if;
    unreadable := false;
    settings := null;
    data_epoch := null;
    encrypted := null;
end $$;

-- The decision for a caller that does not open the key. A key that is known not to open is denied. A request still tries to open it,
-- so a key that opens again serves at once.
create or replace function byok.seen_source(p_org text, p_provider text, out source text, out reason text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_key record;
begin
    v_key := byok.decide(p_org, p_provider, false);
    source := case when not v_key.unreadable then v_key.source end;
    reason := case when v_key.unreadable then 'key_unreadable' else v_key.reason end;
end $$;

-- Which key would serve a request, why, and the facts of the decision. Either provider or capability is given. Changes nothing.
create or replace function byok_api.resolve(p_org text, p_provider text, p_capability text, p_language text)
returns table (provider text, source text, reason text, key_org text, version integer, hint text,
               org_known boolean, org_enabled boolean, own_version integer, own_hint text, own_expires_at timestamptz,
               platform_version integer, platform_hint text, platform_expires_at timestamptz,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz)
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
                       null::text, null::text, null::timestamptz, null::timestamptz
                from (select p_org as org) asked left join byok.org o on o.org = asked.org;
            return;
        end if;
    end if;
    return query
        select v_provider, case when not d.unreadable then d.source end,
               case when d.unreadable then 'key_unreadable' else d.reason end, d.key_org, d.version,
               byok.visible_hint(d.source, d.hint, v_all),
               d.org_known, d.org_enabled, d.own_version, d.own_hint, d.own_expires_at,
               d.platform_version, byok.visible_hint('platform', d.platform_hint, v_all), d.platform_expires_at,
               t.verdict, t.detail, t.tested_at, t.verified_at
        from byok.decide(p_org, v_provider) d
        left join byok.key_test t on t.org = d.key_org and t.provider = v_provider and t.version = d.version;
end $$;

grant execute on function byok_api.resolve to byok_admin, byok_owner, byok_resolver, byok_auditor;
