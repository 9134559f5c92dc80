"""Completes a sign-in: from the callback of a browser to tokens in the vault, or to the reason why there are none."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from authpulse_contract.connecting import CompleteSignIn, ConnectReply, SignInRefused
from authpulse_refresher.connecting.callback import fault_of
from authpulse_refresher.connecting.exchange import Exchanged, Signed, exchange, understood
from authpulse_refresher.connecting.finish import Finish
from authpulse_refresher.decision.signing_in import Fault, SignIn
from authpulse_refresher.model import Answer, Connection
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.refreshing.settle import named
from authpulse_refresher.spill.enduring import note
from authpulse_refresher.spill.journal import Answered
from authpulse_refresher.storage.lease import hold
from authpulse_refresher.storage.sign_in_rows import spend
from authpulse_refresher.storage.store import load

UNKNOWN_STATE: Final = SignInRefused(fault="unknown_state")
_HOLD_MARGIN: Final = 5.0

_log = logging.getLogger(__name__)


class Complete:
    """Completes sign-ins; `deadline` is for the IdP's whole answer, in seconds."""

    def __init__(self, finish: Finish, wires: Wires, *, deadline: float) -> None:
        self._finish, self._wires, self._deadline = finish, wires, deadline
        self._vault, self._journal = finish.vault, finish.journal
        self._running: set[asyncio.Task[ConnectReply]] = set()

    async def complete(self, command: CompleteSignIn) -> ConnectReply:
        """What came of it. Whoever waits may be cancelled; what the IdP has issued is stored all the same."""
        task = asyncio.create_task(self._complete(command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _complete(self, command: CompleteSignIn) -> ConnectReply:
        async with self._vault.pool.connection() as db:
            sign_in = await spend(db, self._vault.ring, command.state)
            if sign_in is None:
                return UNKNOWN_STATE
            connection = (await load(db, self._vault.ring, [sign_in.connection_id]))[sign_in.connection_id].connection
            fault = fault_of(command, sign_in, connection)
            if fault is None:
                await hold(db, sign_in.connection_id, seconds=self._deadline + _HOLD_MARGIN)
        came_to = fault or await self._exchange(command, sign_in, connection)
        reply = await self._finish.finish(sign_in, connection, came_to)
        if self._journal:
            self._journal.settled([sign_in.sign_in_id])
        return reply

    async def _exchange(self, command: CompleteSignIn, sign_in: SignIn, connection: Connection) -> Signed | Fault:
        assert command.code is not None, "else it has been refused"  # noqa: S101 -- a bug, not an outcome
        assert sign_in.verifier is not None, "it is there until the state is spent"  # noqa: S101 -- likewise
        sent = Exchanged(code=command.code, verifier=sign_in.verifier)
        try:
            if self._journal:
                self._journal.begun(sign_in.sign_in_id, sign_in.connection_id)
        except OSError as failure:
            _log.error("the journal cannot be written: %s", failure.strerror, extra=named(connection))
            return Fault(cause="not_stored")
        answer, duration_ms = await exchange(self._wires, connection, sign_in, sent, deadline=self._deadline)
        now = datetime.now(UTC)
        if isinstance(answer, Answer):
            answered = Answered(
                connection_id=connection.connection_id,
                generation=connection.generation,
                actor=sign_in.actor,
                at=now,
                duration_ms=duration_ms,
                answer=answer,
                exchanged=(sent.code.reveal(), sent.verifier.reveal()),
            )
            note(self._journal, sign_in.sign_in_id, answered, named(connection))
        return understood(answer, connection, sign_in, sent, now=now)
