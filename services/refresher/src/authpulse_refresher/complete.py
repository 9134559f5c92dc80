"""Completes a sign-in: from the callback of a browser to tokens in the vault, or to the reason why there are none."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import psycopg

from authpulse_chassis.patience import persist
from authpulse_contract.connecting import CompleteSignIn, ConnectReply, SignedIn, SignInRefused
from authpulse_contract.events import ConnectFailed
from authpulse_contract.secret import Secret
from authpulse_refresher import signing_in
from authpulse_refresher.accounts import Account
from authpulse_refresher.callback import fault_of
from authpulse_refresher.exchange import Signed, exchange
from authpulse_refresher.lease import hold
from authpulse_refresher.link_rows import spend_link
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.outages import DATABASE_AWAY
from authpulse_refresher.settle import named
from authpulse_refresher.sign_in_rows import Told, spend, tell
from authpulse_refresher.signing_in import Fault, SignIn
from authpulse_refresher.store import load, put
from authpulse_refresher.vault import Vault
from authpulse_refresher.wire import Wires

UNKNOWN_STATE: Final = SignInRefused(fault="unknown_state")
_HOLD_MARGIN: Final = 5.0

_Deciding = Callable[[Connection, datetime], Decision]
_log = logging.getLogger(__name__)


class Complete:
    """Completes sign-ins; `deadline` is for the IdP's whole answer, in seconds."""

    def __init__(self, vault: Vault, wires: Wires, *, deadline: float) -> None:
        self._vault, self._wires, self._deadline = vault, wires, deadline
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
        if fault is not None:
            return await self._fail(sign_in, connection, fault)
        assert command.code is not None  # noqa: S101 -- else it would have been refused
        outcome = await exchange(self._wires, connection, sign_in, command.code, deadline=self._deadline)
        if isinstance(outcome, Fault):
            return await self._fail(sign_in, connection, outcome)
        return await self._succeed(sign_in, connection, outcome)

    async def _succeed(self, sign_in: SignIn, connection: Connection, signed: Signed) -> ConnectReply:
        event_id, jitter = uuid4(), random.random()  # noqa: S311 -- spreads load, guards nothing

        def deciding(current: Connection, now: datetime) -> Decision:
            return signing_in.completed(
                current,
                signed.issued,
                account=_fingerprint(self._vault, signed.account, current),
                other_account=sign_in.other_account,
                now=now,
                event_id=event_id,
                actor=sign_in.actor,
                jitter=jitter,
            )

        try:
            decision = await self._store(sign_in, deciding, even_void=False)
        except psycopg.Error as failure:
            # Without its text, which may repeat a row.
            _log.error("tokens cannot be stored: %s", type(failure).__name__, extra=named(connection))
            return await self._fail(sign_in, connection, Fault(cause="not_stored"))
        if decision is None:
            return await self._fail(sign_in, connection, Fault(cause="connection_changed"))
        if isinstance(decision.event, ConnectFailed):
            return _refused(sign_in, connection, Fault(cause="other_account"))
        _log.info("connect_completed", extra=named(connection))
        return SignedIn(
            kind=connection.kind, name=connection.name, return_to=sign_in.return_to, version=decision.after.version
        )

    async def _fail(self, sign_in: SignIn, connection: Connection, fault: Fault) -> ConnectReply:
        """One event for each sign-in that fails, one more if its state is then tried again, and no more."""
        event_id = uuid4()

        def deciding(current: Connection, now: datetime) -> Decision:
            return signing_in.failed(current, fault, now=now, event_id=event_id, actor=sign_in.actor)

        if not connection.removed:
            await self._store(sign_in, deciding, even_void=True)
        _log.info("connect_failed", extra=named(connection) | {"cause": fault.cause})
        return _refused(sign_in, connection, fault)

    async def _store(self, sign_in: SignIn, deciding: _Deciding, *, even_void: bool) -> Decision | None:
        """What was stored; None: another has told of this sign-in already, or it is void. Waits for the database."""
        stored = await persist(
            "storing a sign-in",
            lambda: self._try_to_store(sign_in, deciding, even_void=even_void),
            outages=DATABASE_AWAY,
        )
        self._vault.outgoing.set()
        return stored

    async def _try_to_store(self, sign_in: SignIn, deciding: _Deciding, *, even_void: bool) -> Decision | None:
        before: Told | None = "outcome" if sign_in.spent else None
        async with self._vault.pool.connection() as db:
            while True:
                current = (await load(db, self._vault.ring, [sign_in.connection_id]))[sign_in.connection_id]
                decision = deciding(current.connection, datetime.now(UTC))
                if current.last_event_id == decision.event.event_id:
                    # The commit went through the last time; only its acknowledgement was lost.
                    return Decision(after=current.connection, event=decision.event)
                if current.connection.removed:
                    return None
                if not await put(db, self._vault.ring, current.connection, decision):
                    continue
                told: Told = "replay" if sign_in.spent else "outcome"
                if not await tell(db, sign_in.state_hash, before, told, even_void=even_void):
                    await db.rollback()
                    return None
                if sign_in.link_hash is not None and not isinstance(decision.event, ConnectFailed):
                    await spend_link(db, sign_in.link_hash)
                return decision


def _refused(sign_in: SignIn, connection: Connection, fault: Fault) -> SignInRefused:
    return SignInRefused(
        fault=fault.cause,
        kind=connection.kind,
        name=connection.name,
        return_to=sign_in.return_to,
        idp_error_code=fault.code,
    )


def _fingerprint(vault: Vault, account: Account | None, current: Connection) -> str | None:
    """Comparable with the known one even after the active key has changed."""
    if account is None:
        return None
    like = bytes.fromhex(current.account) if current.account else None
    return vault.ring.fingerprint(Secret(f"{account.issuer} {account.subject}"), like=like).hex()
