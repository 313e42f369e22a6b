-- Providers that admins added, and routes of capabilities.

-- Whether a key was stored for an address that its provider has now. A key of a private provider is sealed with the address, so
-- changing the address does not give anybody a key that was stored for another one. Providers of the catalog have no definition
-- here, because the client knows their addresses. Settings that are not JSON contain no address.
create or replace function byok.has_current_address(p_settings text, p_definition jsonb) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    v_address jsonb;
begin
    if p_definition is null then
        return true;
    end if;
    begin
        v_address := p_settings::jsonb -> 'base_url';
        return coalesce(v_address = p_definition -> 'base_url' or p_definition -> 'other_base_urls' @> v_address, false)
            and jsonb_typeof(v_address) = 'string';
    exception when others then
        return false;
    end;
end $$;

-- Adds a private provider, or changes its definition.
create or replace function byok_api.provider_put(p_provider text, p_definition jsonb, p_allow_private boolean) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_before byok.provider;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_provider(p_provider);
    perform byok.check_flag('allow_private', p_allow_private);
    if (jsonb_typeof(p_definition) = 'object' and pg_column_size(p_definition) <= 65536
        and octet_length(p_definition::text) <= 65536
        and coalesce(octet_length((p_definition -> 'base_url')::text), 0) <= 2000) is not true then
        perform byok.refuse_value('definition');
    end if;
    lock table byok.provider in share row exclusive mode;
    select p.* into v_before from byok.provider p where p.provider = p_provider;
    if v_before.definition = p_definition and v_before.allow_private = p_allow_private then
        return 'unchanged';
    end if;
    insert into byok.provider as p (provider, definition, allow_private)
    values (p_provider, p_definition, p_allow_private)
    on conflict (provider) do update
        set definition = excluded.definition, allow_private = excluded.allow_private,
            created_at = clock_timestamp(), created_by = session_user;
    perform byok.record('', 'provider.put', p_provider,
        jsonb_build_object('base_url', p_definition -> 'base_url', 'allow_private', p_allow_private,
                           'previous_base_url', v_before.definition -> 'base_url'));
    return case when v_before.provider is null then 'created' else 'replaced' end;
end $$;

-- Removes a private provider. It is refused while keys are stored for it. 'unknown' means that there was never a provider of this
-- name. Storing a key locks the provider's row, so the keys are counted after that row is locked here.
create or replace function byok_api.provider_remove(p_provider text, out result text, out keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.require_current_sight();
    perform byok.check_provider(p_provider);
    lock table byok.provider in share row exclusive mode;
    perform from byok.provider p where p.provider = p_provider for update;
    select count(*) into keys from byok.provider_key k where k.provider = p_provider and k.state = 'active';
    if keys > 0 then
        result := 'in_use';
        return;
    end if;
    delete from byok.provider p where p.provider = p_provider;
    if not found then
        result := case when exists (select from byok.audit a where a.org = '' and a.action = 'provider.put'
                                    and a.subject = p_provider) then 'unchanged' else 'unknown' end;
        return;
    end if;
    delete from byok.route r where r.provider = p_provider;
    perform byok.record('', 'provider.remove', p_provider, '{}');
    result := 'removed';
end $$;

-- The private providers: one, or all of them.
create or replace function byok_api.provider_list(p_provider text)
returns table (provider text, definition text, allow_private boolean, created_at timestamptz, created_by text)
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
    select byok.require(byok.has_any_right());
    select p.provider, left(p.definition::text, 65537), p.allow_private, p.created_at, p.created_by
    from byok.provider p
    where p_provider is null or p.provider = p_provider
    order by p.provider;
end;

-- The provider of a capability: the route for this language, for its first part (`hi` of `hi-IN`), or for all languages.
create or replace function byok.route_of(p_capability text, p_language text) returns text
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    select r.provider from byok.route r
    where r.capability = p_capability
      and lower(r.language) in (lower(p_language), lower(split_part(p_language, '-', 1)), '')
    order by length(r.language) desc
    limit 1;
end;

-- Sets the provider that serves a capability; null removes the route. 'unknown' means that the language never had a route.
create or replace function byok_api.route_set(p_capability text, p_language text, p_provider text,
                                   out result text, out previous text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_word('capability', p_capability, '{llm,voice,voice-generation}');
    perform byok.check_pattern('language', p_language, '^[A-Za-z0-9-]{0,35}$');
    perform byok.check_pattern('provider', p_provider, '^[a-z][a-z0-9_-]{0,39}$', true);
    lock table byok.route in share row exclusive mode;
    select r.provider into previous from byok.route r where r.capability = p_capability and r.language = p_language;
    if previous is not distinct from p_provider then
        -- A route for all languages cannot be misspelt; one for a language that never had a route can.
        result := case when previous is null and p_language <> '' and not exists (
                           select from byok.audit a where a.org = '' and a.action = 'route.set' and a.subject = p_capability
                           and a.detail ->> 'language' = p_language) then 'unknown' else 'unchanged' end;
        return;
    end if;
    if p_provider is null then
        delete from byok.route r where r.capability = p_capability and r.language = p_language;
        result := 'removed';
    else
        insert into byok.route (capability, language, provider) values (p_capability, p_language, p_provider)
        on conflict (capability, language) do update
            set provider = excluded.provider, set_at = clock_timestamp(), set_by = session_user;
        result := case when previous is null then 'created' else 'replaced' end;
    end if;
    perform byok.record('', 'route.set', p_capability,
        jsonb_build_object('language', p_language, 'provider', p_provider, 'previous', previous));
end $$;

-- The routes of all capabilities.
create or replace function byok_api.route_list()
returns table (capability text, language text, provider text, set_at timestamptz, set_by text)
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
    select byok.require(byok.has_any_right());
    select r.capability, r.language, r.provider, r.set_at, r.set_by from byok.route r
    order by r.capability, r.language;
end;

grant execute on function byok_api.provider_put, byok_api.provider_remove, byok_api.route_set to byok_admin;

grant execute on function byok_api.provider_list, byok_api.route_list
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
