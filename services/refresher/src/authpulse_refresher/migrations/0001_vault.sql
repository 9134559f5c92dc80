-- The vault: connections, their sealed secrets and tokens, what is due, what is on its way out.

create schema if not exists vault;

create table vault.connections (
    connection_id uuid primary key,
    kind text collate "C" not null,
    name text collate "C" not null,
    -- That of the last event; never reset, not even by a removal.
    version bigint not null,
    -- Rises whenever the stored grant changes; an answer to an older generation is stale.
    generation bigint not null,
    -- Tells a commit whose acknowledgement was lost from one that never happened.
    last_event_id uuid not null,
    declared_by text not null,
    -- A removed connection keeps its row, so that version and generation go on should it be registered anew.
    removed_at timestamptz,
    -- authpulse_contract.connections.OAuthConfig as JSON, without any secret; null: listed, but without OAuth.
    config jsonb,
    -- Sealed (AES-256-GCM); the associated data are connection_id and the column's name.
    client_secret bytea,
    -- Keyed hash of the brought token that was last taken up, so that applying the same file twice changes nothing.
    brought_fingerprint text,
    idp_host text,
    needs_reauth boolean not null,
    authenticated_by text,
    authenticated_at timestamptz,
    last_refreshed_at timestamptz,
    -- authpulse_contract.events.LastRevocation as JSON.
    last_revocation jsonb,
    -- The schedule as decided. vault.due.due_at is the same, or the end of the lease while somebody holds one.
    due_at timestamptz,
    attempt integer not null,
    outcome_unknown boolean not null,
    -- Commands name a connection so, and the list is read in this order.
    unique (kind, name)
);

-- One row while a grant is stored, perhaps only a refresh token brought along; deleted in the transaction that publishes its end.
create table vault.tokens (
    connection_id uuid primary key references vault.connections,
    -- Sealed, as vault.connections.client_secret.
    access_token bytea,
    refresh_token bytea,
    -- Keyed hash of the refresh token: attempts record which one they spent without unsealing it.
    refresh_token_hash bytea,
    expires_at timestamptz,
    refresh_expires_at timestamptz,
    scope text,
    lifetime interval,
    refresh_lifetime interval
);

-- The queue, apart from vault.connections because each attempt writes it twice: these rows are narrow, the others not.
-- An attempt is recorded before its POST. One that is still here when its row comes due again never stored its outcome.
create table vault.due (
    connection_id uuid primary key references vault.connections,
    idp_host text,
    -- When to look next; leasing moves it to the lease's end, so the work of a dead holder comes due by itself.
    due_at timestamptz,
    attempt_id uuid,
    attempt_generation bigint,
    attempt_token_hash bytea,
    leased_until timestamptz
) with (fillfactor = 80);

-- Finding what is due must not grow with the number of connections: one descent finds a host's earliest, the next one
-- the next host. Rows that are never due (no OAuth, needs reauth, removed) are not in it.
create index due_by_host on vault.due (idp_host, due_at) where due_at is not null;

-- Written in the transaction that made the fact true, deleted once the stream has acknowledged it. The primary key is
-- the order of publishing: writers of one connection take turns on its row, so theirs is the order of versions.
create table vault.outbox (
    outbox_id bigint generated always as identity primary key,
    -- The event as it will be published, event_type included.
    body text not null
);

-- One row: whose turn it is to publish. One relay at a time keeps the order; a dead one's turn ends by itself.
create table vault.relay (
    single boolean primary key default true check (single),
    holder uuid not null,
    held_until timestamptz not null
);
insert into vault.relay values (true, gen_random_uuid(), clock_timestamp());
