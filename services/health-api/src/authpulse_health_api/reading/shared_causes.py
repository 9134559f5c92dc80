"""GET /api/v1/admin/connections/incidents: what is wrong, each shared cause once."""

import asyncio

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from authpulse_health_api.admission.guard import REFUSALS
from authpulse_health_api.health.incidents import Incidents, group
from authpulse_health_api.problems import Slug, documented
from authpulse_health_api.upstream.ledger import LedgerAwayError, Pool, reading
from authpulse_health_api.upstream.troubled import find_troubled
from authpulse_health_api.upstream.watch import Watch


def incident_routes(watch: Watch, ledger: Pool) -> list[HTTPRouteHandler]:
    """The handler of the incidents, which are looked for once a board, however many ask."""
    looking = asyncio.Lock()
    known = Incidents(incidents=[])
    known_at: int | None = None

    @get(
        "/connections/incidents",
        tags=["health"],
        summary="Connections that fail for one shared cause, as one incident each",
        responses=documented(*REFUSALS, Slug.INTERNAL, Slug.LEDGER_AWAY),
    )
    async def incidents() -> Response[Incidents]:
        """The same client at the same identity provider refused, or the same host down; the largest first."""
        nonlocal known, known_at
        async with looking:
            board = watch.board
            if board is None:
                raise LedgerAwayError("nothing has been read from it yet")
            if known_at != board.position:
                async with reading(ledger) as db:
                    found = await find_troubled(db)
                known, known_at = await asyncio.to_thread(group, found), board.position
            return Response(known, headers={"Cache-Control": "no-store"})

    return [incidents]
