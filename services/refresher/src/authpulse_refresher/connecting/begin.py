"""Begins a sign-in: by an admin of ours, or by whoever holds a link made for the connection's owner."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final
from uuid import uuid4

from msgspec import Struct

from authpulse_contract.commands import Refused
from authpulse_contract.connecting import ConnectReply, SignInStarted, StartByLink, StartSignIn
from authpulse_contract.secret import Secret
from authpulse_refresher.connecting.authorization import authorization_address
from authpulse_refresher.connecting.pkce import challenge, new_verifier
from authpulse_refresher.decision import signing_in
from authpulse_refresher.decision.signing_in import hashed
from authpulse_refresher.model import Connection
from authpulse_refresher.provider.metadata import LOOK_UP_DEADLINE, Metadata, look_up
from authpulse_refresher.provider.wire import Wires
from authpulse_refresher.storage.link_rows import linked
from authpulse_refresher.storage.sign_in_rows import keep, void_those_of_link
from authpulse_refresher.storage.store import UNKNOWN, find, load, put
from authpulse_refresher.storage.vault import Vault

NO_LINK: Final = Refused(
    slug="unknown_connection", detail="The link has been used, has expired or never was. Ask for another."
)
_STATE_BYTES: Final = 32


class Begin(Struct, frozen=True, kw_only=True):
    """Begins sign-ins."""

    vault: Vault
    wires: Wires

    async def start(self, command: StartSignIn) -> ConnectReply:
        """By an admin."""
        async with self.vault.pool.connection() as db:
            row = await find(db, self.vault.ring, command.kind, command.name)
        return await self._start(
            row.connection if row else None,
            browser_hash=hashed(command.browser),
            redirect_uri=command.redirect_uri,
            return_to=command.return_to,
            actor=command.actor,
            other_account=command.other_account,
            link_hash=None,
        )

    async def start_by_link(self, command: StartByLink) -> ConnectReply:
        """By a link, which is spent once such a sign-in has succeeded; another account than before is refused."""
        link_hash = hashed(command.link)
        async with self.vault.pool.connection() as db:
            link = await linked(db, link_hash)
            row = (await load(db, self.vault.ring, [link.connection_id]))[link.connection_id] if link else None
        if link is None or row is None:
            return NO_LINK
        return await self._start(
            row.connection,
            browser_hash=hashed(command.browser),
            redirect_uri=command.redirect_uri,
            return_to="",
            actor=f"link:{link.made_by}",
            other_account=False,
            link_hash=link_hash,
        )

    async def _start(self, connection: Connection | None, *, redirect_uri: str, **columns: Any) -> ConnectReply:
        if refused := refusal(connection):
            return refused
        assert connection is not None  # noqa: S101 -- refused above
        assert connection.oauth is not None  # noqa: S101 -- refused above
        published = await look_up(self.wires, connection.oauth, deadline=LOOK_UP_DEADLINE)
        endpoint = connection.oauth.authorization_url or (published.authorization_url if published else None)
        if endpoint is None:
            return Refused(slug="conflict", detail=_no_endpoint(connection), member="authorization_url")
        state, verifier, event_id = Secret(token_urlsafe(_STATE_BYTES)), new_verifier(), uuid4()
        while True:
            async with self.vault.pool.connection() as db:
                current = (await load(db, self.vault.ring, [connection.connection_id]))[
                    connection.connection_id
                ].connection
                if current.oauth != connection.oauth or current.removed:
                    return Refused(slug="conflict", detail="The connection has just been changed. Try again.")
                begun = signing_in.started(current, now=datetime.now(UTC), event_id=event_id, actor=columns["actor"])
                if not await put(db, self.vault.ring, current, begun):
                    continue
                if columns["link_hash"] is not None:
                    await void_those_of_link(db, columns["link_hash"])
                expires_at = await keep(
                    db,
                    self.vault.ring,
                    state=state,
                    verifier=verifier,
                    sign_in_id=event_id,
                    connection_id=connection.connection_id,
                    redirect_uri=redirect_uri,
                    **_expected(connection, published),
                    **columns,
                )
                break
        self.vault.outgoing.set()
        address = authorization_address(
            connection.oauth, endpoint, redirect_uri=redirect_uri, state=state, challenge=challenge(verifier)
        )
        return SignInStarted(authorization_url=address, state=state, redirect_uri=redirect_uri, expires_at=expires_at)


def refusal(connection: Connection | None) -> Refused | None:
    """Why nobody can sign in for the connection; None: somebody can."""
    if connection is None or connection.removed:
        return UNKNOWN
    if not connection.configured:
        return Refused(slug="conflict", detail="What is stored of the connection cannot be read. Declare it anew.")
    if connection.oauth is None:
        return Refused(slug="not_oauth", detail="This connection has no OAuth and so nobody to sign in.")
    if connection.oauth.grant == "client_credentials":
        return Refused(slug="not_oauth", detail="With client_credentials the client proves itself; nobody signs in.")
    return None


def _expected(connection: Connection, published: Metadata | None) -> dict[str, Any]:
    issuer = connection.oauth.issuer if connection.oauth else None
    return {"issuer": issuer, "iss_required": published is not None and published.iss_in_callbacks}


def _no_endpoint(connection: Connection) -> str:
    if connection.oauth and connection.oauth.issuer:
        return "The issuer's metadata cannot be had or names no authorization endpoint. Declare authorization_url."
    return "Declare authorization_url, or an issuer that publishes it."
