-- Makes every grant of a byok role the definer's own, so that `role revoke` can take it back. From PostgreSQL 16 on a grant belongs
-- to who made it, and a superuser made those that came by pg_upgrade, by a restore, or by hand. Runs as a superuser. A grant with
-- the admin option is somebody's own arrangement and stays.
do $adopt$
declare
    foreign_grant record;
begin
    if pg_catalog.current_setting('server_version_num')::integer < 160000 then
        return;
    end if;
    for foreign_grant in
        select g.rolname as role, m.rolname as member, o.rolname as grantor
        from pg_catalog.pg_auth_members a
        join pg_catalog.pg_roles g on g.oid = a.roleid
        join pg_catalog.pg_roles m on m.oid = a.member
        join pg_catalog.pg_roles o on o.oid = a.grantor
        where g.rolname in ('byok_admin', 'byok_owner', 'byok_resolver', 'byok_auditor')
          and m.rolname <> 'byok_definer' and o.rolname <> 'byok_definer' and not a.admin_option and a.inherit_option
        order by 1, 2, 3
    loop
        execute pg_catalog.format('grant %I to %I with inherit true granted by byok_definer', foreign_grant.role,
                                  foreign_grant.member);
        execute pg_catalog.format('revoke %I from %I granted by %I', foreign_grant.role, foreign_grant.member,
                                  foreign_grant.grantor);
    end loop;
end $adopt$;
