-- Events: emitting, reading, finding end dates, erasing.

-- Writes an event in the transaction of what it tells about. The caller holds the lock of that key or balance, so that the numbers of
-- its events have the order of their commits. The detail never has a key, ciphertext or passphrase in it.
create or replace function byok.emit_event(p_kind text, p_org text, p_provider text, p_version integer, p_detail jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    insert into byok.event (xid, kind, org, tenancy, provider, version, hint, detail)
    values (pg_current_xact_id(), p_kind, p_org, byok.tenancy_of(p_org), p_provider, p_version,
            (select left(k.hint, 4) from byok.provider_key k
             where k.org = p_org and k.provider = p_provider and k.version = p_version), p_detail);
end $$;

-- A time as events have it: RFC 3339 in UTC.
create or replace function byok.event_time(p_at timestamptz) returns text
language sql stable
return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- An amount as events have it: decimal text.
create or replace function byok.event_amount(p_micro bigint) returns text
language sql immutable
return trim_scale(p_micro * 0.000001)::text;

-- The organizations whose events the session's login may read, if it is a member.
create or replace function byok.event_orgs() returns text[]
language sql stable
return array(select m.org from byok.member m where m.login_oid = byok.session_oid() and byok.is_member(m.org));

-- Where the events end now: the highest number, and the oldest transaction that has not ended. Whoever asks for this first and then
-- reads all events has seen everything up to there, except what those transactions may still commit.
create or replace function byok_api.event_tide(out seq bigint, out xid bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_any_right());
    xid := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    seq := coalesce((select max(e.seq) from byok.event e), 0);
end $$;

-- A page of the events, oldest first: those after a number that are not below the floor, which is a tide of before, and that the caller
-- has not read since then (p_read). Members see those of their organizations, without those of an earlier tenancy.
create or replace function byok_api.event_follow(p_org text, p_kinds text[], p_since timestamptz, p_after bigint, p_floor_seq bigint,
                                      p_floor_xid bigint, p_read bigint[], p_limit integer)
returns table (seq bigint, xid bigint, at timestamptz, kind text, org text, provider text, version integer, hint text, detail text)
-- As in byok.undelivered.
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    v_all boolean := byok.may_see_all();
    v_orgs text[] := case when not v_all then byok.event_orgs() end;
begin
    perform byok.require_of(p_org, case when p_org is null then byok.has_any_right() else v_all or byok.is_member(p_org) end);
    perform byok.check_kinds(p_kinds);
    perform byok.check_time('since', p_since);
    perform byok.check_number('number', n.number, 0, 9223372036854775807) from unnest(array[p_after, p_floor_seq, p_floor_xid]) n(number);
    perform byok.check_array('numbers', p_read);
    return query
        select e.seq, e.xid::text::bigint, e.at, e.kind, e.org, e.provider, e.version, e.hint, left(e.detail::text, 16385)
        from byok.event e
        where e.seq > p_after and (e.seq > p_floor_seq or e.xid >= p_floor_xid::text::xid8) and e.seq <> all (p_read)
          and byok.is_wanted(e, p_org, p_kinds, v_orgs) and (p_since is null or e.at >= p_since)
        order by e.seq
        limit byok.page_size(p_limit);
end $$;

-- A page of the events, newest first, before the given number.
create or replace function byok_api.event_list(p_org text, p_kinds text[], p_since timestamptz, p_until timestamptz, p_before bigint,
                                    p_limit integer)
returns table (seq bigint, at timestamptz, kind text, org text, provider text, version integer, hint text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    v_orgs text[] := case when not v_all then byok.event_orgs() end;
begin
    perform byok.require_of(p_org, case when p_org is null then byok.has_any_right() else v_all or byok.is_member(p_org) end);
    perform byok.check_kinds(p_kinds);
    perform byok.check_time('since', p_since);
    perform byok.check_time('until', p_until);
    return query
        select e.seq, e.at, e.kind, e.org, e.provider, e.version, e.hint, left(e.detail::text, 16385)
        from byok.event e
        where byok.is_wanted(e, p_org, p_kinds, v_orgs) and e.seq < coalesce(p_before, 9223372036854775807)
          and (p_since is null or e.at >= p_since) and (p_until is null or e.at < p_until)
        order by e.seq desc
        limit byok.page_size(p_limit);
end $$;

create or replace function byok.check_kinds(p_kinds text[]) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_kinds is not null then
        perform byok.check_texts('kinds', p_kinds, 40);
    end if;
end $$;

-- Whether an event is one of those that were asked for. p_orgs are the organizations that the login may see; null: all.
create or replace function byok.is_wanted(p_event byok.event, p_org text, p_kinds text[], p_orgs text[]) returns boolean
language sql stable
return (p_org is null or p_event.org = p_org) and (p_kinds is null or p_event.kind = any (p_kinds))
    and (p_orgs is null or p_event.org = any (p_orgs) and p_event.tenancy = byok.tenancy_of(p_event.org));

-- Emits the events of end dates: key.expired for those that passed, key.near_expiry for those that are at most p_near seconds away. Each
-- once for a version and date. An admin's call covers all keys, that of an owner those of its organizations. Keys that somebody changes
-- at this moment are left to the next call. Returns how many events that were.
create or replace function byok_api.event_scan(p_near integer, p_limit integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_orgs text[] := case when not byok.has_role('byok_admin') then byok.event_orgs() end;
    v_now timestamptz := clock_timestamp();
    v_count integer := 0;
    v_key record;
begin
    perform byok.require(byok.has_any_right());
    perform byok.check_number('seconds', p_near, 0, 31622400);
    perform byok.page_size(p_limit);
    -- Two statements, so that each uses its own index.
    for v_key in
        update byok.provider_key k set end_told_for = k.expires_at
        from (select k.org, k.provider, k.version from byok.provider_key k
              where k.state = 'active' and k.expires_at is not null and k.end_told_for is distinct from k.expires_at
                and k.expires_at <= v_now and (v_orgs is null or k.org = any (v_orgs) and byok.is_owner(k.org))
              order by k.expires_at limit p_limit for no key update skip locked) due
        where k.org = due.org and k.provider = due.provider and k.version = due.version
        returning k.org, k.provider, k.version, k.expires_at
    loop
        perform byok.emit_event('key.expired', v_key.org, v_key.provider, v_key.version,
            jsonb_build_object('expires_at', byok.event_time(v_key.expires_at)));
        v_count := v_count + 1;
    end loop;
    for v_key in
        update byok.provider_key k set near_told_for = k.expires_at
        from (select k.org, k.provider, k.version from byok.provider_key k
              where k.state = 'active' and k.expires_at is not null and k.near_told_for is distinct from k.expires_at
                and k.expires_at > v_now and k.expires_at <= v_now + make_interval(secs => p_near)
                and (v_orgs is null or k.org = any (v_orgs) and byok.is_owner(k.org))
              order by k.expires_at limit p_limit for no key update skip locked) due
        where k.org = due.org and k.provider = due.provider and k.version = due.version
        returning k.org, k.provider, k.version, k.expires_at
    loop
        perform byok.emit_event('key.near_expiry', v_key.org, v_key.provider, v_key.version,
            jsonb_build_object('expires_at', byok.event_time(v_key.expires_at)));
        v_count := v_count + 1;
    end loop;
    return v_count;
end $$;

-- Erases old events with their deliveries: those of before p_old that no consumer waits for, and those of before p_oldest. At most p_limit
-- of them. Returns how many.
create or replace function byok_api.event_tidy(p_old integer, p_oldest integer, p_limit integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count integer;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_number('seconds', p_old, 0, 1577836800);
    perform byok.check_number('seconds', p_oldest, 0, 1577836800);
    delete from byok.event e
    where e.seq in (
        select e.seq from byok.event e
        where e.at < clock_timestamp() - make_interval(secs => p_old)
          and (e.at < clock_timestamp() - make_interval(secs => p_oldest) or not exists (
              select from byok.consumer c
              where (e.seq > c.floor_seq or e.xid >= c.floor_xid) and not exists (
                  select from byok.delivery d where d.consumer = c.consumer and d.seq = e.seq and d.state <> 'waiting')))
        order by e.at limit byok.page_size(p_limit) for update skip locked);
    get diagnostics v_count = row_count;
    return v_count;
end $$;

grant execute on function byok_api.event_tide, byok_api.event_follow, byok_api.event_list, byok_api.event_scan
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
grant execute on function byok_api.event_tidy to byok_admin;
