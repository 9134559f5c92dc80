"""Lets only those through to a handler who may."""

from collections.abc import Awaitable, Callable
from typing import Final

from litestar.handlers import BaseRouteHandler

from authpulse_health_api.admission.door import Connection, Door
from authpulse_health_api.admission.principal import Principal
from authpulse_health_api.problems import Problem, Slug

Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

REFUSALS: Final = (
    Slug.UNAUTHENTICATED,
    Slug.WRONG_TOKEN,
    Slug.FOREIGN_ORIGIN,
    Slug.NO_ROLE,
    Slug.TOO_MANY_FAILURES,
    Slug.ISSUER_AWAY,
)
"""What `signed_in` may answer with, for the document."""


def signed_in(door: Door) -> Guard:
    """A guard that raises unless it is known who asks. Handlers behind it have `principal_of`."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        connection.scope["user"] = await door.admit(connection)

    return guard


async def admin_only(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard behind `signed_in` for handlers that change something: raises 403 for those who may only look."""
    if not principal_of(connection).may_command:
        raise Problem(Slug.VIEWER)


def principal_of(connection: Connection) -> Principal:
    """Who asks; only behind `signed_in`."""
    principal: Principal = connection.scope["user"]
    return principal
