-- What organizations see of the platform: docs/access.md has the list. That its key serves, which version of it, until when and
-- what its last test said; the hint is the platform's business. This is the one place that says so.
create or replace function byok.shown_hint(p_source text, p_hint text, p_all boolean) returns text
language sql immutable set search_path = pg_catalog, pg_temp
return case when p_all or p_source = 'organization' then p_hint end;
