"""GET /api/v1/admin/connections/oauth-health: all rows, or those selected, from memory."""

from datetime import datetime
from typing import Annotated, Final, cast

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from authpulse_contract.health import Connections
from authpulse_health_api.admission.guard import REFUSALS
from authpulse_health_api.health.board import Board
from authpulse_health_api.health.freshness import Freshness
from authpulse_health_api.health.select import Query, from_cursor, select
from authpulse_health_api.problems import Slug, documented
from authpulse_health_api.reading.as_of import AsOf, to_moment
from authpulse_health_api.reading.bulk_answer import answer
from authpulse_health_api.reading.freshness_headers import FRESHNESS
from authpulse_health_api.reading.once import refuse_repeated
from authpulse_health_api.upstream.ledger import LedgerAwayError, Pool, reading
from authpulse_health_api.upstream.past import board_at
from authpulse_health_api.upstream.watch import Watch

HIGHEST_LIMIT: Final = 1000

Flag = Annotated[bool | None, QueryParameter()]

_HEADERS: Final = [
    ResponseHeader(name="ETag", description="Strong; for If-None-Match.", documentation_only=True, required=True),
    *FRESHNESS,
]


def bulk_routes(watch: Watch, ledger: Pool) -> list[HTTPRouteHandler]:
    """The handler of the bulk answer, served from what `watch` holds; of the past, from the `ledger`."""

    @get(
        "/connections/oauth-health",
        tags=["health"],
        summary="The health of all connections",
        response_headers=_HEADERS,
        before_request=refuse_repeated,
        responses={
            304: ResponseSpec(None, description="Nothing changed since the entity tag in If-None-Match."),
            **documented(*REFUSALS, Slug.INVALID, Slug.INTERNAL, Slug.LEDGER_AWAY),
        },
    )
    async def oauth_health(  # noqa: PLR0913, PLR0917 -- called by name, one argument a query parameter
        kind: Annotated[str | None, QueryParameter(description="Only this kind.")] = None,
        needs_reauth: Flag = None,
        refresh_failing: Flag = None,
        q: Annotated[str | None, QueryParameter(description="Sought in kind/name, letter case aside.")] = None,
        limit: Annotated[int | None, QueryParameter(ge=1, le=HIGHEST_LIMIT, description="Rows a page.")] = None,
        cursor: Annotated[str | None, QueryParameter(description="The next_cursor of the page before.")] = None,
        as_of: AsOf = None,
        accept_encoding: Annotated[str | None, HeaderParameter(name="Accept-Encoding")] = None,
        if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match")] = None,
    ) -> Response[Connections]:
        """From memory. Without a filter everybody gets the same bytes, made once a change: ask with `If-None-Match`."""
        moment = to_moment(as_of)
        if moment is None:
            board, freshness = watch.board, watch.freshness()
        else:
            board, freshness = await _board_at(ledger, moment), Freshness(0)
        if board is None:
            raise LedgerAwayError("nothing has been read from it yet")
        page = select(
            board,
            Query(
                kind=kind,
                needs_reauth=needs_reauth,
                refresh_failing=refresh_failing,
                q=q,
                limit=limit,
                after=None if cursor is None else from_cursor(cursor),
            ),
        )
        found = await answer(page, freshness, accept_encoding, if_none_match)
        response = Response(
            found.body or None, status_code=found.status, media_type="application/json", headers=found.headers
        )
        return cast("Response[Connections]", response)

    return [oauth_health]


async def _board_at(ledger: Pool, moment: datetime) -> Board:
    async with reading(ledger) as db:
        return await board_at(db, moment)
