-- Charges and holds: the key is decided, the price is found and the credits move in one function, so nobody tells it whose
-- key served.

-- Posts a charge, or with p_seconds a hold, for the key that has just been decided. fresh is false for a request that was
-- posted before: then the rest is its first answer. Everything is spelled out here, for this is done for every request.
create or replace function byok.take(
    p_org text, p_request text, p_hash bytea, p_provider text, p_source text, p_key_version integer, p_hint text,
    p_operation text, p_units bigint, p_seconds integer, p_call bytea,
    out seq bigint, out source text, out key_version integer, out platform_part bigint, out provider_part bigint,
    out held bigint, out available bigint, out fresh boolean)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_rate_provider text;
    v_rate_version integer;
    v_unit text;
    v_platform numeric;
    v_provider numeric;
    v_total bigint;
begin
    if p_units is null or p_units not between 1 and 1000000000000 or p_seconds not between 1 and 2592000
        or byok.is_plain(p_request, 200) is not true then
        raise exception 'units, seconds or request id out of range' using errcode = 'BK106';
    end if;
    if octet_length(p_org) > 512 or length(p_call) > 64 then
        perform byok.refuse('organization or call');
    end if;
    -- As byok.rate_of and byok.price have it, the price of this provider before that of all.
    v_rate_provider := p_provider;
    select r.version, r.unit, div(r.platform_part::numeric * p_units + r.per - 1, r.per),
           case p_source when 'platform' then div(r.provider_part::numeric * p_units + r.per - 1, r.per) else 0 end
    into v_rate_version, v_unit, v_platform, v_provider
    from byok.rate r where r.operation = p_operation and r.provider = v_rate_provider and r.state = 'active';
    if not found then
        v_rate_provider := '';
        select r.version, r.unit, div(r.platform_part::numeric * p_units + r.per - 1, r.per),
               case p_source when 'platform' then div(r.provider_part::numeric * p_units + r.per - 1, r.per) else 0 end
        into v_rate_version, v_unit, v_platform, v_provider
        from byok.rate r where r.operation = p_operation and r.provider = v_rate_provider and r.state = 'active';
    end if;
    if v_rate_version is not null then
        if v_platform + v_provider > 1000000000000000 then
            raise exception 'an amount out of range' using errcode = 'BK106';
        end if;
        v_total := v_platform + v_provider;
        insert into byok.ledger as l (
            org, kind, request, request_hash, available, held, issued, platform_part, provider_part, provider, source,
            key_version, hint, operation, rate_provider, rate_version, unit, units, call, login_oid)
        values (
            p_org, case when p_seconds is null then 'charge' else 'hold' end, p_request, p_hash, -v_total,
            case when p_seconds is null then 0 else v_total end, 0,
            case when p_seconds is null then v_platform else 0 end, case when p_seconds is null then v_provider else 0 end,
            p_provider, p_source, p_key_version, p_hint, p_operation, v_rate_provider, v_rate_version, v_unit, p_units, p_call,
            quote_ident(session_user)::regrole)
        on conflict (org, request) where kind in ('grant', 'charge', 'hold', 'refund') do nothing
        returning l.seq, l.platform_part, l.provider_part, l.held into seq, platform_part, provider_part, held;
    end if;
    fresh := seq is not null;
    if not fresh then
        select r.seq, r.source, r.key_version, r.platform_part, r.provider_part, r.held
        into seq, source, key_version, platform_part, provider_part, held
        from byok.replay_paid(p_org, p_request, p_hash, p_call) r;
        if seq is null then
            raise exception 'no price' using errcode = 'BK103';
        end if;
        return;
    end if;
    if p_seconds is not null then
        insert into byok.hold (org, request, amount, expires_at)
        values (p_org, p_request, v_total, clock_timestamp() + make_interval(secs => p_seconds));
    end if;
    if v_total = 0 then
        -- Nothing moves, and a free request needs no balance; but every line belongs to an organization that is known.
        if not exists (select from byok.org o where o.org = p_org) then
            perform byok.check_org(p_org);
            perform byok.make_org(p_org, false);
        end if;
        return;
    end if;
    update byok.balance b set available = b.available - v_total, held = b.held + take.held
    where b.org = p_org and b.available >= v_total
    returning b.available into available;
    if not found then
        available := byok.move(p_org, -v_total, held);
    end if;
end $$;

create or replace function byok.hash_of_charge(p_provider text, p_operation text, p_units bigint, p_held boolean) returns bytea
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if octet_length(p_provider) > 40 or octet_length(p_operation) > 64 then
        raise exception 'a provider or operation out of range' using errcode = 'BK106';
    end if;
    -- Neither can have a line break in it.
    return sha256(convert_to(format(E'%s\n%s\n%s\n%s', p_held, p_provider, p_operation, p_units), 'UTF8'));
end $$;

