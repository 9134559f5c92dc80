"""Stores what a sign-in came to and tells of it once, also for those whose refresher died before it could."""

import logging
import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct

from authpulse_contract.connecting import ConnectReply, SignedIn, SignInRefused
from authpulse_contract.events import ConnectFailed
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.accounts import Account
from authpulse_refresher.connecting.exchange import Exchanged, Signed, understood
from authpulse_refresher.decision import signing_in
from authpulse_refresher.decision.signing_in import Fault, SignIn
from authpulse_refresher.model import Connection, Decision
from authpulse_refresher.refreshing.settle import named
from authpulse_refresher.spill.enduring import store
from authpulse_refresher.spill.journal import Answered, Journal
from authpulse_refresher.storage.link_rows import spend_link
from authpulse_refresher.storage.sign_in_rows import Told, tell, untold
from authpulse_refresher.storage.store import load, put
from authpulse_refresher.storage.vault import Vault
from authpulse_refresher.traces import storing

_Deciding = Callable[[Connection], Decision]
_log = logging.getLogger(__name__)


class Finish(Struct, frozen=True):
    """Finishes sign-ins. Every method waits for the database where that is away."""

    vault: Vault
    journal: Journal | None = None

    async def finish(self, sign_in: SignIn, connection: Connection, came_to: Signed | Fault) -> ConnectReply:
        """Store it, upon whatever the connection is by now; the reply to whoever came back with the code."""
        if isinstance(came_to, Fault):
            return await self._fail(sign_in, connection, came_to)
        return await self._succeed(sign_in, connection, came_to)

    async def adopt(self, sign_in_id: UUID, answered: Answered) -> bool:
        """Finish one whose answer a dead refresher left, if nobody has; False: there is no such connection."""
        rows = await store("adopting a sign-in", lambda: self._load([answered.connection_id]), self.journal)
        if answered.connection_id not in rows:
            return False
        assert answered.exchanged is not None  # noqa: S101 -- else it is no sign-in's
        code, verifier = map(Secret, answered.exchanged)
        connection = rows[answered.connection_id]
        for sign_in in await self._untold([sign_in_id]):
            sent = Exchanged(code=code, verifier=verifier)
            await self.finish(
                sign_in, connection, understood(answered.answer, connection, sign_in, sent, now=answered.at)
            )
        return True

    async def give_up(self, attempt_ids: Collection[UUID]) -> None:
        """Tell of those that a dead refresher began and that no answer came to; ids of other attempts are ignored."""
        sign_ins = await self._untold(attempt_ids)
        rows = await store(
            "giving up sign-ins", lambda: self._load([each.connection_id for each in sign_ins]), self.journal
        )
        for sign_in in sign_ins:
            await self._fail(sign_in, rows[sign_in.connection_id], Fault(cause="interrupted"))

    async def _load(self, connection_ids: list[UUID]) -> dict[UUID, Connection]:
        async with self.vault.pool.connection() as db:
            rows = await load(db, self.vault.ring, connection_ids)
        return {connection_id: row.connection for connection_id, row in rows.items()}

    async def _untold(self, sign_in_ids: Collection[UUID]) -> list[SignIn]:
        async def find() -> list[SignIn]:
            async with self.vault.pool.connection() as db:
                return await untold(db, sign_in_ids)

        return await store("looking for sign-ins", find, self.journal)

    async def _succeed(self, sign_in: SignIn, connection: Connection, signed: Signed) -> ConnectReply:
        event_id, jitter = uuid4(), random.random()  # noqa: S311 -- spreads load, guards nothing

        def deciding(current: Connection) -> Decision:
            return signing_in.completed(
                current,
                signed.issued,
                account=_fingerprint(self.vault, signed.account, current),
                other_account=sign_in.other_account,
                now=signed.at,
                event_id=event_id,
                actor=sign_in.actor,
                jitter=jitter,
            )

        try:
            decision = await self._store(sign_in, event_id, deciding, even_void=False)
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
        event_id, now = uuid4(), datetime.now(UTC)

        def deciding(current: Connection) -> Decision:
            return signing_in.failed(current, fault, now=now, event_id=event_id, actor=sign_in.actor)

        if not connection.removed:
            await self._store(sign_in, event_id, deciding, even_void=True)
        _log.info("connect_failed", extra=named(connection) | {"cause": fault.cause})
        return _refused(sign_in, connection, fault)

    async def _store(self, sign_in: SignIn, event_id: UUID, deciding: _Deciding, *, even_void: bool) -> Decision | None:
        """What was stored; None: another has told of this sign-in already, or it is void."""
        with storing():
            stored = await store(
                "storing a sign-in",
                lambda: self._try_to_store(sign_in, event_id, deciding, even_void=even_void),
                self.journal,
            )
        self.vault.outgoing.set()
        return stored

    async def _try_to_store(
        self, sign_in: SignIn, event_id: UUID, deciding: _Deciding, *, even_void: bool
    ) -> Decision | None:
        before: Told | None = "outcome" if sign_in.spent else None
        async with self.vault.pool.connection() as db:
            while True:
                current = (await load(db, self.vault.ring, [sign_in.connection_id]))[sign_in.connection_id]
                if current.connection.removed or (current.connection.oauth is None and not even_void):
                    return None
                decision = deciding(current.connection)
                if current.last_event_id == event_id:
                    # The commit went through the last time; only its acknowledgement was lost.
                    return Decision(after=current.connection, event=decision.event)
                if not await put(db, self.vault.ring, current.connection, decision):
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
