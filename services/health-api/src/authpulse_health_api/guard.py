"""Finds out who asks, and lets only those through who may."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from authpulse_contract.secret import Secret
from authpulse_health_api.access import bearer, is_own_origin, is_session, is_token
from authpulse_health_api.principal import Principal
from authpulse_health_api.problems import Problem, Slug

COOKIE: Final = "authpulse_session"
ADMINISTRATOR: Final = "admin"
"""The name of whoever presents the administrator's token."""
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="authpulse"'}

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def signed_in(token: Secret, public_origin: str | None) -> Guard:
    """A guard that raises 401 without the token or a session, 403 where a foreign page uses the session.

    Handlers behind it have `principal_of`.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        presented = bearer(connection.headers.get("authorization"))
        if presented is not None:
            if not is_token(presented, token):
                raise wrong_token()
            connection.scope["user"] = Principal(name=ADMINISTRATOR, role="admin")
            return
        session = connection.cookies.get(COOKIE)
        if session is None or not is_session(session, token, time.time()):
            raise Problem(Slug.UNAUTHENTICATED, headers=_CHALLENGE)
        if connection.scope.get("method") not in _SAFE:
            check_origin(connection, public_origin)
        connection.scope["user"] = Principal(name=ADMINISTRATOR, role="admin")

    return guard


async def admin_only(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard behind `signed_in` for handlers that change something: raises 403 for those who may only look."""
    if not principal_of(connection).may_command:
        raise Problem(Slug.VIEWER)


def principal_of(connection: Connection) -> Principal:
    """Who asks; only behind `signed_in`."""
    principal: Principal = connection.scope["user"]
    return principal


def check_origin(connection: Connection, public_origin: str | None) -> None:
    """Raises 403 unless a page of ours sent the request."""
    if not is_own_origin(connection.headers.get("origin"), connection.headers.get("host"), public_origin):
        raise Problem(Slug.FOREIGN_ORIGIN)


def wrong_token() -> Problem:
    """401 for a token that is not the administrator's."""
    return Problem(Slug.WRONG_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="authpulse", error="invalid_token"'})
