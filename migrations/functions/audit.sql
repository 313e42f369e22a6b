-- The audit log: chains of hashes, and seals over them.

-- Joins fields, each with its length before it. docs/format.md describes the same encoding for keys.
create or replace function byok.length_prefixed(p_fields bytea[]) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp
return (select string_agg(int4send(length(f.field)) || f.field, ''::bytea order by f.at)
        from unnest(p_fields) with ordinality f(field, at));

create or replace function byok.unix_micros(p_at timestamptz) returns bytea
language sql immutable set search_path = pg_catalog, pg_temp
return convert_to(((extract(epoch from p_at) * 1000000)::bigint)::text, 'UTF8');

-- The hash of a record, over the hash of the previous record and its own fields.
create or replace function byok.audit_hash(p_previous bytea, p_fields text[]) returns bytea
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    v_all bytea := int4send(length(p_previous)) || p_previous;
    v_field text;
    v_bytes bytea;
begin
    -- The encoding of byok.length_prefixed, in a loop: this runs with every change, and a query would cost more.
    foreach v_field in array p_fields loop
        v_bytes := convert_to(v_field, 'UTF8');
        v_all := v_all || int4send(length(v_bytes)) || v_bytes;
    end loop;
    return sha256(v_all);
end $$;

-- The fields of a record in the order in which they are hashed.
create or replace function byok.audit_fields(
    p_org text, p_position bigint, p_seq bigint, p_at timestamptz, p_login text, p_login_oid oid, p_client_addr inet,
    p_application text, p_action text, p_subject text, p_detail jsonb) returns text[]
language sql stable
return array[p_org, p_position::text, p_seq::text, ((extract(epoch from p_at) * 1000000)::bigint)::text, p_login,
             p_login_oid::text, coalesce(p_client_addr::text, ''), p_application, p_action, p_subject, p_detail::text];

