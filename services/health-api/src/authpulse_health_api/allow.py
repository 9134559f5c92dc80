"""OPTIONS at a path that several handlers share: Litestar's own answer names the methods of one of them alone."""

from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler


def options_at(path: str, *methods: str) -> HTTPRouteHandler:
    """The handler. It has to stand before the others, or Litestar makes its own; public, as those are."""

    @route(path, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)
    async def options() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": ", ".join(sorted({*methods, "OPTIONS"}))})

    return options
