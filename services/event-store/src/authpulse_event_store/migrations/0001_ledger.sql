-- The ledger: what happened (events), what is true now (connection_health), how far we are (position).

create schema if not exists ledger;

-- One row. Whoever appends locks it first, so that positions rise in commit order and a reader that has seen p
-- needs only rows after p.
create table ledger.position (
    single boolean primary key default true check (single),
    position bigint not null default 0
);
insert into ledger.position default values;

create table ledger.events (
    position bigint primary key,
    event_id uuid not null unique,
    connection_id uuid not null,
    connection_kind text collate "C" not null,
    connection_name text collate "C" not null,
    version bigint not null,
    event_type text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    -- The event as it was published, event_type included.
    body jsonb not null,
    unique (connection_kind, connection_name, version)
);

-- Pruning walks by age.
create index events_by_age on ledger.events (occurred_at);

create table ledger.connection_health (
    kind text collate "C" not null,
    name text collate "C" not null,
    connection_id uuid not null,
    version bigint not null,
    position bigint not null,
    event_id uuid not null,
    event_type text not null,
    -- Kept after a removal, so that followers see the row go and versions go on.
    removed boolean not null,
    has_oauth boolean not null,
    needs_reauth boolean not null,
    token_acquired boolean not null,
    idp_error_code text,
    refresh_failing boolean not null,
    changed_at timestamptz not null,
    idp_host text,
    -- authpulse_contract.events.ConnectionState as JSON.
    state jsonb not null,
    primary key (kind, name)
);

-- Followers read rows after the position they have seen.
create unique index connection_health_by_position on ledger.connection_health (position);

-- Messages that cannot be read or contradict the ledger: kept aside with the reason, never dropped, never a loop.
create table ledger.quarantine (
    quarantine_id bigint generated always as identity primary key,
    stream_sequence bigint not null,
    subject text not null,
    reason text not null,
    headers jsonb not null,
    body bytea not null,
    recorded_at timestamptz not null default clock_timestamp()
);

-- A redelivery is not kept twice. The body counts too: a stream that was lost and made again numbers from 1 again.
create unique index quarantine_once on ledger.quarantine (stream_sequence, md5(body));
