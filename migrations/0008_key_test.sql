-- What the last test of a key said, and when it last worked.

create table byok.key_test (
    org text not null,
    provider text not null,
    version integer not null,
    verdict text not null,
    detail text,
    status integer,
    request_id text,
    latency_ms integer,
    -- whether it was an operation that costs
    paid boolean not null,
    tested_at timestamptz not null default pg_catalog.clock_timestamp(),
    tested_by text not null default session_user,
    -- the last time that the provider took this key
    verified_at timestamptz,
    constraint key_test_pk primary key (org, provider, version),
    constraint key_test_key_fk foreign key (org, provider, version) references byok.provider_key (org, provider, version),
    constraint key_test_verdict_check check (verdict in ('verified', 'rejected', 'limited', 'no_credit', 'rate_limited',
                                                         'misconfigured', 'unreachable', 'unchecked')),
    constraint key_test_detail_check check (detail ~ '^[a-z0-9_]{1,40}$'),
    constraint key_test_status_check check (status between 100 and 999),
    constraint key_test_request_id_check check (request_id ~ '^[A-Za-z0-9_.:-]{1,80}$'),
    constraint key_test_latency_check check (latency_ms >= 0)
);
select byok.close_table('byok.key_test');

-- p_test is {"verdict", "detail", "status", "request_id", "latency_ms", "paid"}; answers when the key worked before this.
create function byok.store_test(p_org text, p_provider text, p_version integer, p_test jsonb) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_before timestamptz;
    v_worked boolean := p_test ->> 'verdict' in ('verified', 'limited', 'no_credit', 'rate_limited');
begin
    select t.verified_at into v_before from byok.key_test t
    where t.org = p_org and t.provider = p_provider and t.version = p_version;
    insert into byok.key_test as t (org, provider, version, verdict, detail, status, request_id, latency_ms, paid,
                                    verified_at)
    values (p_org, p_provider, p_version, p_test ->> 'verdict', p_test ->> 'detail', (p_test ->> 'status')::integer,
            p_test ->> 'request_id', (p_test ->> 'latency_ms')::integer, coalesce((p_test ->> 'paid')::boolean, false),
            case when v_worked then clock_timestamp() end)
    on conflict (org, provider, version) do update
        set verdict = excluded.verdict, detail = excluded.detail, status = excluded.status,
            request_id = excluded.request_id, latency_ms = excluded.latency_ms, paid = excluded.paid,
            tested_at = excluded.tested_at, tested_by = excluded.tested_by,
            verified_at = coalesce(excluded.verified_at, t.verified_at);
    return v_before;
end $$;

-- Whoever may open a key may say what its provider said of it.
create function byok_api.key_test_record(p_org text, p_provider text, p_version integer, p_test jsonb)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_before timestamptz;
begin
    perform byok.require(byok.may_write(p_org) or byok.holds('byok_resolver'));
    perform from byok.provider_key k
    where k.org = p_org and k.provider = p_provider and k.version = p_version and k.encrypted is not null
    for no key update;
    if not found then
        raise exception 'no such key' using errcode = 'BK004';
    end if;
    v_before := byok.store_test(p_org, p_provider, p_version, p_test);
    perform byok.record(p_org, 'key.test', p_provider,
        jsonb_build_object('version', p_version, 'verdict', p_test ->> 'verdict', 'paid', p_test -> 'paid'));
    return v_before;
end $$;

