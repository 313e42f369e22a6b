-- Results of tests of keys.

-- Whether a verdict means that the provider accepted the key, whatever else it answered.
create or replace function byok.is_live(p_verdict text) returns boolean
language sql immutable
return p_verdict in ('verified', 'limited', 'no_credit', 'rate_limited');

-- Whether a verdict means that requests with this key fail until somebody does something.
create or replace function byok.is_bad(p_verdict text) returns boolean
language sql immutable
return p_verdict in ('rejected', 'no_credit', 'misconfigured');

-- Stores the result of a test: {"verdict", "detail", "status", "request_id", "latency_ms", "paid"}. Returns when the provider last
-- accepted the key before this test. A bad verdict that is new is an event. The caller has locked the key.
create or replace function byok.store_test(p_org text, p_provider text, p_version integer, p_test jsonb) returns timestamptz
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_before timestamptz;
    v_verdict text;
    v_now timestamptz := clock_timestamp();
begin
    select t.verified_at, t.verdict into v_before, v_verdict from byok.key_test t
    where t.org = p_org and t.provider = p_provider and t.version = p_version;
    insert into byok.key_test as t (org, provider, version, verdict, detail, status, request_id, latency_ms, paid,
                                    tested_at, verified_at)
    values (p_org, p_provider, p_version, p_test ->> 'verdict', p_test ->> 'detail', (p_test ->> 'status')::integer,
            p_test ->> 'request_id', (p_test ->> 'latency_ms')::integer, coalesce((p_test ->> 'paid')::boolean, false),
            v_now, case when byok.is_live(p_test ->> 'verdict') then v_now end)
    on conflict (org, provider, version) do update
        set verdict = excluded.verdict, detail = excluded.detail, status = excluded.status,
            request_id = excluded.request_id, latency_ms = excluded.latency_ms, paid = excluded.paid,
            tested_at = excluded.tested_at, tested_by = excluded.tested_by,
            verified_at = coalesce(excluded.verified_at, t.verified_at);
    if byok.is_bad(p_test ->> 'verdict') and v_verdict is distinct from p_test ->> 'verdict' then
        perform byok.emit_event('key.rejected', p_org, p_provider, p_version, jsonb_build_object(
            'verdict', p_test ->> 'verdict', 'detail', p_test ->> 'detail', 'status', (p_test ->> 'status')::integer));
    end if;
    return v_before;
end $$;

-- Records the result of a test, for a login that may open the key.
create or replace function byok_api.key_test_record(p_org text, p_provider text, p_version integer, p_test jsonb)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_before timestamptz;
begin
    perform byok.require(byok.may_change_keys(p_org) or byok.has_role('byok_resolver'));
    perform byok.check_provider(p_provider);
    perform byok.check_test(p_test);
    perform from byok.provider_key k
    where k.org = p_org and k.provider = p_provider and k.version = p_version and k.encrypted is not null
    for no key update;
    if not found then
        raise exception 'no such key' using errcode = 'BK020';
    end if;
    v_before := byok.store_test(p_org, p_provider, p_version, p_test);
    perform byok.record(p_org, 'key.test', p_provider,
        jsonb_build_object('version', p_version, 'verdict', p_test ->> 'verdict', 'paid', p_test -> 'paid'));
    return v_before;
end $$;

grant execute on function byok_api.key_test_record to byok_admin, byok_owner, byok_resolver;
