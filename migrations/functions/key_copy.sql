-- Copies of a key for another organization.

-- Stores the active key of one organization, sealed anew, as the active key of another one. The login must own both. Both records name
-- the other organization. With p_move, the first organization's key is erased in the same transaction. p_from_version is the version that
-- was opened. The other arguments are those of key_set.
create or replace function byok_api.key_copy(
    p_from text, p_from_version integer, p_move boolean, p_org text, p_provider text, p_after_version integer,
    p_active_version integer, p_data_epoch integer, p_data_check bytea, p_sealed bytea, p_wrap text, p_settings text, p_hint text,
    p_fingerprint bytea, p_expires_at timestamptz, p_test jsonb, p_private boolean, p_keep integer, out version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_of(p_from, byok.may_change_keys(p_from));
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    perform byok.check_org(p_from);
    perform byok.check_org(p_org);
    perform byok.check_provider(p_provider);
    perform byok.check_count('version', p_from_version);
    perform byok.check_flag('move', p_move);
    if p_from = p_org then
        raise exception 'the same organization' using errcode = '22023';
    end if;
    -- In one order, so that two copies in opposite directions do not wait for each other.
    perform byok.lock_keys(least(p_from, p_org));
    perform byok.lock_keys(greatest(p_from, p_org));
    perform from byok.provider_key k
    where k.org = p_from and k.provider = p_provider and k.version = p_from_version and k.state = 'active';
    if not found then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    select s.version into key_copy.version
    from byok_api.key_set(p_org, p_provider, p_after_version, p_active_version, p_data_epoch, p_data_check, p_sealed, p_wrap,
                          p_settings, p_hint, p_fingerprint, p_expires_at, p_test, p_private, p_keep) s;
    perform byok.record(p_org, 'key.copy', p_provider,
        jsonb_build_object('version', version, 'hint', p_hint, 'from', p_from, 'from_version', p_from_version));
    perform byok.record(p_from, 'key.copy', p_provider,
        jsonb_build_object('version', p_from_version, 'hint', p_hint, 'to', p_org, 'to_version', version));
    if p_move then
        perform byok_api.key_remove(p_from, p_provider, p_from_version);
    end if;
end $$;

grant execute on function byok_api.key_copy to byok_admin, byok_owner;
