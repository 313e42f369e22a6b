-- Which provider serves a capability on this platform.

create table byok.route (
    capability text not null,
    provider text not null,
    set_at timestamptz not null default pg_catalog.clock_timestamp(),
    set_by text not null default session_user,
    constraint route_pk primary key (capability),
    constraint route_capability_check check (capability in ('llm', 'voice', 'voice-generation')),
    constraint route_provider_check check (provider ~ '^[a-z][a-z0-9_-]{0,39}$')
);
select byok.close_table('byok.route');

-- A null provider takes the route away.
create function byok_api.route_set(p_capability text, p_provider text, out result text, out previous text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin'));
    lock table byok.route in share row exclusive mode;
    select r.provider into previous from byok.route r where r.capability = p_capability;
    if previous is not distinct from p_provider then
        result := 'unchanged';
        return;
    end if;
    if p_provider is null then
        delete from byok.route r where r.capability = p_capability;
        result := 'removed';
    else
        insert into byok.route (capability, provider) values (p_capability, p_provider)
        on conflict (capability) do update
            set provider = excluded.provider, set_at = clock_timestamp(), set_by = session_user;
        result := case when previous is null then 'created' else 'replaced' end;
    end if;
    perform byok.record('', 'route.set', p_capability, jsonb_build_object('provider', p_provider, 'previous', previous));
end $$;

create function byok_api.route_list()
returns table (capability text, provider text, set_at timestamptz, set_by text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select r.capability, r.provider, r.set_at, r.set_by from byok.route r order by r.capability;
end;

grant execute on function byok_api.route_set to byok_admin;
grant execute on function byok_api.route_list to byok_admin, byok_owner, byok_resolver, byok_auditor;
