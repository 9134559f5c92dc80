"""Connections to identity providers: httpx over aiohttp, without cookies, redirects, retries or environment proxies.

httpx's transport is used and not its client: the client would keep cookies and read `Location` even of an answer that
it does not follow. aiohttp sends nothing but idempotent methods a second time on a connection that turned out dead;
a POST fails instead.
"""

import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import httpx
from aiohttp import AddrInfoType
from httpx_aiohttp import AiohttpTransport

from authpulse_chassis.tracing import carried
from authpulse_contract.connections import OAuthConfig
from authpulse_contract.trace import trace_headers
from authpulse_refresher.provider.addresses import ForbiddenAddressError, is_forbidden

# Below the usual 5 s after which servers drop an idle connection: a POST that meets that close has an unknown outcome.
_IDLE_LIMIT: Final = 4.0

_Files = tuple[tuple[str | None, int], ...]

_watch: ContextVar["Watch"] = ContextVar("_watch")


class Wires:
    """One transport for each set of authorities and client certificate; a file that has changed is read again.

    Addresses where no IdP is are refused, whatever name led there, unless `allow_link_local`. IdPs are others' and are
    told of no trace, unless `traced`.
    """

    def __init__(self, *, allow_link_local: bool = False, traced: bool = False) -> None:
        self._traced = traced
        self._allow_link_local = allow_link_local
        self._new_socket = _any_socket if allow_link_local else _guarded_socket
        # By file and time of change. The transport of an older file may still be in use and is kept: it costs nothing.
        self._transports: dict[_Files, AiohttpTransport] = {}

    def get(self, oauth: OAuthConfig) -> httpx.AsyncBaseTransport:
        """The transport that trusts and shows what the connection names; without `ca_file` the usual authorities.

        Raises `OSError`: the authorities cannot be read; `ClientCertificateError`.
        """
        files = _as_it_is(oauth.ca_file), *_certificate(oauth)
        if files not in self._transports:
            trust = ssl.create_default_context(cafile=oauth.ca_file) if oauth.ca_file else httpx.create_ssl_context()
            _show(trust, oauth)
            self._transports[files] = AiohttpTransport(verify=trust, client=lambda: _session(trust, self._new_socket))
        return self._transports[files]

    def refuses(self, url: str) -> bool:
        """Whether `url` names such an address itself; a host name is looked at when it is asked."""
        return not self._allow_link_local and is_forbidden(urlsplit(url).hostname or "")

    def told(self) -> dict[str, str]:
        """The headers that a request has beside its own."""
        return trace_headers(carried()) if self._traced else {}

    async def close(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()


class ClientCertificateError(Exception):
    """The client's certificate or its key cannot be read or do not belong together (RFC 8705)."""


class TooLateError(Exception):
    """Nothing was sent: its time was over before there was a connection."""


class Watch:
    """Lets a request be sent only while it `may_go`, and tells whether it was, and so may have been obeyed."""

    def __init__(self, may_go: Callable[[], bool]) -> None:
        self.may_be_sent = False
        self._may_go = may_go
        _watch.set(self)

    def pass_by(self) -> None:
        """The first byte is about to be sent. Raises `TooLateError` if it must not be."""
        if not self._may_go():
            raise TooLateError
        self.may_be_sent = True


def _as_it_is(file: str | None) -> tuple[str | None, int]:
    return file, Path(file).stat().st_mtime_ns if file else 0


def _certificate(oauth: OAuthConfig) -> tuple[tuple[str | None, int], tuple[str | None, int]]:
    try:
        return _as_it_is(oauth.client_cert_file), _as_it_is(oauth.client_key_file)
    except OSError:
        raise ClientCertificateError from None


def _show(context: ssl.SSLContext, oauth: OAuthConfig) -> None:
    if oauth.client_cert_file is not None:
        try:
            # An empty password: a key that needs one must fail and not ask for it on the terminal.
            context.load_cert_chain(oauth.client_cert_file, oauth.client_key_file, password="")
        except OSError:
            raise ClientCertificateError from None


async def _ask_watch(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: Any) -> None:
    if watch := _watch.get(None):
        watch.pass_by()


def _any_socket(address: AddrInfoType) -> socket.socket:
    return socket.socket(*address[:3])


def _guarded_socket(address: AddrInfoType) -> socket.socket:
    """Called with what is connected to in the end, so that a name cannot be looked up again to another address."""
    if is_forbidden(str(address[4][0])):
        raise ForbiddenAddressError("no IdP is at this address")
    return _any_socket(address)


def _session(trust: ssl.SSLContext, new_socket: Callable[[AddrInfoType], socket.socket]) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    # aiohttp signals this before the first byte, once it has a connection.
    trace.on_request_headers_sent.append(_ask_watch)
    return aiohttp.ClientSession(
        # Not httpx's limits: without one they give aiohttp's default of 100. What is in flight is bounded by its maker.
        connector=aiohttp.TCPConnector(ssl=trust, limit=0, keepalive_timeout=_IDLE_LIMIT, socket_factory=new_socket),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
    )
