"""`python bench/bare.py PORT FILE`: a bare ASGI app on the server of health-api, answering with the bytes of the file.

It answers 304 to any If-None-Match.
"""

import asyncio
import sys
from pathlib import Path
from typing import cast

from litestar.types import HTTPScope, Receive, Scope, Send

from authpulse_health_api.server import serve

body = Path(sys.argv[2]).read_bytes()
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", b"%d" % len(body)),
    (b"etag", b'"1"'),
    (b"age", b"0"),
    (b"cache-control", b"private, no-cache"),
]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    del receive
    if any(name == b"if-none-match" for name, _ in cast(HTTPScope, scope)["headers"]):
        await send({"type": "http.response.start", "status": 304, "headers": _HEADERS[2:]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": body, "more_body": False})


asyncio.run(serve(app, "127.0.0.1", int(sys.argv[1]), asyncio.Event()))
