"""Traces what commands: a span for each request that would change something, and for each return from an IdP."""

from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from opentelemetry.trace import Span, SpanKind

from authpulse_chassis.tracing import fail, span
from authpulse_contract.trace import trace_in
from authpulse_health_api.acting.addresses import CALLBACK

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_OUR_FAULT: Final = 500


def traced(app: ASGIApp) -> ASGIApp:
    """`app` within spans, below the one that the request names. Neither path nor query: they may hold secrets."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        request = cast(HTTPScope, scope)
        method = request["method"]
        if method in _SAFE and request["path"] != CALLBACK:
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request["headers"]}
        known = {"http.request.method": method, "url.scheme": request["scheme"]}

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note(running, request, message["status"])
            await send(message)

        with span(method, SpanKind.SERVER, parent=trace_in(headers), attributes=known) as running:
            await app(scope, receive, send_and_note)

    return wrapped


def _note(running: Span, request: HTTPScope, status: int) -> None:
    if route := request.get("path_template"):
        running.update_name(f"{request['method']} {route}")
        running.set_attribute("http.route", route)
    running.set_attribute("http.response.status_code", status)
    if status >= _OUR_FAULT:
        fail(running, str(status))
