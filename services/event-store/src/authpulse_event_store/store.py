"""Appends facts to the ledger, each once, and keeps the health of their connections in step."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from authpulse_contract.events import Event, type_of
from authpulse_contract.health import ConnectionHealth
from authpulse_event_store.health_rows import advance_health
from authpulse_event_store.project import project

# Held until the transaction ends, so that positions become visible in the order in which they are given (invariant 7).
_LOCK_POSITION: Final = "select position from ledger.position for update"
_MOVE_POSITION: Final = "update ledger.position set position = %s"
# One event may be found twice, by its id and by its version; the rows for the version come last and win.
_KNOWN: Final = """
    with incoming as (
        select * from unnest(%s::int[], %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::text[])
            as i (place, event_id, kind, name, version, body)
    )
    select place, false as other_event, e.body <> i.body::jsonb as other_content
    from incoming i join ledger.events e on e.event_id = i.event_id
    union all
    select place, true, false
    from incoming i join ledger.events e
        on (e.connection_kind, e.connection_name, e.version) = (i.kind, i.name, i.version)
    where e.event_id <> i.event_id"""
_INSERT: Final = """
    insert into ledger.events (
        position, event_id, connection_id, connection_kind, connection_name, version, event_type, occurred_at, body
    )
    select position, event_id, connection_id, kind, name, version, event_type, occurred_at, body::jsonb
    from unnest(
        %s::bigint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[],
        %s::text[]
    ) as fresh (position, event_id, connection_id, kind, name, version, event_type, occurred_at, body)"""

OTHER_CONTENT: Final = "the event id stands for another content"
OTHER_EVENT: Final = "the version of the connection belongs to another event"


class Fact(NamedTuple):
    """An event and the JSON it came in, which may have members that this version does not know."""

    event: Event
    body: str


class Appended(NamedTuple):
    """`position` of the last fact that was new, None if none was; `refused`: place in the batch → why."""

    position: int | None
    refused: Mapping[int, str]


async def lock_position(db: AsyncConnection) -> int:
    """The ledger's position; nobody else can append until the caller's transaction ends."""
    row = await (await db.execute(_LOCK_POSITION)).fetchone()
    if row is None:
        raise LookupError("ledger.position has no row; the ledger was not migrated as it should be")
    return int(row[0])


async def move_position(db: AsyncConnection, position: int) -> None:
    """Let the ledger be at `position`; the caller holds the lock."""
    await db.execute(_MOVE_POSITION, (position,))


async def append(db: AsyncConnection, facts: Sequence[Fact]) -> Appended:
    """Append what is new among `facts` and fold it into health, in the caller's transaction.

    A fact that the ledger has already changes nothing. One that contradicts the ledger or an earlier one of the batch
    (an id with another content, a version with another event) is refused. Raises `psycopg.Error`.
    """
    if not facts:
        return Appended(None, {})
    last = await lock_position(db)
    known = await _known(db, facts)
    refused = {place: reason for place, reason in known.items() if reason}
    fresh: list[Fact] = []
    by_id: dict[UUID, Fact] = {}
    by_version: dict[tuple[str, str, int], Fact] = {}
    for place, fact in enumerate(facts):
        if place in known:
            continue
        same_id, same_version = by_id.get(fact.event.event_id), by_version.get(_version_of(fact))
        if same_id:
            if _content(same_id) != _content(fact):
                refused[place] = OTHER_CONTENT
        elif same_version:
            refused[place] = OTHER_EVENT
        else:
            by_id[fact.event.event_id] = by_version[_version_of(fact)] = fact
            fresh.append(fact)
    if not fresh:
        return Appended(None, refused)
    placed = list(enumerate(fresh, start=last + 1))
    await _insert(db, placed)
    await advance_health(db, _newest(placed))
    await move_position(db, last + len(fresh))
    return Appended(last + len(fresh), refused)


async def _known(db: AsyncConnection, facts: Sequence[Fact]) -> dict[int, str | None]:
    """The places in `facts` of what the ledger has, each with the contradiction if there is one."""
    rows = [(place, fact.event.event_id, *_version_of(fact), fact.body) for place, fact in enumerate(facts)]
    found = await (await db.execute(_KNOWN, _columns(rows))).fetchall()
    return {
        place: OTHER_EVENT if other_event else OTHER_CONTENT if other_content else None
        for place, other_event, other_content in found
    }


async def _insert(db: AsyncConnection, placed: Sequence[tuple[int, Fact]]) -> None:
    rows = [
        (
            position,
            fact.event.event_id,
            fact.event.connection_id,
            *_version_of(fact),
            type_of(fact.event),
            fact.event.occurred_at,
            fact.body,
        )
        for position, fact in placed
    ]
    await db.execute(_INSERT, _columns(rows))


def _newest(placed: Sequence[tuple[int, Fact]]) -> list[tuple[int, ConnectionHealth]]:
    """Each connection's health after the batch, with the position of the event that decided it."""
    newest: dict[tuple[str, str], tuple[int, ConnectionHealth]] = {}
    for position, (event, _) in placed:
        connection = (event.connection_kind, event.connection_name)
        before = newest.get(connection, (0, None))
        after = project(before[1], event)
        if after is not before[1]:
            newest[connection] = (position, after)
    return list(newest.values())


def _version_of(fact: Fact) -> tuple[str, str, int]:
    return fact.event.connection_kind, fact.event.connection_name, fact.event.version


def _content(fact: Fact) -> object:
    return msgspec.json.decode(fact.body)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
