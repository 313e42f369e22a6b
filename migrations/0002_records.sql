-- The ledger of credits and the audit log, which are only added to, and the tables that belong to them.

-- Credits of organizations: one row for each posting. It sums to zero over its five accounts and is never changed.
create table byok.ledger (
    org text not null,
    -- which tenant of this id it is about
    tenancy integer not null default 1,
    seq bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    kind text not null,
    -- the idempotency key: a request that is sent twice is answered twice and charged once
    request text not null,
    -- identifies what the request asked for
    request_hash bytea not null,
    -- the accounts, in micro-credits: what the organization can spend, what is reserved for it, where credits come from, and the
    -- two where they go
    available bigint not null,
    held bigint not null,
    issued bigint not null,
    platform_part bigint not null,
    provider_part bigint not null,
    -- what it was for and the key that served, copied: the row must still say it when the key is gone
    provider text,
    source text,
    key_version integer,
    hint text,
    operation text,
    rate_provider text,
    rate_version integer,
    unit text,
    units bigint,
    -- the charge that a refund gives back
    of_request text,
    note text,
    -- the call of a client that posted it; only this call may undo it
    call bytea,
    login text not null default session_user,
    login_oid oid not null,
    client_addr inet default pg_catalog.inet_client_addr(),
    -- No foreign key, for it would lock the organization's row for every charge. Few constraints, for PostgreSQL prepares each of
    -- them for every posting; the functions are the only writers and check the rest.
    constraint ledger_pk primary key (org, seq),
    constraint ledger_sum_check check (available + held + issued + platform_part + provider_part = 0
                                       and (provider_part = 0 or source = 'platform'))
);
-- In a tenancy, a request is posted once, a hold is ended once, and a charge is undone once.
create unique index ledger_request on byok.ledger (org, tenancy, request)
    where kind in ('grant', 'charge', 'hold', 'refund');
create unique index ledger_end on byok.ledger (org, tenancy, request) where kind in ('settle', 'release', 'undo');
create index ledger_expired on byok.ledger (org, tenancy, request) where kind = 'expire';
create index ledger_refund on byok.ledger (org, tenancy, of_request) where of_request is not null;
create trigger ledger_append_only before update or delete or truncate on byok.ledger
    for each statement execute function byok.refuse_change();

-- The sum of the ledger's first two accounts in the current tenancy, kept so that one UPDATE decides whether credits suffice.
create table byok.balance (
    org text not null,
    available bigint not null,
    held bigint not null,
    tenancy integer not null default 1,
    -- an event tells when available and held together fall below this; null: never
    alert_below bigint,
    -- how many grants there were: an event tells of one refused request between two
    grants integer not null default 0,
    constraint balance_pk primary key (org),
    constraint balance_org_fk foreign key (org) references byok.org (org),
    constraint balance_check check (available >= 0 and held >= 0),
    constraint balance_alert_check check (alert_below between 1 and 1000000000000000)
);

-- The open holds. Each also has its posting in the ledger.
create table byok.hold (
    org text not null,
    request text not null,
    amount bigint not null,
    expires_at timestamptz not null,
    tenancy integer not null default 1,
    constraint hold_pk primary key (org, tenancy, request)
);
create index hold_expiry on byok.hold (org, expires_at);

-- Requests that another call was answered with after the one that was charged. The first call may no longer undo them.
create table byok.answered_again (
    org text not null,
    request text not null,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    tenancy integer not null default 1,
    constraint answered_again_pk primary key (org, tenancy, request)
);

