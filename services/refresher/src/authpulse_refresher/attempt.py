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
from authpulse_refresher.idp import ask
from authpulse_refresher.lease import Lease
from authpulse_refresher.model import Answer, Connection, Decision, Issued, NoAnswer, Transient, Verdict
from authpulse_refresher.settle import Outcome, named
from authpulse_refresher.vault import Vault
from authpulse_refresher.vault_rows import Row
from authpulse_refresher.wire import Wires

_CRASHED: Final = NoAnswer(cause="crash", sent=True)
_UNREADABLE: Final = Transient(cause="unreadable")

_log = logging.getLogger(__name__)


class Attempts:
    """Carries attempts out; `deadline` is for the IdP's whole answer, in seconds; `keep_for` as in `decide`."""

    def __init__(self, *, vault: Vault, wires: Wires, deadline: float, keep_for: timedelta = timedelta(0)) -> None:
        self.vault, self.deadline = vault, deadline
        self._wires, self._committer, self._keep_for = wires, Committer(vault), keep_for

    async def run(self, lease: Lease, row: Row, actor: str) -> Decision | None:
        """Carry one out and store its outcome; None: it was overtaken and dropped.

        One that somebody began and never finished is settled first, by itself: all that is known of it is that the IdP
        may have obeyed. The next one follows by the usual back-off.
        """
        connection, event_id = row.connection, uuid4()
        issued = False
        # The database's clock found it due; by another one the token might not have run out yet.
        if reason := None if lease.abandoned else skip_reason(connection, lease.leased_at):

            def deciding(current: Connection) -> Decision:
                return skip(current, reason, now=lease.leased_at, event_id=event_id, actor=actor)
        else:
            verdict, duration_ms = await self._verdict(lease, row)
            issued, now = isinstance(verdict, Issued), datetime.now(UTC)
            jitter = random.random()  # noqa: S311 -- spreads load

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
                )

        decision = await self._committer.settle(
            Outcome(lease=lease, connection=connection, event_id=event_id, deciding=deciding, issued=issued)
        )
        if decision is not None:
            _report(decision)
        return decision

    async def _verdict(self, lease: Lease, row: Row) -> tuple[Verdict, int | None]:
        """The verdict, and how long the IdP took in milliseconds, if it was asked."""
        if lease.abandoned:
            return _classified(_CRASHED, row.connection), None
        if not row.connection.configured:
            _log.error("a connection cannot be read: %s", row.fault, extra=named(row.connection))
            return _UNREADABLE, None
        answer, duration_ms = await ask(self._wires, row.connection, deadline=self.deadline)
        return _classified(answer, row.connection), duration_ms


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
