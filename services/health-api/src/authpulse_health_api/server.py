"""Serves the application with granian inside this very process, so that no worker outlives it."""

import asyncio
import socket
from contextlib import closing
from typing import Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar.types import ASGIApp

from authpulse_chassis.settings import SettingsError

LAST_ANSWERS: Final = 5.0
"""Seconds that answers begun have to be finished in."""

_CLIENTS: Final = 20_000
"""Connections served at once. A stream is one for as long as it lasts, so the server's own limit of 128 is too low."""
_BACKLOG: Final = 2048
"""Connections waiting to be accepted: all consoles come back at once after a restart."""


def free_address(host: str, port: int) -> str:
    """The numeric address of `host`, at which `port` is free. Raises `SettingsError`.

    granian would share a port that is in use (SO_REUSEPORT), and answers would come from either process.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as failure:
        raise SettingsError(f"AUTHPULSE_HTTP: cannot serve at {host}:{port}: {failure.strerror}.") from None
    return str(address[0])


async def serve(app: ASGIApp, address: str, port: int, stop: asyncio.Event) -> None:
    """Serve `app` until `stop` is set, and finish the answers begun. No access log: paths name connections."""
    server = Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_level=LogLevels.error,
        backlog=_BACKLOG,
        backpressure=_CLIENTS,
    )
    running = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        stopping.cancel()
        raise RuntimeError("the HTTP server ended by itself")
    server.stop()  # type: ignore[no-untyped-call]  # granian leaves it unannotated
    # A client that never ends its request must not keep the process.
    await asyncio.wait({running}, timeout=LAST_ANSWERS)
