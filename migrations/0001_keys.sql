-- Organizations, their members, keys, providers and prices. Only the definer has rights on a table. The functions in functions/
-- are the only way in. The installation also closes every table with row security.

-- The trigger of tables whose rows are written once and never changed.
create function byok.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'byok.% is append-only', tg_table_name using errcode = '42501';
end $$;

-- What is installed here. The table has one row.
create table byok.installation (
    one boolean not null default true,
    -- the version of the program that installed last
    byok_version text not null,
    -- identifies the content of functions/
    functions text not null,
    -- the number of those functions, and the lowest number of a program that they serve: programs are replaced one by one
    interface integer not null,
    oldest_served integer not null,
    installed_at timestamptz not null default pg_catalog.clock_timestamp(),
    installed_by text not null default session_user,
    constraint installation_pk primary key (one),
    constraint installation_one_check check (one)
);

-- The rule for ids, in the database and in src/name.rs; a test compares the two over all of Unicode. It is written down once for
-- the constraint of byok.org and for the functions.

-- Whether a text has 1 to p_longest characters that are visible and cannot be taken for others: no spaces, nothing invisible, no
-- combining accents, no letters in another width or type. The collation "C" has no locale, so every server gives the same answer.
create function byok.is_plain(p_text text, p_longest integer) returns boolean
language sql immutable
return length(p_text) between 1 and p_longest
    and p_text collate "C" !~
        ('[\u0001-\u0020\u007f-\u00a0\u00ad\u0300-\u036f\u0483-\u0489\u0600-\u0605\u061c\u06dd\u070f'
         '\u0890-\u0891\u08e2\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff'
         '\u2000-\u200f\u2028-\u202f\u205f-\u206f\u20d0-\u20ff\u2800\u3000\u3164\ua66f-\ua67d'
         '\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uff01-\uff5e\uffa0\uffe0-\uffff'
         '\U000110bd\U000110cd\U00013430-\U0001345f\U00016fe4\U0001bca0-\U0001bcaf'
         '\U0001d159-\U0001d182\U0001d400-\U0001d7ff\U0001fffe-\U0001ffff\U0002fffe-\U0002ffff'
         '\U0003fffe-\U0010ffff]');

-- The id of an organization does not read as an option either, or as `(platform)`.
create function byok.is_org_id(p_org text) returns boolean
language sql immutable
return byok.is_plain(p_org, 128) and left(p_org, 1) not in ('-', '(');

-- Organizations, and the logins that own them.
create table byok.org (
    -- the platform's own id; '' is the platform itself, holder of the shared keys
    org text not null,
    enabled boolean not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    -- counts the tenants that had this id: a purge begins the next tenancy, and nobody in it has to do with what was before
    tenancy integer not null default 1,
    -- when it was purged; such an id is only used again on request
    purged_at timestamptz,
    -- the first record of the audit log that is about this tenancy
    audit_from bigint not null default 0,
    constraint org_pk primary key (org),
    constraint org_id_check check (org = '' or byok.is_org_id(org))
);
insert into byok.org (org, enabled) values ('', true);

create table byok.member (
    org text not null,
    -- a role that is dropped and made again has another oid, and inherits nothing
    login_oid oid not null,
    login text not null,
    role text not null,
    added_at timestamptz not null default pg_catalog.clock_timestamp(),
    added_by text not null default session_user,
    constraint member_pk primary key (org, login_oid),
    constraint member_org_fk foreign key (org) references byok.org (org),
    constraint member_role_check check (role in ('owner', 'viewer')),
    constraint member_login_check check (octet_length(login) between 1 and 63)
);
create index member_login on byok.member (login_oid);

-- The epochs of the master key: their check values, never the key.
--
-- pending: registered, wraps nothing yet. active: wraps new data keys. retiring: was active, and still wraps some. retired: wraps
-- nothing. The row of a data key says which master key wraps it. A rotation has no other state, so it can be resumed after a
-- crash.
create table byok.keyring (
    epoch integer not null,
    -- tells a wrong master key before anything is written; says nothing about the right one
    check_value bytea not null,
    state text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    promoted_at timestamptz,
    -- the master key before this one leaked: data keys that are older than the promotion of this one must be replaced
    leaked boolean not null default false,
    -- when somebody last checked a copy of it
    escrowed_at timestamptz,
    escrowed_by text,
    constraint keyring_pk primary key (epoch),
    constraint keyring_check_value_check check (length(check_value) = 8),
    constraint keyring_state_check check (state in ('pending', 'active', 'retiring', 'retired'))
);
create unique index keyring_one_active on byok.keyring (state) where state = 'active';
create unique index keyring_one_pending on byok.keyring (state) where state = 'pending';
create unique index keyring_one_retiring on byok.keyring (state) where state = 'retiring';

