-- Postings to the ledger, and the balances that they move.

-- Fails unless the request id and the note have an allowed form and length.
create or replace function byok.check_request(p_request text, p_note text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if byok.is_plain(p_request, 200) is not true or length(p_note) > 500 then
        raise exception 'a request id or note out of range' using errcode = 'BK106';
    end if;
    perform byok.check_text('note', p_note, 500, true);
end $$;

-- The first posting of a request; null if there is none. Fails if the request asked for something else.
create or replace function byok.first_answer(p_org text, p_tenancy integer, p_request text, p_hash bytea) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
begin
    select l.* into v_row from byok.ledger l
    where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request and l.kind in ('grant', 'charge', 'hold', 'refund');
    if v_row.request_hash <> p_hash then
        raise exception 'this request id was used for something else' using errcode = 'BK102';
    end if;
    return v_row;
end $$;

-- Fails, for a request that has no hold or charge in this tenancy. A request of an earlier tenancy has its own error.
create or replace function byok.refuse_request(p_org text, p_tenancy integer, p_request text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_of(p_org, true);
    if exists (select from byok.ledger l where l.org = p_org and l.tenancy < p_tenancy and l.request = p_request
               and l.kind in ('grant', 'charge', 'hold', 'refund')) then
        raise exception 'the account of this request was closed' using errcode = 'BK113';
    end if;
    raise exception 'no such hold or charge' using errcode = 'BK104';
end $$;

-- How a request lost its charge or hold: 'undone', 'refunded', 'released' or 'expired'; null if it is still valid. A charge that
-- was refunded in part is valid. A hold that was settled with 0 units counts as released. A charge at a price of 0 is valid.
create or replace function byok.lost_charge(p_row byok.ledger) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_paid byok.ledger := p_row;
    v_back bigint;
    v_expires timestamptz;
begin
    if p_row.kind = 'hold' then
        select l.* into v_paid from byok.ledger l
        where l.org = p_row.org and l.tenancy = p_row.tenancy and l.request = p_row.request and l.kind in ('settle', 'release');
        if v_paid.kind = 'release' or v_paid.units = 0 then
            return 'released';
        elsif v_paid.kind is null then
            select h.expires_at into v_expires from byok.hold h
            where h.org = p_row.org and h.tenancy = p_row.tenancy and h.request = p_row.request;
            return case when v_expires > clock_timestamp() then null else 'expired' end;
        end if;
    end if;
    if exists (select from byok.ledger l
               where l.org = p_row.org and l.tenancy = p_row.tenancy and l.request = p_row.request and l.kind = 'undo') then
        return 'undone';
    end if;
    -- Null if there is no refund. A charge of 0 can be refunded by a refund of 0.
    select sum(l.available) into v_back from byok.ledger l
    where l.org = p_row.org and l.tenancy = p_row.tenancy and l.of_request = p_row.request and l.kind = 'refund';
    return case when v_back >= v_paid.platform_part + v_paid.provider_part then 'refunded' end;
end $$;

-- The charge or hold of a repeated request. Fails if the request asked for something else, or has lost its charge. From then on
-- the first call can no longer undo it, because another call got an answer with it.
create or replace function byok.answer_again(p_org text, p_tenancy integer, p_request text, p_hash bytea, p_call bytea)
returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
    v_lost text;
begin
    perform byok.lock_balance(p_org);
    -- Waits for an undo of a free request that is in progress. Others hold the balance.
    perform from byok.ledger l
    where l.org = p_org and l.tenancy = p_tenancy and l.request = p_request and l.kind in ('charge', 'hold') for share;
    v_row := byok.first_answer(p_org, p_tenancy, p_request, p_hash);
    if v_row.seq is null then
        return v_row;
    end if;
    v_lost := byok.lost_charge(v_row);
    if v_lost is not null then
        raise exception '%', v_lost using errcode = 'BK111';
    end if;
    if v_row.call is distinct from p_call or p_call is null then
        delete from byok.answered_again a where a.org = p_org and a.at < now() - interval '1 hour';
        insert into byok.answered_again (org, tenancy, request) values (p_org, p_tenancy, p_request) on conflict do nothing;
    end if;
    return v_row;
end $$;

-- Posts what follows a charge or a hold: its end, or a refund. It copies what the first posting was for. Returns null if the id of
-- a refund is already used, or if the charge was undone.
create or replace function byok.post_after(
    p_first byok.ledger, p_kind text, p_request text, p_hash bytea, p_available bigint, p_held bigint,
    p_platform_part bigint, p_provider_part bigint, p_units bigint, p_note text) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_posted byok.ledger;
begin
    insert into byok.ledger as l (
        org, tenancy, kind, request, request_hash, available, held, issued, platform_part, provider_part, provider, source,
        key_version, hint, operation, rate_provider, rate_version, unit, units, of_request, note, login_oid)
    values (
        p_first.org, p_first.tenancy, p_kind, p_request, p_hash, p_available, p_held, 0, p_platform_part, p_provider_part, p_first.provider,
        p_first.source, p_first.key_version, p_first.hint, p_first.operation, p_first.rate_provider, p_first.rate_version,
        p_first.unit, p_units, case when p_kind in ('refund', 'undo') then p_first.request end, p_note, byok.session_oid())
    on conflict do nothing
    returning l.* into v_posted;
    if v_posted.seq is null and p_kind not in ('refund', 'undo') then
        raise exception 'the hold was ended at the same time' using errcode = '40001';
    end if;
    return v_posted;
end $$;

-- Releases the expired holds of an organization. Returns how many.
create or replace function byok.expire_holds(p_org text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_hold byok.hold;
    v_count bigint := 0;
begin
    perform byok.lock_balance(p_org);
    -- Holds that are being ended are skipped.
    for v_hold in
        select h.* from byok.hold h where h.org = p_org and h.expires_at <= now()
        order by h.request for update skip locked
    loop
        delete from byok.hold h where h.org = p_org and h.tenancy = v_hold.tenancy and h.request = v_hold.request;
        perform byok.post_after(l, 'expire', l.request, l.request_hash, v_hold.amount, -v_hold.amount, 0, 0, 0, null)
        from byok.ledger l
        where l.org = p_org and l.tenancy = v_hold.tenancy and l.request = v_hold.request and l.kind = 'hold';
        update byok.balance b set available = b.available + v_hold.amount, held = b.held - v_hold.amount
        where b.org = p_org;
        v_count := v_count + 1;
    end loop;
    return v_count;
end $$;

-- Fails because an organization has fewer available credits than something needs, or because its account was closed meanwhile. The
-- hint says whether an event told of a refusal since the last grant.
create or replace function byok.refuse_debt(p_org text, p_tenancy integer, p_needed bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_open(p_org, p_tenancy);
    raise exception 'not enough credits' using errcode = 'BK101',
        detail = coalesce((select b.available from byok.balance b where b.org = p_org), 0) || ' ' || p_needed,
        hint = case when byok.refusal_told(p_org, p_tenancy) then 'told' else '' end;
end $$;

-- Locks the balance of an organization until this transaction ends. Whoever posts or ends a hold does this first, so that two calls
-- never wait for each other.
create or replace function byok.lock_balance(p_org text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.balance b where b.org = p_org for no key update;
end $$;

-- Changes a balance by one conditional update. If the credits do not suffice, expired holds are released first. Returns the available
-- credits. Fails if the account was closed meanwhile.
create or replace function byok.adjust_balance(p_org text, p_tenancy integer, p_available bigint, p_held bigint, out available bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_left bigint;
    v_below bigint;
begin
    for attempt in 1..2 loop
        update byok.balance b set available = b.available + p_available, held = b.held + p_held
        where b.org = p_org and b.tenancy = p_tenancy and b.available + p_available >= 0
        returning b.available, b.available + b.held, b.alert_below into adjust_balance.available, v_left, v_below;
        exit when found;
        if attempt = 2 or byok.expire_holds(p_org) = 0 then
            perform byok.refuse_debt(p_org, p_tenancy, -p_available);
        end if;
    end loop;
    if byok.has_fallen(v_below, v_left, -p_available - p_held) then
        perform byok.tell_low(p_org, available, v_left - available, v_below);
    end if;
end $$;

-- Grants an organization credits. With p_make, an unknown organization is added.
create or replace function byok_api.credit_grant(p_org text, p_request text, p_amount bigint, p_note text, p_make boolean,
                                      out result text, out seq bigint, out available bigint, out held bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := sha256(convert_to(jsonb_build_array('grant', p_amount)::text, 'UTF8'));
    v_tenancy integer;
    v_first byok.ledger;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
    perform byok.require_current_sight();
    perform byok.check_flag('make', p_make);
    perform byok.check_request(p_request, p_note);
    if p_amount is null or p_amount not between 1 and 1000000000000000 then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    if p_make then
        if byok.add_org(p_org, false) then
            perform byok.record(p_org, 'org.create', '', '{}');
        end if;
    end if;
    select o.tenancy into v_tenancy from byok.org o where o.org = p_org for key share;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    perform byok.require_open(p_org, v_tenancy);
    insert into byok.balance (org, tenancy, available, held) values (p_org, v_tenancy, 0, 0) on conflict do nothing;
    perform byok.lock_balance(p_org);
    insert into byok.ledger as l (org, tenancy, kind, request, request_hash, available, held, issued, platform_part,
                                  provider_part, note, login_oid)
    values (p_org, v_tenancy, 'grant', p_request, v_hash, p_amount, 0, -p_amount, 0, 0, p_note, byok.session_oid())
    on conflict (org, tenancy, request) where kind in ('grant', 'charge', 'hold', 'refund') do nothing
    returning l.seq into credit_grant.seq;
    if found then
        result := 'granted';
        -- The balance is locked before the head of the audit log everywhere, so that two calls never wait for each other.
        perform byok.adjust_balance(p_org, v_tenancy, p_amount, 0);
        update byok.balance b set grants = b.grants + 1 where b.org = p_org;
        perform byok.record(p_org, 'credit.grant', p_request, jsonb_build_object('micro_credits', p_amount, 'note', p_note));
    else
        result := 'unchanged';
        v_first := byok.first_answer(p_org, v_tenancy, p_request, v_hash);
        seq := v_first.seq;
    end if;
    select b.available, b.held into credit_grant.available, credit_grant.held from byok.balance b where b.org = p_org;
end $$;

-- Refunds a part of a charge, or the rest of it, both parts of the price in proportion.
create or replace function byok.refund_charge(p_org text, p_of text, p_request text, p_amount bigint, p_note text,
                               out result text, out posted byok.ledger, out available bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := sha256(convert_to(format(E'refund\n%s\n%s', p_of, p_amount), 'UTF8'));
    v_tenancy integer := byok.tenancy_of(p_org);
    v_charge byok.ledger;
begin
    perform byok.lock_balance(p_org);
    result := 'unchanged';
    posted := byok.first_answer(p_org, v_tenancy, p_request, v_hash);
    if posted.seq is not null then
        return;
    end if;
    -- Refunds of a charge wait for each other.
    select l.* into v_charge from byok.ledger l
    where l.org = p_org and l.tenancy = v_tenancy and l.request = p_of and l.kind = 'charge' for update;
    if not found then
        -- In a query of its own, so that each uses its index.
        select l.* into v_charge from byok.ledger l
        where l.org = p_org and l.tenancy = v_tenancy and l.request = p_of and l.kind = 'settle' for update;
    end if;
    if v_charge.seq is null then
        perform byok.refuse_request(p_org, v_tenancy, p_of);
    end if;
    -- The same refund may have been posted during the wait.
    posted := byok.first_answer(p_org, v_tenancy, p_request, v_hash);
    if posted.seq is not null then
        return;
    end if;
    posted := byok.post_return(v_charge, 'refund', p_request, v_hash, p_amount, p_note);
    if posted.seq is null then
        posted := byok.first_answer(p_org, v_tenancy, p_request, v_hash);
        return;
    end if;
    result := 'refunded';
    if posted.available > 0 then
        available := byok.adjust_balance(p_org, v_tenancy, posted.available, 0);
    end if;
end $$;

-- Posts the refund of an amount, or of the rest of a charge. The caller has locked the row of the charge. Null if the request id
-- is already used.
create or replace function byok.post_return(p_charge byok.ledger, p_kind text, p_request text, p_hash bytea, p_amount bigint,
                               p_note text) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_total bigint := p_charge.platform_part + p_charge.provider_part;
    v_before bigint;
    v_times bigint;
    v_after bigint;
    v_provider bigint := 0;
    v_units bigint;
begin
    select coalesce(sum(l.available), 0), count(*) into v_before, v_times from byok.ledger l
    where l.org = p_charge.org and l.tenancy = p_charge.tenancy and l.of_request = p_charge.request and l.kind in ('refund', 'undo');
    v_after := v_before + coalesce(p_amount, v_total - v_before);
    if v_after > v_total or p_amount < 1
        -- A charge of 0 can be refunded once. A hold that was settled with 0 units is not a charge.
        or p_kind = 'refund' and v_after = v_before and (v_times > 0 or p_charge.units = 0) then
        raise exception 'more than is left of the charge' using errcode = 'BK108',
            detail = v_total - v_before;
    end if;
    if v_total > 0 then
        v_provider := div(v_after::numeric * p_charge.provider_part, v_total)
                      - div(v_before::numeric * p_charge.provider_part, v_total);
    end if;
    -- An undone charge was never used.
    v_units := case p_kind when 'undo' then -p_charge.units else 0 end;
    return byok.post_after(p_charge, p_kind, p_request, p_hash, v_after - v_before, 0, v_provider - (v_after - v_before),
                           -v_provider, v_units, p_note);
end $$;

-- Refunds a charge, in part or completely.
create or replace function byok_api.credit_refund(p_org text, p_of text, p_request text, p_amount bigint, p_note text,
                                       out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_done record;
begin
    perform byok.require(p_org <> '' and byok.has_role('byok_admin'));
    -- Earlier refunds are counted, so it must see the current data.
    perform byok.require_current_sight();
    perform byok.check_number('amount', p_amount, 1, 1000000000000000, true);
    perform byok.check_text('request', p_of, 200);
    perform byok.check_request(p_request, p_note);
    v_done := byok.refund_charge(p_org, p_of, p_request, p_amount, p_note);
    result := v_done.result;
    posted := v_done.posted;
    available := v_done.available;
    if result = 'refunded' then
        perform byok.record(p_org, 'credit.refund', p_request,
            jsonb_build_object('of', p_of, 'micro_credits', posted.available, 'note', p_note));
    end if;
end $$;

-- Releases all expired holds, of one organization or of all. Returns how many.
create or replace function byok_api.credit_expire(p_org text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org text;
    v_count bigint := 0;
begin
    perform byok.require_of(p_org, coalesce(p_org, 'all') <> '' and (byok.has_role('byok_admin') or byok.may_charge()));
    for v_org in
        select distinct h.org from byok.hold h
        where h.expires_at <= now() and (p_org is null or h.org = p_org) order by 1
    loop
        -- An organization whose balance is locked does not delay the others. It is handled by the next call.
        if p_org is null then
            perform from byok.balance b where b.org = v_org for no key update skip locked;
            continue when not found;
        end if;
        v_count := v_count + byok.expire_holds(v_org);
    end loop;
    return v_count;
end $$;

grant execute on function byok_api.credit_grant, byok_api.credit_refund to byok_admin;

grant execute on function byok_api.credit_expire to byok_admin, byok_resolver;
