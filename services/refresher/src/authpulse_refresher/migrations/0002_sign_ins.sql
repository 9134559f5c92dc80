-- Sign-ins that somebody has begun at an IdP, the links that let an owner begin one, and refresh tokens kept aside.

create table vault.sign_ins (
    -- SHA-256: the state is 32 random bytes and nobody can guess it from its hash.
    state_hash bytea primary key,
    -- The place that the verifier is sealed for.
    sign_in_id uuid not null,
    connection_id uuid not null references vault.connections,
    -- Sealed; gone once the state has been spent.
    verifier bytea,
    -- SHA-256 of what the browser that began it was given.
    browser_hash bytea not null,
    redirect_uri text not null,
    -- Empty: the owner's, who has nowhere to return to.
    return_to text not null,
    actor text not null,
    -- Who must have sent the browser back (RFC 9207), where that is known.
    issuer text,
    iss_required boolean not null,
    other_account boolean not null,
    -- Of the link that began it, if one did.
    link_hash bytea,
    expires_at timestamptz not null,
    -- A state is good for one callback, whatever comes of it.
    spent_at timestamptz,
    -- The connection was removed, or is another client's now: what it brings must not be stored.
    void boolean not null default false,
    -- Which events have been written about it: null, 'outcome', then at most one 'replay'.
    told text
);

create index sign_ins_by_connection on vault.sign_ins (connection_id);
create index sign_ins_by_expiry on vault.sign_ins (expires_at);

create table vault.owner_links (
    -- SHA-256; the link itself is kept nowhere.
    link_hash bytea primary key,
    connection_id uuid not null references vault.connections,
    made_by text not null,
    expires_at timestamptz not null
);

create index owner_links_by_connection on vault.owner_links (connection_id);

-- The refresh token of a grant that was refused for the client's sake: it may be good again once the client is.
create table vault.kept_tokens (
    connection_id uuid primary key references vault.connections,
    -- Sealed, as vault.tokens.refresh_token but under a name of its own.
    kept_refresh_token bytea not null,
    kept_refresh_expires_at timestamptz,
    kept_until timestamptz not null
);

create index kept_tokens_by_end on vault.kept_tokens (kept_until);

-- Keyed hash of the account that signed in (issuer and subject of its ID token); null: it was not disclosed.
alter table vault.connections add column account text;
