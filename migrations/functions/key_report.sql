-- What servers met when they used a key. It is no change, so it is not in the audit log.
--
-- Locks, in this order: the row of the reporter; the rows of the keys, by organization, provider and version; what an event needs.
-- No request and no change of a key locks any of them. A row of byok.provider_key is only locked against its deletion.

-- The reports of failures that still count: those that ended after the key last worked. The newest 31 stay apart, and those before
-- them become one. The result does not depend on the order in which reports come, unless more than these came in between.
create or replace function byok.failures_after(
    p_ok timestamptz, inout p_from timestamptz[], inout p_until timestamptz[], inout p_failed bigint[],
    out since timestamptz, out failures bigint)
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(s.since order by s.part desc), '{}'), coalesce(array_agg(s.until order by s.part desc), '{}'),
           coalesce(array_agg(s.failed order by s.part desc), '{}'), greatest(min(s.since), case when count(*) > 0 then p_ok end),
           coalesce(sum(s.failed), 0)::bigint
    from (select min(f.since) as since, max(f.until) as until, sum(f.failed)::bigint as failed, f.part
          from (select u.since, u.until, u.failed,
                       least(row_number() over (order by u.until desc, u.since desc, u.failed desc), 32) as part
                from unnest(p_from, p_until, p_failed) u(since, until, failed)
                where p_ok is null or u.until >= p_ok) f
          group by f.part) s
$$;

-- Whether a server has not sent this report before. Its row stays locked, so a repetition waits for the first.
create or replace function byok.is_new_report(p_reporter bytea, p_seq bigint) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if p_reporter is null and p_seq is null then
        return true;
    end if;
    perform byok.check_bytes('reporter', p_reporter, 16);
    perform byok.check_number('report', p_seq, 1, 9223372036854775807);
    update byok.key_reporter r set seq = p_seq, seen_at = clock_timestamp() where r.reporter = p_reporter and r.seq < p_seq;
    if found then
        return true;
    end if;
    insert into byok.key_reporter (reporter, seq) values (p_reporter, p_seq) on conflict do nothing;
    if not found then
        return false;
    end if;
    -- A server that was not seen for a day sends nothing again.
    delete from byok.key_reporter r
    where r.reporter in (select o.reporter from byok.key_reporter o where o.seen_at < clock_timestamp() - interval '1 day'
                         limit 100 for update skip locked);
    return true;
end $$;

-- Fails unless these arrays can be reports: for each key how often it was used, and how many milliseconds ago it last worked and
-- first and last failed since then, -1 where it did not.
create or replace function byok.check_reports(
    p_orgs text[], p_providers text[], p_versions integer[], p_outcomes text[], p_uses bigint[], p_ok bigint[], p_from bigint[],
    p_until bigint[], p_failed bigint[]) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    v_count integer := cardinality(p_orgs);
begin
    perform byok.check_number('reports', v_count, 1, 1000);
    perform byok.check_texts('organizations', p_orgs, 128);
    perform byok.check_array('providers', p_providers, v_count);
    perform byok.check_array('versions', p_versions, v_count);
    perform byok.check_array('outcomes', p_outcomes, v_count);
    perform byok.check_array('uses', p_uses, v_count);
    perform byok.check_array('ages', p_ok, v_count);
    perform byok.check_array('ages', p_from, v_count);
    perform byok.check_array('ages', p_until, v_count);
    perform byok.check_array('failures', p_failed, v_count);
    perform byok.check_pattern('provider', u.provider, '^[a-z][a-z0-9_-]{0,39}$') from unnest(p_providers) u(provider);
    perform byok.check_word('outcome', u.outcome, '{ok,rejected,no_credit,rate_limited,unreachable}') from unnest(p_outcomes) u(outcome);
    -- Ages of at most 30 days.
    if (select bool_and(u.version between 1 and 1000000000 and u.uses between 1 and 1000000000000 and u.failed between 0 and u.uses
                        and least(u.ok, u.since, u.until) >= -1 and greatest(u.ok, u.since, u.until) <= 2592000000
                        and case when u.failed = 0 then u.outcome = 'ok' and u.ok >= 0 and u.since = -1 and u.until = -1
                                 else u.outcome <> 'ok' and u.until >= 0 and u.since >= u.until
                                      and (u.ok = -1 or u.ok >= u.since and u.uses > u.failed) end)
        from unnest(p_versions, p_outcomes, p_uses, p_ok, p_from, p_until, p_failed)
            u(version, outcome, uses, ok, since, until, failed)) is not true then
        perform byok.refuse_value('report');
    end if;
    if (select count(*) from (select distinct * from unnest(p_orgs, p_providers, p_versions)) k) <> v_count then
        perform byok.refuse_value('key');
    end if;
end $$;

