"""The OAuth status of one connection (semantics 6), as its newest event left it."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from psycopg import AsyncConnection

from authpulse_contract.codec import from_json
from authpulse_contract.events import ConnectionRemoved, Event, Grant, RefreshDetail, RefreshFailedTransient
from authpulse_health_api.health.explain import explain
from authpulse_health_api.upstream.troubled import FAILING_SINCE

_FIND: Final = f"""
    select e.body::text, failing.since
    from (
        select * from ledger.events
        where connection_kind = %(kind)s and connection_name = %(name)s
            and (%(as_of)s::timestamptz is null or occurred_at <= %(as_of)s)
        order by version desc
        limit 1
    ) as e
    left join lateral ({FAILING_SINCE}) as failing on true"""  # noqa: S608 -- no value in it

_VERSION: Final = "select version from ledger.connection_health where kind = %s and name = %s"


class Revocation(Struct, frozen=True, kw_only=True):
    """When, why and by whom the grant was last lost."""

    occurred_at: datetime
    reason: str
    idp_host: str | None


class OAuthStatus(Struct, frozen=True, kw_only=True):
    """Every member is always present; null means unknown, never, or without end. Times are UTC.

    `explanation` says why it needs attention and `next_step` what to do, both null where it does not. `attempts` counts
    the failures since `failing_since`. `last_success_at` is the proof of life: when the IdP last issued a token.
    """

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
    explanation: str | None
    next_step: str | None
    failing_since: datetime | None
    attempts: int | None
    next_attempt_at: datetime | None
    last_success_at: datetime | None


class NotOAuth(Struct, frozen=True):
    """The connection is known, and has no OAuth grant."""


async def find_status(
    db: AsyncConnection, kind: str, name: str, as_of: datetime | None
) -> OAuthStatus | NotOAuth | None:
    """As it is now, or as it was at `as_of`. None: no such connection, or not then.

    Raises `msgspec.ValidationError` where what is stored cannot be read.
    """
    found = await (await db.execute(_FIND, {"kind": kind, "name": name, "as_of": as_of})).fetchone()
    if found is None:
        return None
    event: Event = from_json(found[0], Event)  # type: ignore[arg-type]  # a union, of Structs
    if isinstance(event, ConnectionRemoved):
        return None
    return _status(event, found[1]) if event.state.has_oauth else NotOAuth()


async def known_version(db: AsyncConnection, kind: str, name: str) -> int | None:
    """The version of the connection's newest event in the ledger."""
    found = await (await db.execute(_VERSION, (kind, name))).fetchone()
    return found[0] if found else None


def _status(event: Event, failing_since: datetime | None) -> OAuthStatus:
    state = event.state
    lost, why = state.last_revocation, explain(event)
    failing = event.detail if isinstance(event, RefreshFailedTransient) else RefreshDetail()
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
        idp_host=event.idp_host,
        authenticated_by=state.authenticated_by,
        authenticated_at=state.authenticated_at,
        needs_reauth=state.needs_reauth,
        last_revocation=Revocation(occurred_at=lost.occurred_at, reason=lost.reason, idp_host=lost.idp_host)
        if lost
        else None,
        explanation=why.explanation if why else None,
        next_step=why.next_step if why else None,
        failing_since=failing_since or (lost.occurred_at if lost and state.needs_reauth else None),
        attempts=failing.attempt,
        next_attempt_at=failing.next_attempt_at,
        last_success_at=max(filter(None, (state.last_refreshed_at, state.authenticated_at)), default=None),
    )
