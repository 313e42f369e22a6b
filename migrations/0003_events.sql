-- Events: what happened to keys and balances that somebody wants to be told of, and the deliveries of each consumer.

-- One row for each event, written in the transaction of what it tells about, so there is none for what was rolled back. A number is
-- drawn before its transaction commits, so an event can appear after one with a higher number. See byok.undelivered.
create table byok.event (
    seq bigint generated always as identity,
    -- the transaction that wrote it
    xid xid8 not null,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    kind text not null,
    -- '' is the platform
    org text not null,
    tenancy integer not null,
    provider text,
    version integer,
    hint text,
    detail jsonb not null, -- never a key, never ciphertext
    constraint event_pk primary key (seq),
    constraint event_kind_check check (kind ~ '^[a-z]+[.][a-z_]+$' and octet_length(kind) <= 40),
    constraint event_length_check check (octet_length(org) <= 512 and octet_length(provider) <= 40 and length(hint) <= 4
                                         and pg_column_size(detail) <= 4096)
);
create index event_xid on byok.event (xid);
create index event_org on byok.event (org, seq);
create index event_at on byok.event (at);

-- Consumers: each is told of every event once it exists.
create table byok.consumer (
    consumer text not null,
    -- the login that made it; an admin may use every consumer
    login_oid oid not null,
    login text not null default session_user,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    -- no event before this floor is still to be delivered: neither number nor transaction is higher
    floor_seq bigint not null default 0,
    floor_xid xid8 not null default '0',
    -- the process that delivers, and until when others leave it alone
    holder text,
    held_until timestamptz,
    constraint consumer_pk primary key (consumer),
    constraint consumer_name_check check (consumer ~ '^[a-z][a-z0-9_-]{0,39}$'),
    constraint consumer_holder_check check (length(holder) <= 64)
);

-- What became of an event at a consumer. There is no row as long as nothing was tried.
create table byok.delivery (
    consumer text not null,
    seq bigint not null,
    -- waiting: it failed and is tried again. skipped: the consumer does not want this kind or organization, or is newer.
    state text not null,
    tries integer not null,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    next_at timestamptz,
    -- one stable word
    failure text,
    constraint delivery_pk primary key (consumer, seq),
    constraint delivery_consumer_fk foreign key (consumer) references byok.consumer (consumer) on delete cascade,
    constraint delivery_event_fk foreign key (seq) references byok.event (seq) on delete cascade,
    constraint delivery_state_check check (state in ('waiting', 'delivered', 'failed', 'skipped')),
    constraint delivery_waiting_check check ((next_at is not null) = (state = 'waiting')),
    constraint delivery_failure_check check (failure ~ '^[a-z0-9_]{1,40}$')
);
create index delivery_seq on byok.delivery (seq);
create index delivery_failed on byok.delivery (consumer, seq) where state in ('waiting', 'failed');

-- The last request that was refused for credits and that an event told of, by the number of grants before it. It is not in the row of the
-- balance, because whoever tells of a refusal must not lock a balance.
create table byok.refusal (
    org text not null,
    tenancy integer not null,
    grants integer not null,
    constraint refusal_pk primary key (org)
);
