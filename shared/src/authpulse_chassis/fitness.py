"""What a process says of itself: alive while its work goes round, ready while it reaches what it needs."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import nats.errors
import psycopg
from psycopg_pool import AsyncConnectionPool

from authpulse_chassis.probes import Answer, Page

Check = Callable[[], Awaitable[bool]]

STALLED_AFTER: Final = 60.0
"""Seconds without a round of the main loop after which only a restart helps."""
_ANSWER_WITHIN: Final = 2.0

_log = logging.getLogger(__name__)


class Pulse:
    """When the main loop last went round. `clock` gives seconds, rising."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beaten_at: float | None = None

    def beat(self) -> None:
        """The loop goes round; to be called in each round."""
        self._beaten_at = self._clock()

    @property
    def stalled(self) -> bool:
        """The loop has begun and not gone round for too long. Waiting to begin is patience, not a stall."""
        return self._beaten_at is not None and self._clock() - self._beaten_at > STALLED_AFTER


def fitness_pages(needs: Mapping[str, Check], pulse: Pulse | None = None) -> dict[str, Page]:
    """`/healthz`: 503 where the loop has stalled. `/readyz`: 503 where one of `needs` is missing, which it names."""

    async def healthz() -> Answer:
        return _said(["work"] if pulse and pulse.stalled else [])

    async def readyz() -> Answer:
        met = await asyncio.gather(*(_is_met(name, check) for name, check in needs.items()))
        return _said([name for name, there in zip(needs, met, strict=True) if not there])

    return {"/healthz": healthz, "/readyz": readyz}


def database_answers(pool: AsyncConnectionPool) -> Check:
    """Whether a connection of `pool` answers now."""

    async def check() -> bool:
        async with pool.connection(_ANSWER_WITHIN) as db:
            await db.execute("select 1")
        return True

    return check


async def _is_met(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN):
            return await check()
    except (psycopg.Error, nats.errors.Error, OSError, TimeoutError) as outage:
        _log.debug("not ready for want of %s: %s", name, type(outage).__name__)
        return False


def _said(missing: list[str]) -> Answer:
    if missing:
        return Answer(503, msgspec.json.encode({"status": "unavailable", "missing": missing}))
    return Answer(200, msgspec.json.encode({"status": "ok"}))
