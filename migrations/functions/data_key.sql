-- Data keys of organizations: created, issued to owners, replaced.

-- Erases the data key of this epoch. Fails if another one is in use.
create or replace function byok.retire_data_key(p_org text, p_epoch integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    update byok.data_key d set state = 'retired', wrapped = null, master_epoch = null
    where d.org = p_org and d.epoch = p_epoch and d.state = 'active';
    if not found then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
end $$;

-- The current data key of an organization, wrapped by the master key.
create or replace function byok_api.data_key_get(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_resolver'));
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active';
end $$;

-- The data key of an organization with this epoch, for a login that may open what it seals.
create or replace function byok_api.data_key_of(p_org text, p_epoch integer)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_resolver') or (p_org <> '' and byok.is_owner(p_org)));
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.epoch = p_epoch and d.wrapped is not null;
end $$;

-- The epoch of the next data key of an organization.
create or replace function byok_api.data_key_next(p_org text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_admin'));
    return (select coalesce(max(d.epoch), 0) + 1 from byok.data_key d where d.org = p_org);
end $$;

-- Stores the data key of an organization that has none. Returns the current one: if two are created at the same time, one is
-- stored and both callers use it.
create or replace function byok_api.data_key_put(p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea,
                                      p_wrapped bytea, p_check_value bytea)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('data key', p_wrapped, 61);
    perform byok.check_bytes('check_value', p_check_value, 8);
    if not byok.lock_keys(p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    perform byok.require_open(p_org);
    -- An owner must hold no lock on the master keys. The trigger data_key_master checks again at the commit.
    if not exists (select from byok.keyring k
                   where k.epoch = p_master_epoch and k.check_value = p_master_check and k.state = 'active') then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
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

-- The wrapped data key of an organization, for an admin who issues it to an owner. It is recorded.
create or replace function byok_api.data_key_issue(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_key byok.data_key;
begin
    perform byok.require(byok.has_role('byok_admin') and p_org <> '');
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

-- Begins the replacement of a data key. Nobody else can change a key of the organization until this transaction ends.
create or replace function byok_api.data_key_rotate_begin(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    if not byok.lock_keys(p_org) then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    -- Locked before a head of the audit log, in the same order as in a rotation of the master key.
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active' for no key update;
end $$;

-- Stores a new data key, and the keys of the organization sealed under it. Versions and dates stay. With p_partial, keys that did
-- not open are left as they are.
create or replace function byok_api.data_key_rotate(
    p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea, p_wrapped bytea, p_check_value bytea,
    p_providers text[], p_versions integer[], p_sealed bytea[], p_wraps text[], p_fingerprints bytea[],
    p_partial boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count bigint;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('data key', p_wrapped, 61);
    perform byok.check_bytes('check_value', p_check_value, 8);
    perform byok.check_texts('providers', p_providers, 40);
    perform byok.check_array('versions', p_versions, cardinality(p_providers));
    perform byok.check_array('seals', p_sealed, cardinality(p_providers));
    perform byok.check_texts('passphrases', p_wraps, 64, cardinality(p_providers));
    perform byok.check_array('fingerprints', p_fingerprints, cardinality(p_providers));
    perform byok.check_bytes('fingerprints', f.fingerprint, 8) from unnest(p_fingerprints) f(fingerprint);
    perform byok.check_flag('partial', p_partial);
    perform byok.lock_keys(p_org);
    perform byok.require_active_master(p_master_epoch, p_master_check);
    perform byok.retire_data_key(p_org, p_epoch - 1);
    insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
    values (p_org, p_epoch, p_master_epoch, p_wrapped, p_check_value, 'active');
    update byok.provider_key k
    set encrypted = byok.encrypt_checked(n.sealed, n.wrap), data_epoch = p_epoch, fingerprint = n.fingerprint, unreadable_at = null
    from unnest(p_providers, p_versions, p_sealed, p_wraps, p_fingerprints) n(provider, version, sealed, wrap, fingerprint)
    where k.org = p_org and k.provider = n.provider and k.version = n.version and k.encrypted is not null;
    get diagnostics v_count = row_count;
    if not p_partial and exists (select from byok.provider_key k
                                 where k.org = p_org and k.encrypted is not null and k.data_epoch <> p_epoch
                                   and (k.keep_until is null or k.keep_until > clock_timestamp())) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    perform byok.record(p_org, 'data_key.rotate', p_epoch::text, jsonb_build_object('keys', v_count));
    perform byok.wipe_lapsed(p_org);
end $$;

-- Erases a data key that does not open, so that a rotation can finish. The keys that it sealed stay active, and do not open.
create or replace function byok_api.data_key_discard(p_org text, p_epoch integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.lock_keys(p_org);
    perform byok.retire_data_key(p_org, p_epoch);
    update byok.provider_key k set unreadable_at = clock_timestamp()
    where k.org = p_org and k.encrypted is not null and k.unreadable_at is null;
    perform byok.record(p_org, 'data_key.discard', p_epoch::text, '{}');
end $$;

-- Stores a data key again that was erased with a lost master key, from its owner's copy. What it sealed opens again.
create or replace function byok_api.data_key_restore(p_org text, p_epoch integer, p_master_epoch integer, p_master_check bytea,
                                          p_wrapped bytea, p_check_value bytea, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_state text;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('data key', p_wrapped, 61);
    perform byok.check_bytes('check_value', p_check_value, 8);
    perform byok.require_of(p_org, true);
    perform byok.lock_keys(p_org);
    perform byok.require_open(p_org);
    perform byok.require_active_master(p_master_epoch, p_master_check);
    select d.state into v_state from byok.data_key d
    where d.org = p_org and d.epoch = p_epoch and d.check_value = p_check_value;
    if v_state is null then
        raise exception 'never a data key of this organization' using errcode = 'BK044';
    elsif v_state = 'active' then
        result := 'unchanged';
        return;
    elsif exists (select from byok.data_key d where d.org = p_org and d.state = 'active') then
        raise exception 'another data key is in use by now' using errcode = 'BK045';
    end if;
    update byok.data_key d set state = 'active', wrapped = p_wrapped, master_epoch = p_master_epoch
    where d.org = p_org and d.epoch = p_epoch;
    update byok.provider_key k set unreadable_at = null
    where k.org = p_org and k.data_epoch = p_epoch and k.unreadable_at is not null;
    perform byok.record(p_org, 'data_key.restore', p_epoch::text, '{}');
    result := 'restored';
end $$;

-- Organizations whose data key is older than a leak of the master key.
create or replace function byok_api.data_keys_leaked(p_after text, p_limit integer) returns table (org text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    return query
        select d.org
        from byok.data_key d
        join byok.keyring k on k.state = 'active' and k.leaked
        where d.state = 'active' and d.created_at < k.promoted_at
          and d.org >= coalesce(p_after, '') and d.org is distinct from p_after
        order by d.org
        limit byok.page_size(p_limit);
end $$;

grant execute on function byok_api.data_key_issue, byok_api.data_key_rotate_begin, byok_api.data_key_rotate,
    byok_api.data_key_discard, byok_api.data_key_restore, byok_api.data_keys_leaked to byok_admin;

grant execute on function byok_api.data_key_next, byok_api.data_key_put to byok_admin, byok_owner;

grant execute on function byok_api.data_key_get to byok_admin, byok_owner, byok_resolver;

grant execute on function byok_api.data_key_of to byok_owner, byok_resolver;
