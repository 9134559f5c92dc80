"""Hands out access tokens: the stored one while it lasts, else a fresh one that all who wait for it share."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from authpulse_contract.commands import NeedsReauth, Refused, TryLater
from authpulse_contract.events import TOKEN_REQUEST
from authpulse_contract.tokens import AccessToken, GetToken, TokenReply
from authpulse_refresher.decision.decide import can_refresh
from authpulse_refresher.model import Connection
from authpulse_refresher.refreshing.refresh import Refresher
from authpulse_refresher.storage.store import UNKNOWN, find
from authpulse_refresher.storage.vault import Vault

_LOOK_AGAIN: Final = 0.1
"""Seconds between two looks at a connection that another refresher is refreshing."""


class TokenDesk:
    """Answers `GetToken`. Callers that ask for the same while an answer is being found share it.

    `patience` is how many seconds to wait for a refresh that somebody else has begun.
    """

    def __init__(self, vault: Vault, refresher: Refresher, *, patience: float) -> None:
        self._vault, self._refresher, self._patience = vault, refresher, patience
        self._asked: dict[GetToken, asyncio.Task[TokenReply]] = {}

    async def get(self, request: GetToken) -> TokenReply:
        """The reply; a caller that goes away does not take it from the others."""
        task = self._asked.get(request)
        if task is None:
            task = self._asked[request] = asyncio.create_task(self._answer(request))
            task.add_done_callback(lambda _: self._asked.pop(request, None))
        return await asyncio.shield(task)

    async def _answer(self, request: GetToken) -> TokenReply:
        connection = await self._find(request)
        if connection is None:
            return UNKNOWN
        if (reply := stored(connection, request, datetime.now(UTC))) is not None:
            return reply
        decision = await self._refresher.refresh_now(connection.connection_id, TOKEN_REQUEST)
        after = decision.after if decision else await self._await_others(request, connection)
        return settled(after, datetime.now(UTC))

    async def _find(self, request: GetToken) -> Connection | None:
        async with self._vault.pool.connection() as db:
            row = await find(db, self._vault.ring, request.kind, request.name)
        return None if row is None or row.connection.removed else row.connection

    async def _await_others(self, request: GetToken, before: Connection) -> Connection | None:
        """The connection once somebody else's attempt has an outcome; as it is when patience ends."""
        give_up = time.monotonic() + self._patience
        while True:
            connection = await self._find(request)
            if connection is None or connection.version != before.version or time.monotonic() > give_up:
                return connection
            await asyncio.sleep(_LOOK_AGAIN)


def stored(connection: Connection, request: GetToken, now: datetime) -> TokenReply | None:
    """What can be said without asking the IdP; None: it must be asked."""
    if connection.oauth is None and connection.configured:
        return Refused(slug="not_oauth", detail="This connection has no OAuth and so no token.")
    if connection.needs_reauth:
        return needs_reauth(connection)
    tokens = connection.tokens
    if tokens is not None and tokens.access_token is not None:
        wanted = timedelta(seconds=max(0.0, request.min_valid))
        if tokens.lifetime is not None:
            # A token that never lives that long must not be refreshed at each request.
            wanted = min(wanted, tokens.lifetime / 2)
        if tokens.expires_at is None or tokens.expires_at > now + wanted:
            return _token(connection)
    backing_off = connection.attempt > 0 and connection.due_at is not None and connection.due_at > now
    # A crowd of callers must not undo the back-off that the IdP is owed.
    return settled(connection, now) if backing_off or not can_refresh(connection) else None


def settled(connection: Connection | None, now: datetime) -> TokenReply:
    """The best there is once nobody is going to be asked: a token that still lives, else why there is none."""
    if connection is None:
        return UNKNOWN
    if connection.needs_reauth:
        return needs_reauth(connection)
    tokens = connection.tokens
    if (
        tokens is not None
        and tokens.access_token is not None
        and (tokens.expires_at is None or tokens.expires_at > now)
    ):
        return _token(connection)
    waiting = None if connection.due_at is None else max(0.0, (connection.due_at - now).total_seconds())
    return TryLater(retry_after=waiting)


def needs_reauth(connection: Connection) -> NeedsReauth:
    """With the reason for which the grant was last lost, if it ever was."""
    lost = connection.last_revocation
    return NeedsReauth(idp_error_code=lost.reason if lost else None)


def _token(connection: Connection) -> AccessToken:
    tokens = connection.tokens
    assert tokens is not None  # noqa: S101 -- the callers have looked
    assert tokens.access_token is not None  # noqa: S101 -- the callers have looked
    return AccessToken(access_token=tokens.access_token, expires_at=tokens.expires_at, scope=tokens.scope)
