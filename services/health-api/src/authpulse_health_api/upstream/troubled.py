"""Reads the connections that are in trouble from the ledger."""

import logging
from datetime import datetime
from typing import Final

import msgspec
from psycopg import AsyncConnection

from authpulse_contract.codec import from_json
from authpulse_contract.events import Event
from authpulse_health_api.health.incidents import Trouble

# A failing connection is in trouble since the first failure after whatever else happened to it last; a sign-in begun
# meanwhile does not count. One that lost its grant is so since then, one that never had any since its newest event.
FAILING_SINCE: Final = """
    select min(f.occurred_at) as since from ledger.events f
    where (f.connection_kind, f.connection_name) = (e.connection_kind, e.connection_name)
        and e.event_type = 'refresh_failed_transient' and f.event_type = 'refresh_failed_transient'
        and f.version <= e.version
        and f.version > coalesce((
            select max(o.version) from ledger.events o
            where (o.connection_kind, o.connection_name) = (e.connection_kind, e.connection_name)
                and o.version < e.version
                and o.event_type not in ('refresh_failed_transient', 'connect_started', 'connect_failed')
        ), 0)"""

_TROUBLED: Final = f"""
    select coalesce(failing.since, (e.body #>> '{{state,last_revocation,occurred_at}}')::timestamptz, e.occurred_at),
        e.body::text
    from ledger.connection_health h
    join ledger.events e on e.event_id = h.event_id
    left join lateral ({FAILING_SINCE}) as failing on true
    where h.has_oauth and not h.removed and (h.needs_reauth or h.refresh_failing)"""  # noqa: S608 -- no value in it

_log = logging.getLogger(__name__)


async def find_troubled(db: AsyncConnection) -> list[Trouble]:
    """All connections that need attention or fail; those that cannot be read are logged and left out."""
    found = await (await db.execute(_TROUBLED)).fetchall()
    return [trouble for since, body in found if (trouble := _trouble(since, body))]


def _trouble(since: datetime, body: str) -> Trouble | None:
    try:
        return Trouble(since=since, event=from_json(body, Event))  # type: ignore[arg-type]  # a union, of Structs
    except msgspec.MsgspecError as failure:
        _log.error("an event cannot be read", extra={"reason": str(failure)})
        return None
