-- Checks of arguments, whoever calls: type, range and length. No message repeats the value, because it may be a secret. Lengths
-- are checked first, because matching a pattern takes four times the memory of the text.

create or replace function byok.refuse_value(p_what text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '%: out of range', p_what using errcode = '22023';
end $$;

-- Fails unless a text is one visible line: no control characters, no changes of direction, nothing invisible. The two joiners that
-- scripts of India and Iran need are allowed.
create or replace function byok.check_text(p_what text, p_text text, p_longest integer, p_optional boolean default false) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if (case
        when p_text is null then not p_optional
        when octet_length(p_text) > 4 * p_longest then true
        else length(p_text) > p_longest
            or p_text collate "C" ~ ('[\u0001-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f'
                                     '\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]')
    end) then
        perform byok.refuse_value(p_what);
    end if;
end $$;

create or replace function byok.check_pattern(p_what text, p_text text, p_pattern text, p_optional boolean default false) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if (case when p_text is null then not p_optional when octet_length(p_text) > 400 then true
            else p_text !~ p_pattern end) then
        perform byok.refuse_value(p_what);
    end if;
end $$;

create or replace function byok.check_provider(p_provider text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_pattern('provider', p_provider, '^[a-z][a-z0-9_-]{0,39}$');
end $$;

-- Fails unless a text can be the id of an organization. The organization need not exist.
create or replace function byok.check_org(p_org text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if octet_length(p_org) > 512 or byok.is_org_id(p_org) is not true then
        perform byok.refuse_value('organization');
    end if;
end $$;

create or replace function byok.check_word(p_what text, p_word text, p_words text[], p_optional boolean default false) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(p_word <> all (p_words), not p_optional) then
        perform byok.refuse_value(p_what);
    end if;
end $$;

create or replace function byok.check_flag(p_what text, p_flag boolean) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if p_flag is null then
        perform byok.refuse_value(p_what);
    end if;
end $$;

create or replace function byok.check_number(p_what text, p_number bigint, p_least bigint, p_most bigint,
                                  p_optional boolean default false) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(p_number not between p_least and p_most, not p_optional) then
        perform byok.refuse_value(p_what);
    end if;
end $$;

-- Fails unless a number can be a version or an epoch.
create or replace function byok.check_count(p_what text, p_count integer) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_number(p_what, p_count, 1, 1000000000);
end $$;

create or replace function byok.check_bytes(p_what text, p_bytes bytea, p_length integer) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if (length(p_bytes) = p_length) is not true then
        perform byok.refuse_value(p_what);
    end if;
end $$;

-- Fails unless every client can show a time: no infinity, no year with five digits. Null means no limit, if it is allowed.
create or replace function byok.check_time(p_what text, p_at timestamptz, p_optional boolean default true) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(not (p_at >= timestamptz '1970-01-01 00:00:00+00' and p_at < timestamptz '2200-01-01 00:00:00+00'),
                not p_optional) then
        perform byok.refuse_value(p_what);
    end if;
end $$;

-- Fails unless an array has one dimension, no nulls, and p_count elements if that is given.
create or replace function byok.check_array(p_what text, p_array anyarray, p_count integer default null) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if (cardinality(p_array) = coalesce(p_count, cardinality(p_array)) and cardinality(p_array) <= 1000000
        and coalesce(array_ndims(p_array), 1) = 1 and array_position(p_array, null) is null) is not true then
        perform byok.refuse_value(p_what);
    end if;
end $$;

-- Checks an array of texts, and each of them.
create or replace function byok.check_texts(p_what text, p_texts text[], p_longest integer, p_count integer default null) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_array(p_what, p_texts, p_count);
    perform byok.check_text(p_what, t.text, p_longest) from unnest(p_texts) t(text);
end $$;

-- The number of rows of a page. Fails out of range, so that nobody silently gets fewer rows than requested.
create or replace function byok.page_size(p_limit integer) returns integer
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    perform byok.check_number('limit', p_limit, 1, 10000);
    return p_limit;
end $$;

-- Fails unless a text can be the settings of a key: a JSON object, which is stored as this text.
create or replace function byok.check_settings(p_settings text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    v_kind text;
begin
    if (octet_length(p_settings) <= 4096) is not true then
        perform byok.refuse_value('settings');
    end if;
    begin
        v_kind := jsonb_typeof(p_settings::jsonb);
    exception when others then
        v_kind := 'none';
    end;
    if v_kind <> 'object' then
        perform byok.refuse_value('settings');
    end if;
end $$;

-- Fails unless a JSON object is the result of a test of a key, without other fields.
create or replace function byok.check_test(p_test jsonb) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    v_name text;
    v_value jsonb;
begin
    if (jsonb_typeof(p_test) = 'object' and pg_column_size(p_test) <= 4096 and p_test ? 'verdict') is not true then
        perform byok.refuse_value('test');
    end if;
    for v_name, v_value in select e.key, e.value from jsonb_each(p_test) e loop
        if (case v_name
            when 'verdict' then v_value #>> '{}' <> all (array['verified', 'rejected', 'limited', 'no_credit', 'rate_limited',
                                                               'misconfigured', 'unreachable', 'unchecked'])
                                or jsonb_typeof(v_value) <> 'string'
            when 'detail' then jsonb_typeof(v_value) not in ('null', 'string') or v_value #>> '{}' !~ '^[a-z0-9_]{1,40}$'
            when 'request_id' then jsonb_typeof(v_value) not in ('null', 'string')
                                   or v_value #>> '{}' !~ '^[A-Za-z0-9_.:-]{1,80}$'
            when 'status' then case jsonb_typeof(v_value) when 'null' then false when 'number' then
                                   v_value::text !~ '^[1-9][0-9]{2}$' else true end
            when 'latency_ms' then case jsonb_typeof(v_value) when 'null' then false when 'number' then
                                       v_value::text !~ '^[0-9]{1,9}$' else true end
            when 'paid' then jsonb_typeof(v_value) not in ('null', 'boolean')
            else true
        end) then
            perform byok.refuse_value('test');
        end if;
    end loop;
end $$;
