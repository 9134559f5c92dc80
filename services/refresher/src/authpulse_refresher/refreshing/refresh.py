"""The loop: lease what is due, carry the attempts out side by side, and finish what was begun before stopping."""

import asyncio
import logging
import traceback
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from authpulse_chassis.fitness import Pulse
from authpulse_contract.events import BACKGROUND
from authpulse_refresher.decision.unknown import FAST_SPREAD, FASTEST
from authpulse_refresher.metrics import attempted
from authpulse_refresher.model import Answer, Decision, NoAnswer
from authpulse_refresher.outages import DATABASE_AWAY, pause
from authpulse_refresher.provider.budget import Limits
from authpulse_refresher.provider.hosts import Hosts
from authpulse_refresher.refreshing.attempt import Attempts
from authpulse_refresher.storage.lease import Lease, lease_due, lease_ended, lease_one
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault_rows import Row
from authpulse_refresher.traces import refreshing

STORE_MARGIN: Final = 30.0
"""Seconds beyond the deadline of the answer that a lease lasts, and that a stop waits: time to store the outcome."""
RATE: Final = 1000.0
"""Refreshes that may begin in a second at one host."""
# Outcomes are committed in groups, so that places come free in groups; one lease statement fills them all.
_GATHERING: Final = 0.005

_log = logging.getLogger(__name__)


class Refresher:
    """Runs the attempts of this process: `in_flight` wait for their IdP at most, `per_host` of them for one host.

    As many again may wait to be stored, so that no place at an IdP stands empty meanwhile. `rate`: how many may begin
    at one host in a second. A host that is down or asks for quiet is left alone: what is due there is not even leased.
    """

    def __init__(  # noqa: PLR0913 -- each by keyword
        self,
        attempts: Attempts,
        *,
        in_flight: int,
        per_host: int,
        poll_interval: float,
        pulse: Pulse,
        rate: float = RATE,
    ) -> None:
        self._attempts, self._in_flight = attempts, in_flight
        self._hosts = Hosts(Limits(at_once=per_host, rate=rate))
        self._poll_interval, self._pulse = poll_interval, pulse
        self._lease_seconds = attempts.deadline + STORE_MARGIN
        self._running: set[asyncio.Task[Any]] = set()
        self._asking = 0
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at once for what is due."""
        self._wake.set()

    def accompany(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the attempts; a stop waits for it as it does for them."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @property
    def deadline(self) -> float:
        """Seconds for the whole answer of an IdP."""
        return self._attempts.deadline

    def under_way(self) -> tuple[int, int]:
        """How many wait for their IdP, and how many have its answer and are being stored."""
        return self._asking, len(self._running) - self._asking

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh until `stop`, then wait for what is under way, no longer than `deadline` + `STORE_MARGIN`.

        What is not stored by then is found by whoever comes after the end of its lease.
        """
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        while not stop.is_set():
            self._pulse.beat()
            self._wake.clear()
            try:
                await self._begin_due()
            except DATABASE_AWAY as outage:
                _log.warning("cannot look for what is due: %s", type(outage).__name__)
            await pause(self._wake, self._poll_interval)
            if self._running:
                await asyncio.sleep(_GATHERING)
        if self._running:
            await asyncio.wait(self._running, timeout=self._lease_seconds)

    async def refresh_now(self, connection_id: UUID, actor: str) -> Decision | None:
        """Refresh without waiting for the due time; None: somebody else is at it, or overtook this attempt."""
        while True:
            async with self._attempts.vault.pool.connection() as db:
                lease = await lease_one(db, connection_id, seconds=self._lease_seconds)
                rows = await load(db, self._attempts.vault.ring, [connection_id])
            if lease is None:
                return None
            decision = await asyncio.shield(self._begin(lease, rows[connection_id], actor))
            if not lease.abandoned or decision is None or not _is_soon(decision):
                return decision

    async def _begin_due(self) -> None:
        free = min(self._in_flight - self._asking, 2 * self._in_flight - len(self._running))
        if free <= 0:
            return
        rooms = self._hosts.rooms()
        shut = [host for host, left in rooms.items() if left == 0]
        async with self._attempts.vault.pool.connection() as db:
            leases = await lease_due(
                db, limit=free, seconds=self._lease_seconds, budget=self._hosts.limits.at_once, budgets=rooms
            )
            if shut:
                left = free - len(leases)
                leases += await lease_ended(db, hosts=shut, limit=left, seconds=self._lease_seconds)
            rows = await load(db, self._attempts.vault.ring, [lease.connection_id for lease in leases])
        for lease in leases:
            self._begin(lease, rows[lease.connection_id], BACKGROUND)

    def _begin(self, lease: Lease, row: Row, actor: str) -> asyncio.Task[Decision | None]:
        """A task of its own: whoever waits for it may be cancelled, the attempt is not."""
        host = lease.idp_host or ""
        self._asking += 1
        self._hosts.begin(host)
        task = asyncio.create_task(refreshing(row.connection, actor, partial(self._run, lease, row, actor, host)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _leave(self, host: str) -> None:
        """Whoever has its answer makes room, here and in the budget of its host."""
        self._asking -= 1
        self._hosts.end(host)
        self.wake()

    async def _run(self, lease: Lease, row: Row, actor: str, host: str) -> Decision | None:
        try:
            with ExitStack() as place:
                place.callback(self._leave, host)

                def heard(answer: Answer | NoAnswer) -> None:
                    self._hosts.hear(host, answer)
                    place.close()

                decision = await self._attempts.run(lease, row, actor, heard)
        except Exception as bug:
            # Without its text, which may hold anything. The end of the lease brings the connection back.
            _log.error(
                "an attempt failed: %s", type(bug).__name__, extra={"trace": traceback.format_tb(bug.__traceback__)}
            )
            return None
        attempted(row.connection, decision, actor)
        if decision and decision.after.due_at:
            wait = (decision.after.due_at - datetime.now(UTC)).total_seconds()
            if wait < self._poll_interval:
                asyncio.get_running_loop().call_later(max(0.0, wait), self.wake)
        return decision


def _is_soon(decision: Decision) -> bool:
    """The IdP may be asked again at once after an attempt that was abandoned."""
    due_at = decision.after.due_at
    return due_at is not None and due_at <= datetime.now(UTC) + FASTEST + FAST_SPREAD
