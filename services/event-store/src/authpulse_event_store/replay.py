"""Rebuilds health from the events while everything goes on serving: `python -m authpulse_event_store.replay`."""

import argparse
import asyncio
import sys
from typing import Final

import psycopg
from psycopg import AsyncConnection

from authpulse_chassis.settings import SettingsError, read_settings
from authpulse_contract.codec import from_builtins
from authpulse_contract.events import Event
from authpulse_event_store.health_rows import PlacedHealth, correct_health
from authpulse_event_store.project import project
from authpulse_event_store.settings import Settings
from authpulse_event_store.store import lock_position, move_position

CHUNK: Final = 1_000
"""Connections held in memory at a time."""

_NEWEST: Final = """
    select distinct on (connection_kind, connection_name) body
    from ledger.events
    order by connection_kind, connection_name, version desc"""
# No event says that they exist, so they are hidden; deleting them would leave followers showing them.
_HIDE_UNFOUNDED: Final = """
    with unfounded as (
        select kind, name, row_number() over () as place
        from ledger.connection_health h
        where not removed and not exists (
            select from ledger.events e where (e.connection_kind, e.connection_name) = (h.kind, h.name)
        )
    )
    update ledger.connection_health h
    set removed = true, position = %s + place
    from unfounded u
    where (h.kind, h.name) = (u.kind, u.name)"""


async def rebuild(db: AsyncConnection) -> int:
    """Make every row of `ledger.connection_health` what the events say, in the caller's transaction.

    Rows that change get positions of their own, so that followers notice; appending waits meanwhile, readers do not.
    Returns how many rows changed. Raises `psycopg.Error`, or `msgspec.ValidationError` for an event that this version
    cannot read; then nothing has changed.
    """
    position, changed = await lock_position(db), 0
    async with db.cursor(name="newest_events") as newest:
        await newest.execute(_NEWEST)
        while chunk := await newest.fetchmany(CHUNK):
            # A union is a type to msgspec, but not to mypy.
            events: list[Event] = [from_builtins(body, Event) for (body,) in chunk]  # type: ignore[arg-type]
            rows = [PlacedHealth(place, project(None, event)) for place, event in enumerate(events, start=position + 1)]
            changed += await correct_health(db, rows)
            position += len(rows)
    hidden = (await db.execute(_HIDE_UNFOUNDED, (position,))).rowcount
    await move_position(db, position + hidden)
    return changed + hidden


async def _run(database_url: str) -> int:
    async with await psycopg.AsyncConnection.connect(database_url) as db:
        return await rebuild(db)


def main() -> None:
    """The command; exit status 1 with one line on standard error if it could not be done."""
    argparse.ArgumentParser(
        prog="python -m authpulse_event_store.replay",
        description="Rebuild the health of all connections from the events in the ledger, in one transaction, while "
        "everything goes on serving. The ledger is named by AUTHPULSE_DATABASE_URL.",
    ).parse_args()
    try:
        changed = asyncio.run(_run(read_settings(Settings).database_url.reveal()))
    except (SettingsError, psycopg.Error) as failure:
        sys.exit(f"authpulse: {failure}")
    sys.stdout.write(f"{changed} rows of health changed\n")


if __name__ == "__main__":
    main()
