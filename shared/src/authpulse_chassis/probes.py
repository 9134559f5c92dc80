"""Tells whoever runs the process whether it lives and whether it is ready: a small HTTP listener of its own.

Apart from the public port, so that nobody outside the cluster can ask, and so that services without HTTP have one too.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from authpulse_chassis.address import host_and_port
from authpulse_chassis.settings import SettingsError

_DEADLINE: Final = 5.0
"""Seconds for one request and its answer; whoever is slower is cut off."""
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}

_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What a page says."""

    status: int
    body: bytes
    content_type: str = "application/json"


Page = Callable[[], Awaitable[Answer]]


@asynccontextmanager
async def answering(address: str | None, pages: Mapping[str, Page]) -> AsyncIterator[None]:
    """Answer GET and HEAD for `pages`, by path, at `address` (HOST:PORT) meanwhile; None: do not listen.

    A page that raises is answered with 500 and logged. Raises `SettingsError` where the address is not to be had.
    """
    if address is None:
        yield
        return
    host, port = host_and_port(address)
    try:
        server = await asyncio.start_server(lambda reader, writer: _serve(pages, reader, writer), host, port)
    except OSError as failure:
        raise SettingsError(f"AUTHPULSE_PROBE: cannot listen at {address}: {failure.strerror}.") from None
    async with server:
        yield


async def _serve(pages: Mapping[str, Page], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(_DEADLINE):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_as_http(await _answer(pages, head), bodiless=head.startswith(b"HEAD ")))
            await writer.drain()
    except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
        pass  # whoever asked has gone, is too slow or speaks no HTTP
    finally:
        writer.close()


async def _answer(pages: Mapping[str, Page], head: bytes) -> Answer:
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3:  # noqa: PLR2004 -- method, target, version (RFC 9112 section 3)
        return Answer(400, b"")
    page = pages.get(words[1].partition("?")[0])
    if page is None:
        return Answer(404, b"")
    if words[0] not in {"GET", "HEAD"}:
        return Answer(405, b"")
    try:
        return await page()
    except Exception:
        _log.exception("the page %s failed", words[1])
        return Answer(500, b"")


def _as_http(answer: Answer, *, bodiless: bool) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unavailable')}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if bodiless else answer.body)
