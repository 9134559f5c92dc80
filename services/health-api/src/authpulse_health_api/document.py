"""The OpenAPI document, made from the handlers."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.datastructures import ResponseHeader
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from authpulse_contract.codec import to_json
from authpulse_health_api.acting.declared import DeclaredConnection, DeclaredToken
from authpulse_health_api.acting.reconnect_link import LinkWanted
from authpulse_health_api.acting.signing_in import SignInWanted
from authpulse_health_api.admission.door import COOKIE
from authpulse_health_api.admission.session import SignIn
from authpulse_health_api.examples import EXAMPLES, Shown
from authpulse_health_api.reading.freshness_headers import FRESHNESS

_SCHEMES: Final[dict[str, SecurityScheme | Reference]] = {
    "bearer": SecurityScheme(
        type="http", scheme="bearer", description="The administrator's token, an API key or a token of the OIDC issuer."
    ),
    "session": SecurityScheme(type="apiKey", name=COOKIE, security_scheme_in="cookie", description="From signing in."),
}

_EVENT: Final = {
    "type": "object",
    "description": "An event as it was published; docs/schemas has a JSON Schema for each `event_type`.",
    "required": ["event_id", "event_type", "version", "occurred_at", "actor", "state"],
}
"""What is passed on as it is stored, so that Litestar cannot know what it is."""
STREAM: Final = "/api/v1/admin/connections/oauth-health/stream"
_CLOSED: Final = (DeclaredConnection, DeclaredToken, LinkWanted, SignInWanted)
"""Bodies of which no unknown member is passed over, which Litestar leaves unsaid: a misspelt one would go unseen."""
_SECRET: Final[dict[type, tuple[str, ...]]] = {
    DeclaredConnection: ("client_secret", "client_key"),
    DeclaredToken: ("refresh_token", "access_token"),
    SignIn: ("token",),
}


def describe(routes: Sequence[ControllerRouterHandler]) -> bytes:
    """The document as indented JSON. Litestar would serve it itself, but with pages in HTML for what is not there."""
    config = OpenAPIConfig(
        title="authpulse",
        version="1",
        description="Says which OAuth connection has died and why. Errors are RFC 9457 problem documents.",
        components=Components(security_schemes=_SCHEMES),
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    )
    document = Litestar(routes, openapi_config=config, logging_config=None).openapi_schema.to_schema()
    for path in document["paths"].values():
        for operation in path.values():
            _forget_default_problem(operation)
            _show(operation, EXAMPLES[operation["operationId"]])
            _forget_ids(operation)
            _say_that_headers_are_text(operation)
    # Litestar leaves the headers of an answer out that is described otherwise than by its type.
    told = {"headers": {header.name: _header(header) for header in FRESHNESS}}
    document["paths"][STREAM]["get"]["responses"]["200"] |= told
    schemas = document["components"]["schemas"]
    schemas["History"]["properties"]["events"]["items"] = _EVENT
    for closed in _CLOSED:
        schemas[closed.__name__]["additionalProperties"] = False
    for kind, members in _SECRET.items():
        for member in members:
            schemas[kind.__name__]["properties"][member] |= {"writeOnly": True, "format": "password"}
    # Sorted, since Litestar keeps some parts in sets.
    return msgspec.json.format(msgspec.json.encode(_plain(document), order="sorted"), indent=2) + b"\n"


def _forget_default_problem(operation: dict[str, Any]) -> None:
    """Litestar documents a 400 wherever there is something to validate; here that is a 422, documented by itself."""
    operation["responses"].pop("400", None)


def _show(operation: dict[str, Any], shown: Shown) -> None:
    """Put the examples where they belong."""
    if shown.body is not None:
        _show_in(operation["requestBody"], shown.body)
    for status, answer in shown.answers.items():
        _show_in(operation["responses"][str(status)], answer)


def _show_in(described: dict[str, Any], value: Struct | str) -> None:
    told = value if isinstance(value, str) else msgspec.json.decode(to_json(value))
    for content in described["content"].values():
        content["examples"] = {"example": {"value": told}}


def _header(header: ResponseHeader) -> dict[str, Any]:
    told = {"description": header.description, "schema": {"type": "string"}}
    return told | {"required": True} if header.required else told


def _say_that_headers_are_text(operation: dict[str, Any]) -> None:
    """Litestar says nothing of those that handlers set by themselves, where OpenAPI wants a schema."""
    for answer in operation["responses"].values():
        for header in answer.get("headers", {}).values():
            header.setdefault("schema", {"type": "string"})


def _forget_ids(operation: dict[str, Any]) -> None:
    """Litestar writes the name of an example into it as well, where OpenAPI knows no such member."""
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            for example in content.get("examples", {}).values():
                example.pop("id", None)


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