-- Records what servers met when they used keys, many in one call. Times are ages in milliseconds, so the clock of the database
-- decides. Reports of several servers may come in any order. A key that does not exist, that belongs to an earlier tenancy or that the
-- login may not open is left out. Returns how many keys were recorded, or null if this report of this reporter was recorded before.
create or replace function byok_api.key_report(
    p_reporter bytea, p_seq bigint, p_orgs text[], p_providers text[], p_versions integer[], p_outcomes text[], p_uses bigint[],
    p_ok bigint[], p_from bigint[], p_until bigint[], p_failed bigint[], out keys integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_server boolean := byok.has_role('byok_resolver');
    v_now timestamptz := clock_timestamp();
    v_key record;
begin
    perform byok.require(v_server or byok.has_role('byok_admin') or exists (
        select from byok.member m where m.login_oid = byok.session_oid() and m.login = session_user and m.role = 'owner'));
    perform byok.check_reports(p_orgs, p_providers, p_versions, p_outcomes, p_uses, p_ok, p_from, p_until, p_failed);
    if not byok.is_new_report(p_reporter, p_seq) then
        return;
    end if;
    insert into byok.key_report as r (org, provider, version, outcome, last_used_at, last_ok_at, uses, failing_since, failures,
                                      failed_from, failed_until, failed)
    select k.org, k.provider, k.version, u.outcome, coalesce(t.until, t.ok), t.ok, u.uses, t.since, u.failed,
           case when u.failed > 0 then array[t.since] else '{}' end, case when u.failed > 0 then array[t.until] else '{}' end,
           case when u.failed > 0 then array[u.failed] else '{}' end
    from unnest(p_orgs, p_providers, p_versions, p_outcomes, p_uses, p_ok, p_from, p_until, p_failed)
        u(org, provider, version, outcome, uses, ok, since, until, failed)
    join byok.provider_key k on k.org = u.org and k.provider = u.provider and k.version = u.version
    join byok.org o on o.org = k.org and o.purged_at is null and k.created_at >= o.created_at
    -- Nobody used a key before it was stored.
    cross join lateral (
        select case when u.ok >= 0 then greatest(k.created_at, v_now - u.ok * interval '1 millisecond') end as ok,
               case when u.since >= 0 then greatest(k.created_at, v_now - u.since * interval '1 millisecond') end as since,
               case when u.until >= 0 then greatest(k.created_at, v_now - u.until * interval '1 millisecond') end as until) t
    where v_server or byok.may_change_keys(k.org)
    order by k.org, k.provider, k.version
    on conflict (org, provider, version) do update
    set outcome = case when (excluded.last_used_at, excluded.outcome) > (r.last_used_at, r.outcome) then excluded.outcome
                       else r.outcome end,
        last_used_at = greatest(r.last_used_at, excluded.last_used_at),
        last_ok_at = greatest(r.last_ok_at, excluded.last_ok_at),
        uses = r.uses + excluded.uses,
        (failed_from, failed_until, failed, failing_since, failures) = (
            select '{}'::timestamptz[], '{}'::timestamptz[], '{}'::bigint[], null::timestamptz, 0::bigint
            where r.failures + excluded.failures = 0
            union all
            select f.p_from, f.p_until, f.p_failed, f.since, f.failures
            from byok.failures_after(greatest(r.last_ok_at, excluded.last_ok_at), r.failed_from || excluded.failed_from,
                                     r.failed_until || excluded.failed_until, r.failed || excluded.failed) f
            where r.failures + excluded.failures > 0);
    get diagnostics keys = row_count;
    if keys = 0 then
        -- Nothing to count twice.
        delete from byok.key_reporter r where r.reporter = p_reporter;
        return;
    end if;
    -- Too many requests and no answer are no fault of the key, and nobody is told of a key that was replaced.
    for v_key in
        update byok.key_report r set told = not r.told
        from unnest(p_orgs, p_providers, p_versions) u(org, provider, version)
        join byok.provider_key k on k.org = u.org and k.provider = u.provider and k.version = u.version and k.state = 'active'
        where r.org = u.org and r.provider = u.provider and r.version = u.version
          and case when r.told then r.failing_since is null else r.failing_since is not null and r.outcome in ('rejected', 'no_credit') end
          and (v_server or byok.may_change_keys(r.org))
        returning r.org, r.provider, r.version, r.told, r.outcome, r.last_ok_at, r.failing_since, r.failures
    loop
        perform byok.emit_event(case when v_key.told then 'key.failing' else 'key.recovered' end, v_key.org, v_key.provider, v_key.version,
            jsonb_strip_nulls(jsonb_build_object(
                'outcome', v_key.outcome, 'last_ok_at', byok.event_time(v_key.last_ok_at), 'failing_since', byok.event_time(v_key.failing_since),
                'failures', case when v_key.told then v_key.failures end)));
    end loop;
end $$;

grant execute on function byok_api.key_report to byok_admin, byok_owner, byok_resolver;
