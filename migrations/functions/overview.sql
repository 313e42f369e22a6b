-- The first question of a session, and counts.

-- The first question of every session: the rights of the login, the version of the schema, the known master keys. Older and newer
-- programs ask it, so columns may be added, but not removed or changed.
create or replace function byok_api.hello()
returns table (schema_version bigint, byok_version text, functions text, interface integer, oldest_served integer, login text, admin boolean, resolver boolean,
               auditor boolean, server integer, epochs integer[], check_values bytea[], active_epoch integer)
language sql security definer set search_path = pg_catalog, pg_temp set row_security = on
begin atomic
    select byok.require(byok.has_any_right());
    select (select max(m.version) from byok.migration m), i.byok_version, i.functions, i.interface, i.oldest_served,
           session_user::text, byok.has_role('byok_admin'), byok.has_role('byok_resolver'), byok.has_role('byok_auditor'),
           current_setting('server_version_num')::integer,
           coalesce((select array_agg(k.epoch order by k.epoch) from byok.keyring k), '{}'),
           coalesce((select array_agg(k.check_value order by k.epoch) from byok.keyring k), '{}'),
           (select k.epoch from byok.keyring k where k.state = 'active')
    from byok.installation i;
end;

-- The number of active keys whose latest use failed: those of the platform, or of organizations, all or the session's login's own.
create or replace function byok.count_failing(p_platform boolean, p_all boolean) returns bigint
language sql stable
return (select count(*) from byok.key_report r
        join byok.provider_key k on k.org = r.org and k.provider = r.provider and k.version = r.version
        where r.failing_since is not null and k.state = 'active' and (r.org = '') = p_platform and (p_all or byok.is_member(r.org)));

-- Counts the organizations and keys that the login may see.
create or replace function byok_api.summary()
returns table (orgs bigint, enabled bigint, org_keys bigint, dead_org_keys bigint, platform_keys bigint, dead_platform_keys bigint,
               failing_org_keys bigint, failing_platform_keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require(byok.has_any_right());
    return query
        select count(*), count(*) filter (where o.enabled),
               coalesce(sum((select count(*) from byok.provider_key k where k.org = o.org and k.state = 'active')), 0)::bigint,
               coalesce(sum((select count(*) from byok.provider_key k where k.org = o.org and byok.is_dead(k))), 0)::bigint,
               case when v_all then (select count(*) from byok.provider_key k where k.org = '' and k.state = 'active') end,
               case when v_all then (select count(*) from byok.provider_key k where k.org = '' and byok.is_dead(k)) end,
               byok.count_failing(false, v_all), case when v_all then byok.count_failing(true, true) end
        from byok.org o
        where o.org <> '' and (v_all or byok.is_member(o.org));
end $$;

grant execute on function byok_api.hello, byok_api.summary to byok_admin, byok_owner, byok_resolver, byok_auditor;
