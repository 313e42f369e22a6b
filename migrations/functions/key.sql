-- Provider keys: store, list, open, remove.

-- Decrypts a stored key with pgcrypto. Null if it does not decrypt, so that the attempt can still be recorded.
create or replace function byok.decrypt_or_null(p_encrypted bytea, p_wrap text) returns bytea
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if octet_length(p_wrap) <> 64 then
        return null;
    end if;
    return byok_crypto.decrypt_sealed(p_encrypted, p_wrap);
exception when external_routine_invocation_exception then
    return null;
end $$;

create or replace function byok.encrypt_checked(p_sealed bytea, p_wrap text) returns bytea
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_encrypted bytea;
begin
    if (length(p_sealed) between 93 and 70000 and octet_length(p_wrap) = 64) is not true then
        raise exception 'not a sealed key' using errcode = 'BK003';
    end if;
    v_encrypted := byok_crypto.encrypt_sealed(p_sealed, p_wrap);
    -- Nothing is stored with a pgcrypto that does not encrypt (CVE-2026-14663).
    if position(p_sealed in v_encrypted) > 0 or byok.decrypt_or_null(v_encrypted, p_wrap) is distinct from p_sealed then
        raise exception 'pgcrypto does not encrypt' using errcode = 'BK007';
    end if;
    return v_encrypted;
end $$;

