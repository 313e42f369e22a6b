-- What happens to a stored key over time: its end date, and the end of the time that a replaced key is kept.

-- Erases the replaced keys of an organization that are no longer kept, and records each. Called after the lock of its keys, and
-- after everything else that is locked or recorded.
create or replace function byok.wipe_lapsed(p_org text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_key record;
begin
    for v_key in
        update byok.provider_key k set state = 'retired', encrypted = null, keep_until = null
        where k.org = p_org and k.state = 'previous' and k.keep_until <= clock_timestamp()
        returning k.provider, k.version, k.hint
    loop
        perform byok.record(p_org, 'key.wipe', v_key.provider, jsonb_build_object('version', v_key.version, 'hint', v_key.hint));
    end loop;
end $$;

-- Erases replaced keys that are no longer kept, of all organizations whose keys this login may change or, for an admin, of all. At
-- most p_limit of them, those first whose time ended first. Keys that somebody changes at this moment are left out.
create or replace function byok_api.key_tidy(p_limit integer) returns table (org text, provider text, version integer, hint text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.has_role('byok_admin');
    v_key record;
begin
    perform byok.require(v_all or exists (select from byok.member m where m.login_oid = byok.session_oid() and m.role = 'owner'));
    for v_key in
        with lapsed as materialized (
            select k.org, k.provider, k.version
            from byok.provider_key k
            where k.state = 'previous' and k.keep_until <= clock_timestamp() and (v_all or byok.may_change_keys(k.org))
            order by k.keep_until
            limit byok.page_size(p_limit)
            for no key update skip locked
        ), wiped as (
            update byok.provider_key k set state = 'retired', encrypted = null, keep_until = null
            from lapsed l
            where k.org = l.org and k.provider = l.provider and k.version = l.version
            returning k.org, k.provider, k.version, k.hint
        )
        select w.* from wiped w order by w.org, w.provider
    loop
        perform byok.record(v_key.org, 'key.wipe', v_key.provider,
            jsonb_build_object('version', v_key.version, 'hint', v_key.hint));
        org := v_key.org;
        provider := v_key.provider;
        version := v_key.version;
        hint := left(v_key.hint, 17);
        return next;
    end loop;
end $$;

-- Changes the end date of the active key, which need not be known for that. Null means no end. p_version is the version that the
-- caller saw, or 0 for any. Returns the date before.
create or replace function byok_api.key_expire(p_org text, p_provider text, p_version integer, p_expires_at timestamptz,
                                    out version integer, out hint text, out before timestamptz, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    perform byok.check_provider(p_provider);
    perform byok.check_number('version', p_version, 0, 1000000000);
    perform byok.check_time('expires_at', p_expires_at);
    if p_expires_at <= clock_timestamp() then
        raise exception 'the end date is in the past' using errcode = 'BK017';
    end if;
    perform byok.lock_keys(p_org);
    select k.version, left(k.hint, 17), k.expires_at into key_expire.version, key_expire.hint, key_expire.before
    from byok.provider_key k
    where k.org = p_org and k.provider = p_provider and k.state = 'active';
    if not found then
        raise exception 'no such key' using errcode = 'BK020';
    elsif p_version not in (0, version) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    elsif before is not distinct from p_expires_at then
        result := 'unchanged';
        return;
    end if;
    update byok.provider_key k set expires_at = p_expires_at
    where k.org = p_org and k.provider = p_provider and k.version = key_expire.version;
    perform byok.record(p_org, 'key.expire', p_provider,
        jsonb_build_object('version', version, 'hint', hint, 'from', before, 'to', p_expires_at));
    perform byok.wipe_lapsed(p_org);
    result := 'changed';
end $$;

grant execute on function byok_api.key_tidy, byok_api.key_expire to byok_admin, byok_owner;
