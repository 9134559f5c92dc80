"""Stores what many attempts came to in one statement; `store.put` says the same for one change of any kind.

The rows travel as one JSON document: adapting each value by itself cost more than the statement.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import AsyncConnection

from authpulse_contract.codec import to_json
from authpulse_contract.events import LastRevocation
from authpulse_contract.trace import Trace
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.storage.seal import KeyRing
from authpulse_refresher.storage.vault_rows import token_columns

# Each part works on the rows whose compare-and-set held. An attempt changes neither configuration nor client secret.
# A bytea travels in base64; `json` and not `jsonb`, so that the event's text stays as it is.
_PUT_MANY: Final = """
    with new as (
        select * from json_to_recordset(%s::json) as new(
            event_id uuid, connection_id uuid, attempt_id uuid, known_version bigint, known_generation bigint,
            version bigint, generation bigint, needs_reauth boolean, last_refreshed_at timestamptz,
            last_revocation jsonb, due_at timestamptz, attempt integer, outcome_unknown boolean,
            unknown_since timestamptz, event json, regranted boolean, has_tokens boolean,
            access_token text, refresh_token text, refresh_token_hash text,
            expires_at timestamptz, refresh_expires_at timestamptz, scope text, lifetime interval,
            refresh_lifetime interval, traceparent text, tracestate text)
    ), stored as (
        update vault.connections c set
            version = new.version, generation = new.generation, last_event_id = new.event_id,
            needs_reauth = new.needs_reauth, last_refreshed_at = new.last_refreshed_at,
            last_revocation = new.last_revocation, due_at = new.due_at, attempt = new.attempt,
            outcome_unknown = new.outcome_unknown, unknown_since = new.unknown_since
          from new
         where c.connection_id = new.connection_id
           and c.version = new.known_version and c.generation = new.known_generation
        returning new.event_id
    ), granted as (
        insert into vault.tokens
        select connection_id, decode(access_token, 'base64'), decode(refresh_token, 'base64'),
               decode(refresh_token_hash, 'base64'), expires_at, refresh_expires_at, scope, lifetime, refresh_lifetime
          from new join stored using (event_id)
         where regranted and has_tokens
        on conflict (connection_id) do update set
            access_token = excluded.access_token, refresh_token = excluded.refresh_token,
            refresh_token_hash = excluded.refresh_token_hash, expires_at = excluded.expires_at,
            refresh_expires_at = excluded.refresh_expires_at, scope = excluded.scope, lifetime = excluded.lifetime,
            refresh_lifetime = excluded.refresh_lifetime
    ), lost as (
        delete from vault.tokens t
         using new join stored using (event_id)
         where t.connection_id = new.connection_id and new.regranted and not new.has_tokens
    ), queued as (
        update vault.due d set
            due_at = case when d.attempt_id is distinct from new.attempt_id and d.leased_until > clock_timestamp()
                          then d.leased_until else new.due_at end,
            leased_until = case when d.attempt_id is distinct from new.attempt_id then d.leased_until end,
            attempt_id = nullif(d.attempt_id, new.attempt_id)
          from new join stored using (event_id)
         where d.connection_id = new.connection_id
    ), told as (
        insert into vault.outbox (body, traceparent, tracestate)
        select event::text, traceparent, tracestate from new join stored using (event_id)
    )
    select event_id from stored"""


class Change(Struct, frozen=True, kw_only=True):
    """What an attempt made of the connection `before`; the event belongs to `trace`."""

    before: Connection
    decision: Decision
    attempt_id: UUID
    trace: Trace | None = None


class _New(Struct, frozen=True, kw_only=True):
    event_id: UUID
    connection_id: UUID
    attempt_id: UUID
    known_version: int
    known_generation: int
    version: int
    generation: int
    needs_reauth: bool
    last_refreshed_at: datetime | None
    last_revocation: LastRevocation | None
    due_at: datetime | None
    attempt: int
    outcome_unknown: bool
    unknown_since: datetime | None
    event: msgspec.Raw
    regranted: bool
    has_tokens: bool
    access_token: bytes | None = None
    refresh_token: bytes | None = None
    refresh_token_hash: bytes | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scope: str | None = None
    lifetime: timedelta | None = None
    refresh_lifetime: timedelta | None = None
    traceparent: str | None = None
    tracestate: str | None = None


async def put_many(db: AsyncConnection, ring: KeyRing, changes: Sequence[Change]) -> set[UUID]:
    """Store those whose connection still is as in `before`; the ids of their events.

    The caller has locked the places in the queue (`lock_held`), in the order that all who store keep to.
    """
    if not changes:
        return set()
    document = to_json([_new(change, ring) for change in changes]).decode()
    rows = await (await db.execute(_PUT_MANY, (document,))).fetchall()
    return {event_id for (event_id,) in rows}


def _new(change: Change, ring: KeyRing) -> _New:
    before, after, event = change.before, change.decision.after, change.decision.event
    regranted = before.generation != after.generation
    tokens = token_columns(after.connection_id, after.tokens, ring) if regranted and after.tokens else {}
    return _New(
        event_id=event.event_id,
        attempt_id=change.attempt_id,
        known_version=before.version,
        known_generation=before.generation,
        version=after.version,
        generation=after.generation,
        needs_reauth=after.needs_reauth,
        last_refreshed_at=after.last_refreshed_at,
        last_revocation=after.last_revocation,
        due_at=after.due_at,
        attempt=after.attempt,
        outcome_unknown=after.outcome_unknown,
        unknown_since=after.unknown_since,
        event=msgspec.Raw(to_json(event)),
        regranted=regranted,
        has_tokens=after.tokens is not None,
        traceparent=change.trace.traceparent if change.trace else None,
        tracestate=change.trace.tracestate if change.trace else None,
        **({"connection_id": after.connection_id} | tokens),
    )
