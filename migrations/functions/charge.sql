-- Charges and holds. One function decides the key, finds the price and moves the credits, so the caller never says whose key
-- served.

-- Whether the arguments of a charge are in range.
create or replace function byok.may_be_charged(p_org text, p_request text, p_operation text, p_units bigint, p_seconds integer,
                                                p_call bytea) returns boolean
language sql immutable
return p_units between 1 and 1000000000000 and coalesce(p_seconds between 1 and 2592000, true) and octet_length(p_operation) <= 64
    and byok.is_plain(p_request, 200) and octet_length(p_org) <= 512 and coalesce(length(p_call) <= 64, true);

-- Identifies what a request asks for. The same request id with another hash is refused. Neither name can have a line break in it.
create or replace function byok.hash_of_charge(p_provider text, p_operation text, p_units bigint, p_held boolean) returns bytea
language sql stable
return sha256(convert_to(case when p_held then E'hold\n' else E'charge\n' end || p_provider || E'\n' || p_operation || E'\n'
                         || p_units, 'UTF8'));

-- Posts a charge, or with p_seconds a hold, for the key that was just decided. fresh is false if the request was posted before;
-- the other columns are then its first answer. The balance is locked before the posting, as everywhere, so that two calls never
-- wait for each other. byok_api.acquire_many does the same for many requests.
create or replace function byok.charge_or_hold(
    p_org text, p_tenancy integer, p_request text, p_provider text, p_source text, p_key_version integer, p_hint text,
    p_operation text, p_units bigint, p_seconds integer, p_call bytea,
    out seq bigint, out source text, out key_version integer, out platform_part bigint, out provider_part bigint,
    out held bigint, out available bigint, out fresh boolean)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_rate_provider text;
    v_rate_version integer;
    v_unit text;
    v_total bigint;
    v_held bigint := 0;
    v_moved boolean;
    v_left bigint;
    v_below bigint;
    v_first byok.ledger;
    v_hash bytea;
begin
    if byok.may_be_charged(p_org, p_request, p_operation, p_units, p_seconds, p_call) is not true then
        raise exception 'units, seconds, request id or another argument out of range' using errcode = 'BK106';
    end if;
    v_hash := byok.hash_of_charge(p_provider, p_operation, p_units, p_seconds is not null);
    select p.rate_provider, p.rate_version, p.unit, p.platform_part, p.provider_part, p.platform_part + p.provider_part
    into v_rate_provider, v_rate_version, v_unit, platform_part, provider_part, v_total
    from byok.price_of(p_operation, p_provider, p_source, p_units) p;
    if found and (v_total <= 1000000000000000) is not true then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    if p_seconds is not null then
        v_held := v_total;
        platform_part := 0;
        provider_part := 0;
    end if;
    for attempt in 1..2 loop
        v_moved := false;
        if v_total > 0 then
            update byok.balance b set available = b.available - v_total, held = b.held + v_held
            where b.org = p_org and b.tenancy = p_tenancy and b.available >= v_total
            returning b.available, b.available + b.held, b.alert_below into available, v_left, v_below;
            v_moved := found;
        end if;
        if v_moved or v_total = 0 then
            insert into byok.ledger as l (
                org, tenancy, kind, request, request_hash, available, held, issued, platform_part, provider_part, provider,
                source, key_version, hint, operation, rate_provider, rate_version, unit, units, call, login_oid)
            values (
                p_org, p_tenancy, case when p_seconds is null then 'charge' else 'hold' end, p_request, v_hash, -v_total,
                v_held, 0, charge_or_hold.platform_part, charge_or_hold.provider_part, p_provider, p_source,
                p_key_version, p_hint, p_operation, v_rate_provider, v_rate_version, v_unit, p_units, p_call,
                byok.session_oid())
            on conflict (org, tenancy, request) where kind in ('grant', 'charge', 'hold', 'refund') do nothing
            returning l.seq into seq;
        end if;
        fresh := seq is not null;
        exit when fresh;
        if v_moved then
            update byok.balance b set available = b.available + v_total, held = b.held - v_held where b.org = p_org;
            available := null;
        end if;
        v_first := byok.answer_again(p_org, p_tenancy, p_request, v_hash, p_call);
        if v_first.seq is not null then
            seq := v_first.seq;
            source := v_first.source;
            key_version := v_first.key_version;
            platform_part := v_first.platform_part;
            provider_part := v_first.provider_part;
            held := v_first.held;
            return;
        elsif v_total is null then
            raise exception 'no price' using errcode = 'BK103';
        elsif v_moved or v_total = 0 then
            raise exception 'the request was posted at the same time' using errcode = '40001';
        elsif attempt = 2 or byok.expire_holds(p_org) = 0 then
            perform byok.refuse_debt(p_org, p_tenancy, v_total);
        end if;
    end loop;
    held := v_held;
    if byok.has_fallen(v_below, v_left, v_total - v_held) then
        perform byok.tell_low(p_org, available, v_left - available, v_below);
    end if;
    if p_seconds is not null then
        insert into byok.hold (org, tenancy, request, amount, expires_at)
        values (p_org, p_tenancy, p_request, v_total, clock_timestamp() + make_interval(secs => p_seconds));
    end if;
    -- A free request needs no balance. But every posting belongs to an existing organization.
    if v_total = 0 and not exists (select from byok.org o where o.org = p_org and o.tenancy = p_tenancy and o.purged_at is null) then
        perform byok.check_org(p_org);
        perform byok.require_open(p_org, p_tenancy);
        perform byok.add_org(p_org, false);
    end if;
