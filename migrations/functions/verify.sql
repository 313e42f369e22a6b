-- Reads everything that is sealed, page by page, to check that it still opens.

-- A page of the wrapped current data keys, after this organization; with p_sample this many at random.
create or replace function byok_api.verify_data_keys(p_after text, p_sample boolean, p_limit integer)
returns table (org text, epoch integer, master_epoch integer, wrapped bytea, check_value bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    perform byok.check_flag('sample', p_sample);
    if p_sample then
        return query
            select d.org, d.epoch, d.master_epoch, d.wrapped, d.check_value
            from byok.data_key d where d.state = 'active' order by random() limit byok.page_size(p_limit);
        return;
    end if;
    return query
        select d.org, d.epoch, d.master_epoch, d.wrapped, d.check_value
        from byok.data_key d
        where d.state = 'active' and (p_after is null or d.org > p_after)
        order by d.org
        limit byok.page_size(p_limit);
end $$;

-- Every stored key of these organizations that is active or still kept, without the encrypted column. recorded_version is the active version according to the
-- audit log, and 0 after a removal.
create or replace function byok_api.verify_keys(p_orgs text[])
returns table (org text, provider text, version integer, data_epoch integer, settings text, hint text, active boolean,
               unreadable boolean, recorded_version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    perform byok.check_texts('organizations', p_orgs, 128);
    return query
        select k.org, k.provider, k.version, k.data_epoch, k.settings, k.hint, k.state = 'active', k.unreadable_at is not null,
               (select case a.action when 'key.set' then (a.detail ->> 'version')::integer else 0 end
                from byok.audit a
                where a.org = k.org and a.subject = k.provider and a.action in ('key.set', 'key.remove')
                order by a.seq desc limit 1)
        from byok.provider_key k
        where k.org = any (p_orgs) and k.encrypted is not null and (k.keep_until is null or k.keep_until > clock_timestamp())
        order by k.org, k.provider, k.version;
end $$;

-- Decrypts many keys with pgcrypto, for a login that has their data keys. The results are still sealed. It is recorded.
create or replace function byok_api.verify_open(p_orgs text[], p_providers text[], p_versions integer[], p_wraps text[])
returns table (org text, provider text, version integer, sealed bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    perform byok.check_texts('organizations', p_orgs, 128);
    perform byok.check_texts('providers', p_providers, 40, cardinality(p_orgs));
    perform byok.check_array('versions', p_versions, cardinality(p_orgs));
    perform byok.check_texts('passphrases', p_wraps, 64, cardinality(p_orgs));
    -- Recorded in the log of the organization if it exists, or else in that of the platform.
    perform byok.record(coalesce((select o.org from byok.org o where o.org = p_orgs[1] and o.org = all (p_orgs)), ''), 'keys.open', '',
        jsonb_build_object('keys', cardinality(p_orgs), 'from', p_orgs[1], 'to', p_orgs[cardinality(p_orgs)]));
    return query
        select k.org, k.provider, k.version, byok.decrypt_or_null(k.encrypted, n.wrap)
        from unnest(p_orgs, p_providers, p_versions, p_wraps) n(org, provider, version, wrap)
        join byok.provider_key k on k.org = n.org and k.provider = n.provider and k.version = n.version
        where k.encrypted is not null;
end $$;

-- Every stored key of an organization that has no data key. They no longer open.
create or replace function byok_api.verify_orphans()
returns table (org text, provider text, version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin') or byok.has_role('byok_resolver'));
    return query
        select k.org, k.provider, k.version
        from byok.provider_key k
        where k.encrypted is not null
          and not exists (select from byok.data_key d where d.org = k.org and d.state = 'active')
        order by k.org, k.provider, k.version;
end $$;

grant execute on function byok_api.verify_data_keys, byok_api.verify_keys, byok_api.verify_open,
    byok_api.verify_orphans to byok_admin, byok_resolver;