-- Servers and hosts that reported which master keys they have loaded. A promotion waits for them.
create table byok.master_key_holder (
    login_oid oid not null,
    login text not null,
    -- a host or a process; the client says it, and nothing proves it
    instance text not null,
    epochs integer[] not null,
    seen_at timestamptz not null,
    constraint master_key_holder_pk primary key (login_oid, instance),
    constraint master_key_holder_instance_check check (length(instance) between 1 and 200),
    constraint master_key_holder_epochs_check check (cardinality(epochs) <= 10000)
);

-- Data keys of organizations, always wrapped. A data key out of use is erased. Its row stays, because versions of keys refer to
-- it.
create table byok.data_key (
    org text not null,
    epoch integer not null,
    master_epoch integer,
    -- AES-256-GCM under the master key, bound to organization and epochs
    wrapped bytea,
    check_value bytea not null,
    state text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    constraint data_key_pk primary key (org, epoch),
    constraint data_key_org_fk foreign key (org) references byok.org (org),
    constraint data_key_wrapped_check check (length(wrapped) = 61),
    constraint data_key_check_value_check check (length(check_value) = 8),
    constraint data_key_state_check check (state in ('active', 'retired')),
    constraint data_key_erased_check check ((wrapped is not null) = (state = 'active')
                                            and (master_epoch is not null) = (state = 'active'))
);
create unique index data_key_one_active on byok.data_key (org) where state = 'active';

-- Owners may store data keys, and must hold no lock that a rotation of the master key needs. So the master key is checked again at
-- the commit.
create function byok.refuse_stale_master() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from byok.keyring k where k.epoch = new.master_epoch and k.state = 'active') then
        raise exception 'the master key was replaced meanwhile' using errcode = '40001';
    end if;
    return null;
end $$;
create constraint trigger data_key_master after insert on byok.data_key deferrable initially deferred
    for each row when (new.state = 'active') execute function byok.refuse_stale_master();

-- Who changes the keys of an organization locks its row here. A lock on a row of byok.org would block admins.
create table byok.key_writer (
    org text not null constraint key_writer_pk primary key constraint key_writer_org_fk references byok.org (org)
);

-- Provider keys, every version of them. The organization '' has the platform's shared keys.
create table byok.provider_key (
    org text not null,
    provider text not null,
    -- counts up; a number is never used again, also after a removal
    version integer not null,
    data_epoch integer not null,
    -- pgp_sym_encrypt_bytea over the client's seal; null if the version is erased
    encrypted bytea,
    -- non-secret fields (region, endpoint) as the seal saw them, byte for byte
    settings text not null,
    hint text not null,
    fingerprint bytea not null,
    state text not null,
    expires_at timestamptz,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    ended_at timestamptz,
    ended_by text,
    -- until when a previous key is kept for a rollback; it is erased by the first change of the organization's keys after that
    keep_until timestamptz,
    -- since when it is known that the key does not open; null if it opens, or if nobody has tried
    unreadable_at timestamptz,
    -- the end date that an event told of when it was near, and the one that an event told of when it had passed
    near_told_for timestamptz,
    end_told_for timestamptz,
    constraint provider_key_pk primary key (org, provider, version),
    constraint provider_key_data_key_fk foreign key (org, data_epoch) references byok.data_key (org, epoch),
    constraint provider_key_provider_check check (provider ~ '^[a-z][a-z0-9_-]{0,39}$'),
    constraint provider_key_version_check check (version > 0),
    constraint provider_key_settings_check check (octet_length(settings) <= 4096),
    constraint provider_key_expires_check check (expires_at >= '1970-01-01 00:00:00+00'
                                                 and expires_at < '2200-01-01 00:00:00+00'),
    constraint provider_key_hint_check check (length(hint) <= 4),
    constraint provider_key_fingerprint_check check (length(fingerprint) = 8),
    constraint provider_key_state_check check (state in ('active', 'previous', 'retired', 'removed')),
    constraint provider_key_erased_check check ((encrypted is not null) = (state in ('active', 'previous'))),
    constraint provider_key_kept_check check ((keep_until is not null) = (state = 'previous')),
    -- AES-256, salted S2K with SHA-1 of a random passphrase of 256 bits, integrity protected. pgcrypto would follow any other
    -- header as well.
    constraint provider_key_header_check check (
        substr(encrypted, 1, 6) = '\xc30c04090102' and get_byte(encrypted, 14) = 210
        and length(encrypted) between 100 and 80000)
);
create unique index provider_key_one_active on byok.provider_key (org, provider) where state = 'active';
create unique index provider_key_one_previous on byok.provider_key (org, provider) where state = 'previous';
-- for `tidy`
create index provider_key_kept on byok.provider_key (keep_until) where state = 'previous';
-- for `event_scan`: end dates that no event told of yet
create index provider_key_near on byok.provider_key (expires_at)
    where state = 'active' and expires_at is not null and near_told_for is distinct from expires_at;
