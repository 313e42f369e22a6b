-- The request path for many requests in one call.

-- Opens the keys that serve and charges for the requests, all with one statement, as acquire does for one. Without an operation a
-- request only opens. If alone is true, nothing was done for a request, and the caller asks for it alone: it is repeated or
-- recorded, has no price, too few credits or an argument out of range, or its key does not decrypt. Fails with 23505 if a request
-- is posted at the same time; then nothing was done for any of them. available is what is left after all of them.
create or replace function byok_api.acquire_many(
    p_orgs text[], p_providers text[], p_own_epochs integer[], p_own_wraps text[], p_platform_epochs integer[],
    p_platform_wraps text[], p_operations text[], p_units bigint[], p_requests text[], p_seconds integer[], p_purposes text[],
    p_calls bytea[])
returns table (at integer, alone boolean, source text, reason text, version integer, hint text, settings text,
               data_epoch integer, sealed bytea, unreadable boolean, result text, seq bigint, platform_part bigint,
               provider_part bigint, held bigint, available bigint)
-- A plan for every call would take longer than the call, and a plan that was made for small tables would be slow for large ones.
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
    set enable_seqscan = off as $$
begin
    if (cardinality(p_orgs) between 1 and 256 and cardinality(p_orgs) = all (array[
            cardinality(p_providers), cardinality(p_own_epochs), cardinality(p_own_wraps), cardinality(p_platform_epochs),
            cardinality(p_platform_wraps), cardinality(p_operations), cardinality(p_units), cardinality(p_requests),
            cardinality(p_seconds), cardinality(p_purposes), cardinality(p_calls)])) is not true then
        perform byok.refuse_value('requests');
    end if;
    return query
        with decided as materialized (
            select a.at::integer, a.org, d.tenancy, a.provider, a.operation, a.units, a.request, a.seconds, a.call,
                   d.source, case when o.wanted then 'data_key' else d.reason end as reason, d.version, d.hint, d.settings,
                   d.data_epoch, d.unreadable, o.wanted, s.sealed, a.operation is null and a.purpose is null as free,
                   r.rate_provider, r.rate_version, r.unit,
                   case when a.seconds is null then r.platform_part else 0 end as platform_part,
                   case when a.seconds is null then r.provider_part else 0 end as provider_part,
                   case when a.seconds is null then 0 else t.total end as held, t.total,
                   case when s.sealed is not null and a.purpose is null and t.total <= 1000000000000000
                             and (d.org_open or t.total > 0)
                             and byok.may_be_charged(a.org, a.request, a.operation, a.units, a.seconds, a.call)
                             -- Without the offset a plan made for a small ledger reads all of it for every call.
                             and not exists (select from byok.ledger l
                                             where l.org = a.org and l.tenancy = d.tenancy and l.request = a.request
                                                   and l.kind in ('grant', 'charge', 'hold', 'refund') offset 0)
                        then nextval('byok.ledger_seq_seq') end as seq
            from unnest(p_orgs, p_providers, p_own_epochs, p_own_wraps, p_platform_epochs, p_platform_wraps, p_operations,
                        p_units, p_requests, p_seconds, p_purposes, p_calls)
                 with ordinality a (org, provider, own_epoch, own_wrap, platform_epoch, platform_wrap, operation, units,
                                    request, seconds, purpose, call, at)
            cross join lateral byok.decision(a.org, a.provider) d
            cross join lateral (select case d.source when 'platform' then a.platform_wrap else a.own_wrap end as wrap,
                                       d.source is not null and d.data_epoch is distinct from case d.source
                                           when 'platform' then a.platform_epoch else a.own_epoch end as wanted) o
            cross join lateral (select case when d.source is not null and not o.wanted
                                            then byok.decrypt_or_null(d.encrypted, o.wrap) end as sealed offset 0) s
            left join lateral byok.price_of(a.operation, a.provider, d.source, a.units) r on true
            cross join lateral (select r.platform_part + r.provider_part as total) t
        ), moved as (
            update byok.balance b set available = b.available - m.total, held = b.held + m.held
            from (
                select d.org, d.tenancy, sum(d.total)::bigint as total, sum(d.held)::bigint as held from decided d
                where d.seq is not null and d.total > 0
                group by d.org, d.tenancy
                -- Every call locks the balances in this order, so that two calls never wait for each other.
                order by d.org, d.tenancy) m
            where b.org = m.org and b.tenancy = m.tenancy and b.available >= m.total
            returning b.org, b.available,
                      case when byok.has_fallen(b.alert_below, b.available + b.held, m.total - m.held)
                          then byok.tell_low(b.org, b.available, b.held, b.alert_below) end as told
        ), charged as materialized (
            select d.*, m.available
            from decided d left join moved m on m.org = d.org
            where d.seq is not null and (d.total = 0 or m.org is not null)
        ), posted as (
            insert into byok.ledger as l (
                org, tenancy, seq, kind, request, request_hash, available, held, issued, platform_part, provider_part, provider,
                source, key_version, hint, operation, rate_provider, rate_version, unit, units, call, login_oid)
            overriding system value
            select c.org, c.tenancy, c.seq, case when c.seconds is null then 'charge' else 'hold' end, c.request,
                   byok.hash_of_charge(c.provider, c.operation, c.units, c.seconds is not null), -c.total, c.held, 0,
                   c.platform_part, c.provider_part, c.provider, c.source, c.version, c.hint, c.operation, c.rate_provider,
                   c.rate_version, c.unit, c.units, c.call, byok.session_oid()
            from charged c
            order by c.org, c.request
        ), reserved as (
            insert into byok.hold (org, tenancy, request, amount, expires_at)
            select c.org, c.tenancy, c.request, c.total, clock_timestamp() + make_interval(secs => c.seconds)
            from charged c where c.seconds is not null
        )
        select d.at, w.alone, d.source, d.reason, d.version, d.hint, d.settings, d.data_epoch,
               case when not w.alone then d.sealed end, d.unreadable,
               case when c.seq is not null then case when d.seconds is null then 'charged' else 'held' end end,
               c.seq, c.platform_part, c.provider_part, c.held, c.available
        from decided d left join charged c on c.at = d.at
        cross join lateral (select d.source is not null and not d.wanted
                                   and (d.sealed is null or not d.free and c.seq is null) as alone) w;
    -- After the locks: see key_serving.
    if (pg_has_role(session_user, 'byok_resolver', 'usage') and current_setting('transaction_isolation') like 'read %'
        and '' <> all (p_orgs)) is not true then
        perform byok.require(false);
    end if;
end $$;

grant execute on function byok_api.acquire_many to byok_resolver;
