"""Writes `ledger.connection_health`, one row per connection."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from psycopg import AsyncConnection

from authpulse_contract.codec import to_json
from authpulse_contract.health import ConnectionHealth

# The rows come as one JSON text: psycopg dumps arrays element by element, which took longer than PostgreSQL's work.
_PUT: Final = """
    insert into ledger.connection_health as h (
        position, kind, name, connection_id, version, event_id, event_type, removed, has_oauth, needs_reauth,
        token_acquired, idp_error_code, refresh_failing, changed_at, idp_host, state
    )
    select position, kind, name, connection_id, version, event_id, event_type, removed,
        (state->>'has_oauth')::boolean, (state->>'needs_reauth')::boolean, (state->>'token_acquired')::boolean,
        idp_error_code, refresh_failing, changed_at, idp_host, state
    from json_to_recordset(%s::json) as placed (position bigint, health json),
        json_to_record(health) as newest (
            kind text, name text, connection_id uuid, version bigint, event_id uuid, event_type text, removed boolean,
            idp_error_code text, refresh_failing boolean, changed_at timestamptz, idp_host text, state jsonb
        )
    on conflict (kind, name) do update set
        position = excluded.position,
        connection_id = excluded.connection_id,
        version = excluded.version,
        event_id = excluded.event_id,
        event_type = excluded.event_type,
        removed = excluded.removed,
        has_oauth = excluded.has_oauth,
        needs_reauth = excluded.needs_reauth,
        token_acquired = excluded.token_acquired,
        idp_error_code = excluded.idp_error_code,
        refresh_failing = excluded.refresh_failing,
        changed_at = excluded.changed_at,
        idp_host = excluded.idp_host,
        state = excluded.state
    """
_PUT_NEWER: Final = _PUT + "where excluded.version > h.version"
_PUT_DIFFERENT: Final = (
    _PUT
    + """
    where (
        h.connection_id, h.version, h.event_id, h.event_type, h.removed, h.has_oauth, h.needs_reauth,
        h.token_acquired, h.idp_error_code, h.refresh_failing, h.changed_at, h.idp_host, h.state
    ) is distinct from (
        excluded.connection_id, excluded.version, excluded.event_id, excluded.event_type, excluded.removed,
        excluded.has_oauth, excluded.needs_reauth, excluded.token_acquired, excluded.idp_error_code,
        excluded.refresh_failing, excluded.changed_at, excluded.idp_host, excluded.state
    )"""
)


class PlacedHealth(Struct, frozen=True):
    """A connection's health and the ledger position from which on it holds."""

    position: int
    health: ConnectionHealth


async def advance_health(db: AsyncConnection, rows: Sequence[PlacedHealth]) -> None:
    """Write the rows that are newer than what is there; each connection at most once in `rows`."""
    await db.execute(_PUT_NEWER, (to_json(rows).decode(),))


async def correct_health(db: AsyncConnection, rows: Sequence[PlacedHealth]) -> int:
    """Write the rows that differ from what is there, older or newer; returns how many did."""
    return (await db.execute(_PUT_DIFFERENT, (to_json(rows).decode(),))).rowcount
