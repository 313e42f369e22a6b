-- The hint of a key, where the login may see it. Organizations do not see hints of platform keys; docs/access.md lists what they
-- see.
create or replace function byok.visible_hint(p_source text, p_hint text, p_all boolean) returns text
language sql immutable set search_path = pg_catalog, pg_temp
return case when p_all or p_source = 'organization' then p_hint end;