-- Locks the keys of an organization until this transaction ends. False if the organization does not exist.
create or replace function byok.lock_keys(p_org text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.key_writer w where w.org = p_org for no key update;
    if not found then
        insert into byok.key_writer (org) select o.org from byok.org o where o.org = p_org on conflict do nothing;
        perform from byok.key_writer w where w.org = p_org for no key update;
    end if;
    return found;
end $$;

-- Records that a stored key does not open, or that it opens again. Returns whether this was new.
create or replace function byok.mark_key(p_org text, p_provider text, p_version integer, p_data_epoch integer, p_opens boolean)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    -- If the key was sealed again with another data key, this says nothing about it.
    update byok.provider_key k set unreadable_at = case when not p_opens then clock_timestamp() end
    where k.org = p_org and k.provider = p_provider and k.version = p_version and k.data_epoch = p_data_epoch
      and k.encrypted is not null and (k.unreadable_at is null) = (not p_opens);
    if not found then
        return false;
    end if;
    perform byok.record(p_org, case when p_opens then 'key.readable' else 'key.unreadable' end, p_provider,
        jsonb_build_object('version', p_version));
    return true;
end $$;

-- Records whether a key opened with the data key of this epoch, for a login that may open it. Returns whether this was new.
create or replace function byok_api.key_mark(p_org text, p_provider text, p_version integer, p_data_epoch integer, p_opens boolean)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    if p_org <> '' then
        perform byok.check_org(p_org);
    end if;
    perform byok.check_provider(p_provider);
    perform byok.check_count('version', p_version);
    perform byok.check_count('epoch', p_data_epoch);
    perform byok.check_flag('opens', p_opens);
    return byok.mark_key(p_org, p_provider, p_version, p_data_epoch, p_opens);
end $$;

-- What a client must know before it seals a key: the last version, the active key, the data key, the time.
create or replace function byok_api.key_context(p_org text, p_provider text)
returns table (enabled boolean, last_version integer, active_version integer, active_hint text,
               active_fingerprint bytea, active_settings text, active_expires_at timestamptz,
               data_epoch integer, master_epoch integer, wrapped bytea, check_value bytea, at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    return query
        select o.enabled,
               coalesce((select max(v.version) from byok.provider_key v
                         where v.org = p_org and v.provider = p_provider), 0),
               k.version, k.hint, k.fingerprint, k.settings, k.expires_at,
               d.epoch, d.master_epoch, d.wrapped, d.check_value, clock_timestamp()
        from byok.org o
        left join byok.provider_key k on k.org = o.org and k.provider = p_provider and k.state = 'active'
        left join byok.data_key d on d.org = o.org and d.state = 'active'
        where o.org = p_org;
end $$;

-- Checks sealed keys of one organization, whatever is stored, for byok.store_keys.
create or replace function byok.check_keys(
    p_providers text[], p_after_versions integer[], p_active_versions integer[], p_settings text[], p_hints text[],
    p_fingerprints bytea[], p_expires_at timestamptz[], p_tests jsonb[], p_private boolean[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_provider(k.provider),
            byok.check_number('version', k.after_version, 0, 1000000000),
            byok.check_number('version', k.active_version, 0, 1000000000),
            byok.check_settings(k.settings),
            byok.check_text('hint', k.hint, 4),
            byok.check_bytes('fingerprint', k.fingerprint, 8),
            byok.check_time('expires_at', k.expires_at),
            byok.check_flag('private', k.private),
            case when k.test is not null then byok.check_test(k.test) end
    from unnest(p_providers, p_after_versions, p_active_versions, p_settings, p_hints, p_fingerprints, p_expires_at, p_tests, p_private)
        k (provider, after_version, active_version, settings, hint, fingerprint, expires_at, test, private);
    if cardinality(p_providers) > 1 and (select count(distinct k.provider) from unnest(p_providers) k (provider)) < cardinality(p_providers) then
        perform byok.refuse_value('providers');
    end if;
    if clock_timestamp() >= any (p_expires_at) then
        raise exception 'the end date is in the past' using errcode = 'BK017';
    end if;
end $$;

-- Fails if one of these providers was removed, or has another address than the one a key was sealed for.
create or replace function byok.check_addresses(p_providers text[], p_settings text[], p_private boolean[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_removed boolean;
    v_elsewhere boolean;
begin
    -- A provider is not removed before this transaction ends, because provider_remove waits for this row and then counts this key.
    perform from byok.provider p where p.provider = any (p_providers) order by p.provider for key share;
    select bool_or(k.private and p.provider is null), bool_or(not byok.has_current_address(k.settings, p.definition))
    into v_removed, v_elsewhere
    from unnest(p_providers, p_settings, p_private) k (provider, settings, private)
    left join lateral (select * from byok.provider p where p.provider = k.provider offset 0) p on true;
    if v_removed then
        raise exception 'the provider was removed' using errcode = 'BK013';
    end if;
    if v_elsewhere then
        raise exception 'not sealed for the address of this provider' using errcode = 'BK008';
    end if;
end $$;

-- Checks sealed keys of one organization and stores them as the active ones, for a login that may change its keys: all of them, or none.
-- A key that is replaced is kept for p_keep seconds. Returns their versions in the order of the arguments.
create or replace function byok.store_keys(
    p_org text, p_data_epoch integer, p_data_check bytea, p_keep integer, p_providers text[], p_after_versions integer[],
    p_active_versions integer[], p_sealed bytea[], p_wraps text[], p_settings text[], p_hints text[], p_fingerprints bytea[],
    p_expires_at timestamptz[], p_tests jsonb[], p_private boolean[])
returns table (at integer, version integer, created_at timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_count('epoch', p_data_epoch);
    perform byok.check_number('seconds', p_keep, 0, 31622400);
    perform byok.check_keys(p_providers, p_after_versions, p_active_versions, p_settings, p_hints, p_fingerprints, p_expires_at, p_tests,
                            p_private);
    -- Only one writer at a time for each organization, so that versions are in order.
    perform byok.lock_keys(p_org);
    if not exists (select from byok.org o where o.org = p_org and o.enabled) then
        raise exception 'not enabled' using errcode = 'BK001';
    end if;
    if exists (
        select from unnest(p_providers, p_after_versions, p_active_versions) g (provider, after_version, active_version)
        where g.after_version <> coalesce((select max(k.version) from byok.provider_key k
                                           where k.org = p_org and k.provider = g.provider), 0)
           or g.active_version <> coalesce((select k.version from byok.provider_key k
                                            where k.org = p_org and k.provider = g.provider and k.state = 'active'), 0)) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    if not exists (select from byok.data_key d where d.org = p_org and d.epoch = p_data_epoch
                   and d.check_value = p_data_check and d.state = 'active') then
        raise exception 'not the data key of this organization' using errcode = 'BK005';
    end if;
    perform byok.check_addresses(p_providers, p_settings, p_private);

    -- What has no version has nothing to replace.
    if 0 < any (p_after_versions) then
        update byok.provider_key k set state = 'retired', encrypted = null, keep_until = null
        where k.org = p_org and k.provider = any (p_providers) and k.state = 'previous';
        update byok.provider_key k
        set state = case when p_keep > 0 then 'previous' else 'retired' end,
            encrypted = case when p_keep > 0 then k.encrypted end,
            keep_until = case when p_keep > 0 then clock_timestamp() + make_interval(secs => p_keep) end,
            ended_at = clock_timestamp(), ended_by = session_user
        where k.org = p_org and k.provider = any (p_providers) and k.state = 'active';
    end if;
    insert into byok.provider_key as k (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint, state, expires_at)
    select p_org, g.provider, g.after_version + 1, p_data_epoch, byok.encrypt_checked(g.sealed, g.wrap), g.settings, g.hint,
           g.fingerprint, 'active', g.expires_at
    from unnest(p_providers, p_after_versions, p_sealed, p_wraps, p_settings, p_hints, p_fingerprints, p_expires_at)
        g (provider, after_version, sealed, wrap, settings, hint, fingerprint, expires_at);
    perform byok.record_each(p_org, 'key.set', p_providers, array(
        select jsonb_build_object('version', g.after_version + 1, 'hint', g.hint, 'test', coalesce(g.test ->> 'verdict', 'skipped'))
        from unnest(p_after_versions, p_hints, p_tests) with ordinality g (after_version, hint, test, at) order by g.at));
    perform byok.store_test(p_org, g.provider, g.after_version + 1, g.test)
    from unnest(p_providers, p_after_versions, p_tests) g (provider, after_version, test) where g.test is not null;
    perform byok.wipe_lapsed(p_org);
    return query
        select g.at::integer, k.version, k.created_at
        from unnest(p_providers, p_after_versions) with ordinality g (provider, after_version, at)
        cross join lateral (select * from byok.provider_key k
                            where k.org = p_org and k.provider = g.provider and k.version = g.after_version + 1 offset 0) k
        order by g.at;
end $$;

-- Stores a sealed key as the active one. The key that it replaces is kept for so many seconds, for a rollback. The last version and
-- the active version (0 for none) are those that the client saw, so a key that was removed at the same time is not stored again.
-- p_test is the result of the test before storing, or null without a test, which is recorded. p_private means that an admin added
-- the provider, so its row must still exist.
create or replace function byok_api.key_set(
    p_org text, p_provider text, p_after_version integer, p_active_version integer, p_data_epoch integer, p_data_check bytea,
    p_sealed bytea, p_wrap text, p_settings text, p_hint text, p_fingerprint bytea, p_expires_at timestamptz,
    p_test jsonb, p_private boolean, p_keep integer, out version integer, out created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    select s.version, s.created_at into key_set.version, key_set.created_at
    from byok.store_keys(p_org, p_data_epoch, p_data_check, p_keep, array[p_provider], array[p_after_version], array[p_active_version],
                         array[p_sealed], array[p_wrap], array[p_settings], array[p_hint], array[p_fingerprint], array[p_expires_at],
                         array[p_test], array[p_private]) s;
end $$;

-- Erases the active key. p_version is the version that the caller saw, or 0 for any. Returns no version if there was no key. Returns
-- which key serves requests of the organization from now on, or why they are denied. The settings say on which page of its provider
-- the removed key is revoked.
create or replace function byok_api.key_remove(p_org text, p_provider text, p_version integer, out version integer, out hint text,
                                    out source text, out reason text, out settings text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require_of(p_org, byok.may_change_keys(p_org));
    perform byok.check_provider(p_provider);
    perform byok.check_number('version', p_version, 0, 1000000000);
    perform byok.lock_keys(p_org);
    if p_version <> 0 and exists (select from byok.provider_key k where k.org = p_org and k.provider = p_provider
                                  and k.state = 'active' and k.version <> p_version) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    update byok.provider_key k set state = 'removed', encrypted = null, ended_at = clock_timestamp(),
        ended_by = session_user
    where k.org = p_org and k.provider = p_provider and k.state = 'active'
    returning k.version, k.hint, left(k.settings, 4097) into key_remove.version, key_remove.hint, key_remove.settings;
    if found then
        -- The previous key is erased as well.
        update byok.provider_key k set state = 'removed', encrypted = null, keep_until = null
        where k.org = p_org and k.provider = p_provider and k.state = 'previous';
        perform byok.record(p_org, 'key.remove', p_provider, jsonb_build_object('version', version, 'hint', hint));
    end if;
    perform byok.wipe_lapsed(p_org);
    if p_org <> '' then
        select s.source, s.reason into key_remove.source, key_remove.reason from byok.seen_source(p_org, p_provider) s;
    end if;
end $$;

-- Decrypts a stored key with pgcrypto, for a login that has the data key. The result is still sealed. It is recorded.
create or replace function byok_api.key_open(p_org text, p_provider text, p_version integer, p_wrap text)
returns table (sealed bytea, data_epoch integer, settings text, hint text, unreadable boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_sealed bytea;
    v_key byok.provider_key;
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_resolver'));
    perform byok.check_provider(p_provider);
    select k.* into v_key from byok.provider_key k
    where k.org = p_org and k.provider = p_provider and k.version = p_version and k.encrypted is not null
      and (k.keep_until is null or k.keep_until > clock_timestamp());
    if not found then
        raise exception 'no such key' using errcode = 'BK020';
    end if;
    v_sealed := byok.decrypt_or_null(v_key.encrypted, p_wrap);
    perform byok.record(p_org, 'key.open', p_provider,
        jsonb_build_object('version', p_version, 'hint', v_key.hint, 'decrypted', v_sealed is not null));
    return query select v_sealed, v_key.data_epoch, v_key.settings, v_key.hint, v_key.unreadable_at is not null;
end $$;

-- A page of the active keys, ordered by organization and provider, after the given one: all, or those whose end date is at most so
-- many seconds away, that are stored, not tested or not used for so many seconds, whose last test had this verdict, and whose latest use
-- failed. In every list, texts that are longer than a constraint allows are cut, because a superuser can remove a constraint.
create or replace function byok_api.key_list(p_org text, p_provider text, p_after_org text, p_after_provider text, p_limit integer,
                                  p_expiring integer, p_stale integer, p_untested integer, p_verdict text,
                                  p_unused integer default null, p_failing boolean default false)
returns table (org text, provider text, version integer, hint text, settings text, fingerprint bytea, enabled boolean,
               expires_at timestamptz, expired boolean, unreadable_at timestamptz, created_at timestamptz, created_by text,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz,
               outcome text, last_used_at timestamptz, last_ok_at timestamptz, failing_since timestamptz, failures bigint, uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require_of(p_org, case when p_org is null then byok.has_any_right() else v_all or byok.is_member(p_org) end);
    perform byok.check_number('seconds', s.seconds, 0, 1577836800, true)
    from unnest(array[p_expiring, p_stale, p_untested, p_unused]) s(seconds);
    perform byok.check_pattern('verdict', p_verdict, '^[a-z_]{1,40}$', true);
    perform byok.check_flag('failing', p_failing);
    -- Two statements, so that each uses its own index.
    if p_org is not null then
        return query
            select k.org, k.provider, k.version, left(k.hint, 17), left(k.settings, 4097), k.fingerprint, o.enabled,
                   k.expires_at, coalesce(k.expires_at <= now(), false), k.unreadable_at, k.created_at, k.created_by,
                   t.verdict, t.detail, t.tested_at, t.verified_at,
                   r.outcome, r.last_used_at, r.last_ok_at, r.failing_since, r.failures, r.uses
            from byok.provider_key k join byok.org o on o.org = k.org
            left join byok.key_test t on t.org = k.org and t.provider = k.provider and t.version = k.version
            left join byok.key_report r on r.org = k.org and r.provider = k.provider and r.version = k.version
            where k.org = p_org and k.state = 'active' and (p_provider is null or k.provider = p_provider)
              and (p_after_provider is null or k.provider > p_after_provider)
              and (p_expiring is null or k.expires_at <= now() + make_interval(secs => p_expiring))
              and (p_stale is null or k.created_at <= now() - make_interval(secs => p_stale))
              and (p_untested is null or coalesce(t.tested_at, '-infinity') <= now() - make_interval(secs => p_untested))
              and (p_verdict is null or t.verdict = p_verdict)
              and (p_unused is null or greatest(k.created_at, r.last_used_at) <= now() - make_interval(secs => p_unused))
              and (not p_failing or r.failing_since is not null)
            order by k.provider
            limit byok.page_size(p_limit);
        return;
    end if;
    return query
        select k.org, k.provider, k.version, left(k.hint, 17), left(k.settings, 4097), k.fingerprint, o.enabled,
               k.expires_at, coalesce(k.expires_at <= now(), false), k.unreadable_at, k.created_at, k.created_by,
               t.verdict, t.detail, t.tested_at, t.verified_at,
               r.outcome, r.last_used_at, r.last_ok_at, r.failing_since, r.failures, r.uses
        from byok.provider_key k
        -- Looked up for each key: a join would read both tables from their first row for every page.
        cross join lateral (select o.enabled from byok.org o where o.org = k.org offset 0) o
        left join lateral (select * from byok.key_test t where t.org = k.org and t.provider = k.provider and t.version = k.version
                           offset 0) t on true
        left join lateral (select * from byok.key_report r where r.org = k.org and r.provider = k.provider and r.version = k.version
                           offset 0) r on true
        where k.state = 'active' and k.org <> '' and (p_provider is null or k.provider = p_provider)
          and (k.org, k.provider) > (coalesce(p_after_org, ''), coalesce(p_after_provider, ''))
          and (p_expiring is null or k.expires_at <= now() + make_interval(secs => p_expiring))
          and (p_stale is null or k.created_at <= now() - make_interval(secs => p_stale))
          and (p_untested is null or coalesce(t.tested_at, '-infinity') <= now() - make_interval(secs => p_untested))
          and (p_verdict is null or t.verdict = p_verdict)
          and (p_unused is null or greatest(k.created_at, r.last_used_at) <= now() - make_interval(secs => p_unused))
          and (not p_failing or r.failing_since is not null)
          and (v_all or byok.is_member(k.org))
        order by k.org, k.provider
        limit byok.page_size(p_limit);
end $$;

-- A page of the versions of one key, newest first, before the given one. Hints and dates only.
create or replace function byok_api.key_versions(p_org text, p_provider text, p_before integer, p_limit integer)
returns table (version integer, state text, hint text, settings text, fingerprint bytea, data_epoch integer,
               expires_at timestamptz, expired boolean, unreadable_at timestamptz, created_at timestamptz, created_by text,
               ended_at timestamptz, ended_by text, keep_until timestamptz,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz,
               outcome text, last_used_at timestamptz, last_ok_at timestamptz, failing_since timestamptz, failures bigint, uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
begin
    perform byok.require_of(p_org, v_all or byok.is_member(p_org));
    return query
        select k.version, case when k.keep_until <= clock_timestamp() then 'retired' else k.state end, left(k.hint, 17), left(k.settings, 4097), k.fingerprint, k.data_epoch, k.expires_at,
               coalesce(k.expires_at <= now(), false), case when k.encrypted is not null then k.unreadable_at end, k.created_at, k.created_by,
               k.ended_at, k.ended_by, case when k.keep_until > clock_timestamp() then k.keep_until end, t.verdict, t.detail, t.tested_at, t.verified_at,
               r.outcome, r.last_used_at, r.last_ok_at, r.failing_since, r.failures, r.uses
        from byok.provider_key k
        left join byok.key_test t on t.org = k.org and t.provider = k.provider and t.version = k.version
        left join byok.key_report r on r.org = k.org and r.provider = k.provider and r.version = k.version
        where k.org = p_org and k.provider = p_provider and (p_before is null or k.version < p_before)
          -- Members do not see the keys of an earlier tenancy.
          and (v_all or k.created_at >= (select o.created_at from byok.org o where o.org = p_org))
        order by k.version desc
        limit byok.page_size(p_limit);
end $$;

grant execute on function byok_api.key_context, byok_api.key_set, byok_api.key_remove to byok_admin, byok_owner;

grant execute on function byok_api.key_open, byok_api.key_mark to byok_admin, byok_owner, byok_resolver;

grant execute on function byok_api.key_list, byok_api.key_versions
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
