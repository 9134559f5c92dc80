"""Puts the handlers together into one ASGI application."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from litestar import Litestar, Response, Router, get
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from authpulse_health_api.acting.addresses import Addresses
from authpulse_health_api.acting.manage import manage_routes
from authpulse_health_api.acting.owner import owner_routes
from authpulse_health_api.acting.reconnect_link import reconnect_link_route
from authpulse_health_api.acting.signing_in import callback, sign_in_start
from authpulse_health_api.admission.door import Door
from authpulse_health_api.admission.guard import signed_in
from authpulse_health_api.admission.session import session_routes
from authpulse_health_api.document import describe
from authpulse_health_api.failures import HANDLERS
from authpulse_health_api.probes import probe_routes
from authpulse_health_api.reading.broadcast import Broadcast
from authpulse_health_api.reading.bulk import bulk_routes
from authpulse_health_api.reading.connection import connection_routes
from authpulse_health_api.reading.shared_causes import incident_routes
from authpulse_health_api.reading.stream import stream_routes
from authpulse_health_api.site import site_routes
from authpulse_health_api.upstream.commands import Commands
from authpulse_health_api.upstream.ledger import Pool
from authpulse_health_api.upstream.watch import Watch

_BODY_LIMIT: Final = 64 * 1024
"""Bytes; the largest body is a connection's declaration."""


class Parts(Struct, frozen=True, kw_only=True):
    """What the handlers work with."""

    watch: Watch
    broadcast: Broadcast
    ledger: Pool
    door: Door
    commands: Commands
    addresses: Addresses


def make_routes(parts: Parts) -> list[ControllerRouterHandler]:
    """Every route but the document that describes them."""
    commands, addresses, ledger = parts.commands, parts.addresses, parts.ledger
    admin = Router(
        "/api/v1/admin",
        route_handlers=[
            *bulk_routes(parts.watch, ledger),
            *incident_routes(parts.watch, ledger),
            *stream_routes(parts.watch, parts.broadcast),
            *connection_routes(ledger),
            *manage_routes(commands, ledger),
            reconnect_link_route(commands, addresses),
            sign_in_start(commands, addresses),
        ],
        guards=[signed_in(parts.door)],
        security=[{"bearer": []}, {"session": []}],
    )
    return [
        admin,
        callback(commands, addresses),
        *owner_routes(commands, addresses, parts.door),
        *session_routes(parts.door),
        *probe_routes(parts.watch),
        *site_routes(),
    ]


def make_api(routes: Sequence[ControllerRouterHandler]) -> Litestar:
    """The application, to be wrapped in `edge`."""

    # When it is first asked for: making it takes a third of the time that the process needs to start.
    @cache
    def described() -> bytes:
        return describe(routes)

    @get("/openapi.json", include_in_schema=False)
    async def document() -> Response[bytes]:
        return Response(described(), media_type="application/json", headers={"Cache-Control": "no-cache"})

    return Litestar(
        [*routes, document],
        exception_handlers=HANDLERS,
        openapi_config=None,
        request_max_body_size=_BODY_LIMIT,
        logging_config=None,
    )
