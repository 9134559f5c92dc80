"""Events a second into the ledger: appended alone, and taken from the stream by one event-store process.

Run it with `PYTHONPATH=tests uv run python bench/event_store.py [EVENTS]`; PostgreSQL and NATS are its own, with fsync.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import nats
import psycopg

from authpulse_chassis.migrate import migrate
from authpulse_chassis.streams import ensure_stream
from authpulse_contract.codec import to_json
from authpulse_contract.events import RefreshSucceeded
from authpulse_event_store.store import Fact, append
from authpulse_event_store.subscriber import BATCH_SIZE
from support.events import event, publish
from support.servers import nats_server, postgres

CONNECTIONS = 5_000


async def append_alone(url: str, events: int) -> float:
    facts = [Fact(one, to_json(one).decode()) for one in _events("alone", events)]
    async with await psycopg.AsyncConnection.connect(url) as db:
        begun = time.perf_counter()
        for first in range(0, events, BATCH_SIZE):
            await append(db, facts[first : first + BATCH_SIZE])
            await db.commit()
        return events / (time.perf_counter() - begun)


async def take_from_stream(url: str, nats_url: str, events: int) -> float:
    async with await nats.connect(nats_url) as client:
        await ensure_stream(client.jetstream())
        wanted = _events("streamed", events)
        for first in range(0, events, 1_000):
            await publish(client.jetstream(), wanted[first : first + 1_000])
    environ = os.environ | {"AUTHPULSE_DATABASE_URL": url, "AUTHPULSE_NATS_URL": nats_url}
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        before = await _position(db)
        service = await asyncio.create_subprocess_exec(sys.executable, "-m", "authpulse_event_store", env=environ)
        first = await _position_after(db, before)  # the time that Python needs to start does not count
        begun = time.perf_counter()
        await _position_after(db, before + events - 1)
        rate = (before + events - first) / (time.perf_counter() - begun)
        service.terminate()
        await service.wait()
        return rate


async def _position_after(db: psycopg.AsyncConnection, position: int) -> int:
    while (now := await _position(db)) <= position:  # noqa: ASYNC110 -- another process moves it
        await asyncio.sleep(0.01)
    return now


def _events(kind: str, events: int) -> list[RefreshSucceeded]:
    return [
        event(connection_kind=kind, connection_name=f"c{number % CONNECTIONS}", version=1 + number // CONNECTIONS)
        for number in range(events)
    ]


async def _position(db: psycopg.AsyncConnection) -> int:
    row = await (await db.execute("select position from ledger.position")).fetchone()
    return int(row[0]) if row else 0


async def main(nats_url: str, url: str, events: int) -> None:
    await migrate(url, "authpulse_event_store")
    for name, rate in (
        ("appended alone", await append_alone(url, events)),
        ("from the stream", await take_from_stream(url, nats_url, events)),
    ):
        sys.stdout.write(f"{name}: {rate:,.0f} events/s\n")


with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder)) as bus, postgres() as database:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    asyncio.run(main(bus.url, database.url.format(database="postgres"), count))
