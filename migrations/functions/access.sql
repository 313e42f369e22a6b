-- Who asks, and what a login may do.

create or replace function byok.session_oid() returns oid
language sql stable set search_path = pg_catalog, pg_temp
return (select r.oid from pg_catalog.pg_roles r where r.rolname = session_user);

-- 'usage', and not 'member': whoever may administer a login that holds a role (from PostgreSQL 16 on, everybody who made one)
-- is a member of that login, and does not hold its roles.
-- A session remembers its roles, and hears of a revoke only when it takes a lock that it does not hold. pg_relation_size takes
-- such a lock and gives it back; nothing else locks the sequence in this way. The lock on the table stays: whoever loses a role
-- from here on is seen by session_end.
create or replace function byok.holds(p_role text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.installation;
    perform pg_relation_size('byok.audit_seq_seq', 'main');
    return pg_has_role(session_user, p_role, 'usage');
end $$;

-- Logins and what they may do: members by number and name, service roles by the group roles of PostgreSQL.

-- A dump that is restored elsewhere brings the numbers of another cluster, where they may be anybody's; a name that was
-- dropped and made again has another number. Only both together are the login that was meant.
-- A transaction of isolation level repeatable read or serializable sees the members of its beginning, and a cursor in it lasts
-- as long as that. There nobody is a member; service roles are read anew whatever the transaction.
create or replace function byok.is_owner(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return current_setting('transaction_isolation') like 'read %'
    and exists (select from byok.member m
               where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user and m.role = 'owner');

create or replace function byok.is_member(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return current_setting('transaction_isolation') like 'read %'
    and exists (select from byok.member m
               where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user);

-- Sees everything that is not a secret, of every organization.
create or replace function byok.sees_all() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.holds('byok_admin') or byok.holds('byok_auditor') or byok.holds('byok_resolver');

create or replace function byok.sees_audit() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.holds('byok_admin') or byok.holds('byok_auditor');

-- Who may change the keys of an organization: its owners; of the platform: its admins.
create or replace function byok.may_write(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return case when p_org = '' then byok.holds('byok_admin') else byok.is_owner(p_org) end;

-- Whoever charges on behalf of all organizations: for the key, the price and the postings of now.
create or replace function byok.may_charge() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.holds('byok_resolver')
    and current_setting('transaction_isolation') like 'read %';

create or replace function byok.may_see_credits(p_org text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return p_org <> '' and (byok.sees_all() or byok.is_member(p_org));

-- An organization begins here, and nowhere else: false when it is known already.
create or replace function byok.make_org(p_org text, p_enabled boolean) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if byok.is_org_id(p_org) is not true then
        raise exception 'not the id of an organization' using errcode = 'BK009';
    end if;
    insert into byok.org (org, enabled) values (p_org, p_enabled) on conflict do nothing;
    return found;
end $$;

-- Holds a service role, or is a member of some organization of this database. The group role of owners opens the door of the
-- functions and allows nothing: it belongs to the cluster, and anybody may have been given it. Asked in any transaction, for a
-- database may make them serializable unless they say otherwise: it opens hello and lists, which show what such a transaction
-- began with, and for each organization is_member is asked.
create or replace function byok.is_anybody() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.sees_all() or exists (select from byok.member m
                                  where m.login_oid = byok.session_oid() and m.login = session_user);

-- "Not yours" and "does not exist" are one answer. Another one is for a transaction in which nobody is a member.
create or replace function byok.require(p_allowed boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if p_allowed is not true then
        perform byok.require_now();
        raise exception 'not allowed, or not found' using errcode = '42501';
    end if;
end $$;

-- For what must not be decided by an older sight of the database.
create or replace function byok.require_now() returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('transaction_isolation') not like 'read %' then
        raise exception 'not in a transaction of isolation level %', current_setting('transaction_isolation')
            using errcode = 'BK011';
    end if;
end $$;

-- The number of a login that may be given rights.
create or replace function byok.login_oid(p_login text) returns oid
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    v_oid oid;
begin
    select r.oid into v_oid from pg_catalog.pg_roles r where r.rolname = p_login and r.rolcanlogin;
    if v_oid is null then
        raise exception 'no such login' using errcode = 'BK006';
    end if;
    return v_oid;
end $$;

-- The group role behind a service role.
create or replace function byok.group_role(p_role text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_role is null or p_role not in ('admin', 'resolver', 'auditor') then
        raise exception 'no such role' using errcode = '22023';
    end if;
    return 'byok_' || p_role;
end $$;
