-- Who changed what, when and from where: one row for each change, in the transaction of the change.

create table byok.audit (
    -- '' is the platform itself, which no organization can be called
    org text not null,
    seq bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    login text not null default session_user,
    -- names are used again, oids are not
    login_oid oid not null,
    client_addr inet default pg_catalog.inet_client_addr(),
    -- what the client calls itself: told, not proven
    application text not null default pg_catalog.current_setting('application_name'),
    action text not null,
    subject text not null,
    -- hint, version, role: never a key, never ciphertext
    detail jsonb not null,
    constraint audit_pk primary key (org, seq)
);

create function byok.audit_is_append_only() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the audit log is append-only' using errcode = '42501';
end $$;

create trigger audit_append_only before update or delete or truncate on byok.audit
    for each statement execute function byok.audit_is_append_only();

create function byok.session_oid() returns oid
language sql stable set search_path = pg_catalog, pg_temp
return (select r.oid from pg_catalog.pg_roles r where r.rolname = session_user);

create function byok.record(p_org text, p_action text, p_subject text, p_detail jsonb) returns void
language sql volatile set search_path = pg_catalog, pg_temp
begin atomic
    insert into byok.audit (org, login_oid, action, subject, detail)
    values (p_org, byok.session_oid(), p_action, p_subject, p_detail);
end;

-- Every table is closed to everyone; should somebody grant one by mistake, row security still shows nothing.
create function byok.close_table(p_table regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    execute format('alter table %s enable row level security', p_table);
    execute format('alter table %s force row level security', p_table);
    execute format('create policy definer_only on %s to byok_definer using (true) with check (true)', p_table);
end $$;

select byok.close_table('byok.audit');
select byok.close_table('byok._sqlx_migrations');

-- Without usage on the schema not even a granted function can be called.
grant usage on schema byok_api to byok_admin, byok_owner, byok_resolver, byok_auditor;
