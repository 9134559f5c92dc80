"""Reads the ledger's health rows that changed after a position."""

import logging
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from psycopg import AsyncConnection

from authpulse_contract.codec import from_json
from authpulse_contract.health import HealthRow
from authpulse_health_api.health.board import Change
from authpulse_health_api.health.page import encode

BATCH: Final = 5000
"""Rows read at a time; fewer come back only when there are no more."""

# PostgreSQL writes the row as JSON, so that a value which Python cannot hold (an infinite time) spoils one row and not
# the whole result, and so that the columns are converted once.
_CHANGED: Final = """
    select position, kind, name,
        case when removed then null else json_strip_nulls(json_build_object(
            'kind', kind, 'name', name, 'has_oauth', has_oauth, 'needs_reauth', needs_reauth,
            'token_acquired', token_acquired, 'idp_error_code', idp_error_code,
            'refresh_failing', refresh_failing, 'changed_at', changed_at))::text end
    from ledger.connection_health
    where position > %s
    order by position
    limit %s"""
_HOW_FAR: Final = """
    select position, extract(epoch from clock_timestamp() - caught_up_at)::float8
    from ledger.position cross join ledger.caught_up"""

_log = logging.getLogger(__name__)


async def changed_after(db: AsyncConnection, position: int) -> list[Change]:
    """The next `BATCH` rows that changed after `position`, in order of position.

    A row that cannot be read is logged and shown as needing attention; the others are not affected.
    """
    found = await (await db.execute(_CHANGED, (position, BATCH))).fetchall()
    return [to_change(*columns) for columns in found]


class HowFar(NamedTuple):
    """Where the ledger is. Less than before: it was restored from a backup or made anew.

    `behind`: all that the stream held so many seconds ago is in it.
    """

    position: int
    behind: float


async def how_far(db: AsyncConnection) -> HowFar:
    """Where the ledger is now."""
    row = await (await db.execute(_HOW_FAR)).fetchone()
    return HowFar(*row) if row else HowFar(0, 0.0)


def to_change(position: int, kind: str, name: str, row: str | None) -> Change:
    """A connection as the ledger has it, `row` in JSON; None: removed."""
    if row is None:
        return Change(position=position, kind=kind, name=name, row=None)
    try:
        read = from_json(row, HealthRow)
    except msgspec.MsgspecError as failure:
        _log.error("a health row cannot be read", extra={"kind": kind, "connection": name, "reason": str(failure)})
        read = _unreadable(kind, name)
    return Change(position=position, kind=kind, name=name, row=encode(read))


def _unreadable(kind: str, name: str) -> HealthRow:
    """What stands in for a row that cannot be read: a connection that vanished would be missed by nobody."""
    return HealthRow(
        kind=kind,
        name=name,
        has_oauth=True,
        needs_reauth=True,
        token_acquired=False,
        refresh_failing=False,
        changed_at=datetime.fromtimestamp(0, UTC),
    )
