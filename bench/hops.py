"""The way of one change from its commit to a reader: ours, and the bare hops that it cannot do without."""

import asyncio
import time
from uuid import uuid4

import nats
import psycopg
from nats.aio.msg import Msg

from authpulse_contract.subjects import ADVANCED
from support.events import event
from support.ledger import Api, record
from support.stream import reading

SAMPLES = 100
PAUSE = 0.1
"""Seconds between two changes, so that each is the first after a quiet time."""


async def our_hops(api: Api, nats_url: str) -> list[float]:
    """Seconds from each commit to the event in a reader's hands; the tick is sent as the event-store sends it."""
    took: list[float] = []
    async with reading(api) as reader, await nats.connect(nats_url) as bus:
        await reader.step()
        name = f"hop-{uuid4()}"
        for version in range(1, SAMPLES + 1):
            await asyncio.sleep(PAUSE)
            await record(api.ledger_url, event(connection_name=name, version=version))
            begun = time.perf_counter()
            await bus.publish(ADVANCED, b"")
            await bus.flush()
            seen = reader.position
            while reader.position == seen:
                await reader.step()
            took.append(time.perf_counter() - begun)
    return took


async def bare_hops(ledger_url: str, nats_url: str) -> list[float]:
    """A tick over NATS, one SELECT of the changed row by its index, and a write to a TCP socket."""
    took: list[float] = []
    sinks: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, sink: sinks.append(sink), "127.0.0.1", 0)
    source, own = await asyncio.open_connection(*server.sockets[0].getsockname())
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as db:

        async def on_tick(_: Msg) -> None:
            newest = "select kind, name, state::text from ledger.connection_health order by position desc limit 1"
            found = await db.execute(newest)
            sinks[0].write(repr(await found.fetchone()).encode() + b"\n")

        async with await nats.connect(nats_url) as bus:
            await bus.subscribe("bench.tick", cb=on_tick)
            await bus.flush()
            for _ in range(SAMPLES):
                await asyncio.sleep(PAUSE)
                begun = time.perf_counter()
                await bus.publish("bench.tick", b"")
                await bus.flush()
                await source.readline()
                took.append(time.perf_counter() - begun)
    own.close()
    server.close()
    return took
