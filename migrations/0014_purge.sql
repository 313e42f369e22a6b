-- An organization that leaves: everything that could open, or stands for, a key of it is erased. What was recorded stays.

create function byok_api.org_purge(p_org text, p_confirm text, out result text, out keys bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_enabled boolean;
    v_data_keys bigint;
    v_members bigint;
begin
    perform byok.require(byok.holds('byok_admin') and p_org <> '');
    if p_confirm is distinct from p_org then
        raise exception 'not confirmed' using errcode = '22023';
    end if;
    select o.enabled into v_enabled from byok.org o where o.org = p_org for no key update;
    if not found then
        raise exception 'no such organization' using errcode = 'BK004';
    end if;
    update byok.provider_key k
    set state = 'removed', encrypted = null, hint = '', settings = '{}', fingerprint = '\x0000000000000000',
        ended_at = coalesce(k.ended_at, clock_timestamp()), ended_by = coalesce(k.ended_by, session_user)
    where k.org = p_org and (k.encrypted is not null or k.hint <> '' or k.settings <> '{}'
                             or k.fingerprint <> '\x0000000000000000');
    get diagnostics keys = row_count;
    update byok.data_key d
    set state = 'retired', wrapped = null, master_epoch = null where d.org = p_org and d.state = 'active';
    get diagnostics v_data_keys = row_count;
    delete from byok.member m where m.org = p_org;
    get diagnostics v_members = row_count;
    update byok.org o set enabled = false where o.org = p_org and o.enabled;
    if keys + v_data_keys + v_members = 0 and not v_enabled then
        result := 'unchanged';
        return;
    end if;
    perform byok.record(p_org, 'org.purge', '', jsonb_build_object('keys', keys, 'members', v_members));
    result := 'purged';
end $$;

grant execute on function byok_api.org_purge to byok_admin;
