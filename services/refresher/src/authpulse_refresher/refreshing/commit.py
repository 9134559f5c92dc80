"""Commits outcomes in groups: all that came while the last commit was under way go into the next one, together.

One commit at a time: the slower the database, the larger the groups, and one connection of the pool is enough.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context
from typing import Final, TypeVar

from authpulse_refresher.model import Decision
from authpulse_refresher.refreshing.settle import Outcome, settle, settle_together
from authpulse_refresher.spill.enduring import store
from authpulse_refresher.spill.journal import Journal
from authpulse_refresher.storage.vault import Vault

T = TypeVar("T")

GROUP: Final = 500
"""Outcomes in one transaction at most: its locks are held for some tens of milliseconds."""

_log = logging.getLogger(__name__)

_Promise = asyncio.Future[Decision | None]


class Committer:
    """Stores outcomes, come what may; while the database is away they wait here."""

    def __init__(self, vault: Vault, journal: Journal | None = None) -> None:
        self._vault, self._journal = vault, journal
        self._waiting: list[tuple[Outcome, _Promise]] = []
        self._committing: asyncio.Task[None] | None = None

    async def settle(self, outcome: Outcome) -> Decision | None:
        """What was stored; None: it was stale and was dropped. Cancelling the caller does not cancel the storing.

        Raises what a bug raised for this outcome alone.
        """
        promise: _Promise = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, promise))
        if self._committing is None:
            # In nobody's context: the trace of whoever came first is not that of the others.
            self._committing = asyncio.create_task(self._commit_all(), context=Context())
        return await asyncio.shield(promise)

    async def _commit_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            await self._commit(group)
            self._vault.outgoing.set()
        self._committing = None

    async def _commit(self, group: list[tuple[Outcome, _Promise]]) -> None:
        outcomes = [outcome for outcome, _ in group]
        try:
            stored = await self._patiently(lambda: settle_together(self._vault, outcomes))
        except Exception as bug:
            # One bad outcome must not take the others with it: each alone, and the bug shows where it belongs.
            _log.error(
                "a group was not stored: %s",
                type(bug).__name__,
                extra={"trace": traceback.format_tb(bug.__traceback__)},
            )
            stored = {}
        self._settled(outcome for outcome in outcomes if outcome.event_id in stored)
        for outcome, promise in group:
            if (decision := stored.get(outcome.event_id)) is not None:
                promise.set_result(decision)
            else:
                await self._commit_alone(outcome, promise)

    async def _commit_alone(self, outcome: Outcome, promise: _Promise) -> None:
        try:
            decision = await self._patiently(lambda: settle(self._vault, outcome))
        except Exception as bug:
            # Raised where the outcome came from. Its answer stays in the journal.
            promise.set_exception(bug)
        else:
            self._settled([outcome])
            promise.set_result(decision)

    async def _patiently(self, storing: Callable[[], Awaitable[T]]) -> T:
        return await store("storing outcomes", storing, self._journal)

    def _settled(self, outcomes: Iterable[Outcome]) -> None:
        if self._journal:
            self._journal.settled(outcome.lease.attempt_id for outcome in outcomes)
