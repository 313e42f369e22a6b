-- Reports from the ledger: balances, quotes, history, usage, and the proof that it adds up.

-- A page of balances. An expired hold counts as released, even before its release is posted.
create or replace function byok_api.balance_list(p_org text, p_after text, p_limit integer)
returns table (org text, available bigint, held bigint, holds bigint, next_expiry timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require(case when p_org is null then byok.has_any_right() else byok.may_see_credits(p_org) end);
    if p_org is not null and not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    return query
        select o.org, coalesce(b.available, 0) + h.stale, coalesce(b.held, 0) - h.stale, h.open, h.next
        from byok.org o
        left join byok.balance b on b.org = o.org
        cross join lateral (
            select coalesce(sum(s.amount) filter (where s.expires_at <= now()), 0)::bigint as stale,
                   count(*) filter (where s.expires_at > now()) as open,
                   min(s.expires_at) filter (where s.expires_at > now()) as next
            from byok.hold s where s.org = o.org and s.tenancy = o.tenancy) h
        where o.org > coalesce(p_after, '') and (p_org is null or o.org = p_org) and (v_all or byok.is_member(o.org))
        order by o.org
        limit byok.page_size(p_limit);
end $$;

-- What a request would cost with either key, and which key would serve now. Changes nothing.
create or replace function byok_api.credit_quote(p_org text, p_provider text, p_operation text, p_units bigint,
                                      out source text, out reason text, out rate_provider text, out rate_version integer,
                                      out unit text, out platform_part bigint, out provider_part bigint,
                                      out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_credits(p_org));
    if (p_units between 1 and 1000000000000) is not true then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    perform byok.check_provider(p_provider);
    -- Both parts are returned, whichever key would serve.
    select p.rate_provider, p.rate_version, p.unit, p.platform_part, p.provider_part
    into rate_provider, rate_version, unit, platform_part, provider_part
    from byok.price_of(p_operation, p_provider, 'platform', p_units) p;
    if not found then
        raise exception 'no price' using errcode = 'BK103';
    elsif platform_part is null or provider_part is null then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    select s.source, s.reason into credit_quote.source, credit_quote.reason from byok.seen_source(p_org, p_provider) s;
    available := coalesce((select b.available from byok.balance b where b.org = p_org), 0)
        + coalesce((select sum(h.amount) from byok.hold h where h.org = p_org and h.expires_at <= now()), 0);
end $$;

-- A page of the postings of one organization, newest first, before the given one. Members do not see those of an earlier
-- tenancy.
create or replace function byok_api.credit_history(p_org text, p_request text, p_since timestamptz, p_until timestamptz,
                                        p_before bigint, p_limit integer)
returns setof byok.ledger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    v_tenancy integer := case when v_all then 0 else byok.tenancy_of(p_org) end;
    v_row byok.ledger;
begin
    perform byok.require(byok.may_see_credits(p_org));
    perform byok.check_time('since', p_since);
    perform byok.check_time('until', p_until);
    if not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    for v_row in
        select l.* from byok.ledger l
        where l.org = p_org and l.tenancy >= v_tenancy and (p_before is null or l.seq < p_before)
          and (p_request is null or l.request = p_request or l.of_request = p_request)
          and (p_since is null or l.at >= p_since) and (p_until is null or l.at < p_until)
        order by l.seq desc
        limit byok.page_size(p_limit)
    loop
        v_row.hint := left(byok.visible_hint(v_row.source, v_row.hint, v_all), 17);
        v_row.note := left(v_row.note, 2001);
        v_row.request := left(v_row.request, 801);
        return next v_row;
    end loop;
end $$;

-- A page of the organizations that a report covers.
create or replace function byok_api.usage_orgs(p_after text, p_limit integer) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require(byok.has_any_right());
    return query
        select o.org from byok.org o
        where o.org > coalesce(p_after, '') and o.org <> '' and (v_all or byok.is_member(o.org))
        order by o.org
        limit byok.page_size(p_limit);
end $$;

-- Usage, grouped by 'key' (provider, source, version, hint), 'provider', 'source', 'operation', 'day' or 'month' (UTC).
-- Refunds are subtracted. Units are added up if all postings of a group have the same unit. Each tenancy of an id is a group of its
-- own. Members do not see an earlier one.
create or replace function byok_api.usage(p_orgs text[], p_by text, p_since timestamptz, p_until timestamptz)
returns table (org text, provider text, source text, key_version integer, hint text, operation text, period text,
               requests bigint, own_requests bigint, unit text, units bigint, platform_part bigint,
               provider_part bigint, own_total bigint, tenancy integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.check_texts('organizations', p_orgs, 128);
    perform byok.require(v_all or (byok.has_any_right() and not exists (
        select from unnest(p_orgs) asked where byok.is_member(asked) is not true)));
    perform byok.check_word('by', p_by, '{key,provider,source,operation,day,month}');
    perform byok.check_time('since', p_since);
    perform byok.check_time('until', p_until);
    return query
        select g.org, g.provider, g.source, g.key_version, byok.visible_hint(g.source, g.hint, v_all),
               g.operation, g.period,
               sum(g.request)::bigint, coalesce(sum(g.request) filter (where g.served = 'organization'), 0)::bigint,
               case when min(g.unit) = max(g.unit) then min(g.unit) end,
               case when min(g.unit) = max(g.unit) then sum(g.units)::bigint end,
               sum(g.platform_part)::bigint, sum(g.provider_part)::bigint,
               coalesce(sum(g.platform_part + g.provider_part) filter (where g.served = 'organization'), 0)::bigint,
               g.tenancy
        from (
            select l.org, l.tenancy, l.source as served,
                   case l.kind when 'undo' then -1 when 'refund' then 0 else 1 end as request,
                   l.unit, l.units, l.platform_part, l.provider_part,
                   case when p_by in ('key', 'provider') then l.provider end as provider,
                   case when p_by in ('key', 'source') then l.source end as source,
                   case when p_by = 'key' then l.key_version end as key_version,
                   case when p_by = 'key' then l.hint end as hint,
                   case when p_by = 'operation' then l.operation end as operation,
                   case p_by when 'day' then to_char(l.at at time zone 'UTC', 'YYYY-MM-DD')
                             when 'month' then to_char(l.at at time zone 'UTC', 'YYYY-MM') end as period
            from byok.ledger l join byok.org o on o.org = l.org
            where l.org = any (p_orgs) and l.kind in ('charge', 'settle', 'refund', 'undo')
              and (v_all or l.tenancy = o.tenancy)
              and (p_since is null or l.at >= p_since) and (p_until is null or l.at < p_until)) g
        group by 1, 2, 3, 4, g.source, g.hint, 6, 7, g.tenancy
        order by 1, g.tenancy, 7, 2, 3, 4, 6;
end $$;

-- Sums of the ledger, of one organization or of all. total is 0, unless somebody changed the tables directly. Members do not see an
-- earlier tenancy. written_off is the part of issued that went back when accounts were closed.
create or replace function byok_api.credit_totals(p_org text)
returns table (orgs bigint, postings bigint, available bigint, held bigint, issued bigint, platform_part bigint,
               provider_part bigint, total bigint, written_off bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    v_tenancy integer := case when v_all then 0 else byok.tenancy_of(p_org) end;
begin
    perform byok.require_of(p_org, case when p_org is null then v_all else byok.may_see_credits(p_org) end);
    return query
        select count(distinct l.org), count(*), coalesce(sum(l.available), 0)::bigint, coalesce(sum(l.held), 0)::bigint,
               coalesce(sum(l.issued), 0)::bigint, coalesce(sum(l.platform_part), 0)::bigint,
               coalesce(sum(l.provider_part), 0)::bigint,
               coalesce(sum(l.available + l.held + l.issued + l.platform_part + l.provider_part), 0)::bigint,
               coalesce(sum(l.issued) filter (where l.kind = 'close'), 0)::bigint
        from byok.ledger l where (p_org is null or l.org = p_org) and l.tenancy >= v_tenancy;
end $$;

-- Whether a request had a charge or an open hold at a given moment. This is what byok.lost_charge asks about now. A hold that was
-- settled with 0 units counts as released. One that was settled with more units is a charge, even if it had expired before.
create or replace function byok.was_charged_at(p_org text, p_tenancy integer, p_request text, p_at timestamptz) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
begin atomic
    select exists (select from byok.ledger l where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request
                   and l.kind in ('charge', 'hold') and l.at <= p_at)
       and not exists (select from byok.ledger l where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request
                       and l.kind in ('settle', 'release', 'undo') and l.at < p_at and (l.kind <> 'settle' or l.units = 0))
       and not exists (select from byok.ledger l where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request
                       and l.kind = 'expire' and l.at < p_at and not exists (
                           select from byok.ledger s where s.org = p_org and s.tenancy = p_tenancy and s.request = p_request
                           and s.kind = 'settle' and s.at <= p_at))
       and not exists (
           -- Each kind in a query of its own, which uses its index.
           select from (
               select l.at, l.platform_part, l.provider_part from byok.ledger l
               where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request and l.kind = 'charge'
               union all
               select l.at, l.platform_part, l.provider_part from byok.ledger l
               where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request and l.kind = 'settle') paid
           where paid.at < p_at and paid.platform_part + paid.provider_part
                 <= (select sum(b.available) from byok.ledger b where b.org = p_org and b.tenancy = p_tenancy
                     and b.of_request = p_request and b.kind = 'refund' and b.at < p_at));
end;

-- Findings in ledger, balances and holds. There are none, unless somebody changed the tables directly.
create or replace function byok_api.credit_findings(p_org text)
returns table (org text, finding text, subject text, expected bigint, found bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    -- Members see nothing of an earlier tenancy.
    v_tenancy integer := case when v_all then 0 else byok.tenancy_of(p_org) end;
begin
    perform byok.require_of(p_org, case when p_org is null then v_all else byok.may_see_credits(p_org) end);
    return query
        with posted as (
            select l.org, l.tenancy, sum(l.available)::bigint as available, sum(l.held)::bigint as held
            from byok.ledger l where (p_org is null or l.org = p_org) and l.tenancy >= v_tenancy group by l.org, l.tenancy
        ), kept as (
            select b.* from byok.balance b where p_org is null or b.org = p_org
        ), open as (
            select h.org, sum(h.amount)::bigint as amount
            from byok.hold h where p_org is null or h.org = p_org group by h.org
        )
        select coalesce(p.org, k.org), 'balance', 'available', coalesce(p.available, 0), coalesce(k.available, 0)
        from posted p full join kept k on k.org = p.org and k.tenancy = p.tenancy
        where coalesce(p.available, 0) <> coalesce(k.available, 0)
        union all
        select coalesce(p.org, k.org), 'balance', 'held', coalesce(p.held, 0), coalesce(k.held, 0)
        from posted p full join kept k on k.org = p.org and k.tenancy = p.tenancy
        where coalesce(p.held, 0) <> coalesce(k.held, 0)
        union all
        select coalesce(k.org, o.org), 'holds', 'held', coalesce(k.held, 0), coalesce(o.amount, 0)
        from kept k full join open o on o.org = k.org where coalesce(k.held, 0) <> coalesce(o.amount, 0)
        union all
        select l.org, 'posting', l.request, 0, l.available + l.held + l.issued + l.platform_part + l.provider_part
        from byok.ledger l
        where (p_org is null or l.org = p_org) and l.tenancy >= v_tenancy
          and l.available + l.held + l.issued + l.platform_part + l.provider_part <> 0
        union all
        -- Each hold is open, or ended, or expired, and only one of these.
        select l.org, 'hold', l.request, 1, e.ends
        from byok.ledger l
        -- Each count has an index.
        cross join lateral (
            select (select count(*) from byok.hold h where h.org = l.org and h.tenancy = l.tenancy and h.request = l.request)
                   + (select count(*) from byok.ledger e where e.org = l.org and e.tenancy = l.tenancy and e.request = l.request
                      and e.kind in ('settle', 'release') and e.held <> 0)
                   + (select count(*) from byok.ledger e where e.org = l.org and e.tenancy = l.tenancy and e.request = l.request
                      and e.kind = 'expire' and e.held <> 0) as ends
            offset 0) e
        where (p_org is null or l.org = p_org) and l.tenancy >= v_tenancy and l.kind = 'hold' and l.held <> 0 and e.ends <> 1
        union all
        select c.org, 'refund', c.request, c.platform_part + c.provider_part, sum(r.available)::bigint
        from byok.ledger c
        join byok.ledger r on r.org = c.org and r.tenancy = c.tenancy and r.of_request = c.request and r.kind in ('refund', 'undo')
        where (p_org is null or c.org = p_org) and c.tenancy >= v_tenancy and c.kind in ('charge', 'settle')
        group by c.org, c.seq, c.request, c.platform_part, c.provider_part
        having sum(r.available) > c.platform_part + c.provider_part
            or -sum(r.provider_part) > c.provider_part or -sum(r.platform_part) > c.platform_part
        union all
        -- Every recorded use that costs credits has a charge that was valid at that moment.
        select a.org, 'use', a.detail ->> 'request', 1, 0
        from byok.audit a
        where (p_org is null or a.org = p_org) and a.action = 'key.use' and a.detail ->> 'operation' is not null
          and coalesce((a.detail ->> 'tenancy')::integer, 1) >= v_tenancy
          and not byok.was_charged_at(a.org, coalesce((a.detail ->> 'tenancy')::integer, 1), a.detail ->> 'request', a.at);
end $$;

grant execute on function byok_api.balance_list, byok_api.credit_quote, byok_api.credit_history, byok_api.usage_orgs,
    byok_api.usage, byok_api.credit_totals, byok_api.credit_findings
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
