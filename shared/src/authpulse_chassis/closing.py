"""Mends nats-py: once a TLS handshake has failed it waits for ever for the connection's end, and never tries again.

A server whose certificate is put right would be met again only by restarting every client (nats.py #382 and #718).
"""

import asyncio
import contextlib
from typing import Final

from nats.aio import client
from nats.aio.transport import TcpTransport

_LONGEST: Final = 1.0
"""Seconds for a connection to end; one that can, takes milliseconds."""


class ClosingTransport(TcpTransport):
    """Whoever waits for its end waits a second at most."""

    async def wait_closed(self) -> None:
        # asyncio has handed the connection to the TLS that failed, and its first owner is told of nothing any more.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST):
                await super().wait_closed()  # type: ignore[no-untyped-call]


def mend() -> None:
    """From now on each connection of nats-py in this process is such a one."""
    client.TcpTransport = ClosingTransport  # type: ignore[attr-defined]  # it cannot be told otherwise
