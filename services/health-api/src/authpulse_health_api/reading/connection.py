"""One connection over HTTP: its OAuth status and its history."""

from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from authpulse_health_api.admission.commanding import NO_STORE
from authpulse_health_api.admission.guard import REFUSALS
from authpulse_health_api.problems import Problem, Slug, documented
from authpulse_health_api.reading.as_of import AsOf, to_moment
from authpulse_health_api.reading.history import HIGHEST_LIMIT, PAGE, EventType, History, Wanted, find_history
from authpulse_health_api.reading.once import refuse_repeated
from authpulse_health_api.reading.status import NotOAuth, OAuthStatus, find_status
from authpulse_health_api.upstream.ledger import Pool, reading

_COMMON = (*REFUSALS, Slug.UNKNOWN_CONNECTION, Slug.INTERNAL, Slug.LEDGER_AWAY)

Kind = Annotated[str, PathParameter(description="Percent-encoded, `/` as %2F.", examples=[Example(value="api")])]
Name = Annotated[str, PathParameter(description="Percent-encoded, `/` as %2F.", examples=[Example(value="crm")])]


def connection_routes(ledger: Pool) -> list[HTTPRouteHandler]:
    """The handlers that read one connection from the ledger."""

    @get(
        "/connections/{kind:str}/{name:str}/oauth-status",
        tags=["connection"],
        summary="The OAuth status of one connection",
        before_request=refuse_repeated,
        responses=documented(*_COMMON, Slug.NOT_OAUTH, Slug.INVALID),
    )
    async def oauth_status(kind: Kind, name: Name, as_of: AsOf = None) -> Response[OAuthStatus]:
        """Why it needs attention, since when, what to do, and when it last worked."""
        found = await read_status(ledger, plain(kind), plain(name), to_moment(as_of))
        return Response(found, headers=NO_STORE)

    @get(
        "/connections/{kind:str}/{name:str}/auth-events",
        tags=["connection"],
        summary="The newest events of one connection, newest first, 30 unless told otherwise",
        before_request=refuse_repeated,
        responses=documented(*_COMMON, Slug.INVALID),
    )
    async def auth_events(  # noqa: PLR0913, PLR0917 -- called by name, one argument a parameter
        kind: Kind,
        name: Name,
        type: Annotated[  # noqa: A002 -- so that an error names the parameter as the caller does
            list[EventType] | None, QueryParameter(description="Only these types; may be repeated.")
        ] = None,
        cursor: Annotated[
            int | None, QueryParameter(ge=1, le=2**63 - 1, description="The next_cursor of the page before.")
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=HIGHEST_LIMIT, description="Events a page.")] = PAGE,
        as_of: AsOf = None,
    ) -> Response[History]:
        """As they were published. `next_cursor` leads to older ones and stays good however many new ones come."""
        wanted = Wanted(
            kind=plain(kind), name=plain(name), types=type, before=cursor, as_of=to_moment(as_of), limit=limit
        )
        async with reading(ledger) as db:
            found = await find_history(db, wanted)
        if found is None:
            raise Problem(Slug.UNKNOWN_CONNECTION)
        return Response(found, headers=NO_STORE)

    return [oauth_status, auth_events]


async def read_status(ledger: Pool, kind: str, name: str, as_of: datetime | None = None) -> OAuthStatus:
    """The OAuth status, now or at `as_of`. Raises `Problem` where there is none."""
    async with reading(ledger) as db:
        found = await find_status(db, kind, name, as_of)
    match found:
        case None:
            raise Problem(Slug.UNKNOWN_CONNECTION)
        case NotOAuth():
            raise Problem(Slug.NOT_OAUTH)
        case OAuthStatus():
            return found


def plain(segment: str) -> str:
    """The kind or name that `segment` of the path stands for.

    Raises 404 for what no connection can be called: bytes that are not UTF-8, or NUL, which PostgreSQL cannot hold.
    """
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise Problem(Slug.UNKNOWN_CONNECTION) from None
    if "\0" in text:
        raise Problem(Slug.UNKNOWN_CONNECTION)
    return text
