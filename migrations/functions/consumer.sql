-- Consumers of events: which process delivers, what is next, and what became of it.

-- Fails unless the session's login may use a consumer: an admin every one, an auditor its own.
create or replace function byok.require_consumer(p_consumer text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_auditor') and not exists (
        select from byok.consumer c where c.consumer = p_consumer and (c.login_oid, c.login) <> (byok.session_oid(), session_user)));
    perform byok.require_current_sight();
    perform byok.check_pattern('consumer', p_consumer, '^[a-z][a-z0-9_-]{0,39}$');
end $$;

-- The events that a consumer still has to be told of. An event can be committed after one with a higher number, so its number alone does
-- not say whether it was delivered. Whether its transaction had ended when the floor was set says so. In a database that was restored
-- elsewhere, transactions begin with lower numbers again, but events do not.
create or replace function byok.undelivered(p_consumer text) returns setof byok.event
-- A plan for these very numbers uses the indexes; almost all events are below the floor.
language plpgsql stable set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
declare
    v_consumer byok.consumer;
begin
    select c.* into v_consumer from byok.consumer c where c.consumer = p_consumer;
    return query
        select e.* from byok.event e
        where (e.seq > v_consumer.floor_seq or e.xid >= v_consumer.floor_xid) and not exists (
            select from byok.delivery d where d.consumer = p_consumer and d.seq = e.seq and d.state <> 'waiting');
end $$;

