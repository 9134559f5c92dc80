"""What happened to one connection, newest first, a page at a time."""

from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType
from psycopg import AsyncConnection

from authpulse_contract.events import Event

PAGE: Final = 30
HIGHEST_LIMIT: Final = 500
"""Events in one answer at most; about 300 kB."""

if TYPE_CHECKING:
    EventType = str
else:
    EventType = Literal[tuple(str(kind.__struct_config__.tag) for kind in get_args(Event))]
"""The types that the contract has, so that another one can be asked for as soon as it is there."""

# A connection's versions never start again, not even after a removal, so the version is the key to page by.
_NEWEST: Final = """
    select version, body::text from ledger.events
    where connection_kind = %(kind)s and connection_name = %(name)s
        and (%(before)s::bigint is null or version < %(before)s)
        and (%(as_of)s::timestamptz is null or occurred_at <= %(as_of)s)
        and (%(types)s::text[] is null or event_type = any(%(types)s))
    order by version desc
    limit %(limit)s"""
_KNOWN: Final = "select exists (select from ledger.events where connection_kind = %s and connection_name = %s)"


class History(Struct, frozen=True, kw_only=True):
    """Events as they were published, newest first; `next_cursor` is absent on the last page."""

    events: list[msgspec.Raw]
    next_cursor: str | UnsetType = UNSET


class Wanted(Struct, frozen=True, kw_only=True):
    """A page of one connection's events: of `types`, older than version `before` and not after `as_of`, where given."""

    kind: str
    name: str
    types: list[EventType] | None = None
    before: int | None = None
    as_of: datetime | None = None
    limit: int = PAGE


async def find_history(db: AsyncConnection, wanted: Wanted) -> History | None:
    """The page that is wanted. None: no such connection, ever."""
    # One more than the limit tells whether another page follows.
    asked = {**msgspec.structs.asdict(wanted), "limit": wanted.limit + 1}
    found = await (await db.execute(_NEWEST, asked)).fetchall()
    if not found and not await _known(db, wanted.kind, wanted.name):
        return None
    shown = found[: wanted.limit]
    events = [msgspec.Raw(body) for _, body in shown]
    return History(events=events, next_cursor=str(shown[-1][0]) if len(found) > wanted.limit else UNSET)


async def _known(db: AsyncConnection, kind: str, name: str) -> bool:
    found = await (await db.execute(_KNOWN, (kind, name))).fetchone()
    return bool(found and found[0])
