"""GET /api/v1/admin/connections/oauth-health/stream: the board at once, then each change as it happens."""

from typing import Annotated, Any, Final

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter

from authpulse_health_api.admission.guard import REFUSALS, principal_of
from authpulse_health_api.problems import Slug, documented
from authpulse_health_api.reading.broadcast import Broadcast
from authpulse_health_api.reading.event_stream import MEDIA_TYPE, EventStream
from authpulse_health_api.reading.freshness_headers import FRESHNESS
from authpulse_health_api.upstream.ledger import LedgerAwayError
from authpulse_health_api.upstream.watch import Watch

_DESCRIPTION: Final = """Server-sent events. `snapshot`: the bulk answer. `changed`: `{"changed": [rows], "removed":
[{"kind", "name"}]}`, each connection at most once. `staleness`: `{"seconds": n, "away": [names]}` while the rows are
old, with the names of the header `Authpulse-Away`; 0 and no names once they are not. `id` is the position in the
ledger; sent again as `Last-Event-ID`, to whichever replica, it resumes there. A comment comes every few seconds."""


def stream_routes(watch: Watch, broadcast: Broadcast) -> list[HTTPRouteHandler]:
    """The handler of the stream, fed by `broadcast` from what `watch` holds."""

    @get(
        "/connections/oauth-health/stream",
        tags=["health"],
        summary="The health of all connections, and each change",
        response_headers=FRESHNESS,
        responses={
            200: ResponseSpec(str, media_type=MEDIA_TYPE, description=_DESCRIPTION, generate_examples=False),
            **documented(*REFUSALS, Slug.INTERNAL, Slug.LEDGER_AWAY),
        },
    )
    async def oauth_health_stream(
        request: Request[Any, Any, Any],
        last_event_id: Annotated[
            str | None, HeaderParameter(name="Last-Event-ID", description="The newest id that has been seen.")
        ] = None,
    ) -> EventStream:
        """For whoever wants to know at once; poll the bulk answer where the stream is not to be had."""
        if watch.board is None:
            raise LedgerAwayError("nothing has been read from it yet")
        messages = broadcast.follow(_position(last_event_id), principal_of(request).expires_at)
        return EventStream(messages, watch.freshness().headers)

    return [oauth_health_stream]


def _position(last_event_id: str | None) -> int | None:
    """None for what is no position of ours: browsers send whatever id they saw last, and the whole board is right."""
    if last_event_id is None or not (last_event_id.isascii() and last_event_id.isdigit()):
        return None
    return int(last_event_id[:18])