-- Charges at once, or reserves for so many seconds what the request will cost.
create or replace function byok_api.credit_charge(p_org text, p_provider text, p_operation text, p_units bigint, p_request text,
                                       p_seconds integer, out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := byok.hash_of_charge(p_provider, p_operation, p_units, p_seconds is not null);
    v_key record;
    v_taken record;
begin
    perform byok.require(p_org <> '' and byok.may_charge());
    perform byok.check_org(p_org);
    perform byok.check_provider(p_provider);
    result := 'unchanged';
    posted := byok.replay_paid(p_org, p_request, v_hash, null);
    v_key := byok.decide(p_org, p_provider, false);
    if posted.seq is null then
        if v_key.source is null then
            raise exception '%', v_key.reason using errcode = 'BK107';
        end if;
        v_taken := byok.take(p_org, p_request, v_hash, p_provider, v_key.source, v_key.version, v_key.hint,
                             p_operation, p_units, p_seconds, null);
        select l.* into posted from byok.ledger l where l.org = p_org and l.seq = v_taken.seq;
        available := v_taken.available;
        result := case when not v_taken.fresh then 'unchanged' when p_seconds is null then 'charged' else 'held' end;
    end if;
    -- Asked again, and another key serves by now: what was charged was charged for that one.
    if (posted.source, posted.key_version) is distinct from (v_key.source, v_key.version) then
        raise exception 'another key serves now' using errcode = 'BK110';
    end if;
end $$;

-- How a hold ended; null while it has not.
create or replace function byok.end_of(p_org text, p_request text) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
begin
    select l.* into v_row from byok.ledger l
    where l.org = p_org and l.request = p_request and l.kind in ('settle', 'release');
    return v_row;
end $$;

-- The hold of that request, and what is still reserved for it: 0 when it is past its date and was released.
create or replace function byok.close_hold(p_org text, p_request text, out held byok.ledger, out reserved bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    select l.* into held from byok.ledger l where l.org = p_org and l.request = p_request and l.kind = 'hold';
    if not found then
        raise exception 'no such hold' using errcode = 'BK104';
    end if;
    delete from byok.hold h where h.org = p_org and h.request = p_request returning h.amount into reserved;
    reserved := coalesce(reserved, 0);
end $$;

-- Ends a hold with a charge of what was used, at the price and for the key of its moment. Less than was reserved: the rest
-- is available again. More, or past its date: the difference comes from what is available, all of it or nothing at all.
create or replace function byok_api.credit_settle(p_org text, p_request text, p_units bigint,
                                       out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_closed record;
    v_hold byok.ledger;
    v_reserved bigint;
    v_rate byok.rate;
    v_units bigint;
    v_platform bigint;
    v_provider bigint := 0;
begin
    perform byok.require(p_org <> '' and byok.may_charge());
    v_closed := byok.close_hold(p_org, p_request);
    v_hold := v_closed.held;
    v_reserved := v_closed.reserved;
    v_units := coalesce(p_units, v_hold.units);
    if (v_units between 0 and 1000000000000) is not true then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    posted := byok.end_of(p_org, p_request);
    if posted.seq is not null then
        if posted.kind <> 'settle' or posted.units <> v_units then
            raise exception '%', posted.kind using errcode = 'BK105';
        end if;
        result := 'unchanged';
        return;
    end if;
    select r.* into v_rate from byok.rate r
    where r.operation = v_hold.operation and r.provider = v_hold.rate_provider and r.version = v_hold.rate_version;
    v_platform := byok.price(v_rate.platform_part, v_units, v_rate.per);
    if v_hold.source = 'platform' then
        v_provider := byok.price(v_rate.provider_part, v_units, v_rate.per);
    end if;
    insert into byok.ledger as l (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                  provider, source, key_version, hint, operation, rate_provider, rate_version, unit,
                                  units, login_oid)
    values (p_org, 'settle', p_request, v_hold.request_hash, v_reserved - v_platform - v_provider, -v_reserved, 0,
            v_platform, v_provider, v_hold.provider, v_hold.source, v_hold.key_version, v_hold.hint, v_hold.operation,
            v_hold.rate_provider, v_hold.rate_version, v_hold.unit, v_units, byok.session_oid())
    returning l.* into posted;
    result := 'settled';
    if v_reserved > 0 or v_platform + v_provider > 0 then
        available := byok.move(p_org, posted.available, posted.held);
    end if;
end $$;

-- Ends a hold without a charge.
create or replace function byok_api.credit_release(p_org text, p_request text,
                                        out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_done record;
begin
    perform byok.require(p_org <> '' and byok.may_charge());
    v_done := byok.release(p_org, p_request, null);
    result := v_done.result;
    posted := v_done.posted;
    available := v_done.available;
end $$;

create or replace function byok.release(p_org text, p_request text, p_note text,
                             out result text, out posted byok.ledger, out available bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_closed record;
    v_hold byok.ledger;
    v_reserved bigint;
begin
    v_closed := byok.close_hold(p_org, p_request);
    v_hold := v_closed.held;
    v_reserved := v_closed.reserved;
    posted := byok.end_of(p_org, p_request);
    if posted.kind = 'settle' then
        raise exception '%', posted.kind using errcode = 'BK105';
    end if;
    result := 'unchanged';
    if posted.seq is null and v_reserved = 0 then
        -- Past its date and released by that, or it was for nothing.
        select l.* into posted from byok.ledger l
        where l.org = p_org and l.request = p_request and l.kind = 'expire';
    end if;
    if posted.seq is not null then
        return;
    end if;
    insert into byok.ledger as l (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                  provider, source, key_version, hint, operation, rate_provider, rate_version, unit,
                                  units, note, login_oid)
    values (p_org, 'release', p_request, v_hold.request_hash, v_reserved, -v_reserved, 0, 0, 0, v_hold.provider,
            v_hold.source, v_hold.key_version, v_hold.hint, v_hold.operation, v_hold.rate_provider, v_hold.rate_version,
            v_hold.unit, 0, p_note, byok.session_oid())
    returning l.* into posted;
    result := 'released';
    if v_reserved > 0 then
        available := byok.move(p_org, v_reserved, -v_reserved);
    end if;
end $$;

grant execute on function byok_api.credit_charge, byok_api.credit_settle, byok_api.credit_release to byok_resolver;
