"""Writes down, again and again, up to which time the ledger holds all that was on the stream."""

import asyncio
import logging
import time
from typing import Final

import nats.errors
import psycopg
from nats.js import JetStreamContext
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from authpulse_contract.subjects import STREAM
from authpulse_event_store.consumer import DURABLE
from authpulse_event_store.reached import Mark, reached

EVERY: Final = 1.0
"""Seconds between two looks."""
_KEPT: Final = 3600
"""Marks remembered while the ledger is behind; older ones would only tell more exactly that it is an hour behind."""

# Others may write it too, and this one may have been paused.
_BEAT: Final = """
    update ledger.caught_up
       set caught_up_at = greatest(caught_up_at, clock_timestamp() - make_interval(secs => %s))"""

_log = logging.getLogger(__name__)


async def keep_beating(pool: AsyncConnectionPool, js: JetStreamContext) -> None:
    """Look every second, for ever; while NATS or the database is away nothing is written, which tells readers so."""
    marks: tuple[Mark, ...] = ()
    while True:
        try:
            marks = await beat(pool, js, marks[-_KEPT:])
        except (nats.errors.Error, psycopg.Error, TimeoutError, OSError) as outage:
            _log.debug("no heartbeat: %s", type(outage).__name__)
        await asyncio.sleep(EVERY)


async def beat(pool: AsyncConnectionPool, js: JetStreamContext, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """One look; the marks that are still to be reached. Raises `nats.errors.Error` and `psycopg.Error`."""
    asked = time.monotonic()
    stream = await js.stream_info(STREAM)
    consumer = await js.consumer_info(STREAM, DURABLE)
    now_reached = reached(
        (*marks, Mark(asked, stream.state.last_seq)),
        consumer.ack_floor.stream_seq if consumer.ack_floor else 0,
        settled=not consumer.num_pending and not consumer.num_ack_pending,
    )
    if now_reached.at is not None:
        async with pool.connection() as db:
            await write_beat(db, time.monotonic() - now_reached.at)
    return now_reached.waiting


async def write_beat(db: AsyncConnection, seconds: float) -> None:
    """The ledger holds all that was on the stream `seconds` ago."""
    await db.execute(_BEAT, (seconds,))
