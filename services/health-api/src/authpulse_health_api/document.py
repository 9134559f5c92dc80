"""The OpenAPI document, made from the handlers."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler

from authpulse_health_api.door import COOKIE

_SCHEMES: Final[dict[str, SecurityScheme | Reference]] = {
    "bearer": SecurityScheme(
        type="http", scheme="bearer", description="The administrator's token, an API key or a token of the OIDC issuer."
    ),
    "session": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie", description="From signing in."),
}


def describe(routes: Sequence[ControllerRouterHandler]) -> bytes:
    """The document as indented JSON. Litestar would serve it itself, but with pages in HTML for what is not there."""
    config = OpenAPIConfig(
        title="authpulse",
        version="1",
        description="Says which OAuth connection has died and why. Errors are RFC 9457 problem documents.",
        components=Components(security_schemes=_SCHEMES),
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    )
    document = Litestar(routes, openapi_config=config, logging_config=None).openapi_schema.to_schema()
    for path in document["paths"].values():
        for operation in path.values():
            _forget_default_problem(operation)
    # Sorted, since Litestar keeps some parts in sets.
    return msgspec.json.format(msgspec.json.encode(_plain(document), order="sorted"), indent=2) + b"\n"


def _forget_default_problem(operation: dict[str, Any]) -> None:
    """Litestar documents a 400 wherever there is something to validate; here that is a 422, documented by itself."""
    operation["responses"].pop("400", None)


def _plain(node: Any) -> Any:
    """`node` without choices that have one alternative only."""
    match node:
        case {"oneOf": [{**only}], **rest}:
            return _plain(rest | only)
        case dict():
            return {key: _plain(value) for key, value in node.items()}
        case list():
            return [_plain(value) for value in node]
        case _:
            return node
