"""The OAuth status of one connection (semantics 6), as its newest event left it."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from psycopg import AsyncConnection

from authpulse_contract.codec import from_json
from authpulse_contract.events import ConnectionState, Grant

_FIND: Final = """
    select state::text, idp_host from ledger.connection_health where kind = %s and name = %s and not removed"""


class Revocation(Struct, frozen=True, kw_only=True):
    """When, why and by whom the grant was last lost."""

    occurred_at: datetime
    reason: str
    idp_host: str | None


class OAuthStatus(Struct, frozen=True, kw_only=True):
    """Every member is always present; null means unknown, never, or without end. Times are UTC."""

    configured: bool
    token_acquired: bool
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    has_refresh_token: bool
    last_refreshed_at: datetime | None
    next_refresh_at: datetime | None
    scope: str | None
    grant: Grant | None
    idp_host: str | None
    authenticated_by: str | None
    authenticated_at: datetime | None
    needs_reauth: bool
    last_revocation: Revocation | None


class NotOAuth(Struct, frozen=True):
    """The connection is known, and has no OAuth grant."""


async def find_status(db: AsyncConnection, kind: str, name: str) -> OAuthStatus | NotOAuth | None:
    """None: no such connection. Raises `msgspec.ValidationError` where the stored state cannot be read."""
    found = await (await db.execute(_FIND, (kind, name))).fetchone()
    if found is None:
        return None
    state, idp_host = from_json(found[0], ConnectionState), found[1]
    return _status(state, idp_host) if state.has_oauth else NotOAuth()


def _status(state: ConnectionState, idp_host: str | None) -> OAuthStatus:
    lost = state.last_revocation
    return OAuthStatus(
        configured=state.configured,
        token_acquired=state.token_acquired,
        expires_at=state.expires_at,
        refresh_expires_at=state.refresh_expires_at,
        has_refresh_token=state.has_refresh_token,
        last_refreshed_at=state.last_refreshed_at,
        next_refresh_at=state.next_refresh_at,
        scope=state.scope,
        grant=state.grant,
        idp_host=idp_host,
        authenticated_by=state.authenticated_by,
        authenticated_at=state.authenticated_at,
        needs_reauth=state.needs_reauth,
        last_revocation=Revocation(occurred_at=lost.occurred_at, reason=lost.reason, idp_host=lost.idp_host)
        if lost
        else None,
    )
