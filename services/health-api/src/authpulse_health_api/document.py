"""The OpenAPI document, made from the handlers; `python -m authpulse_health_api.document` prints it."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler

from authpulse_health_api.guard import COOKIE

_SCHEMES: Final[dict[str, SecurityScheme | Reference]] = {
    "bearer": SecurityScheme(type="http", scheme="bearer", description="The administrator's token."),
    "session": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie", description="From signing in."),
}


def describe(routes: Sequence[ControllerRouterHandler]) -> bytes:
    """The document as indented JSON. Litestar would serve it itself, but with pages in HTML for what is not there."""
    config = OpenAPIConfig(
        title="authpulse",
        version="1",
        description="Says which OAuth connection has died and why. Errors are RFC 9457 problem documents.",
        components=Components(security_schemes=_SCHEMES),
    )
    document = Litestar(routes, openapi_config=config, logging_config=None).openapi_schema.to_schema()
    for path in document["paths"].values():
        for operation in path.values():
            _forget_default_problem(operation)
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _forget_default_problem(operation: dict[str, Any]) -> None:
    """Litestar documents a 400 wherever there is something to validate; here that is a 422, documented by itself."""
    operation["responses"].pop("400", None)
