-- Credits of organizations: one row for each posting, which sums to zero over its five accounts and is never changed.

create table byok.ledger (
    org text not null,
    seq bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    kind text not null,
    -- the idempotency key: who asks twice with the same one is answered twice and charged once
    request text not null,
    -- what was asked for with it
    request_hash bytea not null,
    -- the accounts, in micro-credits: what the organization can spend, what is reserved, where credits come from, and
    -- where they go
    available bigint not null,
    held bigint not null,
    issued bigint not null,
    platform_part bigint not null,
    provider_part bigint not null,
    -- what it was for, and the key that served: copied, for the row must say it when the key is long gone
    provider text,
    source text,
    key_version integer,
    hint text,
    operation text,
    rate_provider text,
    rate_version integer,
    unit text,
    units bigint,
    -- the charge that a refund gives back
    of_request text,
    note text,
    login text not null default session_user,
    login_oid oid not null,
    client_addr inet default pg_catalog.inet_client_addr(),
    -- No foreign key: it would lock the organization's row for every charge. Few constraints: each is read anew for every
    -- line; the functions, the only writers, keep the rest.
    constraint ledger_pk primary key (org, seq),
    constraint ledger_sum_check check (available + held + issued + platform_part + provider_part = 0
                                       and (provider_part = 0 or source = 'platform'))
);
-- Each request once; each hold ended once.
create unique index ledger_request on byok.ledger (org, request) where kind in ('grant', 'charge', 'hold', 'refund');
create unique index ledger_end on byok.ledger (org, request) where kind in ('settle', 'release');
create index ledger_refund on byok.ledger (org, of_request) where of_request is not null;
select byok.close_table('byok.ledger');

create function byok.ledger_is_append_only() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the ledger is append-only' using errcode = '42501';
end $$;

create trigger ledger_append_only before update or delete or truncate on byok.ledger
    for each statement execute function byok.ledger_is_append_only();

-- The sum of the ledger's first two accounts, kept so that one UPDATE decides whether credits suffice.
create table byok.balance (
    org text not null,
    available bigint not null,
    held bigint not null,
    constraint balance_pk primary key (org),
    constraint balance_org_fk foreign key (org) references byok.org (org),
    constraint balance_check check (available >= 0 and held >= 0)
);
select byok.close_table('byok.balance');

-- The holds that are open; each has its row in the ledger.
create table byok.hold (
    org text not null,
    request text not null,
    amount bigint not null,
    expires_at timestamptz not null,
    constraint hold_pk primary key (org, request)
);
create index hold_expiry on byok.hold (org, expires_at);
select byok.close_table('byok.hold');

-- Whoever charges on behalf of all organizations.
create function byok.may_charge() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return pg_catalog.pg_has_role(session_user, 'byok_resolver', 'member');

create function byok.check_request(p_request text, p_note text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_request is null or length(p_request) not between 1 and 200 or p_request ~ '[[:space:][:cntrl:]]'
        or length(p_note) > 500 then
        raise exception 'a request id or note out of range' using errcode = 'BK106';
    end if;
end $$;

create function byok.may_see_credits(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return p_org <> '' and (byok.sees_all() or byok.is_member(p_org));

-- The first answer to a request; an error when it was asked for something else.
create function byok.replay(p_org text, p_request text, p_hash bytea) returns byok.ledger
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

-- Releases the holds that are past their date; how many.
create function byok.expire_holds(p_org text) returns bigint
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
create function byok.move(p_org text, p_available bigint, p_held bigint, out available bigint)
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
create function byok_api.credit_grant(p_org text, p_request text, p_amount bigint, p_note text, p_make boolean,
                                      out result text, out seq bigint, out available bigint, out held bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_hash bytea := sha256(convert_to(jsonb_build_array('grant', p_amount)::text, 'UTF8'));
    v_first byok.ledger;
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    perform byok.check_request(p_request, p_note);
    if p_amount is null or p_amount not between 1 and 1000000000000000 then
        raise exception 'an amount out of range' using errcode = 'BK106';
    end if;
    if p_make then
        insert into byok.org (org, enabled) values (p_org, false) on conflict do nothing;
        if found then
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

grant execute on function byok_api.credit_grant to byok_admin;