-- Makes this process the one that delivers, for so many seconds, unless another one is. A consumer that does not exist is made. It is told
-- of what happens from then on, or since p_since, which counts for nothing later. An event whose transaction has not ended yet happens from then on.
create or replace function byok_api.consumer_take(p_consumer text, p_holder text, p_seconds integer, p_since timestamptz,
                                       out result text, out until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_consumer(p_consumer);
    perform byok.check_text('holder', p_holder, 64);
    perform byok.check_number('seconds', p_seconds, 1, 86400);
    perform byok.check_time('since', p_since);
    insert into byok.consumer (consumer, login_oid) values (p_consumer, byok.session_oid()) on conflict do nothing;
    if found then
        insert into byok.delivery (consumer, seq, state, tries)
        select p_consumer, e.seq, 'skipped', 0 from byok.event e where p_since is null or e.at < p_since;
        perform byok.record('', 'consumer.create', p_consumer, '{}');
    end if;
    update byok.consumer c set holder = p_holder, held_until = clock_timestamp() + make_interval(secs => p_seconds)
    where c.consumer = p_consumer and (c.holder = p_holder or coalesce(c.held_until <= clock_timestamp(), true))
    returning 'taken', c.held_until into result, until;
    if not found then
        select 'busy', c.held_until into result, until from byok.consumer c where c.consumer = p_consumer;
    end if;
end $$;

-- Goes on delivering, for so many seconds. Fails if another process does, because this one was late.
create or replace function byok.keep_consumer(p_consumer text, p_holder text, p_seconds integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_consumer(p_consumer);
    perform byok.check_text('holder', p_holder, 64);
    perform byok.check_number('seconds', p_seconds, 1, 86400);
    update byok.consumer c set held_until = clock_timestamp() + make_interval(secs => p_seconds)
    where c.consumer = p_consumer and c.holder = p_holder;
    if not found then
        raise exception 'another process delivers' using errcode = 'BK002';
    end if;
end $$;

-- The events that are to be delivered now, for the process that delivers: of each key, or of the balance of each organization, the first
-- one, unless it failed and its next try is later. Events of other kinds and organizations are left out for good.
create or replace function byok_api.consumer_due(p_consumer text, p_holder text, p_seconds integer, p_org text, p_kinds text[], p_limit integer)
returns table (seq bigint, at timestamptz, kind text, org text, provider text, version integer, hint text, detail text, tries integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_tide record;
begin
    perform byok.keep_consumer(p_consumer, p_holder, p_seconds);
    if p_org is not null and p_org <> '' then
        perform byok.check_org(p_org);
    end if;
    perform byok.check_kinds(p_kinds);
    v_tide := byok_api.event_tide();
    insert into byok.delivery as d (consumer, seq, state, tries)
    select p_consumer, e.seq, 'skipped', 0 from byok.undelivered(p_consumer) e where not byok.is_wanted(e, p_org, p_kinds, null)
    on conflict on constraint delivery_pk do update set state = 'skipped', next_at = null;
    update byok.consumer c
    set floor_seq = v_tide.seq,
        floor_xid = least(v_tide.xid::text::xid8, (select min(e.xid) from byok.undelivered(p_consumer) e))
    where c.consumer = p_consumer;
    return query
        select f.seq, f.at, f.kind, f.org, f.provider, f.version, f.hint, left(f.detail::text, 16385), coalesce(d.tries, 0)
        from (select distinct on (e.org, e.provider) e.* from byok.undelivered(p_consumer) e order by e.org, e.provider, e.seq) f
        left join byok.delivery d on d.consumer = p_consumer and d.seq = f.seq
        where coalesce(d.next_at <= clock_timestamp(), true)
        order by f.seq
        limit byok.page_size(p_limit);
end $$;

-- Records that an event was delivered, or why not. A delivery that failed is tried again after 5 seconds, and then after three times as
-- long each time, at most 6 hours. After 16 tries, which take about two days, it counts as failed, and the next event of its key follows.
create or replace function byok_api.consumer_done(p_consumer text, p_holder text, p_seconds integer, p_seq bigint, p_failure text,
                                       out state text, out tries integer, out next_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.keep_consumer(p_consumer, p_holder, p_seconds);
    perform byok.check_pattern('failure', p_failure, '^[a-z0-9_]{1,40}$', true);
    perform from byok.event e where e.seq = p_seq for key share;
    if not found then
        raise exception 'no such event' using errcode = 'BK021';
    end if;
    tries := coalesce((select d.tries from byok.delivery d where d.consumer = p_consumer and d.seq = p_seq), 0) + 1;
    state := case when p_failure is null then 'delivered' when tries < 16 then 'waiting' else 'failed' end;
    next_at := case when state = 'waiting'
        then clock_timestamp() + make_interval(secs => least(5 * 3 ^ (tries - 1), 21600)) end;
    insert into byok.delivery as d (consumer, seq, state, tries, next_at, failure)
    values (p_consumer, p_seq, consumer_done.state, consumer_done.tries, consumer_done.next_at, p_failure)
    on conflict on constraint delivery_pk do update
        set state = excluded.state, tries = excluded.tries, at = excluded.at, next_at = excluded.next_at, failure = excluded.failure;
end $$;

-- Ends delivering. Another process need not wait until the time of this one is over.
create or replace function byok_api.consumer_leave(p_consumer text, p_holder text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_consumer(p_consumer);
    perform byok.check_text('holder', p_holder, 64);
    update byok.consumer c set holder = null, held_until = null where c.consumer = p_consumer and c.holder = p_holder;
end $$;

-- The consumers that the login may use, with how many events each has still to be told of, and how many failed.
create or replace function byok_api.consumer_list()
returns table (consumer text, login text, created_at timestamptz, held_until timestamptz, pending bigint, oldest_at timestamptz,
               failed bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.has_role('byok_admin');
begin
    perform byok.require(v_all or byok.has_role('byok_auditor'));
    return query
        select c.consumer, c.login, c.created_at, case when c.held_until > clock_timestamp() then c.held_until end,
               u.pending, u.oldest_at,
               (select count(*) from byok.delivery d where d.consumer = c.consumer and d.state = 'failed')
        from byok.consumer c
        cross join lateral (select count(*) as pending, min(e.at) as oldest_at from byok.undelivered(c.consumer) e) u
        where v_all or (c.login_oid, c.login) = (byok.session_oid(), session_user)
        order by c.consumer;
end $$;

-- A page of the deliveries of a consumer that failed, or that are tried again, in the order of their events.
create or replace function byok_api.consumer_failures(p_consumer text, p_after bigint, p_limit integer)
returns table (seq bigint, at timestamptz, kind text, org text, provider text, version integer, hint text, detail text,
               state text, tries integer, tried_at timestamptz, next_at timestamptz, failure text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_consumer(p_consumer);
    perform byok.check_number('number', p_after, 0, 9223372036854775807);
    return query
        select e.seq, e.at, e.kind, e.org, e.provider, e.version, e.hint, left(e.detail::text, 16385), d.state, d.tries, d.at, d.next_at,
               d.failure
        from byok.delivery d join byok.event e on e.seq = d.seq
        where d.consumer = p_consumer and d.state in ('waiting', 'failed') and d.seq > p_after
        order by d.seq
        limit byok.page_size(p_limit);
end $$;

-- Delivers again what failed: one event, or all. The tries begin again. Returns how many.
create or replace function byok_api.consumer_retry(p_consumer text, p_seq bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count bigint;
begin
    perform byok.require_consumer(p_consumer);
    perform byok.check_number('number', p_seq, 0, 9223372036854775807, true);
    update byok.consumer c
    set floor_xid = least(c.floor_xid, (
        select min(e.xid) from byok.delivery d join byok.event e on e.seq = d.seq
        where d.consumer = p_consumer and d.state = 'failed' and (p_seq is null or d.seq = p_seq)))
    where c.consumer = p_consumer;
    delete from byok.delivery d
    where d.consumer = p_consumer and d.state in ('waiting', 'failed') and (p_seq is null or d.seq = p_seq);
    get diagnostics v_count = row_count;
    if v_count > 0 then
        perform byok.record('', 'consumer.retry', p_consumer, jsonb_build_object('events', v_count, 'seq', p_seq));
    end if;
    return v_count;
end $$;

-- Forgets a consumer and what it was told of. Returns whether there was one.
create or replace function byok_api.consumer_remove(p_consumer text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_consumer(p_consumer);
    delete from byok.consumer c where c.consumer = p_consumer;
    if found then
        perform byok.record('', 'consumer.remove', p_consumer, '{}');
        return true;
    end if;
    return false;
end $$;

grant execute on function byok_api.consumer_take, byok_api.consumer_due, byok_api.consumer_done, byok_api.consumer_leave, byok_api.consumer_list,
    byok_api.consumer_failures, byok_api.consumer_retry, byok_api.consumer_remove to byok_admin, byok_auditor;
