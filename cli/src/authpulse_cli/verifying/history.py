"""The events of one connection, in order of version: are they whole, and what health follows from them? Pure."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from authpulse_contract.codec import from_json
from authpulse_contract.events import Event, type_of
from authpulse_contract.health import ConnectionHealth
from authpulse_event_store.project import project


class Recorded(Struct, frozen=True, kw_only=True):
    """One row of `ledger.events`; `body` is the event's JSON."""

    position: int
    event_id: UUID
    connection_id: UUID
    kind: str
    name: str
    version: int
    event_type: str
    body: str


class Folded(Struct, frozen=True):
    """The health that follows, and the position of the event that decides it; None: no event can be read."""

    health: ConnectionHealth | None
    position: int


def faults(events: Sequence[Recorded], *, may_be_pruned: bool) -> Iterator[str]:
    """What is wrong with the versions and the rows; `may_be_pruned`: the oldest events may rightly be missing."""
    expected = events[0].version if may_be_pruned else 1
    for event in events:
        if event.version > expected:
            missing = (
                f"version {expected} is"
                if event.version == expected + 1
                else f"versions {expected} to {event.version - 1} are"
            )
            yield f"{missing} missing"
        elif event.version < expected:
            yield f"version {event.version} is there twice"
        expected = event.version + 1
    for event in events:
        yield from _misread(event)


def fold(events: Sequence[Recorded]) -> Folded:
    """The health computed anew."""
    health: ConnectionHealth | None = None
    position = 0
    for event in events:
        read = read_event(event)
        if read is not None:
            folded = project(health, read)
            position = event.position if folded is not health else position
            health = folded
    return Folded(health, position)


def read_event(event: Recorded) -> Event | None:
    """The event in the row's body; None if it cannot be read."""
    try:
        return from_json(event.body, Event)  # type: ignore[arg-type]  # a union is no type to mypy
    except msgspec.MsgspecError:
        return None


def _misread(event: Recorded) -> Iterator[str]:
    read = read_event(event)
    if read is None:
        yield f"the event of version {event.version} cannot be read"
        return
    written: dict[str, tuple[Any, Any]] = {
        "event_id": (event.event_id, read.event_id),
        "connection_id": (event.connection_id, read.connection_id),
        "kind": (event.kind, read.connection_kind),
        "name": (event.name, read.connection_name),
        "version": (event.version, read.version),
        "event_type": (event.event_type, type_of(read)),
    }
    for column, (beside, inside) in written.items():
        if beside != inside:
            yield f"the event of version {event.version} says {column} {inside}, its row says {beside}"