end $$;

-- Charges for a request without opening a key; with p_seconds it reserves the credits for this time.
create or replace function byok_api.credit_charge(p_org text, p_provider text, p_operation text, p_units bigint, p_request text,
                                       p_seconds integer, out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_key record;
    v_charged record;
begin
    perform byok.require(p_org <> '' and byok.may_charge());
    perform byok.check_org(p_org);
    perform byok.check_provider(p_provider);
    if byok.may_be_charged(p_org, p_request, p_operation, p_units, p_seconds, null) is not true then
        raise exception 'units, seconds, request id or another argument out of range' using errcode = 'BK106';
    end if;
    result := 'unchanged';
    posted := byok.answer_again(p_org, byok.tenancy_of(p_org), p_request,
                                byok.hash_of_charge(p_provider, p_operation, p_units, p_seconds is not null), null);
    select d.* into v_key from byok.decision(p_org, p_provider) d;
    if posted.seq is null then
        if v_key.source is null or v_key.unreadable then
            raise exception '%', case when v_key.source is null then v_key.reason else 'key_unreadable' end
                using errcode = 'BK107';
        end if;
        v_charged := byok.charge_or_hold(p_org, v_key.tenancy, p_request, p_provider, v_key.source, v_key.version, v_key.hint,
                             p_operation, p_units, p_seconds, null);
        select l.* into posted from byok.ledger l where l.org = p_org and l.seq = v_charged.seq;
        available := v_charged.available;
        result := case when not v_charged.fresh then 'unchanged' when p_seconds is null then 'charged' else 'held' end;
    end if;
    -- The request was charged for the key that served then, but another one serves now.
    if v_key.source is null or (posted.source, posted.key_version) is distinct from (v_key.source, v_key.version) then
        raise exception 'another key serves now' using errcode = 'BK110';
    end if;
end $$;

-- The posting that ended a hold; null while it is open.
create or replace function byok.hold_end(p_hold byok.ledger) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
begin
    select l.* into v_row from byok.ledger l
    where l.org = p_hold.org and l.tenancy = p_hold.tenancy and l.request = p_hold.request and l.kind in ('settle', 'release');
    return v_row;
end $$;

-- Closes the hold of a request. Returns its posting, and what was still reserved, which is 0 if it had expired and was released.
create or replace function byok.close_hold(p_org text, p_request text, out held byok.ledger, out reserved bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_tenancy integer := byok.tenancy_of(p_org);
begin
    perform byok.lock_balance(p_org);
    select l.* into held from byok.ledger l
    where l.org = p_org and l.tenancy = v_tenancy and l.request = p_request and l.kind = 'hold';
    if not found then
        perform byok.refuse_request(p_org, v_tenancy, p_request);
    end if;
    delete from byok.hold h where h.org = p_org and h.tenancy = v_tenancy and h.request = p_request returning h.amount into reserved;
    reserved := coalesce(reserved, 0);
end $$;

-- Ends a hold with a charge for what was used, at the price and for the key of the hold. What was reserved and not used is
-- available again. If more was used, the difference is taken from the available credits. If the hold has expired, the whole amount
-- is. It fails if there are not enough.
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
    posted := byok.hold_end(v_hold);
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
    if v_platform is null or v_provider is null then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    posted := byok.post_after(v_hold, 'settle', p_request, v_hold.request_hash,
        v_reserved - v_platform - v_provider, -v_reserved, v_platform, v_provider, v_units, null);
    result := 'settled';
    if v_reserved > 0 or v_platform + v_provider > 0 then
        available := byok.adjust_balance(p_org, v_hold.tenancy, posted.available, posted.held);
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
    posted := byok.hold_end(v_hold);
    if posted.kind = 'settle' then
        raise exception '%', posted.kind using errcode = 'BK105';
    end if;
    result := 'unchanged';
    if posted.seq is null and v_reserved = 0 then
        -- It expired and was released because of that, or it was for a price of 0.
        select l.* into posted from byok.ledger l
        where l.org = p_org and l.tenancy = v_hold.tenancy and l.request = p_request and l.kind = 'expire';
    end if;
    if posted.seq is not null then
        return;
    end if;
    posted := byok.post_after(v_hold, 'release', p_request, v_hold.request_hash, v_reserved, -v_reserved, 0, 0, 0, p_note);
    result := 'released';
    if v_reserved > 0 then
        available := byok.adjust_balance(p_org, v_hold.tenancy, v_reserved, -v_reserved);
    end if;
end $$;

grant execute on function byok_api.credit_charge, byok_api.credit_settle, byok_api.credit_release to byok_resolver;
