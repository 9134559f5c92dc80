"""One attempt at one leased connection: ask if there is something to ask, classify, decide, store."""

import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from authpulse_contract.events import type_of
from authpulse_refresher.classify import classify
from authpulse_refresher.commit import Committer
from authpulse_refresher.conclude import host_of
from authpulse_refresher.decide import decide, heed, skip, skip_reason
from authpulse_refresher.grant import secrets_of
from authpulse_refresher.idp import TOO_LATE, ask
from authpulse_refresher.lease import Lease, awake_clock, release
from authpulse_refresher.model import Answer, Connection, Decision, Issued, NoAnswer, Transient, Verdict
from authpulse_refresher.settle import Outcome, named
from authpulse_refresher.traits import BUILT_IN, Known, traits_of
from authpulse_refresher.unknown import HOLD, Silence
from authpulse_refresher.vault import Vault
from authpulse_refresher.vault_rows import Row
from authpulse_refresher.wire import Wires

_CAUSES: Final = {"dead": "crash", "silent": "lease_expired"}
_UNREADABLE: Final = Transient(cause="unreadable")

_log = logging.getLogger(__name__)


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
    ) -> None:
        self.vault, self.deadline = vault, deadline
        self._wires, self._committer, self._keep_for = wires, Committer(vault), keep_for
        self._traits, self._hold = traits, timedelta(seconds=hold)

    async def run(self, lease: Lease, row: Row, actor: str) -> Decision | None:
        """Carry one out and store its outcome; None: it was overtaken and dropped, or not begun in time.

        One that somebody began and never finished is settled first, by itself: all that is known of it is that the IdP
        may have obeyed. When the next one follows, `unknown.next_try` says.
        """
        connection = row.connection
        if lease.abandoned:
            silent = NoAnswer(cause=_CAUSES[lease.before], sent=True)
            return await self._conclude(lease, connection, silent, None, actor)
        # The database's clock found it due; by another one the token might not have run out yet.
        if reason := skip_reason(connection, lease.leased_at):
            event_id = uuid4()
            return await self._settle(
                Outcome(
                    lease=lease,
                    connection=connection,
                    event_id=event_id,
                    deciding=lambda current: skip(current, reason, now=lease.leased_at, event_id=event_id, actor=actor),
                    issued=False,
                )
            )
        if not connection.configured:
            _log.error("a connection cannot be read: %s", row.fault, extra=named(connection))
            return await self._conclude(lease, connection, _UNREADABLE, None, actor)
        answer, duration_ms = await ask(
            self._wires, connection, deadline=self.deadline, may_go=lambda: self._fits(lease)
        )
        if answer is TOO_LATE:
            _log.warning("not sent: the lease would end before the deadline", extra=named(connection))
            async with self.vault.pool.connection() as db:
                await release(db, lease)
            return None
        return await self._conclude(lease, connection, answer, duration_ms, actor)

    def _fits(self, lease: Lease) -> bool:
        """Whether the IdP's whole deadline lies within the lease: this process may have been paused since it began."""
        return awake_clock() + self.deadline <= lease.ends_at

    async def _conclude(
        self,
        lease: Lease,
        connection: Connection,
        answer: Answer | NoAnswer | Transient,
        duration_ms: int | None,
        actor: str,
    ) -> Decision | None:
        verdict = answer if isinstance(answer, Transient) else _classified(answer, connection)
        event_id, now, jitter = uuid4(), datetime.now(UTC), random.random()  # noqa: S311 -- spreads load
        silence = self._silence(lease, connection, now, duration_ms)

        def deciding(current: Connection) -> Decision:
            return decide(
                current,
                heed(verdict, connection, current),
                now=now,
                event_id=event_id,
                actor=actor,
                duration_ms=duration_ms,
                jitter=jitter,
                keep_for=self._keep_for,
                silence=silence,
            )

        return await self._settle(
            Outcome(
                lease=lease,
                connection=connection,
                event_id=event_id,
                deciding=deciding,
                issued=isinstance(verdict, Issued),
            )
        )

    def _silence(self, lease: Lease, connection: Connection, now: datetime, duration_ms: int | None) -> Silence:
        return Silence(
            traits=traits_of(host_of(connection), self._traits),
            since=lease.attempted_at if lease.abandoned else now - timedelta(milliseconds=duration_ms or 0),
            hold=self._hold if lease.before == "silent" else timedelta(0),
        )

    async def _settle(self, outcome: Outcome) -> Decision | None:
        decision = await self._committer.settle(outcome)
        if decision is not None:
            _report(decision)
        return decision


def _classified(answer: Answer | NoAnswer, connection: Connection) -> Verdict:
    return classify(
        answer,
        idp_host=host_of(connection),
        terminal_codes=connection.oauth.terminal_codes if connection.oauth else (),
        secrets=secrets_of(connection),
        now=datetime.now(UTC),
    )


def _report(decision: Decision) -> None:
    event, detail = decision.event, decision.event.detail
    told = {name: getattr(detail, name, None) for name in ("idp_error_code", "http_status", "cause", "duration_ms")}
    _log.info(
        type_of(event), extra=named(decision.after) | {name: told[name] for name in told if told[name] is not None}
    )
