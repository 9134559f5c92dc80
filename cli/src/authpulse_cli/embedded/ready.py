"""How `up` tells that a service is ready: it asks it what it is there for."""

import asyncio
import contextlib
import urllib.error
import urllib.request

import nats.errors

from authpulse_chassis.bus import Access
from authpulse_cli.bus import ask, connected
from authpulse_cli.errors import CommandError
from authpulse_contract.commands import LIST, ListConnections
from authpulse_contract.subjects import STREAM


def serves(url: str) -> bool:
    """Whether `url` is answered with success within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 -- our own http URL
            return bool(answer.status == 200)  # noqa: PLR2004 -- as in HTTP
    except OSError:
        return False


def answers_commands(access: Access) -> bool:
    """Whether a refresher answers."""
    return asyncio.run(_answers_commands(access))


def takes_events(access: Access) -> bool:
    """Whether somebody waits for the next event."""
    return asyncio.run(_takes_events(access))


async def _answers_commands(access: Access) -> bool:
    with contextlib.suppress(CommandError):
        async with connected(access, seconds=1) as client:
            await ask(client, LIST, ListConnections(limit=1), seconds=1)
            return True
    return False


async def _takes_events(access: Access) -> bool:
    with contextlib.suppress(CommandError, nats.errors.Error, TimeoutError):
        async with connected(access, seconds=1) as client:
            consumers = await client.jetstream(timeout=1).consumers_info(STREAM)
            return any(consumer.num_waiting for consumer in consumers)
    return False