-- The audit log: who changed what, when and from where; one row for each change, in the transaction of the change. Each login has
-- a chain of hashes for each organization that it writes about, '' being the platform. A writer locks the head of its own chain
-- until it commits, so a transaction that a login leaves open stops no other login. A rollback also rolls the head back: positions
-- have no gaps, and a gap is a deletion. The order of records is that of seq. A chain shows simple edits only: whoever can write
-- the tables can compute all its hashes again. A seal prevents that. It covers every head that moved since the seal before, is
-- authenticated under the master key, and its line is kept elsewhere.
create table byok.audit (
    org text not null,
    seq bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    login text not null default session_user,
    -- a name can be used again for another login, a number cannot
    login_oid oid not null,
    client_addr inet default pg_catalog.inet_client_addr(),
    -- what the client calls itself; nothing proves it
    application text not null default pg_catalog.current_setting('application_name'),
    action text not null,
    subject text not null,
    detail jsonb not null, -- never a key, never ciphertext
    -- its place in the chain of its organization and login, the hash of the record before it, and its own
    position bigint not null,
    previous_hash bytea not null,
    hash bytea not null,
    constraint audit_pk primary key (org, seq),
    constraint audit_length_check check (octet_length(org) <= 512 and octet_length(subject) <= 800 and pg_column_size(detail) <= 16384)
);
create unique index audit_position on byok.audit (org collate "C", login_oid, position);
create index audit_seq on byok.audit (seq);
create index audit_key on byok.audit (org, subject, seq) where action in ('key.set', 'key.remove');
create trigger audit_append_only before update or delete or truncate on byok.audit
    for each statement execute function byok.refuse_change();

create table byok.audit_head (
    org text not null,
    login_oid oid not null,
    position bigint not null,
    hash bytea not null,
    constraint audit_head_pk primary key (org, login_oid)
) with (fillfactor = 50);

create table byok.audit_seal (
    seal integer not null,
    sealed_at timestamptz not null,
    sealed_by text not null default session_user,
    -- the master key that authenticates it
    master_epoch integer not null,
    digest bytea not null,
    mac bytea not null,
    constraint audit_seal_pk primary key (seal),
    constraint audit_seal_length_check check (length(digest) = 32 and length(mac) = 32),
    constraint audit_seal_sealed_at_check check (isfinite(sealed_at))
);
create trigger audit_append_only before update or delete or truncate on byok.audit_seal
    for each statement execute function byok.refuse_change();

create table byok.audit_sealed_head (
    seal integer not null,
    org text not null,
    login_oid oid not null,
    position bigint not null,
    hash bytea not null,
    constraint audit_sealed_head_pk primary key (seal, org, login_oid)
);
create index audit_sealed_head_org on byok.audit_sealed_head (org, login_oid, position);
create trigger audit_append_only before update or delete or truncate on byok.audit_sealed_head
    for each statement execute function byok.refuse_change();

-- How often each login was refused in an hour, so that refusals do not fill the audit log.
create table byok.denied_attempt (
    login_oid oid not null,
    hour timestamptz not null,
    attempts integer not null,
    constraint denied_attempt_pk primary key (login_oid, hour)
);

-- What servers met when they used a key: one row for each version that was used.
create table byok.key_report (
    org text not null,
    provider text not null,
    version integer not null,
    -- what the latest use met
    outcome text not null,
    last_used_at timestamptz not null,
    last_ok_at timestamptz,
    uses bigint not null,
    -- the first failure after the last use that worked; null if the latest use worked
    failing_since timestamptz,
    -- the failures since then
    failures bigint not null,
    -- the same for each report that counts for it: first failure, last failure, number. A report of another server that comes late
    -- may say that the key worked in between
    failed_from timestamptz[] not null default '{}',
    failed_until timestamptz[] not null default '{}',
    failed bigint[] not null default '{}',
    -- whether an event said that the provider refuses it
    told boolean not null default false,
    constraint key_report_pk primary key (org, provider, version),
    constraint key_report_key_fk foreign key (org, provider, version) references byok.provider_key (org, provider, version),
    constraint key_report_outcome_check check (outcome in ('ok', 'rejected', 'no_credit', 'rate_limited', 'unreachable')),
    constraint key_report_failing_check check ((failing_since is not null) = (failures > 0) and uses >= failures and failures >= 0)
) with (fillfactor = 70);
-- for `doctor` and `key list --failing`
create index key_report_failing on byok.key_report (org, provider) where failing_since is not null;

-- Servers that report, each with the number of its last report: one that is sent again after a lost answer counts once.
create table byok.key_reporter (
    reporter bytea not null,
    seq bigint not null,
    seen_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint key_reporter_pk primary key (reporter),
    constraint key_reporter_reporter_check check (length(reporter) = 16),
    constraint key_reporter_seq_check check (seq > 0)
);
