"""Reads the ledger in one snapshot: events, health rows, position; and tells where they disagree."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, Final

import psycopg
from msgspec import Struct
from psycopg.rows import dict_row

from authpulse_cli.verifying.disagreement import Disagreement
from authpulse_cli.verifying.history import Folded, Recorded, faults, fold
from authpulse_contract.codec import to_builtins
from authpulse_contract.health import ConnectionHealth

Key = tuple[str, str]
Row = dict[str, Any]

_SNAPSHOT: Final = "set transaction isolation level repeatable read, read only"
_HEALTH: Final = "select * from ledger.connection_health"
_EVENTS: Final = """
    select position, event_id, connection_id, connection_kind as kind, connection_name as name, version, event_type,
        body::text as body
    from ledger.events
    order by connection_kind, connection_name, version"""
_DOUBLES: Final = """
    select min(connection_kind) as kind, min(connection_name) as name, event_id, count(*) as times
    from ledger.events group by event_id having count(*) > 1"""
_POSITION: Final = """
    select position, greatest(
        (select max(position) from ledger.events), (select max(position) from ledger.connection_health)
    ) as used
    from ledger.position"""
# Nothing is pruned before it is a day old (the shortest retention), so a younger ledger has to be whole.
_MAY_BE_PRUNED: Final = """
    select coalesce(min(applied_at) < now() - interval '1 day', true) as old
    from public.authpulse_migrations where package = 'authpulse_event_store'"""


class Ledger(Struct, frozen=True, kw_only=True):
    """What the ledger says. `health` holds the rows of `ledger.connection_health`, removed ones included."""

    health: dict[Key, Row]
    events: int
    disagreements: list[Disagreement]


def read_ledger(url: str, progress: Callable[[int], None]) -> Ledger:
    """Read and check the whole ledger; `progress` hears the number of events read. Raises `psycopg.Error`."""
    with psycopg.connect(url, row_factory=dict_row) as db:
        db.execute(_SNAPSHOT)
        health = {(row["kind"], row["name"]): row for row in db.execute(_HEALTH)}
        found = [*_of_the_whole(db)]
        may_be_pruned = bool(db.execute(_MAY_BE_PRUNED).fetchone()["old"])  # type: ignore[index]  # an aggregate
        known: set[Key] = set()
        events = 0
        with db.cursor(name="events") as cursor:
            cursor.itersize = 5000
            for key, rows in groupby(cursor.execute(_EVENTS), key=lambda row: (row["kind"], row["name"])):
                history = [Recorded(**row) for row in rows]
                events += len(history)
                known.add(key)
                found.extend(
                    Disagreement(kind=key[0], name=key[1], where="ledger", what=fault)
                    for fault in faults(history, may_be_pruned=may_be_pruned)
                )
                found.extend(_health_faults(key, fold(history), health.get(key)))
                progress(events)
        # A row without events that is hidden was put aside when health was rebuilt.
        for kind, name in (key for key, row in health.items() if key not in known and not row["removed"]):
            found.append(Disagreement(kind=kind, name=name, where="health", what="the row has no event behind it"))
    return Ledger(health=health, events=events, disagreements=found)


def _of_the_whole(db: psycopg.Connection[Row]) -> Iterator[Disagreement]:
    for double in db.execute(_DOUBLES):
        what = f"event {double['event_id']} is there {double['times']} times"
        yield Disagreement(kind=double["kind"], name=double["name"], where="ledger", what=what)
    position = db.execute(_POSITION).fetchone()
    if position is None:
        yield Disagreement(kind="", name="", where="ledger", what="the ledger has lost its position")
    elif position["used"] is not None and position["used"] > position["position"]:
        what = f"the position is {position['position']}, but {position['used']} is in use"
        yield Disagreement(kind="", name="", where="ledger", what=what)


def _health_faults(key: Key, folded: Folded, row: Row | None) -> Iterator[Disagreement]:
    if folded.health is None:
        return  # no event can be read: said already
    if row is None:
        yield Disagreement(kind=key[0], name=key[1], where="health", what="the row is missing")
        return
    if row["position"] < folded.position:
        what = f"position is {row['position']}, but its newest event is at {folded.position}"
        yield Disagreement(kind=key[0], name=key[1], where="health", what=what)
    for column, value in to_row(folded.health).items():
        if row[column] != value:
            what = f"{column} is {row[column]}, but its events give {value}"
            yield Disagreement(kind=key[0], name=key[1], where="health", what=what)


def to_row(health: ConnectionHealth) -> Row:
    """The row of `ledger.connection_health` that says so; its position is free to rise when health is rebuilt."""
    return {
        "connection_id": health.connection_id,
        "version": health.version,
        "event_id": health.event_id,
        "event_type": health.event_type,
        "removed": health.removed,
        "has_oauth": health.state.has_oauth,
        "needs_reauth": health.state.needs_reauth,
        "token_acquired": health.state.token_acquired,
        "idp_error_code": health.idp_error_code,
        "refresh_failing": health.refresh_failing,
        "changed_at": health.changed_at,
        "idp_host": health.idp_host,
        "state": to_builtins(health.state),
    }
