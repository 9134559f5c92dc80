"""Asks an IdP, once: one request, one deadline over everything, a bounded answer, no exception's text."""

import asyncio
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import httpx

from authpulse_contract.connections import OAuthConfig
from authpulse_refresher.decision.grant import grant_of
from authpulse_refresher.model import Answer, Connection, NoAnswer
from authpulse_refresher.provider.addresses import ForbiddenAddressError
from authpulse_refresher.provider.token_request import refresh_request
from authpulse_refresher.provider.wire import ClientCertificateError, TooLateError, Watch, Wires
from authpulse_refresher.traces import asked, asking, heard

BODY_LIMIT: Final = 1024 * 1024
"""Bytes of an answer that are read, and that a compressed one is let grow to."""

_LAST_LOOK: Final = 0.2
"""Seconds of the deadline that a process gets to read what has come, counted from its waking."""

# Our own words, the most special kind of failure first; an exception's text may repeat what was sent.
_CAUSES: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((aiohttp.ClientConnectorDNSError,), "dns"),
    ((ForbiddenAddressError,), "forbidden_address"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    ((aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError), "connect"),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, httpx.InvalidURL), "address"),
    ((aiohttp.ClientResponseError,), "garbled"),
    ((aiohttp.ClientError, ConnectionError), "reset"),
    ((TimeoutError,), "deadline"),
    ((FileNotFoundError, PermissionError, IsADirectoryError), "ca_file"),
)


TOO_LATE: Final = NoAnswer(cause="too_late", sent=False)
"""Nothing was sent because it was no longer allowed."""


def _always() -> bool:
    return True


async def ask(
    wires: Wires, connection: Connection, *, deadline: float, may_go: Callable[[], bool] = _always
) -> tuple[Answer | NoAnswer, int]:
    """The answer to one refresh of `connection`, and how long it took in milliseconds, as from `send`."""
    oauth = connection.oauth
    assert oauth is not None, "only OAuth connections are refreshed"  # noqa: S101 -- a bug, not an outcome

    def refresh() -> httpx.Request:
        return refresh_request(oauth, connection.client_secret, grant_of(connection))

    return await send(wires, refresh, oauth, deadline=deadline, may_go=may_go)


async def send(
    wires: Wires,
    make: Callable[[], httpx.Request],
    oauth: OAuthConfig,
    *,
    deadline: float,
    may_go: Callable[[], bool] = _always,
) -> tuple[Answer | NoAnswer, int]:
    """The answer to the request that `make` makes, and how long it took in milliseconds.

    `deadline` in seconds covers name resolution, connecting, TLS, sending and reading. `may_go` is asked right before
    the first byte is sent; if not, the answer is `TOO_LATE`. Never raises for what an IdP or a network does; cancelling
    it leaves the outcome unknown.
    """
    began = time.monotonic()
    watch = Watch(may_go)
    with asking() as running:
        try:
            async with _deadline(deadline):
                answer: Answer | NoAnswer = await _exchange(wires, make(), oauth)
        except TooLateError:
            answer = TOO_LATE
        except ClientCertificateError:
            answer = NoAnswer(cause="client_cert", sent=False)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as failure:
            answer = NoAnswer(cause=_cause(failure), sent=watch.may_be_sent)
        heard(running, answer)
    return answer, round((time.monotonic() - began) * 1000)


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """As `asyncio.timeout`, but what has come while this process was stopped is looked at before time is called.

    A process that wakes from a pause finds its timers run out and the answer, maybe a rotated token, unread.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:
        nearly = loop.call_later(seconds - _LAST_LOOK, lambda: limit.reschedule(loop.time() + _LAST_LOOK))
        try:
            yield
        finally:
            nearly.cancel()


async def _exchange(wires: Wires, request: httpx.Request, oauth: OAuthConfig) -> Answer:
    asked(request)
    if told := wires.told():
        request.headers.update(told)
    response = await wires.get(oauth).handle_async_request(request)
    headers = _named(response)
    try:
        content, truncated = await _read(response, headers.get("content-encoding", ""))
    finally:
        await response.aclose()
    return Answer(status=response.status_code, headers=headers, body=content, truncated=truncated)


def _named(response: httpx.Response) -> dict[str, str]:
    """The headers by lower-case name, the last of each; not by httpx's own view, which is slow to make."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}


async def _read(response: httpx.Response, coding: str) -> tuple[bytes, bool]:
    """The body as far as the limit, and whether there was more."""
    raw = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 -- it comes from an async transport
    async for chunk in response.stream:
        raw += chunk
        if len(raw) > BODY_LIMIT:
            return bytes(raw[:BODY_LIMIT]), True
    return _decoded(bytes(raw), coding)


def _decoded(raw: bytes, coding: str) -> tuple[bytes, bool]:
    """Some servers compress although they were asked not to; a bomb must not go off."""
    if coding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return raw, False
    # 32 + 15: zlib and gzip framing alike.
    inflater = zlib.decompressobj(32 + zlib.MAX_WBITS)
    try:
        body = inflater.decompress(raw, BODY_LIMIT)
    except zlib.error:
        return raw, False
    return body, not inflater.eof


def _cause(failure: Exception) -> str:
    # httpx-aiohttp names many failures wrongly (a reset is a ConnectTimeout to it): look beneath.
    beneath = failure.__cause__ if isinstance(failure, httpx.HTTPError) else failure
    if isinstance(beneath, aiohttp.ClientConnectorError) and isinstance(beneath.os_error, ForbiddenAddressError):
        beneath = beneath.os_error
    return next((word for kinds, word in _CAUSES if isinstance(beneath or failure, kinds)), "unsendable")
