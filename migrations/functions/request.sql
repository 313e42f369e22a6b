-- The request path: one call decides which key serves, takes pgcrypto's layer off it, and charges.

-- Takes pgcrypto's layer off the key that serves. The caller sends the passphrases of the data keys that it holds, with their
-- epochs; where another one is wanted, reason is 'data_key' and key_org and data_epoch say which. Reads only: an error of
-- pgcrypto is the caller's to see, and never a reason to take another key.
create or replace function byok_api.key_serving(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_resolver boolean;
    v_key record;
begin
    -- Before the rights, for its locks: see byok.holds, which would be one query more for every request.
    v_key := byok.decide(p_org, p_provider, false);
    v_resolver := pg_has_role(session_user, 'byok_resolver', 'usage')
        and current_setting('transaction_isolation') like 'read %';
    if (p_org <> '' and (v_resolver or byok.is_owner(p_org))) is not true then
        perform byok.require(false);
    end if;
    source := v_key.source;
    reason := v_key.reason;
    if source is null then
        return;
    end if;
    if source = 'platform' and not v_resolver then
        raise exception 'the platform''s key would serve' using errcode = 'BK109';
    end if;
    key_org := v_key.key_org;
    version := v_key.version;
    hint := v_key.hint;
    settings := v_key.settings;
    data_epoch := v_key.data_epoch;
    if data_epoch is distinct from (case source when 'platform' then p_platform_epoch else p_own_epoch end) then
        reason := 'data_key';
        return;
    end if;
    sealed := byok_crypto.decrypt_sealed(v_key.encrypted,
                                         case source when 'platform' then p_platform_wrap else p_own_wrap end);
    if sealed is null then
        raise exception 'no passphrase' using errcode = '39000';
    end if;
end $$;

-- Opens as key_serving does and, with an operation, charges for it (or with p_seconds reserves) in the same transaction: a
-- request that is denied, or a key that does not decrypt, leaves nothing behind. p_purpose is recorded where one is given.
-- p_call identifies the call: only with it the charge can be undone. For the platform's servers alone: an owner opens first,
-- and is charged by key_use.
create or replace function byok_api.acquire(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    p_operation text, p_units bigint, p_request text, p_seconds integer, p_purpose text, p_call bytea,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea, out result text, out seq bigint, out platform_part bigint,
    out provider_part bigint, out held bigint, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_key record;
    v_taken record;
begin
    -- As in key_serving: the locks first.
    v_key := byok.decide(p_org, p_provider, false);
    if (p_org <> '' and pg_has_role(session_user, 'byok_resolver', 'usage')
        and current_setting('transaction_isolation') like 'read %') is not true then
        perform byok.require(false);
    end if;
    source := v_key.source;
    reason := v_key.reason;
    if source is null then
        return;
    end if;
    key_org := v_key.key_org;
    version := v_key.version;
    hint := v_key.hint;
    settings := v_key.settings;
    data_epoch := v_key.data_epoch;
    if data_epoch is distinct from (case source when 'platform' then p_platform_epoch else p_own_epoch end) then
        reason := 'data_key';
        return;
    end if;
    sealed := byok_crypto.decrypt_sealed(v_key.encrypted,
                                         case source when 'platform' then p_platform_wrap else p_own_wrap end);
    if sealed is null then
        raise exception 'no passphrase' using errcode = '39000';
    end if;
    if p_operation is not null then
        v_taken := byok.take(
            p_org, p_request, byok.hash_of_charge(p_provider, p_operation, p_units, p_seconds is not null), p_provider,
            source, version, hint, p_operation, p_units, p_seconds, p_call);
        result := case when not v_taken.fresh then 'unchanged' when p_seconds is null then 'charged' else 'held' end;
        seq := v_taken.seq;
        platform_part := v_taken.platform_part;
        provider_part := v_taken.provider_part;
        held := v_taken.held;
        available := v_taken.available;
        -- Asked again, and another key serves by now: what was charged was charged for that one.
        if not v_taken.fresh and (v_taken.source, v_taken.key_version) is distinct from (source, version) then
            raise exception 'another key serves now' using errcode = 'BK110';
        end if;
    end if;
    -- After the balance, as everywhere: in two orders they would wait for each other.
    if p_purpose is not null then
        perform byok.record_use(p_org, p_provider, p_purpose, source, version, hint, p_request, p_operation, p_units);
    end if;
end $$;

create or replace function byok.record_use(p_org text, p_provider text, p_purpose text, p_source text, p_version integer, p_hint text,
                                p_request text, p_operation text, p_units bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_org(p_org);
    perform byok.check_text('purpose', p_purpose, 200, true);
    perform byok.check_text('request id', p_request, 200, true);
    perform byok.record(p_org, 'key.use', p_provider,
        jsonb_build_object('purpose', p_purpose, 'source', p_source, 'version', p_version,
                           'hint', byok.shown_hint(p_source, p_hint, false),
                           'request', p_request, 'operation', p_operation, 'units', p_units));
end $$;

-- Charges for the use of a key that the caller has opened, and records it; without an operation it is only recorded. The key
-- that serves must still be the one that was opened. Whoever opens first and is charged after needs no undo.
create or replace function byok_api.key_use(
    p_org text, p_provider text, p_source text, p_version integer, p_operation text, p_units bigint, p_request text,
    p_purpose text, p_call bytea,
    out result text, out seq bigint, out platform_part bigint, out provider_part bigint, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_resolver boolean := byok.may_charge();
    v_key record;
    v_taken record;
begin
    perform byok.require(p_org <> '' and (v_resolver or byok.is_owner(p_org)));
    v_key := byok.decide(p_org, p_provider, false);
    if v_key.source is null then
        raise exception '%', v_key.reason using errcode = 'BK107';
    elsif v_key.source = 'platform' and not v_resolver then
        raise exception 'the platform''s key would serve' using errcode = 'BK109';
    elsif (v_key.source, v_key.version) is distinct from (p_source, p_version) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    if p_operation is not null then
        v_taken := byok.take(
            p_org, p_request, byok.hash_of_charge(p_provider, p_operation, p_units, false), p_provider, p_source,
            p_version, v_key.hint, p_operation, p_units, null, p_call);
        result := case when v_taken.fresh then 'charged' else 'unchanged' end;
        seq := v_taken.seq;
        platform_part := v_taken.platform_part;
        provider_part := v_taken.provider_part;
        available := v_taken.available;
        if not v_taken.fresh and (v_taken.source, v_taken.key_version) is distinct from (p_source, p_version) then
            raise exception 'another key serves now' using errcode = 'BK110';
        end if;
    end if;
    perform byok.record_use(p_org, p_provider, p_purpose, p_source, p_version, v_key.hint, p_request, p_operation, p_units);
end $$;

-- Takes back what one call was charged or had reserved, because nothing came of it. Only for the platform's servers; only by
-- the login and the very call that were charged; within ten minutes; and not once somebody else was answered with the same
-- request. Once, however often it is asked for.
create or replace function byok_api.acquire_undo(p_org text, p_request text, p_call bytea, p_why text,
                                      out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_charge byok.ledger;
    v_note text := case p_why
        when 'key_unreadable' then 'the key did not open'
        when 'not_started' then 'the program did not start'
        when 'given_up' then 'the request was given up' end;
    v_done record;
begin
    perform byok.require(p_org <> '' and byok.may_charge());
    if v_note is null then
        raise exception 'no such reason' using errcode = '22023';
    end if;
    -- Whoever is being answered with it ends first.
    select l.* into v_charge from byok.ledger l
    where l.org = p_org and l.request = p_request and l.kind in ('charge', 'hold') for update;
    if v_charge.call is null or v_charge.call is distinct from p_call or v_charge.login_oid <> byok.session_oid() then
        raise exception 'no such charge' using errcode = 'BK104';
    end if;
    select l.* into posted from byok.ledger l
    where l.org = p_org and l.request = p_request and l.kind = 'undo';
    if found then
        result := 'unchanged';
        return;
    elsif v_charge.at < clock_timestamp() - interval '10 minutes'
        or exists (select from byok.answered_again a where a.org = p_org and a.request = p_request) then
        raise exception 'too late to undo' using errcode = 'BK112';
    end if;
    if v_charge.kind = 'hold' then
        v_done := byok.release(p_org, p_request, v_note);
        result := v_done.result;
        posted := v_done.posted;
        available := v_done.available;
    else
        posted := byok.post_back(v_charge, 'undo', p_request, v_charge.request_hash, null, v_note);
        result := 'undone';
        if posted.available > 0 then
            available := byok.move(p_org, posted.available, 0);
        end if;
    end if;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'credit.undo', p_request,
            jsonb_build_object('amount', posted.available, 'why', p_why));
    end if;
end $$;

grant execute on function byok_api.key_serving, byok_api.key_use to byok_owner, byok_resolver;
grant execute on function byok_api.acquire, byok_api.acquire_undo to byok_resolver;
