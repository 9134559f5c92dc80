"""Appends facts to the ledger, each once, and keeps the health of their connections in step."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import AsyncConnection

from authpulse_contract.codec import to_json
from authpulse_contract.events import Event, type_of
from authpulse_event_store.health_rows import PlacedHealth, advance_health
from authpulse_event_store.project import project

# Held until the transaction ends, so that positions become visible in the order in which they are given (invariant 7).
_LOCK_POSITION: Final = "select position from ledger.position for update"
_MOVE_POSITION: Final = "update ledger.position set position = %s"
# The rows come as one JSON text: psycopg dumps arrays element by element, which took longer than PostgreSQL's work.
_KNOWN: Final = """
    with incoming as (
        select * from json_to_recordset(%s::json) as i (
            position int, event_id uuid, connection_kind text, connection_name text, version bigint
        )
    )
    select i.position, true as same_id
    from incoming i join ledger.events e using (event_id)
    union all
    select i.position, false
    from incoming i join ledger.events e using (connection_kind, connection_name, version)
    where e.event_id <> i.event_id"""
_DIFFERENT: Final = """
    select i.position
    from json_to_recordset(%s::json) as i (position int, event_id uuid, body jsonb)
    join ledger.events e using (event_id)
    where e.body <> i.body"""
_INSERT: Final = """
    insert into ledger.events (
        position, event_id, connection_id, connection_kind, connection_name, version, event_type, occurred_at, body
    )
    select * from json_to_recordset(%s::json) as i (
        position bigint, event_id uuid, connection_id uuid, connection_kind text, connection_name text, version bigint,
        event_type text, occurred_at timestamptz, body jsonb
    )"""
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


class _Row(Struct, frozen=True, kw_only=True):
    position: int
    event_id: UUID
    connection_id: UUID
    connection_kind: str
    connection_name: str
    version: int
    event_type: str
    occurred_at: datetime
    body: msgspec.Raw | None


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
    await db.execute(_INSERT, (_rows(placed),))
    await advance_health(db, _newest(placed))
    await move_position(db, last + len(fresh))
    return Appended(last + len(fresh), refused)


async def _known(db: AsyncConnection, facts: Sequence[Fact]) -> dict[int, str | None]:
    """The places in `facts` of what the ledger has, each with the contradiction if there is one."""
    found = await (await db.execute(_KNOWN, (_rows(enumerate(facts), with_body=False),))).fetchall()
    known: dict[int, str | None] = {place: None if same_id else OTHER_EVENT for place, same_id in found}
    repeated = [(place, facts[place]) for place, same_id in found if same_id]
    if repeated:
        different = await (await db.execute(_DIFFERENT, (_rows(repeated),))).fetchall()
        known |= {place: OTHER_CONTENT for (place,) in different}
    return known


def _newest(placed: Iterable[tuple[int, Fact]]) -> list[PlacedHealth]:
    """Each connection's health after the batch, with the position of the event that decided it."""
    newest: dict[tuple[str, str], PlacedHealth] = {}
    for position, (event, _) in placed:
        connection = (event.connection_kind, event.connection_name)
        before = newest[connection].health if connection in newest else None
        after = project(before, event)
        if after is not before:
            newest[connection] = PlacedHealth(position, after)
    return list(newest.values())


def _version_of(fact: Fact) -> tuple[str, str, int]:
    return fact.event.connection_kind, fact.event.connection_name, fact.event.version


def _content(fact: Fact) -> object:
    return msgspec.json.decode(fact.body)


def _rows(placed: Iterable[tuple[int, Fact]], *, with_body: bool = True) -> str:
    """The facts as an array of objects named like the columns of `ledger.events`."""
    rows = [
        _Row(
            position=position,
            event_id=event.event_id,
            connection_id=event.connection_id,
            connection_kind=event.connection_kind,
            connection_name=event.connection_name,
            version=event.version,
            event_type=type_of(event),
            occurred_at=event.occurred_at,
            body=msgspec.Raw(body) if with_body else None,
        )
        for position, (event, body) in placed
    ]
    return to_json(rows).decode()
