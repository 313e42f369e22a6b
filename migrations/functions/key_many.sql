-- Many keys in one call: what a client must know before it seals them, and their storing.

-- The same as key_context for all keys of several organizations. Each organization that the login may see has a row without a
-- provider, and those whose keys it may change also have a row for each provider of which a key was ever stored. Others, and those
-- that do not exist, have none.
create or replace function byok_api.key_contexts(p_orgs text[])
returns table (org text, provider text, allowed boolean, enabled boolean, last_version integer, active_version integer,
               active_hint text, active_fingerprint bytea, active_settings text, active_expires_at timestamptz, data_epoch integer,
               master_epoch integer, wrapped bytea, check_value bytea, at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require(byok.has_any_right());
    perform byok.check_texts('organizations', p_orgs, 128);
    if cardinality(p_orgs) > 1000 then
        perform byok.refuse_value('organizations');
    end if;
    return query
        with known as materialized (
            select o.org, o.enabled, byok.is_owner(o.org) as allowed
            from (select distinct g.org from unnest(p_orgs) g(org)) g
            cross join lateral (select * from byok.org o where o.org = g.org and o.org <> '' offset 0) o
            where v_all or byok.is_member(o.org)
        )
        select n.org, null, n.allowed, n.enabled, null::integer, null::integer, null, null::bytea, null, null::timestamptz, d.epoch,
               d.master_epoch, d.wrapped, d.check_value, clock_timestamp()
        from known n
        left join lateral (select * from byok.data_key d where d.org = n.org and d.state = 'active' and n.allowed offset 0) d on true
        union all
        select n.org, k.provider, n.allowed, n.enabled, k.last_version, a.version, left(a.hint, 17), a.fingerprint,
               left(a.settings, 4097), a.expires_at, null::integer, null::integer, null::bytea, null::bytea, null::timestamptz
        from known n
        cross join lateral (select k.provider, max(k.version) as last_version from byok.provider_key k
                            where k.org = n.org and n.allowed group by k.provider offset 0) k
        left join lateral (select * from byok.provider_key a
                           where a.org = n.org and a.provider = k.provider and a.state = 'active' offset 0) a on true;
end $$;

-- Stores several sealed keys of one organization in one transaction: all of them, or none. Each is checked, stored and recorded as
-- key_set does it. Returns their versions in the order of the arguments.
create or replace function byok_api.key_set_many(
    p_org text, p_data_epoch integer, p_data_check bytea, p_keep integer, p_providers text[], p_after_versions integer[],
    p_active_versions integer[], p_sealed bytea[], p_wraps text[], p_settings text[], p_hints text[], p_fingerprints bytea[],
    p_expires_at timestamptz[], p_tests jsonb[], p_private boolean[])
returns table (at integer, version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    if (cardinality(p_providers) between 1 and 1000 and cardinality(p_providers) = all (array[
            cardinality(p_after_versions), cardinality(p_active_versions), cardinality(p_sealed), cardinality(p_wraps),
            cardinality(p_settings), cardinality(p_hints), cardinality(p_fingerprints), cardinality(p_expires_at),
            cardinality(p_tests), cardinality(p_private)])) is not true then
        perform byok.refuse_value('keys');
    end if;
    return query
        select s.at, s.version
        from byok.store_keys(p_org, p_data_epoch, p_data_check, p_keep, p_providers, p_after_versions, p_active_versions, p_sealed,
                             p_wraps, p_settings, p_hints, p_fingerprints, p_expires_at, p_tests, p_private) s;
end $$;

grant execute on function byok_api.key_contexts, byok_api.key_set_many to byok_admin, byok_owner;
