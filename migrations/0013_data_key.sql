-- Data keys of organizations: handed to their owners, replaced, and everything that they seal checked.

-- The epoch that a new data key of that organization has.
create function byok_api.data_key_next(p_org text) returns integer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_write(p_org) or byok.holds('byok_admin'));
    return (select coalesce(max(d.epoch), 0) + 1 from byok.data_key d where d.org = p_org);
end $$;

drop function byok_api.data_key_put(text, integer, bytea, bytea, bytea);
-- As before, for an organization that has none in use; its master key stays in use until this is committed.
create function byok_api.data_key_put(p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea,
                                      p_wrapped bytea, p_check_value bytea)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_write(p_org) or byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    perform byok.require_active_master(p_master_epoch, p_master_check);
    insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
    select p_org, p_epoch, p_master_epoch, p_wrapped, p_check_value, 'active'
    where not exists (select from byok.data_key d where d.org = p_org and d.state = 'active')
      and p_epoch = (select coalesce(max(d.epoch), 0) + 1 from byok.data_key d where d.org = p_org);
    if found then
        perform byok.record(p_org, 'data_key.create', p_epoch::text, '{}');
    end if;
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active';
end $$;

-- The data key of an organization, still wrapped, for an admin who hands it to its owner. Recorded.
create function byok_api.data_key_issue(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_key byok.data_key;
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    if not exists (select from byok.org o where o.org = p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    select d.* into v_key from byok.data_key d where d.org = p_org and d.state = 'active';
    if not found then
        return;
    end if;
    perform byok.record(p_org, 'data_key.issue', v_key.epoch::text, '{}');
    return query select v_key.epoch, v_key.master_epoch, v_key.wrapped, v_key.check_value;
end $$;

-- Nobody changes a key of that organization until this transaction ends.
create function byok_api.data_key_rotate_begin(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    -- Locked before any head of the audit: whoever wraps data keys anew takes them in this order too.
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active' for no key update;
end $$;

create function byok.encrypt_checked(p_sealed bytea, p_wrap text) returns bytea
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_encrypted bytea := byok_crypto.encrypt_sealed(p_sealed, p_wrap);
begin
    if length(p_sealed) not between 93 and 70000 or length(p_wrap) <> 64 then
        raise exception 'not a sealed key' using errcode = 'BK003';
    end if;
    -- A server whose pgcrypto is broken (CVE-2026-14663 was) must not get to store anything.
    if position(p_sealed in v_encrypted) > 0 or byok.decrypt_or_null(v_encrypted, p_wrap) is distinct from p_sealed then
        raise exception 'pgcrypto does not encrypt' using errcode = 'BK007';
    end if;
    return v_encrypted;
end $$;

-- The new data key, and every stored key of the organization sealed under it; versions and dates stay. p_partial leaves
-- behind what did not open before and will not after.
create function byok_api.data_key_rotate(
    p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea, p_wrapped bytea, p_check_value bytea,
    p_providers text[], p_versions integer[], p_sealed bytea[], p_wraps text[], p_fingerprints bytea[],
    p_partial boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count bigint;
begin
    perform byok.require(byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    perform byok.require_active_master(p_master_epoch, p_master_check);
    update byok.data_key d set state = 'retired', wrapped = null, master_epoch = null
    where d.org = p_org and d.state = 'active' and d.epoch = p_epoch - 1;
    if not found then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
    values (p_org, p_epoch, p_master_epoch, p_wrapped, p_check_value, 'active');
    update byok.provider_key k
    set encrypted = byok.encrypt_checked(n.sealed, n.wrap), data_epoch = p_epoch, fingerprint = n.fingerprint
    from unnest(p_providers, p_versions, p_sealed, p_wraps, p_fingerprints) n(provider, version, sealed, wrap, fingerprint)
    where k.org = p_org and k.provider = n.provider and k.version = n.version and k.encrypted is not null;
    get diagnostics v_count = row_count;
    if not p_partial and exists (select from byok.provider_key k
                                 where k.org = p_org and k.encrypted is not null and k.data_epoch <> p_epoch) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    perform byok.record(p_org, 'data_key.rotate', p_epoch::text, jsonb_build_object('keys', v_count));
end $$;

-- A data key that does not open is erased: nobody loses anything, and nothing waits for it any more. What it sealed stays in
-- force, and does not open.
create function byok_api.data_key_discard(p_org text, p_epoch integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    update byok.data_key d set state = 'retired', wrapped = null, master_epoch = null
    where d.org = p_org and d.epoch = p_epoch and d.state = 'active';
    if not found then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    perform byok.record(p_org, 'data_key.discard', p_epoch::text, '{}');
end $$;

-- A data key that was erased with a lost master key, from the copy that its owner had: what it seals opens again.
create function byok_api.data_key_restore(p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea,
                                          p_wrapped bytea, p_check_value bytea, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_state text;
begin
    perform byok.require(byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    perform byok.require_active_master(p_master_epoch, p_master_check);
    select d.state into v_state from byok.data_key d
    where d.org = p_org and d.epoch = p_epoch and d.check_value = p_check_value;
    if v_state is null then
        raise exception 'never a data key of this organization' using errcode = 'BK044';
    elsif v_state = 'active' then
        result := 'unchanged';
        return;
    elsif exists (select from byok.data_key d where d.org = p_org and d.state = 'active') then
        raise exception 'another data key is in use by now' using errcode = 'BK041';
    end if;
    update byok.data_key d set state = 'active', wrapped = p_wrapped, master_epoch = p_master_epoch
    where d.org = p_org and d.epoch = p_epoch;
    perform byok.record(p_org, 'data_key.restore', p_epoch::text, '{}');
    result := 'restored';
end $$;

-- Holders of data keys from before the last promotion, where that was because of a leak.
create function byok_api.data_keys_leaked(p_after text, p_limit integer) returns table (org text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin'));
    return query
        select d.org
        from byok.data_key d
        join byok.keyring k on k.state = 'active' and k.leaked
        where d.state = 'active' and d.created_at < k.promoted_at
          and d.org >= coalesce(p_after, '') and d.org is distinct from p_after
        order by d.org
        limit p_limit;
end $$;

-- Data keys in use, wrapped; from after that organization, or so many at random.
create function byok_api.verify_data_keys(p_after text, p_sample boolean, p_limit integer)
returns table (org text, epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') or byok.holds('byok_resolver'));
    if p_sample then
        return query
            select d.org, d.epoch, d.master_epoch, d.wrapped, d.check_value
            from byok.data_key d where d.state = 'active' order by random() limit p_limit;
        return;
    end if;
    return query
        select d.org, d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d
        where d.state = 'active' and (p_after is null or d.org > p_after)
        order by d.org
        limit p_limit;
end $$;

create index audit_key on byok.audit (org, subject, seq) where action in ('key.set', 'key.remove');

-- Every stored key of those organizations, without what is encrypted; recorded_version is the one in force by the audit log,
-- 0 after a removal.
create function byok_api.verify_keys(p_orgs text[])
returns table (org text, provider text, version integer, data_epoch integer, settings text, hint text, active boolean,
               recorded_version integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') or byok.holds('byok_resolver'));
    return query
        select k.org, k.provider, k.version, k.data_epoch, k.settings, k.hint, k.state = 'active',
               (select case a.action when 'key.set' then (a.detail ->> 'version')::integer else 0 end
                from byok.audit a
                where a.org = k.org and a.subject = k.provider and a.action in ('key.set', 'key.remove')
                order by a.seq desc limit 1)
        from byok.provider_key k
        where k.org = any (p_orgs) and k.encrypted is not null
        order by k.org, k.provider, k.version;
end $$;

-- Takes the outer layer off many keys, for somebody who holds their data keys; what comes out is still sealed. Recorded.
create function byok_api.verify_open(p_orgs text[], p_providers text[], p_versions integer[], p_wraps text[])
returns table (org text, provider text, version integer, sealed bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') or byok.holds('byok_resolver'));
    perform byok.record(case when p_orgs[1] = all (p_orgs) then p_orgs[1] else '' end, 'keys.open', '',
        jsonb_build_object('keys', cardinality(p_orgs), 'from', p_orgs[1], 'to', p_orgs[cardinality(p_orgs)]));
    return query
        select k.org, k.provider, k.version, byok.decrypt_or_null(k.encrypted, n.wrap)
        from unnest(p_orgs, p_providers, p_versions, p_wraps) n(org, provider, version, wrap)
        join byok.provider_key k on k.org = n.org and k.provider = n.provider and k.version = n.version
        where k.encrypted is not null;
end $$;

-- Keys that are stored where no data key is in use: they open no more.
create function byok_api.verify_orphans()
returns table (org text, provider text, version integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.holds('byok_admin') or byok.holds('byok_resolver'));
    return query
        select k.org, k.provider, k.version
        from byok.provider_key k
        where k.encrypted is not null
          and not exists (select from byok.data_key d where d.org = k.org and d.state = 'active')
        order by k.org, k.provider, k.version
        limit 10000;
end $$;

grant execute on function byok_api.data_key_next, byok_api.data_key_put to byok_admin, byok_owner;
grant execute on function byok_api.data_key_issue, byok_api.data_key_rotate_begin, byok_api.data_key_rotate,
    byok_api.data_key_discard, byok_api.data_key_restore, byok_api.data_keys_leaked to byok_admin;
grant execute on function byok_api.verify_data_keys, byok_api.verify_keys, byok_api.verify_open, byok_api.verify_orphans
    to byok_admin, byok_resolver;
