"""Which exceptions mean that PostgreSQL or NATS is away for a while, as against a bug."""

import asyncio
from typing import Final

import nats.errors
import psycopg
from psycopg_pool import PoolTimeout

DATABASE_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
"""It cannot be reached, is restarting, or the connection broke: what was not committed can be done again."""
NATS_AWAY: Final = (nats.errors.Error, OSError, TimeoutError)
"""It cannot be reached, has no stream for us, or does not acknowledge in time."""


async def pause(until: asyncio.Event, seconds: float) -> None:
    """Wait for the event, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return
