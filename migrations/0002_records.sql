-- What is only ever added to: the ledger of credits and the audit log, with what is kept beside them.

-- Credits of organizations: one row for each posting, which sums to zero over its five accounts and is never changed.
create table byok.ledger (
    org text not null,
    seq bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    kind text not null,
    -- the idempotency key: who asks twice with the same one is answered twice and charged once
    request text not null,
    -- what was asked for with it
    request_hash bytea not null,
    -- the accounts, in micro-credits: what the organization can spend, what is reserved, where credits come from, and
    -- where they go
    available bigint not null,
    held bigint not null,
    issued bigint not null,
    platform_part bigint not null,
    provider_part bigint not null,
    -- what it was for, and the key that served: copied, for the row must say it when the key is long gone
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
    -- which call of a client posted it: only that very call may undo it
    call bytea,
    login text not null default session_user,
    login_oid oid not null,
    client_addr inet default pg_catalog.inet_client_addr(),
    -- No foreign key: it would lock the organization's row for every charge. Few constraints: each is read anew for every
    -- line; the functions, the only writers, keep the rest.
    constraint ledger_pk primary key (org, seq),
    constraint ledger_sum_check check (available + held + issued + platform_part + provider_part = 0
                                       and (provider_part = 0 or source = 'platform'))
);
-- Each request once; each hold ended once, each charge undone once.
create unique index ledger_request on byok.ledger (org, request) where kind in ('grant', 'charge', 'hold', 'refund');
create unique index ledger_end on byok.ledger (org, request) where kind in ('settle', 'release', 'undo');
create index ledger_refund on byok.ledger (org, of_request) where of_request is not null;
create trigger ledger_append_only before update or delete or truncate on byok.ledger
    for each statement execute function byok.refuse_change();

-- The sum of the ledger's first two accounts, kept so that one UPDATE decides whether credits suffice.
create table byok.balance (
    org text not null,
    available bigint not null,
    held bigint not null,
    constraint balance_pk primary key (org),
    constraint balance_org_fk foreign key (org) references byok.org (org),
    constraint balance_check check (available >= 0 and held >= 0)
);

-- The holds that are open; each has its row in the ledger.
create table byok.hold (
    org text not null,
    request text not null,
    amount bigint not null,
    expires_at timestamptz not null,
    constraint hold_pk primary key (org, request)
);
create index hold_expiry on byok.hold (org, expires_at);

-- Requests that were answered again, by another call than the one that was charged: that one may not undo them any more.
create table byok.answered_again (
    org text not null,
    request text not null,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint answered_again_pk primary key (org, request)
);

-- The audit log: who changed what, when and from where; one row for each change, in the transaction of the change.
-- Each login has a chain of hashes for each organization that it writes about, '' being the platform. A writer holds the head
-- until it commits, and nobody else needs it: what a login leaves open stops no other. A head that is rolled back has not
-- moved, so positions have no gaps, and a gap is a deletion. The order is that of seq, drawn under the locks of the change.
-- A chain alone shows clumsy edits; whoever can write the tables can compute it anew. A seal ends that: it takes in every
-- head that moved since the seal before, is authenticated under the master key, and its line is kept elsewhere.
create table byok.audit (
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

-- How often each login was refused, by the hour: what keeps `denied` from filling the log.
create table byok.denied_attempt (
    login_oid oid not null,
    hour timestamptz not null,
    attempts integer not null,
    constraint denied_attempt_pk primary key (login_oid, hour)
);
