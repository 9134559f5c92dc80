"""Forgets a connection's tokens, and has them revoked at the IdP first where it can be asked to (RFC 7009)."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx
from msgspec import Struct

from authpulse_contract.commands import Done, ForgetToken, Refused, Reply
from authpulse_contract.sanitise import sanitise
from authpulse_refresher.decision import lifecycle
from authpulse_refresher.decision.grant import grant_of, secrets_of
from authpulse_refresher.model import Answer, Connection, Decision, NoAnswer
from authpulse_refresher.provider.idp import send
from authpulse_refresher.provider.metadata import LOOK_UP_DEADLINE, look_up
from authpulse_refresher.provider.token_request import revocation_request
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.lease import hold
from authpulse_refresher.storage.store import UNKNOWN, find, put
from authpulse_refresher.storage.vault import Vault
from authpulse_refresher.verdict.read import read_members
from authpulse_refresher.verdict.refusal import read_refusal

_REVOKED = range(200, 300)


class Revocation(Struct, frozen=True, kw_only=True):
    """What came of asking; `revoked` None: there was nothing to ask, or nowhere. `cause`: why it was not."""

    revoked: bool | None = None
    cause: str | None = None


class Disconnect(Struct, frozen=True, kw_only=True):
    """Disconnects; `deadline` is for the IdP's whole answer, in seconds."""

    vault: Vault
    wires: Wires
    deadline: float

    async def forget(self, command: ForgetToken) -> Reply:
        """Revoke, then delete whatever came of that. A token that a refresh brings meanwhile is revoked too."""
        event_id, asked, revocation = uuid4(), None, Revocation()
        while True:
            async with self.vault.pool.connection() as db:
                row = await find(db, self.vault.ring, command.kind, command.name)
                if row is None or row.connection.removed:
                    return UNKNOWN
                known = row.connection
                if asked == known.generation or grant_of(known) is None:
                    decision = lifecycle.forget(
                        known,
                        revoked_at_idp=revocation.revoked,
                        cause=revocation.cause,
                        now=datetime.now(UTC),
                        event_id=event_id,
                        actor=command.actor,
                    )
                    if decision is None or isinstance(decision, Refused):
                        return decision or Done(action="unchanged", version=known.version)
                    if await put(db, self.vault.ring, known, decision):
                        break
                    continue
                await hold(db, known.connection_id, seconds=self.deadline)
            asked, revocation = known.generation, await self._revoke(known)
        self.vault.outgoing.set()
        return _done(decision)

    async def _revoke(self, connection: Connection) -> Revocation:
        oauth, tokens = connection.oauth, grant_of(connection)
        if oauth is None or tokens is None:
            return Revocation()
        token, hint = tokens.refresh_token, "refresh_token"
        if token is None:
            token, hint = tokens.access_token, "access_token"
        endpoint = oauth.revocation_url
        if endpoint is None and (published := await look_up(self.wires, oauth, deadline=LOOK_UP_DEADLINE)):
            endpoint = published.revocation_url
        if token is None or endpoint is None:
            return Revocation(cause=None if endpoint else "no_revocation_endpoint")

        def request() -> httpx.Request:
            return revocation_request(endpoint, oauth, connection.client_secret, token, hint)

        answer, _ = await send(self.wires, request, oauth, deadline=self.deadline)
        return _understood(answer, connection)


def _understood(answer: Answer | NoAnswer, connection: Connection) -> Revocation:
    if isinstance(answer, NoAnswer):
        return Revocation(revoked=False, cause=answer.cause)
    if answer.status in _REVOKED:
        return Revocation(revoked=True)
    code = read_refusal(read_members(answer) or {}).code
    shown = sanitise(code, secrets_of(connection)) if code else ""
    return Revocation(revoked=False, cause=shown or f"http_{answer.status}")


def _done(decision: Decision) -> Done:
    return Done(action="forgotten", tokens_forgotten=True, version=decision.after.version)
