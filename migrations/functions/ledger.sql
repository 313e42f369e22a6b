-- Postings to the ledger, and the balances that they move.

create or replace function byok.check_request(p_request text, p_note text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if byok.is_plain(p_request, 200) is not true or length(p_note) > 500 then
        raise exception 'a request id or note out of range' using errcode = 'BK106';
    end if;
    perform byok.check_text('note', p_note, 500, true);
end $$;

-- The first answer to a request; an error when it was asked for something else.
create or replace function byok.replay(p_org text, p_request text, p_hash bytea) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
begin
    select l.* into v_row from byok.ledger l
    where l.org = p_org and l.request = p_request and l.kind in ('grant', 'charge', 'hold', 'refund');
    if v_row.request_hash <> p_hash then
        raise exception 'this request id was used for something else' using errcode = 'BK102';
    end if;
    return v_row;
end $$;

-- How a request that was charged or reserved lost its charge: 'undone', 'refunded', 'released' or 'expired'; null while it
-- stands. A charge that was given back in part stands. A hold that was settled with no units was released; units at a price of 0
-- were used, and their charge stands.
create or replace function byok.lost_charge(p_row byok.ledger) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_paid byok.ledger := p_row;
    v_back bigint;
    v_expires timestamptz;
begin
    if p_row.kind = 'hold' then
        select l.* into v_paid from byok.ledger l
        where l.org = p_row.org and l.request = p_row.request and l.kind in ('settle', 'release');
        if v_paid.kind = 'release' or v_paid.units = 0 then
            return 'released';
        elsif v_paid.kind is null then
            select h.expires_at into v_expires from byok.hold h where h.org = p_row.org and h.request = p_row.request;
            return case when v_expires > clock_timestamp() then null else 'expired' end;
        end if;
    end if;
    if exists (select from byok.ledger l
               where l.org = p_row.org and l.request = p_row.request and l.kind = 'undo') then
        return 'undone';
    end if;
    -- Null while there is no refund: a charge of 0 is given back by a refund of 0, and not by none.
    select sum(l.available) into v_back from byok.ledger l
    where l.org = p_row.org and l.of_request = p_row.request and l.kind = 'refund';
    return case when v_back >= v_paid.platform_part + v_paid.provider_part then 'refunded' end;
end $$;

-- The charge or hold of a request that is asked for again; an error when it was asked for something else, or has lost its
-- charge. From here on no other call undoes it: somebody else counts on it.
create or replace function byok.replay_paid(p_org text, p_request text, p_hash bytea, p_call bytea) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_row byok.ledger;
    v_lost text;
begin
    -- An undo that is under way ends first.
    perform from byok.ledger l
    where l.org = p_org and l.request = p_request and l.kind in ('charge', 'hold') for share;
    v_row := byok.replay(p_org, p_request, p_hash);
    if v_row.seq is null then
        return v_row;
    end if;
    v_lost := byok.lost_charge(v_row);
    if v_lost is not null then
        raise exception '%', v_lost using errcode = 'BK111';
    end if;
    if v_row.call is distinct from p_call or p_call is null then
        delete from byok.answered_again a where a.org = p_org and a.at < now() - interval '1 hour';
        insert into byok.answered_again (org, request) values (p_org, p_request) on conflict do nothing;
    end if;
    return v_row;
end $$;

-- Releases the holds that are past their date; how many.
create or replace function byok.expire_holds(p_org text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_hold byok.hold;
    v_count bigint := 0;
begin
    -- In one order everywhere, and not those that somebody is ending right now.
    for v_hold in
        select h.* from byok.hold h where h.org = p_org and h.expires_at <= now()
        order by h.request for update skip locked
    loop
        delete from byok.hold h where h.org = p_org and h.request = v_hold.request;
        insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                 provider, source, key_version, hint, operation, rate_provider, rate_version, unit, units,
                                 login_oid)
        select l.org, 'expire', l.request, l.request_hash, v_hold.amount, -v_hold.amount, 0, 0, 0,
               l.provider, l.source, l.key_version, l.hint, l.operation, l.rate_provider, l.rate_version, l.unit, 0,
               byok.session_oid()
        from byok.ledger l where l.org = p_org and l.request = v_hold.request and l.kind = 'hold';
        update byok.balance b set available = b.available + v_hold.amount, held = b.held - v_hold.amount
        where b.org = p_org;
        v_count := v_count + 1;
    end loop;
    return v_count;
end $$;

-- Changes a balance by one conditional update, the last thing that a posting does: the row is locked from here to the end
-- of the transaction. Stale holds are released only when that would help. Answers with what is available then.
create or replace function byok.move(p_org text, p_available bigint, p_held bigint, out available bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    for attempt in 1..2 loop
        update byok.balance b set available = b.available + p_available, held = b.held + p_held
        where b.org = p_org and b.available + p_available >= 0
        returning b.available into move.available;
        exit when found;
        if attempt = 2 or byok.expire_holds(p_org) = 0 then
            raise exception 'not enough credits' using errcode = 'BK101',
                detail = coalesce((select b.available from byok.balance b where b.org = p_org), 0) || ' ' || -p_available;
        end if;
    end loop;
end $$;

-- Gives an organization credits; p_make makes it known where it was not.
create or replace function byok_api.credit_grant(p_org text, p_request text, p_amount bigint, p_note text, p_make boolean,
                                      out result text, out seq bigint, out available bigint, out held bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := sha256(convert_to(jsonb_build_array('grant', p_amount)::text, 'UTF8'));
    v_first byok.ledger;
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    perform byok.require_now();
    perform byok.check_flag('make', p_make);
    perform byok.check_request(p_request, p_note);
    if p_amount is null or p_amount not between 1 and 1000000000000000 then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    if p_make then
        if byok.make_org(p_org, false) then
            perform byok.record(p_org, 'org.create', '', '{}');
        end if;
    end if;
    perform from byok.org o where o.org = p_org for key share;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    insert into byok.balance (org, available, held) values (p_org, 0, 0) on conflict do nothing;
    insert into byok.ledger as l (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                  note, login_oid)
    values (p_org, 'grant', p_request, v_hash, p_amount, 0, -p_amount, 0, 0, p_note, byok.session_oid())
    on conflict (org, request) where kind in ('grant', 'charge', 'hold', 'refund') do nothing
    returning l.seq into credit_grant.seq;
    if found then
        result := 'granted';
        -- The balance before the head of the audit, everywhere: in two orders they would wait for each other.
        perform byok.move(p_org, p_amount, 0);
        perform byok.record(p_org, 'credit.grant', p_request, jsonb_build_object('amount', p_amount, 'note', p_note));
    else
        result := 'unchanged';
        v_first := byok.replay(p_org, p_request, v_hash);
        seq := v_first.seq;
    end if;
    select b.available, b.held into credit_grant.available, credit_grant.held from byok.balance b where b.org = p_org;
end $$;

-- Gives back part of a charge, or all that is left of it; of each part its share.
create or replace function byok.give_back(p_org text, p_of text, p_request text, p_amount bigint, p_note text,
                               out result text, out posted byok.ledger, out available bigint)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := sha256(convert_to(format(E'refund\n%s\n%s', p_of, p_amount), 'UTF8'));
    v_charge byok.ledger;
begin
    result := 'unchanged';
    posted := byok.replay(p_org, p_request, v_hash);
    if posted.seq is not null then
        return;
    end if;
    -- One refund of a charge at a time.
    select l.* into v_charge from byok.ledger l
    where l.org = p_org and l.request = p_of and l.kind in ('charge', 'settle') for update;
    if not found then
        raise exception 'no such charge' using errcode = 'BK104';
    end if;
    -- The same refund may have been made while this waited.
    posted := byok.replay(p_org, p_request, v_hash);
    if posted.seq is not null then
        return;
    end if;
    posted := byok.post_back(v_charge, 'refund', p_request, v_hash, p_amount, p_note);
    if posted.seq is null then
        posted := byok.replay(p_org, p_request, v_hash);
        return;
    end if;
    result := 'refunded';
    if posted.available > 0 then
        available := byok.move(p_org, posted.available, 0);
    end if;
end $$;

-- The line that gives back an amount of a charge, or all that is left of it; the caller holds the charge's row. None where
-- that request id is taken.
create or replace function byok.post_back(p_charge byok.ledger, p_kind text, p_request text, p_hash bytea, p_amount bigint,
                               p_note text) returns byok.ledger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_total bigint := p_charge.platform_part + p_charge.provider_part;
    v_before bigint;
    v_times bigint;
    v_after bigint;
    v_provider bigint := 0;
    v_posted byok.ledger;
begin
    select coalesce(sum(l.available), 0), count(*) into v_before, v_times from byok.ledger l
    where l.org = p_charge.org and l.of_request = p_charge.request and l.kind in ('refund', 'undo');
    v_after := v_before + coalesce(p_amount, v_total - v_before);
    if v_after > v_total or p_amount < 1
        -- A charge of 0 can be given back once; a hold that was settled with no units was never one.
        or p_kind = 'refund' and v_after = v_before and (v_times > 0 or p_charge.units = 0) then
        raise exception 'more than is left of the charge' using errcode = 'BK108',
            detail = v_total - v_before;
    end if;
    if v_total > 0 then
        v_provider := div(v_after::numeric * p_charge.provider_part, v_total)
                      - div(v_before::numeric * p_charge.provider_part, v_total);
    end if;
    insert into byok.ledger as l (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                  provider, source, key_version, hint, operation, rate_provider, rate_version, unit,
                                  units, of_request, note, login_oid)
    values (p_charge.org, p_kind, p_request, p_hash, v_after - v_before, 0, 0, v_provider - (v_after - v_before),
            -v_provider, p_charge.provider, p_charge.source, p_charge.key_version, p_charge.hint, p_charge.operation,
            p_charge.rate_provider, p_charge.rate_version, p_charge.unit,
            -- what was undone was never used
            case p_kind when 'undo' then -p_charge.units else 0 end, p_charge.request, p_note, byok.session_oid())
    on conflict do nothing
    returning l.* into v_posted;
    return v_posted;
end $$;

create or replace function byok_api.credit_refund(p_org text, p_of text, p_request text, p_amount bigint, p_note text,
                                       out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_done record;
begin
    perform byok.require(p_org <> '' and byok.holds('byok_admin'));
    -- What was given back before is counted.
    perform byok.require_now();
    perform byok.check_number('amount', p_amount, 1, 1000000000000000, true);
    perform byok.check_text('request', p_of, 200);
    perform byok.check_request(p_request, p_note);
    v_done := byok.give_back(p_org, p_of, p_request, p_amount, p_note);
    result := v_done.result;
    posted := v_done.posted;
    available := v_done.available;
    if result = 'refunded' then
        perform byok.record(p_org, 'credit.refund', p_request,
            jsonb_build_object('of', p_of, 'amount', posted.available, 'note', p_note));
    end if;
end $$;

-- Releases every hold that is past its date, of one organization or of all; how many.
create or replace function byok_api.credit_expire(p_org text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_org text;
    v_count bigint := 0;
begin
    perform byok.require(coalesce(p_org, 'all') <> '' and (byok.holds('byok_admin') or byok.may_charge()));
    for v_org in
        select distinct h.org from byok.hold h
        where h.expires_at <= now() and (p_org is null or h.org = p_org) order by 1
    loop
        -- An organization whose balance somebody holds does not keep the others waiting: its turn comes with the next call.
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
