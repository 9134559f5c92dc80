"""Lets only the administrator through to the handlers behind it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from authpulse_contract.secret import Secret
from authpulse_health_api.access import bearer, is_own_origin, is_session, is_token
from authpulse_health_api.problems import Problem, Slug

COOKIE: Final = "authpulse_session"
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="authpulse"'}

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def admin_only(token: Secret, public_origin: str | None) -> Guard:
    """A guard that raises 401 without the token or a session, 403 where a foreign page uses the session."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        presented = bearer(connection.headers.get("authorization"))
        if presented is not None:
            if not is_token(presented, token):
                raise wrong_token()
            return
        session = connection.cookies.get(COOKIE)
        if session is None or not is_session(session, token, time.time()):
            raise Problem(Slug.UNAUTHENTICATED, headers=_CHALLENGE)
        if connection.scope.get("method") not in _SAFE:
            check_origin(connection, public_origin)

    return guard


def check_origin(connection: Connection, public_origin: str | None) -> None:
    """Raises 403 unless a page of ours sent the request."""
    if not is_own_origin(connection.headers.get("origin"), connection.headers.get("host"), public_origin):
        raise Problem(Slug.FOREIGN_ORIGIN)


def wrong_token() -> Problem:
    """401 for a token that is not the administrator's."""
    return Problem(Slug.WRONG_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="authpulse", error="invalid_token"'})
