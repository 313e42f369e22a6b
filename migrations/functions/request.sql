-- The request path: one call decides which key serves, decrypts it with pgcrypto, and charges.

-- Opens the key that serves and charges nothing: for the platform's servers, and for owners whose own key serves.
create or replace function byok_api.key_serving(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea, out unreadable boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_server boolean;
begin
    -- This comes before the check of rights, which needs its locks: see byok.has_role. That saves a query for every request.
    select d.source, d.reason, d.key_org, d.version, d.hint, d.settings, d.data_epoch, d.encrypted, d.unreadable
    into source, reason, key_org, version, hint, settings, data_epoch, sealed, unreadable
    from byok.decision(p_org, p_provider) d;
    v_server := pg_has_role(session_user, 'byok_resolver', 'usage')
        and current_setting('transaction_isolation') like 'read %';
    if (p_org <> '' and (v_server or byok.is_owner(p_org))) is not true then
        perform byok.require(false);
    end if;
    if source is null then
        key_org := null;
        version := null;
        hint := null;
        settings := null;
        data_epoch := null;
        sealed := null;
        unreadable := null;
        return;
    elsif source = 'platform' and not v_server then
        raise exception 'the platform''s key would serve' using errcode = 'BK109';
    end if;
    sealed := byok.open_with(source, data_epoch, sealed, p_own_epoch, p_own_wrap, p_platform_epoch, p_platform_wrap);
    if sealed is null then
        reason := 'data_key';
    end if;
end $$;

-- Records that the key that serves does not decrypt. The client calls it after a request that failed, which rolled back everything
-- else. It decrypts again, because another key may serve now.
create or replace function byok_api.key_undecryptable(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_server boolean := byok.may_charge();
    v_key record;
    v_shared boolean;
begin
    perform byok.require(p_org <> '' and (v_server or byok.is_owner(p_org)));
    perform byok.check_org(p_org);
    perform byok.check_provider(p_provider);
    perform byok.check_text('passphrase', p_own_wrap, 64, true);
    perform byok.check_text('passphrase', p_platform_wrap, 64, true);
    select d.* into v_key from byok.decision(p_org, p_provider) d;
    v_shared := v_key.source = 'platform';
    if v_key.source is null or v_shared and not v_server
        or v_key.data_epoch is distinct from (case when v_shared then p_platform_epoch else p_own_epoch end)
        or byok.decrypt_or_null(v_key.encrypted, (case when v_shared then p_platform_wrap else p_own_wrap end)) is not null then
        return false;
    end if;
    return byok.mark_key(v_key.key_org, p_provider, v_key.version, v_key.data_epoch, false);
end $$;

-- Opens the key that serves and charges for the request in the same transaction. With p_seconds it reserves credits instead.
-- Without an operation it only opens. If the request is denied, or if the key does not decrypt, nothing is written. p_purpose is
-- recorded if it is given. The charge can only be undone if p_call is given. Only for the platform's servers: owners use
-- key_serving and key_use.
create or replace function byok_api.acquire(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    p_operation text, p_units bigint, p_request text, p_seconds integer, p_purpose text, p_call bytea,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea, out unreadable boolean, out result text, out seq bigint, out platform_part bigint,
    out provider_part bigint, out held bigint, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_key record;
    v_charged record;
begin
    -- As in key_serving: the locks first.
    select d.* into v_key from byok.decision(p_org, p_provider) d;
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
    unreadable := v_key.unreadable;
    sealed := byok.open_with(source, data_epoch, v_key.encrypted, p_own_epoch, p_own_wrap, p_platform_epoch, p_platform_wrap);
    if sealed is null then
        reason := 'data_key';
        return;
    end if;
    if p_operation is not null then
        v_charged := byok.charge_or_hold(
            p_org, v_key.tenancy, p_request, p_provider, source, version, hint, p_operation, p_units, p_seconds, p_call);
        result := case when not v_charged.fresh then 'unchanged' when p_seconds is null then 'charged' else 'held' end;
        seq := v_charged.seq;
        platform_part := v_charged.platform_part;
        provider_part := v_charged.provider_part;
        held := v_charged.held;
        available := v_charged.available;
        -- The request is repeated, but another key serves now than the one that it was charged for.
        if not v_charged.fresh and (v_charged.source, v_charged.key_version) is distinct from (source, version) then
            raise exception 'another key serves now' using errcode = 'BK110';
        end if;
    end if;
    -- Balances are locked before heads of the audit log everywhere, so that two calls never wait for each other.
    if p_purpose is not null then
        perform byok.record_use(p_org, v_key.tenancy, p_provider, p_purpose, source, version, hint, p_request, p_operation, p_units);
    end if;
end $$;

-- Records that a key was used, and for what. Without a tenancy in the record it is the first one.
create or replace function byok.record_use(p_org text, p_tenancy integer, p_provider text, p_purpose text, p_source text, p_version integer,
                                p_hint text, p_request text, p_operation text, p_units bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_org(p_org);
    perform byok.check_text('purpose', p_purpose, 200, true);
    perform byok.check_text('request id', p_request, 200, true);
    perform byok.record(p_org, 'key.use', p_provider,
        jsonb_build_object('purpose', p_purpose, 'source', p_source, 'version', p_version,
                           'hint', byok.visible_hint(p_source, p_hint, false),
                           'request', p_request, 'operation', p_operation, 'units', p_units)
        || case when p_tenancy > 1 then jsonb_build_object('tenancy', p_tenancy) else '{}' end);
end $$;

-- Charges for the use of a key that the caller has opened, and records it. Without an operation it is only recorded. Fails if
-- another key serves now than the one that was opened.
create or replace function byok_api.key_use(
    p_org text, p_provider text, p_source text, p_version integer, p_operation text, p_units bigint, p_request text,
    p_purpose text, p_call bytea,
    out result text, out seq bigint, out platform_part bigint, out provider_part bigint, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_resolver boolean := byok.may_charge();
    v_key record;
    v_charged record;
begin
    perform byok.require(p_org <> '' and (v_resolver or byok.is_owner(p_org)));
    select d.* into v_key from byok.decision(p_org, p_provider) d;
    if v_key.source is null then
        raise exception '%', v_key.reason using errcode = 'BK107';
    elsif v_key.source = 'platform' and not v_resolver then
        raise exception 'the platform''s key would serve' using errcode = 'BK109';
    elsif (v_key.source, v_key.version) is distinct from (p_source, p_version) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    if p_operation is not null then
        v_charged := byok.charge_or_hold(
            p_org, v_key.tenancy, p_request, p_provider, p_source, p_version, v_key.hint, p_operation, p_units, null, p_call);
        result := case when v_charged.fresh then 'charged' else 'unchanged' end;
        seq := v_charged.seq;
        platform_part := v_charged.platform_part;
        provider_part := v_charged.provider_part;
        available := v_charged.available;
        if not v_charged.fresh and (v_charged.source, v_charged.key_version) is distinct from (p_source, p_version) then
            raise exception 'another key serves now' using errcode = 'BK110';
        end if;
    end if;
    perform byok.record_use(p_org, v_key.tenancy, p_provider, p_purpose, p_source, p_version, v_key.hint, p_request, p_operation, p_units);
end $$;

-- Undoes the charge or hold of a call whose key was not used. Only for the login and the call that were charged, within ten
-- minutes, and only if no other call got an answer with the same request id. A repetition changes nothing.
create or replace function byok_api.acquire_undo(p_org text, p_request text, p_call bytea, p_why text,
                                      out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_charge byok.ledger;
    v_tenancy integer := byok.tenancy_of(p_org);
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
    perform byok.lock_balance(p_org);
    -- Waits for another call that is being answered with the same free request.
    select l.* into v_charge from byok.ledger l
    where l.org = p_org and l.tenancy = v_tenancy and l.request = p_request and l.kind in ('charge', 'hold') for update;
    if not found then
        perform byok.refuse_request(p_org, v_tenancy, p_request);
    elsif v_charge.call is null or v_charge.call is distinct from p_call or v_charge.login_oid <> byok.session_oid() then
        raise exception 'no such charge' using errcode = 'BK104';
    end if;
    select l.* into posted from byok.ledger l
    where l.org = p_org and l.tenancy = v_tenancy and l.request = p_request and l.kind = 'undo';
    if found then
        result := 'unchanged';
        return;
    elsif v_charge.at < clock_timestamp() - interval '10 minutes'
        or exists (select from byok.answered_again a
                   where a.org = p_org and a.tenancy = v_tenancy and a.request = p_request) then
        raise exception 'too late to undo' using errcode = 'BK112';
    end if;
    if v_charge.kind = 'hold' then
        v_done := byok.release(p_org, p_request, v_note);
        result := v_done.result;
        posted := v_done.posted;
        available := v_done.available;
    else
        posted := byok.post_return(v_charge, 'undo', p_request, v_charge.request_hash, null, v_note);
        result := 'undone';
        if posted.available > 0 then
            available := byok.adjust_balance(p_org, v_tenancy, posted.available, 0);
        end if;
    end if;
    if result <> 'unchanged' then
        perform byok.record(p_org, 'credit.undo', p_request,
            jsonb_build_object('micro_credits', posted.available, 'why', p_why));
    end if;
end $$;

grant execute on function byok_api.key_serving, byok_api.key_use, byok_api.key_undecryptable to byok_owner, byok_resolver;
grant execute on function byok_api.acquire, byok_api.acquire_undo to byok_resolver;