-- Adds records of one action to the audit log, and moves the head of the chain of this login and organization.
create or replace function byok.record_each(p_org text, p_action text, p_subjects text[], p_details jsonb[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_position bigint;
    v_previous bytea;
    v_seq bigint;
    v_at timestamptz;
    v_oid oid := byok.session_oid();
    v_addr inet := inet_client_addr();
    v_application text := current_setting('application_name');
    v_hash bytea;
begin
    -- Each login has its own chain, so it never waits for another login here.
    select h.position, h.hash into v_position, v_hash
    from byok.audit_head h where h.org = p_org and h.login_oid = v_oid for no key update;
    if not found then
        -- If two sessions begin a chain at the same time, the second waits here, and then reads what the first wrote.
        insert into byok.audit_head (org, login_oid, position, hash) values (p_org, v_oid, 0, '') on conflict do nothing;
        select h.position, h.hash into v_position, v_hash
        from byok.audit_head h where h.org = p_org and h.login_oid = v_oid for no key update;
    end if;
    for v_index in 1 .. cardinality(p_subjects) loop
        v_position := v_position + 1;
        v_previous := v_hash;
        -- The number is drawn while the head is locked, so that number, time and position of a chain have the same order.
        v_seq := nextval('byok.audit_seq_seq');
        v_at := clock_timestamp();
        v_hash := byok.audit_hash(v_previous, byok.audit_fields(
            p_org, v_position, v_seq, v_at, session_user, v_oid, v_addr, v_application, p_action, p_subjects[v_index],
            p_details[v_index]));
        insert into byok.audit (org, seq, at, login, login_oid, client_addr, application, action, subject, detail, position,
                                previous_hash, hash)
        overriding system value
        values (p_org, v_seq, v_at, session_user, v_oid, v_addr, v_application, p_action, p_subjects[v_index],
                p_details[v_index], v_position, v_previous, v_hash);
    end loop;
    update byok.audit_head h set position = v_position, hash = v_hash where h.org = p_org and h.login_oid = v_oid;
end $$;

-- Adds a record to the audit log.
create or replace function byok.record(p_org text, p_action text, p_subject text, p_detail jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.record_each(p_org, p_action, array[p_subject], array[p_detail]);
end $$;

-- A page of the audit log, newest record first, before the given number. Members see the records of their organization,
-- and nothing of an earlier tenancy of its id.
create or replace function byok_api.audit_list(p_org text, p_login text, p_action text, p_subject text, p_since timestamptz,
                                    p_until timestamptz, p_before bigint, p_limit integer)
returns table (seq bigint, org text, at timestamptz, login text, client_addr text, application text, action text,
               subject text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_all boolean := byok.may_see_audit();
    v_from bigint := 0;
begin
    perform byok.require_of(p_org, v_all or (p_org <> '' and byok.is_member(p_org)));
    perform byok.check_pattern('action', p_action, '^[a-z_.]{1,64}$', true);
    perform byok.check_time('since', p_since);
    perform byok.check_time('until', p_until);
    if not v_all then
        select o.audit_from into v_from from byok.org o where o.org = p_org;
    end if;
    return query
        select a.seq, a.org, a.at, a.login, host(a.client_addr), left(a.application, 257), left(a.action, 65), left(a.subject, 801),
               left(a.detail::text, 16385)
        from byok.audit a
        where (p_org is null or a.org = p_org) and (p_login is null or a.login = p_login)
          and (p_action is null or a.action = p_action or a.action like replace(p_action, '_', '\_') || '.%')
          and (p_subject is null or a.subject = p_subject)
          and (p_since is null or a.at >= p_since) and (p_until is null or a.at < p_until)
          and a.seq >= v_from and a.seq < coalesce(p_before, 9223372036854775807)
        order by a.seq desc
        limit byok.page_size(p_limit);
end $$;

-- A page of the records as they were hashed, chain after chain. The client computes the hashes and compares.
create or replace function byok_api.audit_records(p_after_org text, p_after_login oid, p_after_position bigint, p_limit integer)
returns table (org text, login_oid oid, "position" bigint, previous_hash bytea, fields text[], hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    if p_after_org is null or p_after_login is null or p_after_position is null then
        perform byok.refuse_value('after');
    end if;
    return query
        select a.org, a.login_oid, a.position, a.previous_hash, byok.audit_fields(
                   a.org, a.position, a.seq, a.at, a.login, a.login_oid, a.client_addr, a.application, a.action, a.subject,
                   a.detail), a.hash
        from byok.audit a
        where (a.org collate "C", a.login_oid, a.position) > (p_after_org collate "C", p_after_login, p_after_position)
        order by a.org collate "C", a.login_oid, a.position
        limit byok.page_size(p_limit);
end $$;

-- Every head that differs from the last record of its chain: somebody deleted or inserted records directly.
create or replace function byok_api.audit_stray_heads()
returns table (org text, login_oid oid, "position" bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    return query
        select coalesce(h.org, a.org), coalesce(h.login_oid, a.login_oid), coalesce(h.position, a.position)
        from byok.audit_head h
        full join (select distinct on (a.org collate "C", a.login_oid) a.org, a.login_oid, a.position, a.hash
                   from byok.audit a
                   order by a.org collate "C", a.login_oid, a.position desc) a
             on a.org = h.org and a.login_oid = h.login_oid
        where (h.position, h.hash) is distinct from (a.position, a.hash)
        order by 1, 2;
end $$;

-- Every seal of the audit log, oldest first.
create or replace function byok_api.audit_seals()
returns table (seal integer, sealed_at timestamptz, micros bytea, sealed_by text, master_epoch integer, digest bytea,
               mac bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    return query
        select s.seal, s.sealed_at, byok.unix_micros(s.sealed_at), s.sealed_by, s.master_epoch, s.digest, s.mac
        from byok.audit_seal s order by s.seal;
end $$;

-- The heads that each seal covers, with the hash of the record that is at that position now; null if there is none.
create or replace function byok_api.audit_sealed_heads(p_after_seal integer, p_after_org text, p_after_login oid, p_limit integer)
returns table (seal integer, org text, login_oid oid, "position" bigint, hash bytea, found_hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.may_see_audit());
    if p_after_org is null or p_after_login is null or p_after_seal is null then
        perform byok.refuse_value('after');
    end if;
    return query
        select s.seal, s.org, s.login_oid, s.position, s.hash, a.hash
        from byok.audit_sealed_head s
        left join byok.audit a on a.org collate "C" = s.org collate "C" and a.login_oid = s.login_oid
                                  and a.position = s.position
        where s.seal > p_after_seal or (s.seal = p_after_seal
              and (s.org collate "C", s.login_oid) > (p_after_org collate "C", p_after_login))
        order by s.seal, s.org collate "C", s.login_oid
        limit byok.page_size(p_limit);
end $$;

-- Begins a seal over every head that changed since the last one. audit_seal_end must follow in the same transaction.
create or replace function byok_api.audit_seal_begin(out seal integer, out sealed_at timestamptz, out heads bigint, out digest bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_before bytea;
begin
    perform byok.require(byok.has_role('byok_admin'));
    lock table byok.audit_seal in share row exclusive mode;
    select coalesce(max(s.seal), 0) + 1 into audit_seal_begin.seal from byok.audit_seal s;
    select s.digest into v_before from byok.audit_seal s where s.seal = audit_seal_begin.seal - 1;
    insert into byok.audit_sealed_head (seal, org, login_oid, position, hash)
    select audit_seal_begin.seal, h.org, h.login_oid, h.position, h.hash
    from byok.audit_head h
    where h.position > coalesce((select max(s.position) from byok.audit_sealed_head s
                                 where s.org = h.org and s.login_oid = h.login_oid), 0);
    get diagnostics heads = row_count;
    sealed_at := clock_timestamp();
    select sha256(byok.length_prefixed(array[convert_to('audit-seal', 'UTF8'), convert_to(audit_seal_begin.seal::text, 'UTF8'),
                                 byok.unix_micros(audit_seal_begin.sealed_at), coalesce(v_before, '')])
                  || coalesce(string_agg(byok.length_prefixed(array[convert_to(s.org, 'UTF8'), convert_to(s.login_oid::text, 'UTF8'),
                                                        convert_to(s.position::text, 'UTF8'), s.hash]),
                                         ''::bytea order by s.org collate "C", s.login_oid), ''))
    into digest
    from byok.audit_sealed_head s where s.seal = audit_seal_begin.seal;
end $$;

-- Stores the seal that audit_seal_begin prepared, authenticated under the master key.
create or replace function byok_api.audit_seal_end(p_seal integer, p_sealed_at timestamptz, p_digest bytea, p_master_epoch integer,
                                        p_master_check bytea, p_mac bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.require(byok.has_role('byok_admin'));
    perform byok.check_count('seal', p_seal);
    perform byok.check_time('sealed_at', p_sealed_at, false);
    perform byok.check_bytes('digest', p_digest, 32);
    perform byok.check_bytes('mac', p_mac, 32);
    if not exists (select from byok.keyring k where k.epoch = p_master_epoch and k.check_value = p_master_check) then
        raise exception 'not the master key of this database' using errcode = 'BK005';
    end if;
    insert into byok.audit_seal (seal, sealed_at, master_epoch, digest, mac)
    values (p_seal, p_sealed_at, p_master_epoch, p_digest, p_mac);
    perform byok.record('', 'audit.seal', p_seal::text, '{}');
end $$;

-- Records that a function refused this login. The client calls it after the refusal, which rolled back everything else. In an hour
-- the first ten refusals are recorded, then the hundredth and the thousandth.
create or replace function byok_api.denied(p_function text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_oid oid := byok.session_oid();
    v_hour timestamptz := date_trunc('hour', clock_timestamp(), 'UTC');
    v_attempts integer;
begin
    perform byok.require(byok.has_any_right());
    if not exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                   where n.nspname = 'byok_api' and p.proname = p_function) then
        raise exception 'no such function' using errcode = '22023';
    end if;
    delete from byok.denied_attempt t where t.login_oid = v_oid and t.hour < v_hour;
    insert into byok.denied_attempt as t (login_oid, hour, attempts) values (v_oid, v_hour, 1)
    on conflict (login_oid, hour) do update set attempts = least(t.attempts, 1000000) + 1
    returning t.attempts into v_attempts;
    if v_attempts <= 10 or v_attempts in (100, 1000, 10000, 100000, 1000000) then
        perform byok.record('', 'denied', p_function, jsonb_build_object('attempts', v_attempts));
    end if;
end $$;

grant execute on function byok_api.audit_seal_begin, byok_api.audit_seal_end to byok_admin;

grant execute on function byok_api.audit_records, byok_api.audit_stray_heads, byok_api.audit_seals,
    byok_api.audit_sealed_heads to byok_admin, byok_auditor;

grant execute on function byok_api.audit_list to byok_admin, byok_owner, byok_auditor;

grant execute on function byok_api.denied to byok_admin, byok_owner, byok_resolver, byok_auditor;