create index provider_key_end on byok.provider_key (expires_at)
    where state = 'active' and expires_at is not null and end_told_for is distinct from expires_at;

-- The result of the last test of a key, and when the key last worked.
create table byok.key_test (
    org text not null,
    provider text not null,
    version integer not null,
    verdict text not null,
    detail text,
    status integer,
    request_id text,
    latency_ms integer,
    -- whether the test made a paid operation
    paid boolean not null,
    tested_at timestamptz not null default pg_catalog.clock_timestamp(),
    tested_by text not null default session_user,
    -- the last time that the provider accepted this key
    verified_at timestamptz,
    constraint key_test_pk primary key (org, provider, version),
    constraint key_test_key_fk foreign key (org, provider, version) references byok.provider_key (org, provider, version),
    constraint key_test_verdict_check check (verdict in ('verified', 'rejected', 'limited', 'no_credit', 'rate_limited',
                                                         'misconfigured', 'unreachable', 'unchecked')),
    constraint key_test_detail_check check (detail ~ '^[a-z0-9_]{1,40}$'),
    constraint key_test_status_check check (status between 100 and 999),
    constraint key_test_request_id_check check (request_id ~ '^[A-Za-z0-9_.:-]{1,80}$'),
    constraint key_test_latency_check check (latency_ms >= 0)
);

-- Providers that admins added: a gateway, a model server, a vendor that is not in the catalog.
create table byok.provider (
    provider text not null,
    -- an entry of the catalog as JSON; read and checked by the client
    definition jsonb not null,
    allow_private boolean not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    constraint provider_pk primary key (provider),
    constraint provider_provider_check check (provider ~ '^[a-z][a-z0-9_-]{0,39}$'),
    constraint provider_definition_check check (jsonb_typeof(definition) = 'object'
                                                and length(definition::text) <= 65536)
);

-- Routes: which provider serves a capability.
create table byok.route (
    capability text not null,
    -- a capability may be served by another provider in some languages; '' stands for every other language
    language text not null default '',
    provider text not null,
    set_at timestamptz not null default pg_catalog.clock_timestamp(),
    set_by text not null default session_user,
    constraint route_pk primary key (capability, language),
    constraint route_language_check check (language ~ '^[A-Za-z0-9-]{0,35}$'),
    constraint route_capability_check check (capability in ('llm', 'voice', 'voice-generation')),
    constraint route_provider_check check (provider ~ '^[a-z][a-z0-9_-]{0,39}$')
);

-- What an operation costs. A price is never edited: a new one gets the next version.
create table byok.rate (
    operation text not null,
    -- '' stands for every provider that has no price of its own
    provider text not null,
    version integer not null,
    -- what is counted: a request, a second, a character
    unit text not null,
    -- both parts are for this many units, so that a price can be finer than a micro-credit
    per bigint not null,
    -- in micro-credits, for the platform's own work and for the provider's bill
    platform_part bigint not null,
    provider_part bigint not null,
    state text not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    ended_at timestamptz,
    ended_by text,
    constraint rate_pk primary key (operation, provider, version),
    constraint rate_operation_check check (operation ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    constraint rate_provider_check check (provider ~ '^([a-z][a-z0-9_-]{0,39})?$'),
    constraint rate_unit_check check (unit ~ '^[a-z][a-z0-9_-]{0,31}$'),
    constraint rate_per_check check (per between 1 and 1000000000),
    constraint rate_parts_check check (platform_part between 0 and 1000000000000000
                                       and provider_part between 0 and 1000000000000000),
    constraint rate_state_check check (state in ('active', 'retired', 'removed'))
);
create unique index rate_one_active on byok.rate (operation, provider) where state = 'active';
