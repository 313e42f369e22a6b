-- What a session asks first, and the lists of organizations.

-- One round trip at the start of every session: who am I here, how new is the schema, which master keys are known.
create function byok_api.hello()
returns table (schema_version bigint, login text, admin boolean, resolver boolean, auditor boolean, server integer,
               epochs integer[], check_values bytea[], active_epoch integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select (select max(m.version) from byok._sqlx_migrations m where m.success),
           session_user::text, byok.holds('byok_admin'), byok.holds('byok_resolver'), byok.holds('byok_auditor'),
           current_setting('server_version_num')::integer,
           coalesce((select array_agg(k.epoch order by k.epoch) from byok.keyring k), '{}'),
           coalesce((select array_agg(k.check_value order by k.epoch) from byok.keyring k), '{}'),
           (select k.epoch from byok.keyring k where k.state = 'active');
end;

create function byok_api.org_list(p_org text, p_after text, p_limit integer)
returns table (org text, enabled boolean, owners text[], keys bigint, created_at timestamptz, created_by text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.sees_all();
begin
    perform byok.require(p_org is null or v_all or byok.is_member(p_org));
    return query
        select o.org, o.enabled,
               coalesce((select array_agg(coalesce(r.rolname::text, m.login) order by m.login)
                         from byok.member m left join pg_catalog.pg_roles r on r.oid = m.login_oid
                         where m.org = o.org and m.role = 'owner'), '{}'),
               (select count(*) from byok.provider_key k where k.org = o.org and k.state = 'active'),
               o.created_at, o.created_by
        from byok.org o
        where o.org > coalesce(p_after, '') and (p_org is null or o.org = p_org)
          and (v_all or byok.is_member(o.org))
        order by o.org
        limit p_limit;
end $$;

-- Counts of what the login may see.
create function byok_api.summary()
returns table (orgs bigint, enabled bigint, org_keys bigint, platform_keys bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.sees_all();
begin
    return query
        select count(*), count(*) filter (where o.enabled),
               coalesce(sum((select count(*) from byok.provider_key k where k.org = o.org and k.state = 'active')), 0)::bigint,
               case when v_all then (select count(*) from byok.provider_key k where k.org = '' and k.state = 'active') end
        from byok.org o
        where o.org <> '' and (v_all or byok.is_member(o.org));
end $$;

grant execute on function byok_api.hello, byok_api.org_list, byok_api.summary
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
