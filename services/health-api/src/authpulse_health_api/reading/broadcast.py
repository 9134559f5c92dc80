"""Wakes all readers of the event stream when there is something to tell them, and gives each what it has not seen."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from authpulse_health_api.health import sse
from authpulse_health_api.health.board import EMPTY, Board
from authpulse_health_api.health.freshness import STALE, Freshness
from authpulse_health_api.upstream.watch import Watch

BEAT_INTERVAL: Final = 5.0
"""Seconds between heart-beats; the console takes 45 of silence for the end."""
WINDOW: Final = 0.05
"""Seconds in which changes are gathered into one message; the first after a quiet time goes out at once."""
_WINDOW_PER_READER: Final = 0.0002
"""Added for each reader, so that the telling of many leaves time for answering others."""
_CATCHING_UP: Final = 2.0
"""Seconds in which this process should have read what another one has shown a reader already."""
_KEPT: Final = 8
"""Messages kept for others who need the same one; those who are in step all do."""


class Broadcast:
    """Readers keep no queue: whoever is late gets all that happened meanwhile as one message."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._turn = asyncio.Event()
        self._readers = 0
        self._ended = False
        self._messages: dict[tuple[int, int], bytes] = {}

    def readers(self) -> int:
        """How many follow now."""
        return self._readers

    async def run(self, stop: asyncio.Event) -> None:
        """Wake the readers until `stop` is set; then let them end, as nobody else tells them to."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            moving = asyncio.create_task(self._watch.advanced.wait())
            await asyncio.wait({moving, stopping}, timeout=BEAT_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
            moving.cancel()
            self._watch.advanced.clear()
            self._wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(WINDOW + self._readers * _WINDOW_PER_READER):
                    await stop.wait()
        self._ended = True
        self._wake()

    async def follow(self, known: int | None, expires_at: float | None) -> AsyncGenerator[bytes]:
        """Messages for one reader, until `expires_at` (Unix seconds) or the end of the process.

        `known`: the position that the reader has seen already; None: nothing. Begins with a message in any case, since
        a reader cannot tell a quiet stream from one that something on the way holds back.
        """
        self._readers += 1
        try:
            if known is not None:
                await self._catch_up(known)
            recent, told_stale, begun = self._watch.recent, False, False
            while not self._ended and (expires_at is None or time.time() < expires_at):
                turn, board = self._turn, self._watch.board or EMPTY
                if known is None or recent is not self._watch.recent:
                    parts: tuple[bytes, ...] = sse.snapshot(board)
                elif board.position > known or not begun:
                    parts = self._since(known, board)
                else:
                    parts = (sse.BEAT,)
                recent, known, begun = self._watch.recent, board.position, True
                for part in parts:
                    yield part
                freshness = self._watch.freshness()
                stale = freshness.age >= STALE
                if stale or told_stale:
                    yield sse.staleness(freshness if stale else Freshness(0))
                told_stale = stale
                await turn.wait()
        finally:
            self._readers -= 1

    async def _catch_up(self, known: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CATCHING_UP):
                while not self._ended and self._watch.recent.position < known:
                    await self._turn.wait()

    def _since(self, known: int, board: Board) -> tuple[bytes, ...]:
        """What changed since `known`, encoded once for all who ask; the whole board where that is too long ago."""
        way = known, board.position
        if way not in self._messages:
            changes = self._watch.recent.since(known)
            if changes is None:
                return sse.snapshot(board)
            if len(self._messages) == _KEPT:
                del self._messages[next(iter(self._messages))]
            self._messages[way] = sse.changed(changes, board.position)
        return (self._messages[way],)

    def _wake(self) -> None:
        self._messages.clear()
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
