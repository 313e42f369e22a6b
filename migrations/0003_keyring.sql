-- Master key epochs (their check values, never the key) and the organizations' data keys (wrapped, never bare).

create table byok.keyring (
    epoch integer not null,
    -- tells a wrong master key before anything is written; says nothing about the right one
    check_value bytea not null,
    state text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    constraint keyring_pk primary key (epoch),
    constraint keyring_check_value_check check (length(check_value) = 8),
    constraint keyring_state_check check (state in ('pending', 'active', 'retired'))
);
create unique index keyring_one_active on byok.keyring (state) where state = 'active';
select byok.close_table('byok.keyring');

create table byok.data_key (
    org text not null,
    epoch integer not null,
    master_epoch integer not null,
    -- AES-256-GCM under the master key, bound to organization and epochs
    wrapped bytea not null,
    check_value bytea not null,
    state text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    constraint data_key_pk primary key (org, epoch),
    constraint data_key_org_fk foreign key (org) references byok.org (org),
    constraint data_key_wrapped_check check (length(wrapped) = 61),
    constraint data_key_check_value_check check (length(check_value) = 8),
    constraint data_key_state_check check (state in ('active', 'retired'))
);
create unique index data_key_one_active on byok.data_key (org) where state = 'active';
select byok.close_table('byok.data_key');

-- Who may change the keys of an organization: its owners; of the platform: its admins.
create function byok.may_write(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return case when p_org = '' then byok.holds('byok_admin') else byok.is_owner(p_org) end;

create function byok_api.keyring_create(p_epoch integer, p_check_value bytea, out result text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_known bytea;
begin
    perform byok.require(byok.holds('byok_admin'));
    lock table byok.keyring in share row exclusive mode;
    select k.check_value into v_known from byok.keyring k where k.epoch = p_epoch;
    if v_known = p_check_value then
        result := 'unchanged';
        return;
    end if;
    if exists (select from byok.keyring) then
        raise exception 'another master key is in use' using errcode = 'BK005';
    end if;
    insert into byok.keyring (epoch, check_value, state) values (p_epoch, p_check_value, 'active');
    perform byok.record('', 'master_key.create', p_epoch::text, '{}');
    result := 'created';
end $$;

create function byok_api.data_key_get(p_org text)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_write(p_org) or byok.holds('byok_resolver'));
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active';
end $$;

-- Stores the first data key of an organization, and answers with the one that is stored: when two make one at once, both
-- go on with the same.
create function byok_api.data_key_put(p_org text, p_master_epoch integer, p_master_check bytea, p_wrapped bytea,
                                      p_check_value bytea)
returns table (epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_write(p_org) or byok.holds('byok_admin'));
    perform from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    if not exists (select from byok.keyring k
                   where k.epoch = p_master_epoch and k.check_value = p_master_check and k.state = 'active') then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
    insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
    select p_org, 1, p_master_epoch, p_wrapped, p_check_value, 'active'
    where not exists (select from byok.data_key d where d.org = p_org);
    if found then
        perform byok.record(p_org, 'data_key.create', '1', '{}');
    end if;
    return query
        select d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d where d.org = p_org and d.state = 'active';
end $$;

grant execute on function byok_api.keyring_create to byok_admin;
grant execute on function byok_api.data_key_get to byok_admin, byok_owner, byok_resolver;
grant execute on function byok_api.data_key_put to byok_admin, byok_owner;
