"""Follows the ledger: reads what changed after the position it has seen and swaps the board."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from authpulse_health_api.health.board import EMPTY, Board, Change, apply
from authpulse_health_api.health.freshness import Freshness, Signs
from authpulse_health_api.health.recent import Recent
from authpulse_health_api.upstream.ledger import LedgerAwayError, Pool, reading
from authpulse_health_api.upstream.rows import BATCH, changed_after, how_far

_RETRY: Final = 1.0
"""Seconds after which a look at the ledger that failed is taken again, however rarely it is polled."""

_log = logging.getLogger(__name__)


def _to_nobody(_: int) -> None:
    return


class Watch:
    """Holds the newest board and how fresh it is. `swapped` is told the position of the board after each look."""

    def __init__(self, ledger: Pool, swapped: Callable[[int], None] = _to_nobody) -> None:
        self._ledger, self._swapped = ledger, swapped
        self.signs = Signs(time.monotonic())
        """What is seen of the parts that news pass through."""
        self._board: Board | None = None
        self.recent = Recent()
        """What led to the board; another one once the ledger went back, which what it held then cannot tell."""
        self.advanced = asyncio.Event()
        """Set at each new board, and when somebody goes away or comes back; whoever waits for it clears it."""
        self._failed = False
        self._away = self.freshness().away

    @property
    def board(self) -> Board | None:
        """The newest board; None until the ledger has been read to its end once."""
        return self._board

    def freshness(self) -> Freshness:
        """How old the board is."""
        return self.signs.judge(time.monotonic())

    async def follow(self, woken: asyncio.Event, poll_interval: float) -> None:
        """Catch up whenever `woken` is set, at latest every `poll_interval` seconds; for ever, whatever fails."""
        while True:
            woken.clear()
            try:
                await self.catch_up()
                self._recovered()
            except Exception as failure:
                self._failing(failure)
            if (away := self.freshness().away) != self._away:
                self._away = away
                self.advanced.set()
            try:
                async with asyncio.timeout(min(poll_interval, _RETRY) if self._failed else poll_interval):
                    await woken.wait()
            except TimeoutError:
                continue

    async def catch_up(self) -> None:
        """Read the ledger to its end. Raises `LedgerAwayError`, or `psycopg.Error` for what is not to be expected."""
        asked_at = time.monotonic()
        async with reading(self._ledger) as db:
            board, recent = self._board or EMPTY, self.recent
            there = await how_far(db)
            if there.position < board.position:
                _log.warning("the ledger went back; reading it anew", extra={"seen": board.position})
                board, recent = EMPTY, Recent()
            news: list[Change] = []
            while changes := await changed_after(db, board.position):
                board = apply(board, changes)
                news += changes
                if len(changes) < BATCH:
                    break
        # Kept as it is where nothing changed, and with it the body that was built for it.
        if board is not self._board:
            recent.add(news)
            self._board, self.recent = board, recent
            self.advanced.set()
        self.signs.read(asked_at, behind=there.behind)
        self._swapped(board.position)

    def _failing(self, failure: Exception) -> None:
        if not self._failed:
            away = isinstance(failure, LedgerAwayError)
            _log.warning("cannot read the ledger, trying on", extra={"reason": str(failure)}, exc_info=not away)
        self._failed = True

    def _recovered(self) -> None:
        if self._failed:
            _log.info("reading the ledger again")
        self._failed = False
