-- The request path: one call decides which key serves, takes pgcrypto's layer off it, and charges.

-- Takes pgcrypto's layer off the key that serves. The caller sends the passphrases of the data keys that it holds, with their
-- epochs; where another one is wanted, reason is 'data_key' and key_org and data_epoch say which. Reads only: an error of
-- pgcrypto is the caller's to see, and never a reason to take another key.
create function byok_api.key_serving(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_resolver boolean := pg_has_role(session_user, 'byok_resolver', 'member');
    v_key record;
begin
    if (p_org <> '' and (v_resolver or byok.is_owner(p_org))) is not true then
        perform byok.require(false);
    end if;
    v_key := byok.decide(p_org, p_provider, false);
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
create function byok_api.acquire(
    p_org text, p_provider text, p_own_epoch integer, p_own_wrap text, p_platform_epoch integer, p_platform_wrap text,
    p_operation text, p_units bigint, p_request text, p_seconds integer, p_purpose text,
    out source text, out reason text, out key_org text, out version integer, out hint text, out settings text,
    out data_epoch integer, out sealed bytea, out result text, out seq bigint, out platform_part bigint,
    out provider_part bigint, out held bigint, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_resolver boolean := pg_has_role(session_user, 'byok_resolver', 'member');
    v_key record;
    v_taken record;
begin
    -- As in key_serving: a call more would be paid for by every request.
    if (p_org <> '' and (v_resolver or byok.is_owner(p_org))) is not true then
        perform byok.require(false);
    end if;
    v_key := byok.decide(p_org, p_provider, false);
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
    if p_operation is not null then
        v_taken := byok.take(
            p_org, p_request, byok.hash_of_charge(p_provider, p_operation, p_units, p_seconds is not null), p_provider,
            source, version, hint, p_operation, p_units, p_seconds);
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
        perform byok.record(p_org, 'key.use', p_provider,
            jsonb_build_object('purpose', p_purpose, 'source', source, 'version', version, 'hint', hint,
                               'request', p_request, 'operation', p_operation, 'units', p_units));
    end if;
end $$;

-- Undoes an acquire whose key did not open: gives the whole charge back, or releases the hold. Once, and only by the login
-- that acquired.
create function byok_api.acquire_undo(p_org text, p_request text,
                                      out result text, out posted byok.ledger, out available bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_done record;
begin
    perform byok.require(p_org <> '' and (byok.may_charge() or byok.is_owner(p_org)));
    if exists (select from byok.ledger l where l.org = p_org and l.request = p_request and l.kind = 'hold'
               and l.login_oid = byok.session_oid()) then
        v_done := byok.release(p_org, p_request);
    else
        v_done := byok.give_back(p_org, p_request, 'undo:' || p_request, null, 'the key did not open', true);
    end if;
    result := v_done.result;
    posted := v_done.posted;
    available := v_done.available;
end $$;

grant execute on function byok_api.key_serving, byok_api.acquire, byok_api.acquire_undo to byok_owner, byok_resolver;
