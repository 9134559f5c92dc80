"""Writes down who commanded what and how it ended, refused attempts included."""

import logging
from typing import Final, cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}

_log = logging.getLogger(__name__)
# Whatever the log's level: an audit with gaps is none.
_log.setLevel(logging.INFO)


def audited(app: ASGIApp) -> ASGIApp:
    """`app` with one line for each request that would change something. No query and no body: they may hold secrets."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        request = cast(HTTPScope, scope)
        if request["method"] in _SAFE:
            await app(scope, receive, send)
            return

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note(request, message["status"])
            await send(message)

        await app(scope, receive, send_and_note)

    return wrapped


def _note(request: HTTPScope, status: int) -> None:
    actor = request.get("user")
    client = request["client"]
    _log.info(
        "command",
        extra={
            "actor": actor.name if actor else None,
            "role": actor.role if actor else None,
            "method": request["method"],
            "path": request["path"],
            "status": status,
            "address": client[0] if client else None,
        },
    )
