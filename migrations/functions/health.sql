-- What `byok doctor` asks: whether the server does what byok relies on, and what stored things need attention. Nothing is changed.

-- Whether pgcrypto does what byok relies on, tried with a known ciphertext. GnuPG decrypts it too. Null if it does, or else a word
-- for what it does not do.
create or replace function byok.pgcrypto_fault() returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    c_passphrase constant text := 'known passphrase of the live probe';
    c_plain constant bytea := convert_to('byok: known text of the live probe, ' || repeat('0123456789', 4), 'UTF8');
    c_known constant bytea := decode(
        'c30c0409010231900090ba8d3110d27d016c3cb5f1ccf09f33475bd3feb48e7df41a9869b66ea1bd03c769b5166bfc'
        '81aca1100d0a18af6738b90585e66133d7168855671d8bc4914d8fe3084f7618cb3207fc7fe671983904efddfa8b1c'
        '578fa78714c9e85e4c4d96923e4dd1bd7265602f03d59b4528071cc9c80b96fc72f5b2c621ce04fe19a699ca0afbd4', 'hex');
    v_made bytea;
begin
    if to_regprocedure('byok_crypto.encrypt_sealed(bytea,text)') is null
        or to_regprocedure('byok_crypto.decrypt_sealed(bytea,text)') is null then
        return 'missing';
    end if;
    begin
        v_made := byok_crypto.encrypt_sealed(c_plain, c_passphrase);
        if byok_crypto.decrypt_sealed(c_known, c_passphrase) is distinct from c_plain then
            return 'decrypts_wrongly';
        elsif (substr(v_made, 1, 6) = '\xc30c04090102' and get_byte(v_made, 14) = 210) is not true then
            return 'other_format';
        elsif position(substr(c_plain, 1, 16) in v_made) > 0
            or byok_crypto.decrypt_sealed(v_made, c_passphrase) is distinct from c_plain then
            return 'encrypts_wrongly';
        elsif byok_crypto.encrypt_sealed(c_plain, c_passphrase) = v_made then
            return 'not_random';
        end if;
    exception when others then
        return 'fails';
    end;
    begin
        if byok_crypto.decrypt_sealed(c_known, c_passphrase || '.') is not null then
            return 'any_passphrase';
        end if;
    exception when others then null;
    end;
    begin
        if byok_crypto.decrypt_sealed(set_byte(c_known, 60, get_byte(c_known, 60) # 1), c_passphrase) is not null then
            return 'not_authentic';
        end if;
    exception when others then null;
    end;
    return null;
end $$;

-- Whether the table still refuses every header of a ciphertext except byok's own.
create or replace function byok.pins_header() returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp set bytea_output = 'hex' set quote_all_identifiers = off as $$
begin
    return exists (
        select from pg_constraint c
        where c.conrelid = 'byok.provider_key'::regclass and c.conname = 'provider_key_header_check'
          and pg_get_constraintdef(c.oid) = 'CHECK (((substr(encrypted, 1, 6) = ''\xc30c04090102''::bytea) AND '
              '(get_byte(encrypted, 14) = 210) AND ((length(encrypted) >= 100) AND (length(encrypted) <= 80000))))');
end $$;

-- The server as byok uses it. When the audit log was last sealed, and whether it has records since then, is null for a login that may
-- not see it.
create or replace function byok_api.health()
returns table (at timestamptz, standby boolean, read_only boolean, pgcrypto text, header_pinned boolean, superuser boolean,
               sealed_at timestamptz, unsealed boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_audit boolean := byok.may_see_audit();
    v_sealed_at timestamptz;
begin
    perform byok.require(byok.has_any_right());
    if v_audit then
        select max(s.sealed_at) into v_sealed_at from byok.audit_seal s;
    end if;
    return query
        select clock_timestamp(), pg_is_in_recovery(), current_setting('transaction_read_only')::boolean,
               byok.pgcrypto_fault(), byok.pins_header(),
               (select r.rolsuper from pg_roles r where r.rolname = session_user), v_sealed_at,
               case when v_audit then coalesce((select v_sealed_at is null or a.at > v_sealed_at from byok.audit a
                                                where a.action <> 'audit.seal' order by a.seq desc limit 1), false) end;
end $$;

-- Stored things that need attention, as far as the login may see them: a code, how many there are, and the first of them. The
-- organization is empty for the platform. A key that an organization does not use, because it is not enabled, does not count. Of
-- more keys than 100,000 only the first ones are looked at, those of the platform among them; the code keys_beyond says so.
create or replace function byok_api.health_findings()
returns table (code text, org text, subject text, detail text, total bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_all();
    v_most constant bigint := 100000;
begin
    perform byok.require(byok.has_any_right());
    return query
        with first_keys as materialized (
            select k.org, k.provider, k.version, k.unreadable_at, k.expires_at
            from byok.provider_key k
            where k.state = 'active'
              and (v_all or current_setting('transaction_isolation') like 'read %' and k.org in (
                  select m.org from byok.member m where m.login_oid = byok.session_oid() and m.login = session_user))
            order by k.org, k.provider limit v_most + 1
        ), seen as (
            select k.org, k.provider, k.unreadable_at, k.expires_at, t.verdict, t.tested_at,
                   -- A test that was made since then may have accepted it.
                   coalesce(r.failing_since is not null and r.outcome in ('rejected', 'no_credit')
                            and (t.verified_at is null or t.verified_at < r.last_used_at), false) as failing
            from first_keys k
            -- A limit, so that rows are looked up and not all read.
            cross join lateral (select o.enabled from byok.org o where o.org = k.org limit 1) o
            left join lateral (
                select t.verdict, t.tested_at, t.verified_at from byok.key_test t
                where t.org = k.org and t.provider = k.provider and t.version = k.version limit 1) t on true
            left join lateral (
                select r.failing_since, r.outcome, r.last_used_at from byok.key_report r
                where r.org = k.org and r.provider = k.provider and r.version = k.version limit 1) r on true
            where o.enabled
        )
        select f.code, (min(array[s.org, s.provider]))[1], (min(array[s.org, s.provider]))[2], null::text, count(*)
        from seen s cross join lateral (values
            ('key_unreadable', s.unreadable_at is not null),
            ('key_expired', s.expires_at <= now()),
            ('key_expiring', s.expires_at > now() and s.expires_at <= now() + interval '14 days'),
            ('key_refused', s.verdict in ('rejected', 'no_credit', 'misconfigured')),
            ('key_failing', s.failing),
            ('key_untested', coalesce(s.tested_at < now() - interval '30 days', true))
        ) f(code, holds)
        where f.holds
        group by f.code, s.org = ''
        union all
        select 'keys_beyond', '', '', null, v_most from first_keys having count(*) > v_most
        order by 1, 2;
    if v_all then
        -- Providers that the platform offers and has no key for. An organization without its own key is denied there.
        return query
            select 'no_platform_key', '', p.provider, string_agg(distinct p.why, ', ' order by p.why), 1::bigint
            from (select r.provider, 'routed' as why from byok.route r
                  union all select a.provider, 'added' from byok.provider a
                  union all select r.provider, 'priced' from byok.rate r where r.state = 'active' and r.provider <> '') p
            where not exists (select from byok.provider_key k
                              where k.org = '' and k.provider = p.provider and k.state = 'active')
            group by p.provider
            order by p.provider;
    end if;
    if byok.may_see_audit() then
        -- Members whose login was dropped, or is another one with the same name, as after a restore.
        return query
            select 'lost_member', (min(array[m.org, m.login]))[1], (min(array[m.org, m.login]))[2],
                   case when n.oid is null then 'dropped' else 'another' end, count(*)
            from byok.member m
            left join pg_roles r on r.oid = m.login_oid and r.rolname = m.login
            left join pg_roles n on n.rolname = m.login and n.rolcanlogin
            where r.oid is null
            group by n.oid is null
            order by 4;
        -- Logins that were granted a role and do not have its rights: NOINHERIT, or from PostgreSQL 16 on a grant with inherit false.
        -- pg_has_role is asked of these only: to ask it of each of 100,000 logins takes minutes.
        return query
            with granted as materialized (
                select r.oid, r.rolname, a.roleid, g.rolname as group_name
                from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles r on r.oid = a.member
                where g.rolname in ('byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor') and r.rolname <> 'byok_definer'
                  and not coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, r.rolinherit)
            )
            select 'idle_role', '', g.rolname::text, g.group_name::text, 1::bigint
            from granted g
            where byok.holds_role(g.oid, g.group_name) and not pg_has_role(g.oid, g.roleid, 'usage')
            group by g.rolname, g.group_name
            order by 3, 4;
    end if;
end $$;

grant execute on function byok_api.health, byok_api.health_findings to byok_admin, byok_owner, byok_resolver, byok_auditor;
