"""What happened to one connection, newest first, a page at a time."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType
from psycopg import AsyncConnection

PAGE: Final = 30

EventType = Literal[
    "connection_registered",
    "connection_changed",
    "connection_removed",
    "connect_started",
    "connect_completed",
    "connect_failed",
    "refresh_succeeded",
    "refresh_failed_transient",
    "refresh_failed_revoked",
    "refresh_skipped_no_token",
    "refresh_skipped_expired",
    "token_deleted_admin",
]

# A connection's versions never start again, not even after a removal, so the version is the key to page by.
_NEWEST: Final = """
    select version, body::text from ledger.events
    where connection_kind = %(kind)s and connection_name = %(name)s
        and (%(before)s::bigint is null or version < %(before)s)
        and (%(types)s::text[] is null or event_type = any(%(types)s))
    order by version desc
    limit %(limit)s"""
_KNOWN: Final = "select exists (select from ledger.events where connection_kind = %s and connection_name = %s)"


class History(Struct, frozen=True, kw_only=True):
    """Events as they were published, newest first; `next_cursor` is absent on the last page."""

    events: list[msgspec.Raw]
    next_cursor: str | UnsetType = UNSET


async def find_history(
    db: AsyncConnection, kind: str, name: str, types: list[EventType] | None, before: int | None
) -> History | None:
    """A page of events, older than version `before` and of `types` where given. None: no such connection, ever."""
    asked = {"kind": kind, "name": name, "types": types, "before": before, "limit": PAGE + 1}
    found = await (await db.execute(_NEWEST, asked)).fetchall()
    if not found and not await _known(db, kind, name):
        return None
    shown = found[:PAGE]
    events = [msgspec.Raw(body) for _, body in shown]
    return History(events=events, next_cursor=str(shown[-1][0]) if len(found) > PAGE else UNSET)


async def _known(db: AsyncConnection, kind: str, name: str) -> bool:
    found = await (await db.execute(_KNOWN, (kind, name))).fetchone()
    return bool(found and found[0])
