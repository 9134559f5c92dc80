"""Liveness and readiness, for whoever starts and watches the process; public and without content."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from authpulse_health_api.problems import Problem, Slug, documented
from authpulse_health_api.upstream.watch import Watch


class Fit(Struct, frozen=True, kw_only=True):
    """The answer where all is well."""

    status: str = "ok"


def probe_routes(watch: Watch) -> list[HTTPRouteHandler]:
    """The handlers of /healthz and /readyz."""

    @get("/healthz", tags=["probes"], summary="The process answers", responses=documented(Slug.INTERNAL))
    async def healthz() -> Response[Fit]:
        """Not to be asked by a load balancer: /readyz is."""
        return Response(Fit(), headers={"Cache-Control": "no-store"})

    @get(
        "/readyz",
        tags=["probes"],
        summary="There are rows to serve, even if the ledger is away just now",
        responses=documented(Slug.INTERNAL, Slug.LEDGER_AWAY),
    )
    async def readyz() -> Response[Fit]:
        """503 until the ledger has been read once."""
        if watch.board is None:
            raise Problem(Slug.LEDGER_AWAY, headers={"Retry-After": "2"})
        return Response(Fit(), headers={"Cache-Control": "no-store"})

    return [healthz, readyz]
