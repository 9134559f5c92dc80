"""Writes `ledger.connection_health`, one row per connection."""

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection

from authpulse_contract.codec import to_json
from authpulse_contract.health import ConnectionHealth

_PUT: Final = """
    insert into ledger.connection_health as h (
        position, kind, name, connection_id, version, event_id, event_type, removed, has_oauth, needs_reauth,
        token_acquired, idp_error_code, refresh_failing, changed_at, idp_host, state
    )
    select position, kind, name, connection_id, version, event_id, event_type, removed, has_oauth, needs_reauth,
        token_acquired, idp_error_code, refresh_failing, changed_at, idp_host, state::jsonb
    from unnest(
        %s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::uuid[], %s::text[], %s::boolean[],
        %s::boolean[], %s::boolean[], %s::boolean[], %s::text[], %s::boolean[], %s::timestamptz[], %s::text[],
        %s::text[]
    ) as newest (
        position, kind, name, connection_id, version, event_id, event_type, removed, has_oauth, needs_reauth,
        token_acquired, idp_error_code, refresh_failing, changed_at, idp_host, state
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

Row = tuple[int, ConnectionHealth]
"""A ledger position and the health that holds from there on."""


async def advance_health(db: AsyncConnection, rows: Sequence[Row]) -> None:
    """Write the rows that are newer than what is there; each connection at most once in `rows`."""
    await db.execute(_PUT_NEWER, _columns(rows))


async def correct_health(db: AsyncConnection, rows: Sequence[Row]) -> int:
    """Write the rows that differ from what is there, older or newer; returns how many did."""
    return (await db.execute(_PUT_DIFFERENT, _columns(rows))).rowcount


def _columns(rows: Sequence[Row]) -> list[list[object]]:
    return [list(column) for column in zip(*(_values(*row) for row in rows), strict=True)]


def _values(position: int, health: ConnectionHealth) -> tuple[object, ...]:
    state = health.state
    return (
        position,
        health.kind,
        health.name,
        health.connection_id,
        health.version,
        health.event_id,
        health.event_type,
        health.removed,
        state.has_oauth,
        state.needs_reauth,
        state.token_acquired,
        health.idp_error_code,
        health.refresh_failing,
        health.changed_at,
        health.idp_host,
        to_json(state).decode(),
    )
