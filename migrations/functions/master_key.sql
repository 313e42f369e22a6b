-- Fails unless this is the active master key, and keeps it active until this transaction ends.
create or replace function byok.require_active_master(p_epoch integer, p_check_value bytea) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.keyring k
    where k.epoch = p_epoch and k.check_value = p_check_value and k.state = 'active' for share;
    if not found then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
end $$;

-- Registers the first master key of the database.
create or replace function byok_api.keyring_create(p_epoch integer, p_check_value bytea, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_known bytea;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('check_value', p_check_value, 8);
    lock table byok.keyring in share row exclusive mode;
    select k.check_value into v_known from byok.keyring k where k.epoch = p_epoch;
    if v_known = p_check_value then
        result := 'unchanged';
        return;
    end if;
    if exists (select from byok.keyring) then
        raise exception 'the database already has another master key' using errcode = 'BK005';
    end if;
    insert into byok.keyring (epoch, check_value, state) values (p_epoch, p_check_value, 'active');
    perform byok.record('', 'master_key.create', p_epoch::text, '{}');
    result := 'created';
end $$;

-- Every epoch of the master key, with its state and the number of data keys that it wraps.
create or replace function byok_api.master_key_status()
returns table (epoch integer, check_value bytea, state text, created_at timestamptz, created_by text, data_keys bigint,
               leaked boolean, escrowed_at timestamptz, escrowed_by text, older_data_keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_all());
    return query
        select k.epoch, k.check_value, k.state, k.created_at, k.created_by,
               (select count(*) from byok.data_key d where d.master_epoch = k.epoch),
               k.leaked, k.escrowed_at, k.escrowed_by,
               case when k.leaked then (select count(*) from byok.data_key d
                                        where d.state = 'active' and d.created_at < k.promoted_at) else 0 end
        from byok.keyring k
        order by k.epoch;
end $$;

-- The servers and hosts that reported which master keys they have loaded, and when.
create or replace function byok_api.master_key_holders()
returns table (login text, instance text, epochs integer[], seen_at timestamptz, recent boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_all());
    return query
        select h.login, left(h.instance, 801), h.epochs[1:10001], h.seen_at, h.seen_at > now() - interval '1 day'
        from byok.master_key_holder h order by h.login, h.instance;
end $$;

-- Records which master keys a server or a host has loaded.
create or replace function byok_api.master_key_loaded(p_instance text, p_epochs integer[], p_check_values bytea[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    perform byok.check_text('instance', nullif(p_instance, ''), 200);
    perform byok.check_array('epochs', p_epochs);
    perform byok.check_array('check values', p_check_values, cardinality(p_epochs));
    if exists (select from unnest(p_epochs, p_check_values) g(epoch, check_value)
               where not exists (select from byok.keyring k
                                 where k.epoch = g.epoch and k.check_value = g.check_value)) then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
    insert into byok.master_key_holder as h (login_oid, login, instance, epochs, seen_at)
    values (byok.session_oid(), session_user, p_instance, p_epochs, clock_timestamp())
    on conflict (login_oid, instance) do update
        set epochs = excluded.epochs, seen_at = excluded.seen_at, login = excluded.login;
end $$;

-- Registers the next master key. It wraps nothing before it is promoted.
create or replace function byok_api.master_key_begin(p_epoch integer, p_check_value bytea, p_leaked boolean, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_known byok.keyring;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('check_value', p_check_value, 8);
    perform byok.check_flag('leaked', p_leaked);
    lock table byok.keyring in share row exclusive mode;
    select k.* into v_known from byok.keyring k where k.epoch = p_epoch;
    if v_known.epoch is not null then
        if v_known.check_value <> p_check_value then
            raise exception 'another master key has this epoch' using errcode = 'BK005';
        elsif v_known.state not in ('pending', 'active') then
            raise exception 'this master key is retired' using errcode = 'BK041';
        elsif v_known.leaked or not p_leaked then
            result := 'unchanged';
            return;
        end if;
        update byok.keyring k set leaked = true where k.epoch = p_epoch;
        result := 'changed';
    else
        if exists (select from byok.keyring k where k.state in ('pending', 'retiring')) then
            raise exception 'a rotation is already under way' using errcode = 'BK041';
        elsif p_epoch is distinct from (select max(k.epoch) + 1 from byok.keyring k) then
            raise exception 'the epoch of a new master key must follow the last one' using errcode = 'BK041';
        end if;
        insert into byok.keyring (epoch, check_value, state, leaked) values (p_epoch, p_check_value, 'pending', p_leaked);
        result := 'begun';
    end if;
    perform byok.record('', 'master_key.begin', p_epoch::text, jsonb_build_object('leaked', p_leaked));
end $$;

-- Cancels the next master key, which wraps nothing yet. Its epoch is not used again, because somebody may still have the key.
create or replace function byok_api.master_key_cancel(out epoch integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    update byok.keyring k set state = 'retired' where k.state = 'pending' returning k.epoch into master_key_cancel.epoch;
    if found then
        perform byok.record('', 'master_key.cancel', epoch::text, '{}');
    end if;
end $$;

-- Makes the next master key the active one. Refused while a host has not loaded it, unless p_force is given.
create or replace function byok_api.master_key_promote(p_epoch integer, p_force boolean, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_flag('force', p_force);
    lock table byok.keyring in share row exclusive mode;
    -- Another run may have promoted it, and may have replaced it since.
    if exists (select from byok.keyring k where k.epoch = p_epoch and (k.state = 'active' or k.promoted_at is not null)) then
        result := 'unchanged';
        return;
    end if;
    if not exists (select from byok.keyring k where k.epoch = p_epoch and k.state = 'pending') then
        raise exception 'no rotation to this master key has begun' using errcode = 'BK041';
    end if;
    if not p_force and exists (select from byok.master_key_holder h
                               where h.seen_at > now() - interval '1 day' and not p_epoch = any (h.epochs)) then
        raise exception 'a host that uses the master key has not loaded the new one' using errcode = 'BK042';
    end if;
    -- A data key that is stored at this moment under the old master key is refused at its commit, by the trigger data_key_master.
    update byok.keyring k set state = 'retiring' where k.state = 'active';
    update byok.keyring k set state = 'active', promoted_at = clock_timestamp() where k.epoch = p_epoch;
    perform byok.record('', 'master_key.promote', p_epoch::text, jsonb_build_object('forced', p_force));
    result := 'promoted';
end $$;

-- A batch of data keys that the retiring master key wraps, after this organization. They are locked until the transaction ends.
-- Those that another run has locked are skipped. Empty if another run has finished the rotation.
create or replace function byok_api.rewrap_read(p_epoch integer, p_after text, p_limit integer)
returns table (org text, epoch integer, wrapped bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    if not exists (select from byok.keyring k where k.epoch = p_epoch and k.state in ('retiring', 'retired')) then
        raise exception 'no rotation from this master key is under way' using errcode = 'BK041';
    end if;
    return query
        select d.org, d.epoch, d.wrapped
        from byok.data_key d
        where d.state = 'active' and d.master_epoch = p_epoch
          and d.org >= coalesce(p_after, '') and d.org is distinct from p_after
        order by d.org
        limit byok.page_size(p_limit)
        for no key update skip locked;
end $$;

-- Stores a batch of data keys that were wrapped again, except rows that changed since they were read. Returns how many.
create or replace function byok_api.rewrap_write(p_epoch integer, p_to integer, p_to_check bytea, p_orgs text[], p_epochs integer[],
                                      p_wrapped bytea[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count bigint;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_texts('organizations', p_orgs, 128);
    perform byok.check_array('epochs', p_epochs, cardinality(p_orgs));
    perform byok.check_array('data keys', p_wrapped, cardinality(p_orgs));
    perform byok.require_active_master(p_to, p_to_check);
    if exists (select from unnest(p_wrapped) w where length(w) <> 61) then
        raise exception 'not a wrapped data key' using errcode = 'BK003';
    end if;
    update byok.data_key d set wrapped = n.wrapped, master_epoch = p_to
    from unnest(p_orgs, p_epochs, p_wrapped) n(org, epoch, wrapped)
    where d.org = n.org and d.epoch = n.epoch and d.master_epoch = p_epoch and d.state = 'active';
    get diagnostics v_count = row_count;
    if v_count > 0 then
        perform byok.record('', 'master_key.rewrap', p_to::text, jsonb_build_object('data_keys', v_count));
    end if;
    return v_count;
end $$;

-- Retires the master key before this one, if it wraps nothing.
create or replace function byok_api.master_key_finish(p_epoch integer, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_old integer;
    v_new byok.keyring;
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    lock table byok.keyring in share row exclusive mode;
    select k.epoch into v_old from byok.keyring k where k.state = 'retiring';
    select k.* into v_new from byok.keyring k where k.state = 'active';
    -- Another run has finished it, and a later rotation is under way or done.
    if p_epoch < v_new.epoch then
        result := 'unchanged';
        return;
    end if;
    if p_epoch is distinct from v_new.epoch then
        raise exception 'the new master key is not promoted yet' using errcode = 'BK041';
    end if;
    if exists (select from byok.data_key d where d.master_epoch = v_old) then
        raise exception 'the old master key still wraps some data keys' using errcode = 'BK041';
    end if;
    if v_new.leaked and exists (select from byok.data_key d
                                where d.state = 'active' and d.created_at < v_new.promoted_at) then
        raise exception 'some data keys are older than the rotation' using errcode = 'BK041';
    end if;
    -- A run after a leak may have come when another run had just finished without one.
    if v_old is null and not v_new.leaked then
        result := 'unchanged';
        return;
    end if;
    update byok.keyring k set state = 'retired' where k.epoch = v_old;
    update byok.keyring k set leaked = false where k.epoch = v_new.epoch;
    perform byok.record('', 'master_key.finish', coalesce(v_old, p_epoch)::text, '{}');
    result := 'finished';
end $$;

-- Starts again with another master key, because the old one is lost. Data keys are erased, because nobody can open them. The keys
-- sealed under them stay active and do not open, so that no request uses the platform's key instead.
create or replace function byok_api.master_key_lost(p_epoch integer, p_check_value bytea, out data_keys bigint, out keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('check_value', p_check_value, 8);
    lock table byok.keyring in share row exclusive mode;
    if p_epoch is distinct from (select max(k.epoch) + 1 from byok.keyring k) then
        raise exception 'the epoch of a new master key must follow the last one' using errcode = 'BK041';
    end if;
    update byok.keyring k set state = 'retired', leaked = false where k.state <> 'retired';
    insert into byok.keyring (epoch, check_value, state, promoted_at)
    values (p_epoch, p_check_value, 'active', clock_timestamp());
    update byok.data_key d set state = 'retired', wrapped = null, master_epoch = null where d.state = 'active';
    get diagnostics data_keys = row_count;
    update byok.provider_key k set unreadable_at = clock_timestamp() where k.encrypted is not null and k.unreadable_at is null;
    select count(*) into keys from byok.provider_key k where k.state = 'active';
    perform byok.record('', 'master_key.lost', p_epoch::text, jsonb_build_object('data_keys', data_keys, 'keys', keys));
end $$;

-- Records that a copy of this master key was checked.
create or replace function byok_api.master_key_escrowed(p_epoch integer, p_check_value bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('epoch', p_epoch);
    perform byok.check_bytes('check_value', p_check_value, 8);
    update byok.keyring k set escrowed_at = clock_timestamp(), escrowed_by = session_user
    where k.epoch = p_epoch and k.check_value = p_check_value;
    if not found then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
    perform byok.record('', 'master_key.escrow', p_epoch::text, '{}');
end $$;

grant execute on function byok_api.keyring_create, byok_api.master_key_begin, byok_api.master_key_cancel,
    byok_api.master_key_promote, byok_api.rewrap_read, byok_api.rewrap_write, byok_api.master_key_finish,
    byok_api.master_key_lost, byok_api.master_key_escrowed to byok_admin;

grant execute on function byok_api.master_key_loaded to byok_admin, byok_resolver;

grant execute on function byok_api.master_key_status, byok_api.master_key_holders
    to byok_admin, byok_resolver, byok_auditor;