-- As before, with what the test before storing said: null where none was made, which the audit tells.
drop function byok_api.key_set(text, text, integer, integer, bytea, bytea, text, text, text, bytea, timestamptz);
create function byok_api.key_set(
    p_org text, p_provider text, p_after_version integer, p_data_epoch integer, p_data_check bytea,
    p_sealed bytea, p_wrap text, p_settings text, p_hint text, p_fingerprint bytea, p_expires_at timestamptz,
    p_test jsonb, out version integer, out created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_enabled boolean;
    v_encrypted bytea;
begin
    perform byok.require(byok.may_write(p_org));
    -- One writer an organization: the versions come in order.
    select o.enabled into v_enabled from byok.org o where o.org = p_org for no key update;
    if not v_enabled then
        raise exception 'not enabled' using errcode = 'BK001';
    end if;
    if p_after_version <> coalesce((select max(k.version) from byok.provider_key k
                                    where k.org = p_org and k.provider = p_provider), 0) then
        raise exception 'changed meanwhile' using errcode = 'BK002';
    end if;
    if not exists (select from byok.data_key d where d.org = p_org and d.epoch = p_data_epoch
                   and d.check_value = p_data_check and d.state = 'active') then
        raise exception 'not the data key of this organization' using errcode = 'BK005';
    end if;
    if length(p_sealed) not between 93 and 70000 or length(p_wrap) <> 64 then
        raise exception 'not a sealed key' using errcode = 'BK003';
    end if;
    v_encrypted := byok_crypto.encrypt_sealed(p_sealed, p_wrap);
    -- A server whose pgcrypto is broken (CVE-2026-14663 was) must not get to store anything.
    if position(p_sealed in v_encrypted) > 0 or byok.decrypt_or_null(v_encrypted, p_wrap) is distinct from p_sealed then
        raise exception 'pgcrypto does not encrypt' using errcode = 'BK007';
    end if;

    update byok.provider_key k set state = 'retired', encrypted = null
    where k.org = p_org and k.provider = p_provider and k.state = 'previous';
    update byok.provider_key k set state = 'previous', ended_at = clock_timestamp(), ended_by = session_user
    where k.org = p_org and k.provider = p_provider and k.state = 'active';
    insert into byok.provider_key as k (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint,
                                        state, expires_at)
    values (p_org, p_provider, p_after_version + 1, p_data_epoch, v_encrypted, p_settings, p_hint, p_fingerprint,
            'active', p_expires_at)
    returning k.version, k.created_at into key_set.version, key_set.created_at;
    perform byok.record(p_org, 'key.set', p_provider,
        jsonb_build_object('version', key_set.version, 'hint', p_hint,
                           'test', coalesce(p_test ->> 'verdict', 'skipped')));
    if p_test is not null then
        perform byok.store_test(p_org, p_provider, key_set.version, p_test);
    end if;
end $$;


drop function byok_api.key_list(text, text, text, text, integer);
drop function byok_api.key_versions(text, text);

-- The keys in force, in the order of organization and provider, from after the given one.
create function byok_api.key_list(p_org text, p_provider text, p_after_org text, p_after_provider text, p_limit integer)
returns table (org text, provider text, version integer, hint text, settings text, fingerprint bytea, enabled boolean,
               expires_at timestamptz, expired boolean, created_at timestamptz, created_by text,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.sees_all();
begin
    perform byok.require(p_org is null or v_all or byok.is_member(p_org));
    -- Two statements, so that each has the index it wants.
    if p_org is not null then
        return query
            select k.org, k.provider, k.version, k.hint, k.settings, k.fingerprint, o.enabled,
                   k.expires_at, coalesce(k.expires_at <= now(), false), k.created_at, k.created_by,
                   t.verdict, t.detail, t.tested_at, t.verified_at
            from byok.provider_key k join byok.org o on o.org = k.org
            left join byok.key_test t on t.org = k.org and t.provider = k.provider and t.version = k.version
            where k.org = p_org and k.state = 'active' and (p_provider is null or k.provider = p_provider)
              and (p_after_provider is null or k.provider > p_after_provider)
            order by k.provider
            limit p_limit;
        return;
    end if;
    return query
        select k.org, k.provider, k.version, k.hint, k.settings, k.fingerprint, o.enabled,
               k.expires_at, coalesce(k.expires_at <= now(), false), k.created_at, k.created_by,
               t.verdict, t.detail, t.tested_at, t.verified_at
        from byok.provider_key k join byok.org o on o.org = k.org
        left join byok.key_test t on t.org = k.org and t.provider = k.provider and t.version = k.version
        where k.state = 'active' and k.org <> '' and (p_provider is null or k.provider = p_provider)
          and (k.org, k.provider) > (coalesce(p_after_org, ''), coalesce(p_after_provider, ''))
          and (v_all or byok.is_member(k.org))
        order by k.org, k.provider
        limit p_limit;
end $$;

-- Every version of one key, the newest first; hints and dates only.
create function byok_api.key_versions(p_org text, p_provider text)
returns table (version integer, state text, hint text, settings text, fingerprint bytea, data_epoch integer,
               expires_at timestamptz, created_at timestamptz, created_by text, ended_at timestamptz, ended_by text,
               verdict text, detail text, tested_at timestamptz, verified_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.sees_all() or byok.is_member(p_org));
    return query
        select k.version, k.state, k.hint, k.settings, k.fingerprint, k.data_epoch, k.expires_at, k.created_at,
               k.created_by, k.ended_at, k.ended_by, t.verdict, t.detail, t.tested_at, t.verified_at
        from byok.provider_key k
        left join byok.key_test t on t.org = k.org and t.provider = k.provider and t.version = k.version
        where k.org = p_org and k.provider = p_provider
        order by k.version desc;
end $$;

grant execute on function byok_api.key_set to byok_admin, byok_owner;
grant execute on function byok_api.key_test_record to byok_admin, byok_owner, byok_resolver;
grant execute on function byok_api.key_list, byok_api.key_versions
    to byok_admin, byok_owner, byok_resolver, byok_auditor;
