"""The outermost layer: what every request and every answer has to have, whichever handler it is for."""

from typing import Final, cast

from litestar.types import ASGIApp, HTTPDisconnectEvent, HTTPScope, Message, Receive, Scope, Send

from authpulse_health_api.metrics import answered

_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def edge(app: ASGIApp) -> ASGIApp:
    """`app` with security headers on all its answers, routed by the path as it was sent, HEAD answered as GET.

    Once decoded, `api/a%2Fb` and `api/a/b` would be one path, so handlers decode their own part. The server leaves
    out the body of an answer to HEAD, and is told to take neither WebSockets nor lifespan events.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        request = cast(HTTPScope, scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
                answered(message["status"])
            await send(message)

        request["path"] = request["raw_path"].decode("latin-1")
        if request["method"] == "HEAD":
            request["method"] = "GET"
            await app(request, _left, send_with_headers)
        else:
            await app(request, receive, send_with_headers)

    return wrapped


async def _left() -> HTTPDisconnectEvent:
    """Whoever asks for the head only is gone once it has it: an answer that goes on need not be told to nobody."""
    return {"type": "http.disconnect"}
