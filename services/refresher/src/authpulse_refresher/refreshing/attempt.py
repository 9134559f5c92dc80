"""One attempt at one leased connection: ask if there is something to ask, judge, store."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from msgspec import structs

from authpulse_chassis.patience import persist
from authpulse_contract.events import type_of
from authpulse_refresher.decision.decide import skip, skip_reason
from authpulse_refresher.decision.traits import BUILT_IN, Known
from authpulse_refresher.decision.unknown import HOLD
from authpulse_refresher.model import Answer, Decision, NoAnswer, SkipReason, Transient
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.provider.idp import TOO_LATE
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.asking import Asking
from authpulse_refresher.refreshing.commit import Committer
from authpulse_refresher.refreshing.judge import Asked, Rules, judge
from authpulse_refresher.refreshing.settle import Outcome, named
from authpulse_refresher.spill.journal import Answered, Journal, Sent
from authpulse_refresher.storage.lease import Lease, release
from authpulse_refresher.storage.store import load
from authpulse_refresher.storage.vault import Vault
from authpulse_refresher.storage.vault_rows import Row
from authpulse_refresher.traces import storing

_CAUSES: Final = {"dead": "crash", "silent": "lease_expired"}
_UNREADABLE: Final = Transient(cause="unreadable")

_log = logging.getLogger(__name__)


def _ignore(_: Answer | NoAnswer) -> None:
    return


class Attempts:
    """Carries attempts out; `deadline` is for the IdP's whole answer, in seconds; `keep_for` as in `decide`.

    `hold`: how many seconds to wait for the answer of a holder that has fallen silent, where a replay could kill it.
    """

    def __init__(  # noqa: PLR0913 -- each by keyword
        self,
        *,
        vault: Vault,
        wires: Wires,
        deadline: float,
        keep_for: timedelta = timedelta(0),
        traits: Known = BUILT_IN,
        hold: float = HOLD,
        journal: Journal | None = None,
    ) -> None:
        self.vault, self.deadline = vault, deadline
        self._asking = Asking(wires=wires, traits=traits, deadline=deadline, journal=journal)
        self._journal, self._committer = journal, Committer(vault, journal)
        self._rules = Rules(traits=traits, hold=timedelta(seconds=hold), keep_for=keep_for)

    async def run(
        self, lease: Lease, row: Row, actor: str, heard: Callable[[Answer | NoAnswer], None] = _ignore
    ) -> Decision | None:
        """Carry one out and store its outcome; None: it was overtaken and dropped, or not begun in time.

        One that somebody began and never finished is settled first, by itself: all that is known of it is that the IdP
        may have obeyed. When the next one follows, `unknown.next_try` says. `heard` is told
        what the IdP answered.
        """
        asked = Asked(lease=lease, connection=row.connection, actor=actor)
        if lease.abandoned:
            return await self._conclude(asked, NoAnswer(cause=_CAUSES[lease.before], sent=True))
        # The database's clock found it due; by another one the token might not have run out yet.
        if reason := skip_reason(row.connection, lease.leased_at):
            return await self._settle(_skipped(asked, reason))
        if not row.connection.configured:
            _log.error("a connection cannot be read: %s", row.fault, extra=named(row.connection))
            return await self._conclude(asked, _UNREADABLE)
        answer, duration_ms = await self._asking.ask(asked)
        if answer is TOO_LATE:
            await self._give_back(asked)
            return None
        heard(answer)
        return await self._conclude(asked, answer, duration_ms)

    async def repeat(self, attempt_id: UUID, sent: Sent) -> bool:
        """Get the tokens that a dead refresher was about to hear of, while that does no harm; False: there are none."""
        answered = await self._asking.ask_for_the_dead(attempt_id, sent)
        return answered is not None and await self.adopt(attempt_id, answered)

    async def adopt(self, attempt_id: UUID, answered: Answered) -> bool:
        """Store an answer that a dead refresher left, if it still counts; False: there is no such connection."""
        row = await persist("adopting an answer", lambda: self._load(answered.connection_id), outages=DATABASE_AWAY)
        if row is None:
            return False
        asked = Asked(
            lease=Lease(answered.connection_id, attempt_id, idp_host=None, leased_at=answered.at, ends_at=0.0),
            connection=structs.replace(row.connection, generation=answered.generation),
            actor=answered.actor,
        )
        await self._settle(judge(asked, answered.answer, answered.duration_ms, self._rules, now=answered.at))
        return True

    async def _give_back(self, asked: Asked) -> None:
        _log.warning("not sent: the lease would end before the deadline", extra=named(asked.connection))
        async with self.vault.pool.connection() as db:
            await release(db, asked.lease)
        if self._journal:
            self._journal.settled([asked.lease.attempt_id])

    async def _conclude(
        self, asked: Asked, answer: Answer | NoAnswer | Transient, duration_ms: int | None = None
    ) -> Decision | None:
        return await self._settle(judge(asked, answer, duration_ms, self._rules, now=datetime.now(UTC)))

    async def _settle(self, outcome: Outcome) -> Decision | None:
        with storing():
            decision = await self._committer.settle(outcome)
        if decision is not None:
            _report(decision)
        return decision

    async def _load(self, connection_id: UUID) -> Row | None:
        async with self.vault.pool.connection() as db:
            return (await load(db, self.vault.ring, [connection_id])).get(connection_id)


def _skipped(asked: Asked, reason: SkipReason) -> Outcome:
    now, event_id = asked.lease.leased_at, uuid4()
    return Outcome(
        lease=asked.lease,
        connection=asked.connection,
        event_id=event_id,
        deciding=lambda current: skip(current, reason, now=now, event_id=event_id, actor=asked.actor),
        issued=False,
    )


def _report(decision: Decision) -> None:
    event, detail = decision.event, decision.event.detail
    told = {name: getattr(detail, name, None) for name in ("idp_error_code", "http_status", "cause", "duration_ms")}
    _log.info(
        type_of(event), extra=named(decision.after) | {name: told[name] for name in told if told[name] is not None}
    )
