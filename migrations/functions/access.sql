-- Which login calls, and what it may do.

create or replace function byok.session_oid() returns oid
language sql stable
return to_regrole(quote_ident(session_user))::oid;

-- Whether the session's login has a role. The check is 'usage' and not 'member', because from PostgreSQL 16 on the creator of a
-- login is a member of it and does not have its roles. A session remembers its roles, and notices a revoke only when it takes a
-- lock that it does not hold. pg_relation_size takes such a lock and releases it, and nothing else locks the sequence in this way.
-- The lock on the table stays: session_end finds a login that loses a role from here on.
create or replace function byok.has_role(p_role text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.installation;
    perform pg_relation_size('byok.audit_seq_seq', 'main');
    return pg_has_role(session_user, p_role, 'usage');
end $$;

-- Logins and what they may do: members by number and name, service roles by the group roles of PostgreSQL.

-- Whether the session's login owns the organization. Number and name of the login must both match. A dump that is restored
-- elsewhere has the numbers of another cluster, and a login that is dropped and created again has another number. In a transaction
-- with isolation level repeatable read or serializable nobody is a member, because it would see old members.
-- It is PL/pgSQL, which keeps its plan: a function in SQL would be read and planned again by each call.
create or replace function byok.is_owner(p_org text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return current_setting('transaction_isolation') like 'read %'
        and exists (select from byok.member m
                    where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user and m.role = 'owner');
end $$;

-- Whether the session's login is an owner or a viewer of the organization, by the same rules as is_owner.
create or replace function byok.is_member(p_org text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return current_setting('transaction_isolation') like 'read %'
        and exists (select from byok.member m
                    where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user);
end $$;

-- Whether the session's login may see everything that is not secret, of every organization.
create or replace function byok.may_see_all() returns boolean
language sql stable
return byok.has_role('byok_admin') or byok.has_role('byok_auditor') or byok.has_role('byok_resolver');

create or replace function byok.may_see_audit() returns boolean
language sql stable
return byok.has_role('byok_admin') or byok.has_role('byok_auditor');

-- Whether the session's login may change the keys: owners change those of their organization, admins those of the platform.
create or replace function byok.may_change_keys(p_org text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return case when p_org = '' then byok.has_role('byok_admin') else byok.is_owner(p_org) end;
end $$;

-- Whether the session's login is a server of the platform, which may charge every organization. It must see the current key, price
-- and postings, so not in a transaction with isolation level repeatable read or serializable.
create or replace function byok.may_charge() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.has_role('byok_resolver')
    and current_setting('transaction_isolation') like 'read %';

create or replace function byok.may_see_credits(p_org text) returns boolean
language sql stable
return p_org <> '' and (byok.may_see_all() or byok.is_member(p_org));

-- Adds an organization. No other function does. Returns false if it exists already.
create or replace function byok.add_org(p_org text, p_enabled boolean) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if byok.is_org_id(p_org) is not true then
        raise exception 'not the id of an organization' using errcode = 'BK009';
    end if;
    insert into byok.org (org, enabled) values (p_org, p_enabled) on conflict do nothing;
    return found;
end $$;

-- The current tenancy of an organization. 1 if it is not known: the first postings may make it known.
create or replace function byok.tenancy_of(p_org text) returns integer
language sql stable
return coalesce((select o.tenancy from byok.org o where o.org = p_org), 1);

-- Fails if the organization was purged. Also fails if another tenancy began since p_tenancy was looked up.
create or replace function byok.require_open(p_org text, p_tenancy integer default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    v_org byok.org;
begin
    select o.* into v_org from byok.org o where o.org = p_org;
    if v_org.purged_at is not null then
        raise exception 'the organization was purged' using errcode = 'BK019';
    elsif v_org.tenancy <> p_tenancy then
        raise exception 'another tenancy began at the same time' using errcode = '40001';
    end if;
end $$;

-- Whether the session's login has a service role, or is a member of some organization of this database. The group role byok_owner
-- is not enough, because it belongs to the cluster and may have been granted elsewhere. This is true in a transaction of any
-- isolation level. It is enough for hello and for lists, which ask is_member for each organization.
create or replace function byok.has_any_right() returns boolean
language sql stable
return byok.may_see_all() or exists (select from byok.member m
                                  where m.login_oid = byok.session_oid() and m.login = session_user);

-- Fails unless something is allowed. "Not yours" and "does not exist" are the same error. A transaction in which nobody is a
-- member gets another error.
create or replace function byok.require(p_allowed boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if p_allowed is not true then
        perform byok.require_current_sight();
        raise exception 'not allowed, or not found' using errcode = '42501';
    end if;
end $$;

-- The same for an organization. A login that may see all organizations is told that this one does not exist.
create or replace function byok.require_of(p_org text, p_allowed boolean) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if p_org <> '' and not exists (select from byok.org o where o.org = p_org) and byok.may_see_all() then
        raise exception 'no such organization' using errcode = 'BK018';
    end if;
    perform byok.require(p_allowed);
end $$;

-- Fails in a transaction with isolation level repeatable read or serializable, because what follows must see the current data.
create or replace function byok.require_current_sight() returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('transaction_isolation') not like 'read %' then
        raise exception 'not in a transaction of isolation level %', current_setting('transaction_isolation')
            using errcode = 'BK011';
    end if;
end $$;

-- The number of a login. Fails if there is no such login.
create or replace function byok.oid_of_login(p_login text) returns oid
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

-- The group role of a service role.
create or replace function byok.group_role(p_role text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_role is null or p_role not in ('admin', 'resolver', 'auditor') then
        raise exception 'no such role' using errcode = '22023';
    end if;
    return 'byok_' || p_role;
end $$;

-- Whether an active key cannot serve: it has expired, or it is known not to open.
create or replace function byok.is_dead(p_key byok.provider_key) returns boolean
language sql stable
return p_key.state = 'active' and (p_key.unreadable_at is not null or coalesce(p_key.expires_at <= now(), false));
