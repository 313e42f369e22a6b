-- Who asks, and what a login may do.

create or replace function byok.session_oid() returns oid
language sql stable
return to_regrole(quote_ident(session_user))::oid;

-- Whether the session's login has a role. 'usage' and not 'member': from PostgreSQL 16 on, whoever creates a login is a member of
-- it, and does not have its roles.
-- A session remembers its roles, and hears of a revoke only when it takes a lock that it does not hold. pg_relation_size takes
-- such a lock and gives it back; nothing else locks the sequence in this way. The lock on the table stays: whoever loses a role
-- from here on is seen by session_end.
create or replace function byok.has_role(p_role text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform from byok.installation;
    perform pg_relation_size('byok.audit_seq_seq', 'main');
    return pg_has_role(session_user, p_role, 'usage');
end $$;

-- Logins and what they may do: members by number and name, service roles by the group roles of PostgreSQL.

-- Whether the session's login owns the organization. Number and name of the login must both match: a dump that is restored
-- elsewhere brings the numbers of another cluster, and a login that is dropped and made again has another number. In a transaction
-- of isolation level repeatable read or serializable nobody is a member, for it would see the members of its beginning.
create or replace function byok.is_owner(p_org text) returns boolean
language sql stable
return current_setting('transaction_isolation') like 'read %'
    and exists (select from byok.member m
               where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user and m.role = 'owner');

-- Whether the session's login is an owner or a viewer of the organization; as is_owner asks it.
create or replace function byok.is_member(p_org text) returns boolean
language sql stable
return current_setting('transaction_isolation') like 'read %'
    and exists (select from byok.member m
               where m.org = p_org and m.login_oid = byok.session_oid() and m.login = session_user);

-- Whether the session's login may see everything that is not secret, of every organization.
create or replace function byok.may_see_all() returns boolean
language sql stable
return byok.has_role('byok_admin') or byok.has_role('byok_auditor') or byok.has_role('byok_resolver');

create or replace function byok.may_see_audit() returns boolean
language sql stable
return byok.has_role('byok_admin') or byok.has_role('byok_auditor');

-- Keys of an organization are changed by its owners, keys of the platform by admins.
create or replace function byok.may_change_keys(p_org text) returns boolean
language sql stable
return case when p_org = '' then byok.has_role('byok_admin') else byok.is_owner(p_org) end;

-- Whether the session's login is a server of the platform, which charges every organization. Key, price and postings must be
-- those of now, so not in a transaction of isolation level repeatable read or serializable.
create or replace function byok.may_charge() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return byok.has_role('byok_resolver')
    and current_setting('transaction_isolation') like 'read %';

create or replace function byok.may_see_credits(p_org text) returns boolean
language sql stable
return p_org <> '' and (byok.may_see_all() or byok.is_member(p_org));

-- Adds an organization; the only function that does. False where it is known already.
create or replace function byok.add_org(p_org text, p_enabled boolean) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if byok.is_org_id(p_org) is not true then
        raise exception 'not the id of an organization' using errcode = 'BK009';
    end if;
    insert into byok.org (org, enabled) values (p_org, p_enabled) on conflict do nothing;
    return found;
end $$;

-- Whether the session's login has a service role, or is a member of some organization of this database. The group role byok_owner
-- is not enough: it belongs to the cluster, and anybody may have been given it. True in a transaction of any isolation level: it
-- is enough for hello and for lists, and these ask is_member for each organization.
create or replace function byok.has_any_right() returns boolean
language sql stable
return byok.may_see_all() or exists (select from byok.member m
                                  where m.login_oid = byok.session_oid() and m.login = session_user);

-- Fails unless something is allowed. "Not yours" and "does not exist" are the same error. A transaction in which nobody is a member
-- gets another one.
create or replace function byok.require(p_allowed boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if p_allowed is not true then
        perform byok.require_current_sight();
        raise exception 'not allowed, or not found' using errcode = '42501';
    end if;
end $$;

-- Fails in a transaction of isolation level repeatable read or serializable: what follows needs the database of now.
create or replace function byok.require_current_sight() returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if current_setting('transaction_isolation') not like 'read %' then
        raise exception 'not in a transaction of isolation level %', current_setting('transaction_isolation')
            using errcode = 'BK011';
    end if;
end $$;

-- The number of a login; fails where there is no such login.
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

-- The group role behind a service role.
create or replace function byok.group_role(p_role text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_role is null or p_role not in ('admin', 'resolver', 'auditor') then
        raise exception 'no such role' using errcode = '22023';
    end if;
    return 'byok_' || p_role;
end $$;
